from odoo import models


class FinanceReportXlsx(models.AbstractModel):
    """The chosen lines of any report of finance as a spreadsheet."""

    _name = "report.hostel_billing.finance_xlsx"
    _inherit = "report.hostel_base.list_xlsx.abstract"
    _description = "Report of Finance as a Spreadsheet"

    def generate_xlsx_report(self, workbook, data, objs):
        self._write(workbook, objs._get_table())

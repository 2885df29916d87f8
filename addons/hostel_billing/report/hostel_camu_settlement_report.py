from odoo import api, models


class ReportCamuSettlement(models.AbstractModel):
    _name = "report.hostel_billing.report_camu_settlement"
    _inherit = "report.hostel_base.list.abstract"
    _description = "Settlement Day, printed"

    @api.model
    def _get_table_of(self, docids, data):
        return self.env["hostel.camu.settlement"].browse(docids[:1])._get_table()


class CamuSettlementXlsx(models.AbstractModel):
    _name = "report.hostel_billing.camu_settlement_xlsx"
    _inherit = "report.hostel_base.list_xlsx.abstract"
    _description = "Settlement Day as a Spreadsheet"

    def generate_xlsx_report(self, workbook, data, objs):
        for day in objs:
            self._write(workbook, day._get_table())

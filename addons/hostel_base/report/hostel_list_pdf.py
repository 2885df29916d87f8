from odoo import api, models
from odoo.tools import format_amount, format_date

from .page_scale import page_zoom

SHARE = 100


class ReportListAbstract(models.AbstractModel):
    """Gives a list's table to the page; the three reports differ by what they are printed from."""

    _name = "report.hostel_base.list.abstract"
    _description = "Printed List"

    @api.model
    def _get_report_values(self, docids, data=None):
        table = self._get_table_of(docids, data)
        return {
            "doc_ids": docids,
            "docs": [table],
            "table": table,
            "totals": self._get_totals(table),
            "show": self._show,
            "company": self.env.company,
            "zoom": page_zoom(),
        }

    @api.model
    def _get_table_of(self, docids, data):
        raise NotImplementedError

    @api.model
    def _get_totals(self, table):
        """Sums under the columns that have one, or False if none has."""
        if not any(column["total"] for column in table["columns"]) or not table["rows"]:
            return False
        return [
            sum(row[index] for row in table["rows"]) if column["total"] else None
            for index, column in enumerate(table["columns"])
        ]

    @api.model
    def _show(self, value, kind):
        if value is None or value == "":
            return ""
        if kind == "date":
            return format_date(self.env, value)
        if kind == "share":
            return f"{value * SHARE:.0f} %"
        if kind == "money":
            return format_amount(self.env, value, self.env.company.currency_id)
        return str(value)


class ReportPrintList(models.AbstractModel):
    _name = "report.hostel_base.report_print_list"
    _inherit = "report.hostel_base.list.abstract"
    _description = "List from “Print a list”"

    @api.model
    def _get_table_of(self, docids, data):
        return self.env["hostel.print.list"].browse(docids)._get_table()


class ReportStudentList(models.AbstractModel):
    _name = "report.hostel_base.report_student_list"
    _inherit = "report.hostel_base.list.abstract"
    _description = "List of the chosen students"

    @api.model
    def _get_table_of(self, docids, data):
        return self.env["hostel.list"]._get_table(
            "students",
            self.env["hostel.hostel"],
            self.env.company._get_college_day(),
            students=self.env["hostel.student"].browse(docids),
        )


class ReportRoomList(models.AbstractModel):
    _name = "report.hostel_base.report_room_list"
    _inherit = "report.hostel_base.list.abstract"
    _description = "List of the chosen rooms"

    @api.model
    def _get_table_of(self, docids, data):
        return self.env["hostel.list"]._get_table(
            "rooms",
            self.env["hostel.hostel"],
            self.env.company._get_college_day(),
            rooms=self.env["hostel.room"].browse(docids),
        )

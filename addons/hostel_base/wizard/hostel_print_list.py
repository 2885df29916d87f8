from odoo import fields, models

from ..report.hostel_list import KINDS
from ..tools.college_day import college_today


class HostelPrintList(models.TransientModel):
    _name = "hostel.print.list"
    _description = "Print a List"

    kind = fields.Selection(KINDS, string="List", required=True, default="occupancy")
    hostel_ids = fields.Many2many(
        "hostel.hostel", string="Hostels", help="Leave it empty for all your hostels."
    )
    date = fields.Date(string="On", required=True, default=college_today)
    file_format = fields.Selection(
        [("pdf", "PDF, to print"), ("xlsx", "XLSX, to work with")],
        string="As",
        required=True,
        default="pdf",
    )

    def action_print(self):
        """Make the file and let the browser fetch it."""
        self.ensure_one()
        action = self.env.ref(f"hostel_base.hostel_print_list_report_{self.file_format}")
        return action.report_action(self, config=False)

    def _get_table(self):
        self.ensure_one()
        hostels = self.hostel_ids or self.env["hostel.hostel"].search([("active", "=", True)])
        return self.env["hostel.list"]._get_table(self.kind, hostels, self.date)

    def _get_file_name(self):
        self.ensure_one()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        return f"{kinds[self.kind]} {self.date}"

from odoo import api, models

from odoo.addons.hostel_base.report.page_scale import page_zoom


class ReportAllotmentLetter(models.AbstractModel):
    """Allotment letters, each with the code under which anybody can check it."""

    _name = "report.hostel_booking.report_allotment_letter"
    _description = "Allotment Letters"

    @api.model
    def _get_report_values(self, docids, data=None):
        rows = self.env["hostel.allocation"].browse(docids)
        rows.check_access("read")
        rows.sudo().student_id._note_access("report")
        letters = {row.id: row._get_letter_document() for row in rows}
        return {
            "doc_ids": docids,
            "docs": rows.sudo(),
            "letters": letters,
            "company": self.env.company,
            "zoom": page_zoom(),
            "money": self.env["hostel.booking.desk"]._format_money,
        }

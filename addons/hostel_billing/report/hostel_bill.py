from odoo import api, models

from odoo.addons.hostel_base.report.page_scale import page_zoom


class ReportHostelBill(models.AbstractModel):
    """Bills, each with the code under which anybody can check it."""

    _name = "report.hostel_billing.report_bill"
    _description = "Hostel Bills"

    @api.model
    def _get_report_values(self, docids, data=None):
        bills = self.env["account.move"].browse(docids)
        bills.check_access("read")
        bills = bills.sudo().filtered(lambda bill: bill.hostel_kind and bill.state == "posted")
        bills.hostel_student_id._note_access("report")
        return {
            "doc_ids": docids,
            "docs": bills,
            "documents": {bill.id: bill._get_hostel_document() for bill in bills},
            "kinds": dict(bills._fields["hostel_kind"]._description_selection(self.env)),
            "company": self.env.company,
            "zoom": page_zoom(),
        }

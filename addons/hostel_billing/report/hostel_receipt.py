from odoo import api, models

from odoo.addons.hostel_base.report.page_scale import page_zoom


class ReportHostelReceipt(models.AbstractModel):
    _name = "report.hostel_billing.report_receipt"
    _description = "Receipts"

    @api.model
    def _get_report_values(self, docids, data=None):
        payments = self.env["account.payment"].browse(docids)
        payments.check_access("read")
        payments.sudo().hostel_student_id._note_access("report")
        return {
            "doc_ids": docids,
            "docs": payments.sudo(),
            "documents": {payment.id: payment._get_receipt_document() for payment in payments},
            "methods": dict(payments._fields["hostel_method"]._description_selection(self.env)),
            "company": self.env.company,
            "zoom": page_zoom(),
        }

from odoo import api, models

from odoo.addons.hostel_base.report.page_scale import page_zoom


class ReportHostelRefund(models.AbstractModel):
    """Letters about refunds: what goes back, why, and how."""

    _name = "report.hostel_billing.report_refund"
    _description = "Refund Letters"

    @api.model
    def _get_report_values(self, docids, data=None):
        refunds = self.env["hostel.refund"].browse(docids)
        refunds.check_access("read")
        refunds._note_access("report")
        return {
            "doc_ids": docids,
            "docs": refunds.sudo(),
            "company": self.env.company,
            "zoom": page_zoom(),
        }


class ReportHostelExit(models.AbstractModel):
    """Statements of exit settlements, each with its code once it is settled."""

    _name = "report.hostel_billing.report_exit"
    _description = "Exit Statements"

    @api.model
    def _get_report_values(self, docids, data=None):
        exits = self.env["hostel.exit"].browse(docids)
        exits.check_access("read")
        exits._note_access("report")
        return {
            "doc_ids": docids,
            "docs": exits.sudo(),
            "company": self.env.company,
            "zoom": page_zoom(),
        }

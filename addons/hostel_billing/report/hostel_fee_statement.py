from odoo import api, models

from odoo.addons.hostel_base.report.page_scale import page_zoom


class ReportFeeStatement(models.AbstractModel):
    _name = "report.hostel_billing.report_fee_statement"
    _description = "Statements of Account"

    @api.model
    def _get_report_values(self, docids, data=None):
        statements = self.env["hostel.fee.statement"].browse(docids)
        statements.check_access("read")
        statements._note_access("report")
        statements = statements.sudo()
        return {
            "doc_ids": docids,
            "docs": statements,
            "documents": {one.id: one._get_document() for one in statements},
            "figures": {
                one.id: one._get_figures(one.student_id, one.company_id, one.date_from, one.date_to)
                for one in statements
            },
            "company": statements.company_id[:1] or self.env.company,
            "zoom": page_zoom(),
        }

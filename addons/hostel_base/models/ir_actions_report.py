from odoo import models

from ..tools.self_contained import self_contained


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _get_rendering_context(self, report, docids, data):
        model = self.env.get(report.model)
        if docids and model is not None and hasattr(model, "_note_access"):
            model.browse(docids).exists()._note_access("report")
        return super()._get_rendering_context(report, docids, data)

    def _run_wkhtmltopdf(self, bodies, report_ref=False, header=None, footer=None, **kwargs):
        """A document that carries its own styles is printed without asking the server for any.

        A worker that prints waits for the printer, and the printer for a worker that hands out the
        style sheet: with as many printers as workers nobody moves. With ``hostel_self_contained``
        in the context the printer asks nobody.
        """
        if self.env.context.get("hostel_self_contained"):
            bodies = [self_contained(body) for body in bodies]
            header, footer = (page and self_contained(page) for page in (header, footer))
        return super()._run_wkhtmltopdf(
            bodies, report_ref=report_ref, header=header, footer=footer, **kwargs
        )

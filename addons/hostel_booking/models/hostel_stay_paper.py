import base64

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError


class HostelStayPaper(models.AbstractModel):
    """A paper about one stay: the program makes and changes it, seals it as a PDF, and keeps it.

    Who is behind it, and in which hostel, is stored beside it for the record rules.
    """

    _name = "hostel.stay.paper"
    _description = "Paper about a Stay"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _rec_name = "allocation_id"

    allocation_id = fields.Many2one(
        "hostel.allocation",
        string="Stay",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    student_id = fields.Many2one(related="allocation_id.student_id", store=True, index=True)
    roll_number = fields.Char(related="student_id.roll_number", string="Roll number")
    hostel_id = fields.Many2one(related="allocation_id.hostel_id", store=True, index=True)
    floor_id = fields.Many2one(related="allocation_id.floor_id", store=True)
    bed_id = fields.Many2one(related="allocation_id.bed_id")
    company_id = fields.Many2one(related="allocation_id.company_id", store=True)
    verification_id = fields.Many2one("hostel.verification", readonly=True, copy=False)
    code = fields.Char(related="verification_id.printed_code", compute_sudo=True)
    pdf = fields.Binary(string="PDF", readonly=True, copy=False, attachment=True)
    pdf_name = fields.Char(compute="_compute_pdf_name")

    def _get_paper(self):
        """How the paper is called and guarded.

        :return: ``{"file": begin of the PDF's name, "report": external id, "made": why nobody
            makes it by hand, "changed": why nobody changes it, "kept": why nobody deletes it,
            "code": of that refusal}``
        """
        raise NotImplementedError

    @api.depends("allocation_id")
    def _compute_pdf_name(self):
        for paper in self:
            name = paper._get_paper()["file"]
            paper.pdf_name = f"{name}-{paper.sudo().allocation_id.name}.pdf"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self._get_paper()["made"])
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self._get_paper()["changed"])
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        paper = self._get_paper()
        raise HostelError(paper["code"], paper["kept"], 422)

    def _print(self):
        """Make the PDF, with the code that was issued, and seal it with its fingerprint."""
        self.ensure_one()
        self.flush_recordset()
        pdf, _kind = (
            self.env["ir.actions.report"]
            .with_user(SUPERUSER_ID)
            .with_context(hostel_self_contained=True)
            ._render_qweb_pdf(self._get_paper()["report"], self.ids)
        )
        self.verification_id._seal(pdf)
        self.pdf = base64.b64encode(pdf)

from odoo import api, fields, models


class HostelUndertaking(models.Model):
    """The yearly anti-ragging undertaking of student and guardian.

    Source: UGC Regulations on Curbing the Menace of Ragging, 2009, Annexures I and II; the
    reference number comes from the national portal where both are filed.
    """

    _name = "hostel.undertaking"
    _description = "Anti-Ragging Undertaking"
    _inherit = ["hostel.personal.mixin", "mail.thread"]
    _order = "year_id desc, id desc"

    student_id = fields.Many2one("hostel.student", required=True, ondelete="cascade", index=True)
    year_id = fields.Many2one(
        "hostel.academic.year", string="Academic year", required=True, ondelete="restrict"
    )
    reference = fields.Char(required=True, tracking=True, help="Number given by the portal.")
    student_date = fields.Date(string="Signed by the student on", required=True)
    guardian_date = fields.Date(string="Signed by the guardian on")
    is_complete = fields.Boolean(
        string="Complete", compute="_compute_is_complete", store=True, help="Both have signed."
    )

    _once_a_year = models.Constraint(
        "UNIQUE (student_id, year_id)", "The student has an undertaking for this year already."
    )
    _reference_uniq = models.Constraint(
        "UNIQUE (reference)", "Another undertaking has this reference."
    )

    @api.depends("student_date", "guardian_date")
    def _compute_is_complete(self):
        for undertaking in self:
            undertaking.is_complete = undertaking.student_date and undertaking.guardian_date

    @api.depends("student_id.name", "year_id.name")
    def _compute_display_name(self):
        for undertaking in self:
            undertaking.display_name = f"{undertaking.student_id.name} · {undertaking.year_id.name}"

    @api.model
    def _get_signed(self, students, years):
        """Who has signed for which year, with guardian.

        :return: set of (student id, year id)
        """
        papers = self.sudo().search_fetch(
            [
                ("student_id", "in", students.ids),
                ("year_id", "in", years.ids),
                ("is_complete", "=", True),
            ],
            ["student_id", "year_id"],
        )
        return {(paper.student_id.id, paper.year_id.id) for paper in papers}

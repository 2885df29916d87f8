from odoo import api, fields, models

from ..errors import HostelError


class HostelBedAssign(models.TransientModel):
    """A warden gives a bed by hand, also to a student whom no hostel knows yet."""

    _name = "hostel.bed.assign"
    _description = "Allocate a Bed"
    _inherit = ["hostel.bed.choice"]
    _strict_fields = {"hostel_id": "read", "bed_id": "read"}
    _choice_depends = ("student_id", "number", "term_id", "date_from")

    number = fields.Char(
        string="Roll or application number",
        help="Of a student whom no hostel knows yet; the whole number, as on the admission letter.",
    )
    student_id = fields.Many2one("hostel.student")
    newcomer_name = fields.Char(compute="_compute_newcomer", string="Student")
    newcomer_programme = fields.Char(compute="_compute_newcomer", string="Programme")
    newcomer_gender = fields.Char(compute="_compute_newcomer", string="Gender")
    not_found = fields.Boolean(compute="_compute_newcomer")
    term_id = fields.Many2one(
        "hostel.term", required=True, default=lambda self: self._default_term_id()
    )
    date_from = fields.Date(
        string="From",
        compute="_compute_date_from",
        store=True,
        readonly=False,
        help="The first day of the stay. Where a hostel bills by the month, it pays from then on.",
    )
    hostel_id = fields.Many2one(
        required=True, default=lambda self: self.env["hostel.hostel"].search([], limit=1)
    )
    reason = fields.Char(help="Why this bed was given by hand.")

    @api.model
    def _default_term_id(self):
        """The term that runs today, else the next one."""
        today = self.env.company._get_college_day()
        return self.env["hostel.term"].search([("date_to", ">", today)], order="date_from", limit=1)

    @api.depends("term_id")
    def _compute_date_from(self):
        for wizard in self:
            term = wizard.term_id
            wizard.date_from = self.env["hostel.allocation"]._get_first_day(term) if term else False

    # ------------------------------------------------------------------
    # Whom
    # ------------------------------------------------------------------

    @api.depends("number", "student_id")
    def _compute_newcomer(self):
        for wizard in self:
            student = wizard._find_student()
            wizard.not_found = bool(wizard.number and not wizard.student_id and not student)
            # Nothing else of a person whom the warden does not look after yet.
            wizard.newcomer_name = student.name
            wizard.newcomer_programme = student.programme_id.name
            genders = dict(student._fields["gender"]._description_selection(self.env))
            wizard.newcomer_gender = genders.get(student.gender)

    def _find_student(self):
        """The student of the dialog, with all rights; empty if unknown or foreign.

        Foreign are those who stay in another warden's hostel: the same answer as for a
        number that nobody has.
        """
        self.ensure_one()
        Student = self.env["hostel.student"].sudo()
        student = self.student_id.sudo().exists()
        if not student and self.number:
            student = Student._find_by_number(self.number)[:1]
        if not student:
            return Student
        if self._is_newcomer(student) or student.sudo(self.env.su).has_access("read"):
            return student
        return Student

    @api.model
    def _is_newcomer(self, student):
        """Whether no hostel looks after the student yet, so that any warden may begin."""
        stays = self.env["hostel.allocation"].sudo()
        return not stays.search_count(
            [
                ("student_id", "=", student.id),
                ("state", "not in", ("expired", "cancelled")),
            ],
            limit=1,
        )

    # ------------------------------------------------------------------
    # Which bed
    # ------------------------------------------------------------------

    def _get_wish(self):
        student, term = self._find_student(), self.term_id
        first = self.date_from or (term and self.env["hostel.allocation"]._get_first_day(term))
        if not student or not term or first >= term.date_to:
            return None
        return {
            "gender": student.gender,
            "term": term,
            "date_from": first,
            "date_to": term.date_to,
        }

    def _get_agreed_day(self):
        """The first day, if somebody chose another one than that of who gets a bed just now."""
        usual = self.env["hostel.allocation"]._get_first_day(self.term_id)
        return self.date_from if self.date_from != usual else None

    def action_assign(self):
        """Reserve the bed for the student; it then waits for an approval."""
        self.ensure_one()
        student = self._find_student()
        if not student:
            raise HostelError(
                "STUDENT_NOT_FOUND",
                self.env._(
                    "No student without a hostel has this number; look at the letter again."
                ),
                404,
            )
        if not self.bed_id:
            raise HostelError("BED_MISSING", self.env._("Choose one of the free beds."), 422)
        self.bed_id.check_access("write")
        try:
            row = self.env["hostel.allocation"]._reserve(
                self.bed_id,
                student,
                self.term_id,
                "awaiting_approval",
                date_from=self._get_agreed_day(),
            )
        except HostelError as exc:
            raise self._refuse_full_room(exc, self.bed_id, self._get_wish()) from None
        if self.reason:
            row.reason = self.reason
        return {
            "type": "ir.actions.act_window",
            "res_model": "hostel.allocation",
            "res_id": row.id,
            "view_mode": "form",
        }

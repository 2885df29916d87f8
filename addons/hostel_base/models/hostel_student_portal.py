"""Portal account of a student: its login, its invitation, its own fields."""

from odoo import api, models

from ..const import LIFESTYLE, OCCUPIED_STATES
from ..errors import HostelError


class HostelStudent(models.Model):
    # One subject a file: consent, portal.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.student"

    _roll_number_lower_idx = models.Index("(lower(roll_number))")
    _application_number_lower_idx = models.Index("(lower(application_number))")

    def write(self, vals):
        old = {}
        if "roll_number" in vals:
            old = {student: student.roll_number for student in self}
        result = super().write(vals)
        for student, roll_number in old.items():
            if student.roll_number != roll_number:
                student._rename_login(roll_number)
        return result

    def _rename_login(self, old):
        """A roll number that is given up stops working, also as a login."""
        self.ensure_one()
        users = self.sudo().partner_id.user_ids
        for user in users.filtered(lambda user: user.share and user.login == old):
            user.login = self._get_free_login(self.roll_number)

    def _get_free_login(self, wanted):
        """The wanted login, or one that nobody has."""
        self.ensure_one()
        Users = self.env["res.users"].sudo().with_context(active_test=False)
        taken = Users.search_count([("login", "=", wanted)], limit=1)
        return f"student-{self.id}" if taken else wanted

    # ------------------------------------------------------------------
    # Roommates
    # ------------------------------------------------------------------

    def _get_roommates(self, stay):
        """What a student may know of those who share the room during a stay.

        A first name only of who agreed to it; of the others department and year.

        :return: list of dicts ``bed``, ``name`` (False unless agreed to), ``programme``, ``year``
        """
        self.ensure_one()
        rows = (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("room_id", "=", stay.room_id.id),
                    ("student_id", "!=", self.id),
                    ("state", "in", OCCUPIED_STATES),
                    ("date_from", "<", stay.date_to),
                    ("date_to", ">", stay.date_from),
                ],
                order="bed_id, date_from",
            )
        )
        agreed = rows.student_id._get_agreed() if rows else {}
        return [
            {
                "bed": row.bed_id.label,
                "name": (
                    row.student_id.name.split()[0]
                    if "roommates" in agreed[row.student_id.id]
                    else False
                ),
                "programme": row.student_id.programme_id.name
                if "roommates" in agreed[row.student_id.id]
                else False,
                "department": row.student_id.department,
                "year": row.student_id.year_of_study,
                "is_here": row.state == "checked_in",
            }
            for row in rows
        ]

    # ------------------------------------------------------------------
    # Lifestyle
    # ------------------------------------------------------------------

    @api.model
    def _get_lifestyle_questions(self):
        """The questionnaire: list of ``(field name, [(value, label)])`` in its order."""
        return [(name, self._fields[name]._description_selection(self.env)) for name in LIFESTYLE]

    def _answer_lifestyle(self, answers):
        """Keep answers to the questionnaire; an empty one takes an answer back.

        :param dict answers: ``{field name: value}``
        :raises HostelError: ``CONSENT_REQUIRED`` without consent to this purpose, ``INVALID`` for
            a question or an answer that isn't there
        """
        self.ensure_one()
        if not self._has_agreed("lifestyle"):
            raise HostelError(
                "CONSENT_REQUIRED",
                self.env._("Agree to the matching of roommates first."),
                403,
            )
        vocabulary = {name: {value for value, _l in labels} for name, labels in LIFESTYLE.items()}
        for name, value in answers.items():
            if name not in vocabulary or (value and value not in vocabulary[name]):
                raise HostelError("INVALID", self.env._("Choose one of the answers."), 422)
        self.sudo().write({name: value or False for name, value in answers.items()})

    # ------------------------------------------------------------------
    # Invitation
    # ------------------------------------------------------------------

    def action_invite_to_portal(self):
        """Open a mailing with these students: who can be invited, and who can't and why."""
        batch = self.env["hostel.invitation.batch"].create({"student_ids": [(6, 0, self.ids)]})
        return batch.get_formview_action()

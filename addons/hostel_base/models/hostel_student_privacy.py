from odoo import api, fields, models

from ..const import PRIVATE_GROUPS
from ..errors import HostelError

# Of a contact: what leads to the person.
CONTACT_DATA = ("phone", "email", "street", "street2", "city", "zip", "comment", "image_1920")
BANK_GROUPS = "hostel_base.group_hostel_finance,hostel_base.group_hostel_admin"


class HostelStudent(models.Model):
    """What concerns a student's papers, and who looks at the student."""

    _name = "hostel.student"
    _inherit = ["hostel.student", "hostel.personal.mixin"]

    _hostel_student_field = None

    document_ids = fields.One2many(
        "hostel.identity.document", "student_id", string="Identity documents", groups=PRIVATE_GROUPS
    )
    document_count = fields.Integer(
        compute="_compute_document_count", groups=PRIVATE_GROUPS, compute_sudo=True
    )
    document_waiting_count = fields.Integer(
        compute="_compute_document_count", groups=PRIVATE_GROUPS, compute_sudo=True
    )
    bank_ids = fields.One2many(
        "hostel.student.bank", "student_id", string="Account for refunds", groups=BANK_GROUPS
    )
    retention_hold = fields.Boolean(
        string="Keep everything",
        groups="hostel_base.group_hostel_admin",
        help="A dispute or an order of a court: the retention job leaves this student alone.",
    )
    retention_hold_reason = fields.Char(groups="hostel_base.group_hostel_admin")
    left_on = fields.Date(
        readonly=True, copy=False, help="Since when the student is alumnus or inactive."
    )
    anonymised_on = fields.Date(readonly=True, copy=False, groups=PRIVATE_GROUPS)

    def _compute_document_count(self):
        rows = self.env["hostel.identity.document"]._read_group(
            [("student_id", "in", self.ids)], ["student_id", "state"], ["__count"]
        )
        counts = {}
        for student, state, count in rows:
            counts.setdefault(student.id, {})[state] = count
        for student in self:
            per_state = counts.get(student._origin.id, {})
            student.document_count = sum(per_state.values())
            student.document_waiting_count = per_state.get("submitted", 0)

    def write(self, vals):
        if "status" in vals and "left_on" not in vals:
            gone = vals["status"] != "active"
            fresh = self.filtered(lambda student: gone and student.status == "active")
            if fresh:
                super(HostelStudent, fresh).write({"left_on": self.env.company._get_college_day()})
            if not gone:
                vals = {**vals, "left_on": False}
        return super().write(vals)

    # ------------------------------------------------------------------
    # Police verification
    # ------------------------------------------------------------------

    def _set_police_verification(self, state, before):
        self.check_access("write")
        if any(student.police_verification not in before for student in self):
            raise HostelError(
                "WRONG_STEP",
                self.env._("The police verification of a chosen student is at another step."),
                409,
            )
        self.police_verification = state
        states = dict(self._fields["police_verification"]._description_selection(self.env))
        for student in self:
            student.message_post(
                body=self.env._("Police verification: %(state)s", state=states[state])
            )

    def action_police_submitted(self):
        """The form went to the police station."""
        self._set_police_verification("submitted", (False, "not_started", "failed"))

    def action_police_verified(self):
        """The police confirmed."""
        self._set_police_verification("verified", ("submitted",))

    def action_police_failed(self):
        """The police did not confirm."""
        self._set_police_verification("failed", ("submitted",))

    # ------------------------------------------------------------------
    # The end
    # ------------------------------------------------------------------

    @api.model
    def _get_private_fields(self):
        """Names of the stored fields that only those see who look after students."""
        return [
            name
            for name, field in self._fields.items()
            if field.groups == PRIVATE_GROUPS
            and field.store
            and not field.required
            and field.type not in ("one2many", "many2many")
            and name != "anonymised_on"
        ]

    def _anonymise(self):
        """Forget what is nobody's business any more; name and stays remain for the books."""
        self.sudo().write(
            dict.fromkeys(self._get_private_fields(), False)
            | {"anonymised_on": self.env.company._get_college_day()}
        )
        students = self.sudo()
        guardians = students.guardian_ids.partner_id
        students.guardian_ids.unlink()
        students.bank_ids.unlink()
        students._forget_contacts(students.partner_id)
        # A guardian of another student stays as that; a colleague stays a colleague.
        students._forget_contacts(
            guardians.filtered(
                lambda partner: not partner.hostel_ward_ids and not partner.hostel_student_ids
            )
        )

    def _forget_contacts(self, partners):
        """Empty the ways to reach people and close their accounts; the name stays in the books.

        Without a student behind it a contact is anybody's to read, so nothing may be left in it.
        """
        users = partners.with_context(active_test=False).user_ids
        partners -= users.filtered(lambda user: not user.share).partner_id
        users.filtered("share").write({"active": False})
        partners.write(dict.fromkeys(CONTACT_DATA, False))

    # ------------------------------------------------------------------
    # Pages
    # ------------------------------------------------------------------

    def action_open_documents(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_identity_document_action"
        )
        return action | {
            "domain": [("student_id", "=", self.id)],
            "context": {"default_student_id": self.id},
        }

    def action_open_access(self):
        """Who looked at this student."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_access_event_action"
        )
        return action | {
            "domain": [("student_id", "=", self.id)],
            "context": {"search_default_group_by_user": 1},
            "display_name": self.env._("Who looked at %(name)s", name=self.display_name),
        }

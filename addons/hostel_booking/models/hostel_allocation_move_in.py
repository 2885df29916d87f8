from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError

LIVING = ("allocated", "checked_in")


class HostelAllocation(models.Model):
    """Moving in: the agreement, the form, the keys."""

    _inherit = "hostel.allocation"

    condition_ids = fields.One2many(
        "hostel.room.condition", "allocation_id", string="Room-condition form"
    )
    agreement_ids = fields.One2many(
        "hostel.licence.agreement", "allocation_id", string="Agreements"
    )
    key_ids = fields.One2many("hostel.key", "allocation_id", string="Keys in hand")

    # ------------------------------------------------------------------
    # What follows a transition
    # ------------------------------------------------------------------

    def _after_transition(self, old_state):
        """Whoever gets a bed is asked to sign; whoever moves in gets a form."""
        super()._after_transition(old_state)
        for row in self.filtered(lambda one: not one.is_block):
            if row.state in LIVING and old_state != "allocated":
                self.env["hostel.licence.agreement"]._ensure(row)
            if row.state == "checked_in" and old_state != "vacated":
                self.env["hostel.room.condition"]._open_for(row)
            if old_state in LIVING and row.state in ("cancelled", "transferred"):
                self.env["hostel.licence.agreement"]._void_for(row)
            elif row.state == "vacated":
                self.env["hostel.licence.agreement"]._forget_unsigned(row)

    @api.model
    def _is_on(self, parameter):
        """Whether a switch of the settings is on."""
        value = self.env["ir.config_parameter"].sudo().get_param(parameter)
        return value in ("True", "1", "true")

    def _is_agreement_missing(self):
        """Whether terms are in force and the student has not signed them for this stay."""
        self.ensure_one()
        terms = self.env["hostel.licence.terms"]._get_current(self.sudo().hostel_id)
        if not terms:
            return False
        signed = self.sudo().agreement_ids.filtered(
            lambda one: one.terms_id == terms and one.state == "signed"
        )
        return not signed

    def _check_in(self, **handover):
        """Refuse whoever has not signed, where the college wants that.

        :raises HostelError: ``AGREEMENT_MISSING``, and what the parent raises
        """
        row = self.sudo()
        wanted = self._is_on("hostel_booking.require_agreement")
        if wanted and row.state == "allocated" and row._is_agreement_missing():
            raise HostelError(
                "AGREEMENT_MISSING",
                self.env._(
                    "%(student)s has not signed the licence agreement. It waits on the student's"
                    " portal.",
                    student=row.student_id.display_name,
                ),
                403,
            )
        return super()._check_in(**handover)

    # ------------------------------------------------------------------
    # The desk's checklist
    # ------------------------------------------------------------------

    def _get_move_in_steps(self):
        """What the desk looks at before it lets a student in.

        :return: list of dicts ``code``, ``label``, ``is_ok``, ``note``, ``is_blocking``
        """
        self.ensure_one()
        row, student = self.sudo(), self.sudo().student_id
        documents = student.document_ids.filtered(lambda one: one.state == "verified")
        form = row.condition_ids[:1]
        return [
            self._step(
                "undertaking",
                self.env._("Anti-ragging undertaking"),
                student._has_undertaking(row.term_id.year_id),
                is_blocking=self._is_on("hostel_base.require_undertaking"),
            ),
            self._step("documents", self.env._("Identity document"), bool(documents)),
            self._step("dues", self.env._("Dues"), row._are_dues_settled()),
            self._step(
                "agreement",
                self.env._("Licence agreement"),
                not row._is_agreement_missing(),
                is_blocking=self._is_on("hostel_booking.require_agreement"),
            ),
            self._step("key", self.env._("Key"), bool(row.key_ids)),
            self._step(
                "condition",
                self.env._("Room-condition form"),
                form.state in ("agreed", "leaving", "closed"),
            ),
        ]

    def _step(self, code, label, is_ok, is_blocking=False):
        return {
            "code": code,
            "label": label,
            "is_ok": bool(is_ok),
            "is_blocking": bool(is_blocking and not is_ok),
        }

    def _are_dues_settled(self):
        """Whether the bed is paid, or nothing is owed for the term of this stay.

        Extension point of the books.
        """
        self.ensure_one()
        return bool(self.paid_at) or self.student_id._is_cleared(self.term_id)

    # ------------------------------------------------------------------
    # Keys
    # ------------------------------------------------------------------

    def _get_keys_to_give(self):
        """Keys in the office that belong to the bed, or to its room and to no bed."""
        return (
            self.env["hostel.key"]
            .sudo()
            .search(
                [
                    ("state", "=", "office"),
                    "|",
                    ("bed_id", "=", self.sudo().bed_id.id),
                    "&",
                    ("bed_id", "=", False),
                    ("room_id", "=", self.sudo().room_id.id),
                ],
                order="bed_id, kind, name, copy_number",
            )
        )

    def _key_moved(self, movement):
        """A key came to the student of this stay, came back, or was lost."""
        if not self:
            return
        row = self.sudo()
        record = row.check_ids[:1]
        keys = row.key_ids
        if record and movement.kind == "handed_over":
            record.write({"key_given": True, "key_number": ", ".join(keys.mapped("name"))})
        elif record and not keys:
            record.key_returned = movement.kind == "returned"
        if movement.kind == "lost" and movement.amount:
            row._key_lost_due(movement)
        row._no_dues_changed()

    # ------------------------------------------------------------------
    # Extension points
    # ------------------------------------------------------------------

    def _agreement_signed(self, agreement):
        """Extension point: the agreement of this stay is complete."""

    def _damage_due(self, form):
        """Extension point: the student owes ``form.damage_total`` for what was broken."""

    def _key_lost_due(self, movement):
        """Extension point: the student owes ``movement.amount`` for a lost key."""

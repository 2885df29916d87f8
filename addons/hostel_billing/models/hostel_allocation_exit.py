from odoo import SUPERUSER_ID, fields, models

from odoo.addons.hostel_base.const import LIVE_STATES
from odoo.addons.hostel_base.errors import HostelError

from .hostel_exit import OVER


class HostelAllocation(models.Model):
    """A stay that is over is settled."""

    _inherit = "hostel.allocation"

    exit_ids = fields.One2many(
        "hostel.exit",
        "allocation_id",
        string="Exit settlement",
        groups="hostel_base.group_hostel_finance,hostel_base.group_hostel_admin",
    )

    def _after_transition(self, old_state):
        """Whose next booking comes to nothing gets the deposit of the last stay back."""
        super()._after_transition(old_state)
        for row in self.filtered(lambda one: one.state in ("cancelled", "expired")):
            row.sudo()._delay_exit_of_before()

    def _delay_exit_of_before(self):
        if not self.student_id:
            return
        before = self.search(
            [
                ("student_id", "=", self.student_id.id),
                ("state", "=", "vacated"),
                ("exit_ids", "=", False),
            ],
            order="date_to desc, id desc",
            limit=1,
        )
        if before:
            before.with_user(SUPERUSER_ID).with_delay(
                description=self.env._("Exit settlement of %(name)s", name=before.name),
                identity_key=f"hostel_billing.exit:{before.id}",
            )._open_exit()

    def _open_exit(self):
        """Job: begin the settlement, unless there is another bed or nothing to settle."""
        return self.env["hostel.exit"]._open_for(self)

    def _has_later_stay(self):
        """Whether the student has another bed, now or later: then the deposit stays held."""
        self.ensure_one()
        row = self.sudo()
        return bool(
            row.search_count(
                [
                    ("student_id", "=", row.student_id.id),
                    ("state", "in", LIVE_STATES),
                    ("id", "!=", row.id),
                ],
                limit=1,
            )
        )

    def action_open_exit(self):
        """Begin the settlement of a stay that is over, and open it.

        :raises HostelError: ``STAY_NOT_OVER``
        """
        self.ensure_one()
        self.check_access("read")
        Exit = self.env["hostel.exit"]
        Exit._check_finance()
        one = Exit._open_for(self, even_empty=True) if self.state in OVER else Exit
        if not one:
            raise HostelError(
                "STAY_NOT_OVER",
                self.env._("%(what)s has not left yet.", what=self.display_name),
            )
        return one.sudo(False).get_formview_action()

from odoo import fields, models

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

from odoo import models

from odoo.addons.hostel_base.errors import HostelError


class HostelExit(models.Model):
    """Where a clearance is wanted, the deposit waits for it."""

    _inherit = "hostel.exit"

    def _check_may_settle(self):
        super()._check_may_settle()
        stay = self.sudo().allocation_id
        if stay._is_no_dues_required() and stay.no_dues_ids.state != "left":
            names = stay._get_not_cleared() or []
            raise HostelError(
                "NO_DUES_MISSING",
                self.env._(
                    "The deposit of %(student)s waits for the clearance: %(stations)s.",
                    student=stay.student_id.display_name,
                    stations=stay._get_stations_text(names),
                ),
                details={"stations": names},
            )

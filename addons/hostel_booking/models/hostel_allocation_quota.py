from odoo import api, models

from odoo.addons.hostel_base.const import LIVE_STATES
from odoo.addons.hostel_base.errors import HostelError


class HostelAllocation(models.Model):
    """Beds that are kept for a group, and the seats that a stay takes."""

    _inherit = "hostel.allocation"

    @api.model
    def _check_bed_suits(self, bed, student):
        super()._check_bed_suits(bed, student)
        if bed._is_kept_from(student):
            # For whom it is kept would say something about whoever lives there.
            raise HostelError(
                "BED_RESERVED",
                self.env._(
                    "Bed %(bed)s is kept for others. Choose another one.", bed=bed.display_name
                ),
                403,
            )

    def _insert_row(self, vals, state):
        """A row and its seats, or neither."""
        with self.env.cr.savepoint():
            row = super()._insert_row(vals, state)
            if row.sudo().student_id:
                self.env["hostel.booking.quota"]._take_seats(row.sudo())
        return row

    def _after_transition(self, old_state):
        super()._after_transition(old_state)
        if old_state in LIVE_STATES and self.state not in LIVE_STATES:
            self.env["hostel.booking.quota.seat"].sudo()._get_live(self)._free()
        elif old_state and old_state not in LIVE_STATES and self.state in LIVE_STATES:
            # A stay that ended and was taken back.
            self.env["hostel.booking.quota"]._take_seats(self.sudo())

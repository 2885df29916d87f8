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

    def _insert_rows(self, vals_list, state):
        """Rows and their seats, or none of them."""
        rows = super()._insert_rows(vals_list, state)
        self.env["hostel.booking.quota"]._take_seats(rows.filtered("student_id"))
        return rows

    def _after_transition(self, old_state):
        super()._after_transition(old_state)
        Quota, Seat = self.env["hostel.booking.quota"], self.env["hostel.booking.quota.seat"]
        for row in self.sudo() if old_state else ():
            if old_state in LIVE_STATES and row.state not in LIVE_STATES:
                Seat.sudo()._get_live(row)._free()
            elif old_state not in LIVE_STATES and row.state in LIVE_STATES:
                # A stay that ended and was taken back.
                Quota._take_seats(row)

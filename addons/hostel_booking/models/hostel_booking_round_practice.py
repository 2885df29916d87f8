from odoo import fields, models

from odoo.addons.hostel_base.errors import HostelError

from ..locks import get_locks


class HostelBookingRound(models.Model):
    """A round for practice: real maps, pretended bookings, and a fresh start now and then."""

    _inherit = "hostel.booking.round"

    practice_minutes = fields.Integer(
        string="Starts again every", default=30, required=True, help="In minutes."
    )

    _practice_positive = models.Constraint(
        "CHECK (practice_minutes BETWEEN 1 AND 1440)", "A practice lasts a minute to a day."
    )

    def write(self, vals):
        # What was booked for real must not become a game, nor the other way round.
        if "is_practice" in vals and any(
            booking_round.state != "draft" and booking_round.is_practice != vals["is_practice"]
            for booking_round in self
        ):
            raise HostelError(
                "ROUND_OPENED",
                self.env._("A round that was opened stays what it is: make another one."),
            )
        return super().write(vals)

    def action_reset_practice(self):
        """Let the practice start again now."""
        self.check_access("write")
        for booking_round in self.filtered(
            lambda one: one.sudo().is_practice and one.state == "open"
        ):
            booking_round.sudo()._load_after_commit()

    def _start_practice_again(self, locks):
        """Load a practice round afresh when its time is over; called every second."""
        self.ensure_one()
        if self.is_practice and locks.take_practice_turn(self.key, 60_000 * self.practice_minutes):
            self._load(locks)

    def _describe_practice(self):
        """What the map says about the practice, or None for a real round."""
        self.ensure_one()
        if not self.is_practice:
            return None
        left = get_locks(self.env.cr.dbname).get_practice_left(self.key)
        return {"minutes": self.practice_minutes, "resets_in_ms": left}

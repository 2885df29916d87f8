from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..const import HOLD_MINUTES


class HostelBookingWindow(models.Model):
    """A door into a round: who may book which hostels from when to when."""

    _name = "hostel.booking.window"
    _description = "Booking Window"
    _inherit = ["mail.thread"]
    _order = "opens_at desc, id desc"

    name = fields.Char(required=True)
    round_id = fields.Many2one(
        "hostel.booking.round", required=True, ondelete="cascade", index=True
    )
    hostel_ids = fields.Many2many("hostel.hostel", string="Hostels", required=True)
    opens_at = fields.Datetime(required=True, tracking=True)
    closes_at = fields.Datetime(required=True, tracking=True)
    hold_minutes = fields.Integer(
        string="A hold lasts", default=HOLD_MINUTES, required=True, help="In minutes."
    )
    is_paused = fields.Boolean(string="Paused", tracking=True)
    gender = fields.Selection([("male", "Male"), ("female", "Female")], help="Empty: all.")
    year_from = fields.Integer(string="From year", default=1)
    year_to = fields.Integer(string="To year", default=9)
    active = fields.Boolean(default=True)

    _dates_ordered = models.Constraint(
        "CHECK (closes_at > opens_at)", "A window must close after it opens."
    )
    _hold_positive = models.Constraint(
        "CHECK (hold_minutes BETWEEN 1 AND 60)", "A hold lasts between 1 and 60 minutes."
    )

    @api.constrains("year_from", "year_to")
    def _check_years(self):
        for window in self:
            if window.year_from > window.year_to:
                raise ValidationError(self.env._("The first year must not be after the last."))

    @api.model_create_multi
    def create(self, vals_list):
        windows = super().create(vals_list)
        windows._windows_changed()
        return windows

    def write(self, vals):
        result = super().write(vals)
        self._windows_changed()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_drop_eligibility(self):
        self._windows_changed()

    def _windows_changed(self):
        """A door moved: nobody may use what was worked out before."""
        self.round_id._doors_changed()

    def action_pause(self):
        self.is_paused = True

    def action_resume(self):
        self.is_paused = False

    def _suits(self, student):
        """Whether the window is meant for a student, whatever the hour."""
        self.ensure_one()
        return (not self.gender or self.gender == student.gender) and (
            self.year_from <= student.year_of_study <= self.year_to
        )

    def _get_door(self):
        """The window in milliseconds: (opens, closes, length of a hold)."""
        self.ensure_one()
        return (
            _to_ms(self.opens_at),
            _to_ms(self.closes_at),
            self.hold_minutes * 60_000,
        )


def _to_ms(moment):
    """Milliseconds since the epoch of a naive UTC moment."""
    return int((moment - _EPOCH).total_seconds() * 1000)


_EPOCH = fields.Datetime.to_datetime("1970-01-01 00:00:00")

from datetime import timedelta

from odoo import fields, models

from odoo.addons.hostel_base.errors import HostelError


class HostelBookingWindow(models.Model):
    """Pausing, going on, extending and closing early, in front of everybody's eyes."""

    _inherit = "hostel.booking.window"

    is_paused = fields.Boolean(string="Paused", readonly=True, copy=False, tracking=True)
    paused_at = fields.Datetime(readonly=True, copy=False)
    change_reason = fields.Char(
        readonly=True, copy=False, help="The last reason; students read it on the map."
    )

    def action_pause(self):
        return self._open_change("pause")

    def action_resume(self):
        return self._open_change("resume")

    def action_extend(self):
        return self._open_change("extend")

    def action_close_early(self):
        return self._open_change("close")

    def _open_change(self, kind):
        self.ensure_one()
        self.check_access("write")
        titles = {
            "pause": self.env._("Pause the booking"),
            "resume": self.env._("Go on with the booking"),
            "extend": self.env._("Extend the booking"),
            "close": self.env._("Close the booking now"),
        }
        return {
            "type": "ir.actions.act_window",
            "name": titles[kind],
            "res_model": "hostel.booking.window.change",
            "view_mode": "form",
            "target": "new",
            "context": {"default_window_id": self.id, "default_kind": kind},
        }

    def _pause(self, reason):
        """Nobody holds a bed from now on; what is held or being paid goes on."""
        self.ensure_one()
        if self.is_paused:
            raise HostelError("WINDOW_PAUSED", self.env._("This window is paused already."))
        self._change(
            {"is_paused": True, "paused_at": self.env.cr.now()},
            reason,
            self.env._("Paused: %(reason)s", reason=reason),
        )

    def _resume(self, reason, shift=True):
        """Go on after a pause.

        :param shift: give back the lost time: the end, and the slots that had not come when
            the pause began, move by its length
        """
        self.ensure_one()
        if not self.is_paused:
            raise HostelError("WINDOW_NOT_PAUSED", self.env._("This window is not paused."))
        vals = {"is_paused": False, "paused_at": False}
        lost, since = timedelta(), self.paused_at
        now = self.env.cr.now().replace(microsecond=0)
        if shift and since and since < self.closes_at and now > self.opens_at:
            # What was lost of the window itself, in whole minutes.
            lost = now - max(since, self.opens_at)
            lost = timedelta(minutes=-(-lost.total_seconds() // 60))
            vals["closes_at"] = self.closes_at + lost
        self._change(vals, reason, self.env._("Goes on: %(reason)s", reason=reason))
        if lost:
            self._shift_slots(lost, max(since, self.opens_at))

    def _extend(self, closes_at, reason, shift=timedelta()):
        """Close later.

        :param shift: slots that have not come yet move by this
        """
        self.ensure_one()
        if closes_at <= self.closes_at:
            raise HostelError(
                "INVALID_DATE_RANGE",
                self.env._("The new end must come after the old one."),
                422,
            )
        self._change(
            {"closes_at": closes_at}, reason, self.env._("Extended: %(reason)s", reason=reason)
        )
        if shift:
            self._shift_slots(shift, self.env.cr.now())

    def _close_early(self, reason):
        """Close at this moment; what is held or being paid goes on."""
        self.ensure_one()
        now = self.env.cr.now().replace(microsecond=0)
        if not self.opens_at < now < self.closes_at:
            raise HostelError(
                "WINDOW_CLOSED", self.env._("Only a window that is open can be closed early.")
            )
        self._change(
            {"closes_at": now, "is_paused": False, "paused_at": False},
            reason,
            self.env._("Closed early: %(reason)s", reason=reason),
        )

    def _change(self, vals, reason, note):
        """Write, say it in the chatter and on every open map."""
        self.with_context(hostel_tell_windows=True).write({**vals, "change_reason": reason})
        self.message_post(body=note)

    def _prepare_news(self):
        """What the maps are told at once, without a question to the server."""
        self.ensure_one()
        now = self.env.cr.now()
        return {
            "id": self.id,
            "p": self.is_paused,
            "c": max(0, int((self.closes_at - now).total_seconds() * 1000)),
            "m": self.change_reason or "",
        }

    def _shift_slots(self, by, since):
        """Extension point: slots that come after a moment come later."""

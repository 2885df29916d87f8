from odoo import api, models, tools
from odoo.tools.misc import formatLang

from odoo.addons.hostel_base.const import UNPAID_STATES
from odoo.addons.hostel_base.errors import HostelError

LIVE_BOOKING_STATES = ("offered", "paying", "awaiting_approval", "allocated", "checked_in")
OPEN_MONEY_STATES = ("unplaced", "refund_due")


class HostelBookingDesk(models.AbstractModel):
    """What the student holds and has booked, as the pages show it."""

    _inherit = "hostel.booking.desk"

    def _describe_hold(self, hold, key=None):
        """A hold as the pages show it; times are what is left, in ms."""
        bed = self._get_bed(hold.floor_id, hold.index)
        if not key:
            key = self._get_key_of_floor(hold.floor_id)
        return {
            "key": key,
            "i": hold.index,
            "token": hold.token,
            "expires_in_ms": hold.ttl_ms,
            "hold_ms": hold.hold_ms,
            "price": hold.price,
            "bed": f"{bed.room_id.name} · {bed.label}",
            "room": bed.room_id.name,
            "label": bed.label,
            "hostel": bed.hostel_id.name,
            "hostel_id": bed.hostel_id.id,
            "extended": hold.extended,
        }

    def _get_key_of_floor(self, floor_id):
        booking_round = self._get_round()
        return self._get_card(booking_round).find_key(floor_id) if booking_round else None

    def _get_current_hold(self):
        """What the student holds: in the chosen round, or in any if none is chosen."""
        student = self.env["hostel.student"]._get_current()
        if not student:
            return None
        rounds = self._get_round() if self.env.context.get("hostel_round_id") else None
        for booking_round in self._get_rounds() if rounds is None else rounds:
            hold = self._guard(lambda locks, key=booking_round.key: locks.get_hold(key, student.id))
            if hold:
                return {
                    **self._in_round(booking_round.id)._describe_hold(hold),
                    "group": self._is_held_together(booking_round, student, hold.token),
                }
        return None

    @api.model
    def _get_action(self, hold):
        """What the main button says and does about a hold."""
        student = self._get_student()
        return self._get_checkout_action(student, hold, self.env["hostel.allocation"])

    @api.model
    def _get_me(self):
        """The student's hold and booking, and what the main button does."""
        student = self.env["hostel.student"]._get_current()
        if not student:
            return {"hold": None, "booking": None, "action": "none", "action_label": ""}
        try:
            hold = self._get_current_hold()
        except HostelError:
            # The booking is in PostgreSQL: it is shown even while the map is away.
            hold = None
        row = self._get_booking(student)
        return {
            "hold": hold,
            "booking": self._in_round_of(row)._describe_booking(row) if row else None,
            **self._get_checkout_action(student, hold, row),
        }

    def _get_booking(self, student):
        rows = (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("student_id", "=", student.id),
                    ("state", "in", LIVE_BOOKING_STATES + OPEN_MONEY_STATES),
                    ("date_to", ">", self.env.company._get_college_day()),
                ],
                order="date_from, id desc",
            )
        )
        chosen = self.env.context.get("hostel_round_id")
        rounds = self._get_round() if chosen else self._get_rounds()
        if rounds:
            # Where the student lives this term must not hide what is held for the next.
            rows = rows.filtered(
                lambda row: any(
                    row.date_from < one.date_to and row.date_to > one.date_from for one in rounds
                )
            )
        live = rows.filtered(lambda row: row.state in LIVE_BOOKING_STATES)
        # Of several rounds the one in which something has to be done in time.
        unpaid = live.filtered(lambda row: row.state in UNPAID_STATES)
        return (unpaid or live or rows)[:1]

    def _in_round_of(self, row):
        """The desk of the open round that a booking is about, where none was chosen."""
        if self.env.context.get("hostel_round_id"):
            return self
        rounds = self._get_rounds().filtered(lambda one: one.term_id == row.term_id)
        return self._in_round(rounds[:1].id) if rounds else self

    def _describe_booking(self, row):
        left_ms = None
        if row.hold_until:
            left_ms = max(0, int((row.hold_until - self.env.cr.now()).total_seconds() * 1000))
        unpaid = row.state in ("offered", "paying")
        asked = row._get_asked_price()
        states = dict(row._fields["state"]._description_selection(self.env))
        return {
            "id": row.id,
            "state": row.state,
            "state_label": states[row.state],
            "bed": f"{row.room_id.name} · {row.bed_id.label}",
            "room": row.room_id.name,
            "label": row.bed_id.label,
            "hostel": row.hostel_id.name,
            "hostel_id": row.hostel_id.id,
            "term": row.term_id.name or "",
            "round_id": self._get_round().id or None,
            "key": self._get_key_of_floor(row.floor_id.id),
            "i": row.bed_id.map_index,
            "price": asked,
            "price_from": None if asked == row.price else row._format_day(row.date_from),
            "hold_ms_left": left_ms,
            "pay_url": row._get_pay_url() if unpaid else None,
            "payment_failed": False,
            "can_cancel": unpaid,
            "approval_label": self._get_approval_label(row),
        }

    def _get_approval_label(self, row):
        if row.state == "awaiting_approval":
            return self.env._("The warden checks it; you will hear from us.")
        if row.state == "allocated":
            return self.env._("The bed is yours.")
        if row.state == "refund_due":
            return self.env._("Your payment will be refunded.")
        return ""

    def _get_checkout_action(self, student, hold, row):
        """Extension point: what the main button says and does."""
        return {"action": "confirm", "action_label": self.env._("Confirm")}

    def _format_money(self, amount):
        """An amount as people write it: whole rupees without paise."""
        symbol, position, places = self._get_money_format(self.env.company.id)
        number = formatLang(self.env, amount, digits=0 if amount == int(amount) else places)
        return f"{symbol}{number}" if position == "before" else f"{number} {symbol}"

    @api.model
    @tools.ormcache("company_id")
    def _get_money_format(self, company_id):
        """Symbol, its position and decimal places of a company's currency."""
        currency = self.env["res.company"].sudo().browse(company_id).currency_id
        return currency.symbol, currency.position, currency.decimal_places

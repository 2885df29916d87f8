from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from odoo import api, models
from odoo.tools.misc import format_datetime

from odoo.addons.hostel_base.errors import HostelError

from ..const import HOLD_MINUTES
from ..tools.eligibility import Facts
from ..tools.round_card import WINDOW_ORDER


@dataclass
class Viewer:
    """Who looks at a round, and what was found out about them so far.

    :param student: one ``hostel.student``, or none for who only looks
    :param slots: window id → the student's own slot
    :param groups: keys of the groups for whom beds may be kept
    :param verdicts: window id → codes of what speaks against the student
    :param windows: window id → the window as the pages show it
    """

    student: Any
    facts: Facts | None = None
    slots: dict[int, datetime] = field(default_factory=dict)
    groups: frozenset[str] = frozenset()
    verdicts: dict[int, list[str]] = field(default_factory=dict)
    windows: dict[int, dict] = field(default_factory=dict)


class HostelBookingDesk(models.AbstractModel):
    """Which windows are for the viewer, how they stand, and why others are not."""

    _inherit = "hostel.booking.desk"

    @api.model
    def _get_card(self, booking_round):
        """What the round says to everybody: a :class:`~..tools.round_card.RoundCard`."""
        return self.env["hostel.booking.card"]._get(booking_round)

    @api.model
    def _get_viewer(self, booking_round, student):
        if not student:
            return Viewer(student)
        card = self._get_card(booking_round)
        facts = student._get_booking_facts(booking_round)
        return Viewer(
            student,
            facts=facts,
            slots=student._get_slot_times() if card.has_slots else {},
            groups=frozenset(self.env["hostel.booking.group"]._get_keys(student)),
            verdicts={window.id: window.judge(facts) for window in card.windows},
        )

    # ------------------------------------------------------------------
    # Why not
    # ------------------------------------------------------------------

    def _why_not(self, hostel, booking_round, student):
        """Why a student can't book in a hostel at all, in words; empty if they can."""
        refusal = self._get_refusal(hostel, booking_round, student)
        return refusal["text"] if refusal else ""

    def _get_refusal(self, hostel, booking_round, student):
        """Why a student can't book in a hostel, whatever the hour.

        Pauses and hours are no reasons here: the map shows them as the state of the window.

        :return: ``{"code", "text", "reasons"}``, or None if nothing speaks against it
        """
        card = self._get_card(booking_round)
        if hostel.id not in card.hostels:
            return self._prepare_refusal("NOT_ELIGIBLE", self.env._("Not open to you"))
        viewer = self._get_viewer(booking_round, student)
        return self._find_refusal(card, card.hostels[hostel.id], viewer)

    def _find_refusal(self, card, hostel, viewer):
        """As :meth:`_get_refusal`, of a hostel's card."""
        if not viewer.student:
            return self._prepare_refusal("NOT_A_STUDENT", self.env._("Students only"))
        if not hostel.takes(viewer.facts.gender):
            return self._prepare_refusal(
                "NOT_ELIGIBLE", self.env._("%(type)s only", type=hostel.gender_label)
            )
        windows = card.find_windows(hostel.id)
        if not windows:
            return self._prepare_refusal("NOT_ELIGIBLE", self.env._("Not open to you"))
        # The window that is nearest to being the student's own tells what is missing.
        window = min(windows, key=lambda one: len(viewer.verdicts[one.id]))
        codes = viewer.verdicts[window.id]
        if not codes:
            return None
        return self._prepare_refusal(
            codes[0], *(window.reasons[code] for code in codes), codes=codes
        )

    @api.model
    def _prepare_refusal(self, code, *texts, codes=()):
        return {"code": code, "text": " ".join(texts), "reasons": list(codes) or [code]}

    def _explain_refusal(self, key):
        """What speaks against a hold on a floor without an open door, as an error."""
        floor_map = self.env["hostel.booking.map"].sudo().search([("key", "=", key)], limit=1)
        booking_round, hostel_id = floor_map.round_id, floor_map.hostel_id.id
        card = self._get_card(booking_round)
        viewer = self._get_viewer(booking_round, self._get_student())
        refusal = self._find_refusal(card, card.hostels[hostel_id], viewer)
        if refusal:
            details = {"reasons": refusal["reasons"]}
            return HostelError(refusal["code"], refusal["text"], 403, details)
        window = self._find_window(card, hostel_id, viewer)
        texts = {
            "paused": (
                "WINDOW_PAUSED",
                self.env._("Booking is paused. Beds can be looked at, not held."),
            ),
            "ranked": (
                "WINDOW_RANKED",
                self.env._("Beds of this booking are given by wishes: state yours."),
            ),
            "pending": (
                "SLOTS_PENDING",
                self.env._("The time slots are being prepared. You will hear from us."),
            ),
        }
        state = self._find_window_state(window, viewer) if window else "closed"
        if state not in texts:
            return None
        code, text = texts[state]
        details = {"url": window.wishes_url} if window.wishes_url else {}
        return HostelError(code, text, 403, details)

    # ------------------------------------------------------------------
    # Windows
    # ------------------------------------------------------------------

    def _find_window(self, card, hostel_id, viewer):
        """The door that matters most to the viewer: one that is open, or the next to open.

        :return: a card, or None if no window leads into the hostel
        """
        windows = card.find_windows(hostel_id)
        if viewer.student:
            windows = [one for one in windows if not viewer.verdicts[one.id]] or windows
        return min(
            windows,
            key=lambda one: (
                WINDOW_ORDER.index(self._find_window_state(one, viewer)),
                one.opens_at,
                one.id,
            ),
            default=None,
        )

    def _find_opening(self, window, viewer):
        """When a window opens for the viewer; None while that is not known."""
        return (
            window.find_opening(viewer.slots.get(window.id)) if viewer.student else window.opens_at
        )

    def _find_window_state(self, window, viewer):
        return window.find_state(self._find_opening(window, viewer), self.env.cr.now())

    def _describe_window(self, card, hostel_id, viewer):
        """The window of a hostel as the pages show it; times are what is left, in ms."""
        window = self._find_window(card, hostel_id, viewer)
        window_id = window.id if window else 0
        if window_id not in viewer.windows:
            viewer.windows[window_id] = self._prepare_window(window, viewer)
        return viewer.windows[window_id]

    def _prepare_window(self, window, viewer):
        now = self.env.cr.now()
        if not window:
            label = self._format_moment(now)
            return {
                "id": 0,
                "name": "",
                "state": "closed",
                "message": "",
                "opens_in_ms": 0,
                "opens_label": label,
                "closes_in_ms": 0,
                "closes_label": label,
                "hold_minutes": HOLD_MINUTES,
                "wishes_url": None,
                "slot": None,
            }
        opening = self._find_opening(window, viewer) or window.opens_at
        slot = None
        if viewer.student and window.slots == "published":
            record = self.env["hostel.booking.window"].sudo().browse(window.id)
            slot = self._describe_slot(record, viewer.student)
        return {
            "id": window.id,
            "name": window.name,
            "state": self._find_window_state(window, viewer),
            "opens_in_ms": max(0, int((opening - now).total_seconds() * 1000)),
            "opens_label": self._format_moment(opening),
            "closes_in_ms": max(0, int((window.closes_at - now).total_seconds() * 1000)),
            "closes_label": self._format_moment(window.closes_at),
            "hold_minutes": window.hold_minutes or HOLD_MINUTES,
            "message": window.message,
            "wishes_url": window.wishes_url,
            "slot": slot,
        }

    # ------------------------------------------------------------------
    # Slots
    # ------------------------------------------------------------------

    @api.model
    def _describe_lot(self, window, student):
        """The student's place in a lottery whose list is frozen and not published, or None."""
        slot = window._get_slot(student)
        lottery = window.sudo().lottery_ids[:1]
        if not slot or not lottery or window.slot_state == "published":
            return None
        return {
            "rank": 0,
            "total": lottery.list_count,
            "is_late": False,
            "reference": slot.reference,
            "lottery_url": lottery._get_url(),
            "opens_in_ms": None,
            "opens_label": "",
        }

    @api.model
    def _describe_slot(self, window, student):
        """The student's slot in a window whose slots are out, or None."""
        if not student or window.slot_by == "none" or window.slot_state != "published":
            return None
        slot = window._get_slot(student)
        if slot:
            return slot._describe()
        # It stands in the list after the next round of the cron; the time is known already.
        left = (window.last_slot_at - self.env.cr.now()).total_seconds() * 1000
        return {
            "rank": 0,
            "total": window.slot_count,
            "is_late": True,
            "reference": "",
            "lottery_url": None,
            "opens_in_ms": max(0, int(left)),
            "opens_label": self._format_moment(window.last_slot_at),
        }

    @api.model
    def _get_slots(self, booking_round, student):
        """The student's slots of a round that have not closed, as the pages show them."""
        if not booking_round or not student:
            return []
        now = self.env.cr.now()
        windows = student._get_windows(booking_round).filtered(lambda w: w.closes_at > now)
        described = [
            (window, self._describe_slot(window, student) or self._describe_lot(window, student))
            for window in windows
        ]
        return [
            {**slot, "window": window.name, "hostels": window.hostel_ids.mapped("name")}
            for window, slot in described
            if slot
        ]

    def _format_moment(self, moment, dt_format="EEEE d MMM, HH:mm"):
        """A time as the clock of whoever is signed in shows it.

        :param datetime moment: naive UTC
        """
        tz = self.env.user.tz or self.env.company._get_college_tz()
        return format_datetime(self.env, moment, tz=tz, dt_format=dt_format)

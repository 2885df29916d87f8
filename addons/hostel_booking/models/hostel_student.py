from odoo import fields, models

from odoo.addons.hostel_base.const import PRIVATE_GROUPS
from odoo.addons.hostel_base.errors import HostelError

from ..const import GENDER_LETTER, NO_GENDER
from ..locks import get_locks
from ..tools.eligibility import Facts

# A file with thousands of clearances must not send as many messages.
MAX_TOLD_AT_ONCE = 50


class HostelStudent(models.Model):
    _inherit = "hostel.student"

    merit_score = fields.Float(
        digits=(6, 3), groups=PRIVATE_GROUPS, help="Such as the CGPA: the higher, the earlier."
    )
    home_distance_km = fields.Float(
        string="Home is away (km)",
        digits=(6, 1),
        groups=PRIVATE_GROUPS,
        help="Whoever lives farther away may come first.",
    )

    booking_slot_ids = fields.One2many(
        "hostel.booking.slot", "student_id", string="Time slots", groups=PRIVATE_GROUPS
    )

    _merit_positive = models.Constraint("CHECK (merit_score >= 0)", "Merit starts at 0.")
    _distance_positive = models.Constraint(
        "CHECK (home_distance_km >= 0)", "A distance is not negative."
    )

    # ------------------------------------------------------------------
    # Which windows are for whom
    # ------------------------------------------------------------------

    def _get_booking_facts(self, booking_round):
        """What the windows of a round ask about the student; never shown to anybody."""
        self.ensure_one()
        student, term = self.sudo(), booking_round.term_id
        card = self.env["hostel.booking.card"]._get(booking_round)
        return Facts(
            gender=student.gender,
            year=student.year_of_study,
            programme=student.programme_id.id or 0,
            category=student.category or "",
            is_active=student.status == "active" and student.active,
            # Asked of PostgreSQL only if any window of the round asks.
            is_cleared=card.needs_clearance and student._is_cleared(term),
            has_undertaking=card.needs_undertaking and student._has_undertaking(term.year_id),
        )

    def _get_windows(self, booking_round):
        """Windows of a round that are meant for the student, paused ones left out."""
        self.ensure_one()
        facts = self._get_booking_facts(booking_round)
        return booking_round.window_ids.filtered(
            lambda window: not window.is_paused and not window._judge(facts)
        )

    def _may_live_in(self, hostel):
        """Whether a hostel takes students of this gender at all."""
        self.ensure_one()
        wanted = hostel._get_required_gender()
        return not wanted or wanted == self.gender

    def _get_booking_refusal(self, booking_round):
        """Code that refuses every hold of the student in a round, or empty."""
        self.ensure_one()
        if self.status != "active" or not self.active:
            return "STUDENT_INACTIVE"
        if booking_round.is_practice:
            pretended = get_locks(self.env.cr.dbname).get_practice_bed(booking_round.key, self.id)
            return "HAS_ALLOCATION" if pretended else ""
        Allocation = self.env["hostel.allocation"].sudo()
        taken = Allocation.search_count(
            [
                ("student_id", "=", self.id),
                *Allocation._live_between(booking_round.date_from, booking_round.date_to),
            ],
            limit=1,
        )
        if taken:
            return "HAS_ALLOCATION"
        try:
            Allocation._check_student_may_live(self.sudo(), booking_round.term_id)
        except HostelError as exc:
            return exc.code
        return ""

    # ------------------------------------------------------------------
    # What Redis knows of it
    # ------------------------------------------------------------------

    def _load_eligibility(self, booking_round):
        """Work out which doors are for the student and tell Redis."""
        self.ensure_one()
        card = self.env["hostel.booking.card"]._get(booking_round)
        facts = self._get_booking_facts(booking_round)
        slots = self._get_slot_times() if card.has_slots else {}
        hostels = [hostel for hostel in card.hostels.values() if hostel.takes(facts.gender)]
        doors = {}
        for window in card.windows:
            if window.is_paused or window.judge(facts):
                continue
            door = window.find_door(window.find_opening(slots.get(window.id)))
            for hostel in hostels if door else ():
                if hostel.id in window.hostels:
                    for floor_map in hostel.maps:
                        doors.setdefault(floor_map.floor_id, []).append(door)
        kept = self._get_kept_places(booking_round)
        get_locks(self.env.cr.dbname).set_eligibility(
            booking_round.key,
            self.id,
            gender=GENDER_LETTER.get(self.gender, NO_GENDER),
            doors=doors,
            refusal=self._get_booking_refusal(booking_round),
            doors_version=card.doors,
            kept={floor_id: beds for floor_id, beds in kept.items() if floor_id in doors},
            places=self.env["hostel.booking.quota"]._get_needs_on_map(self, booking_round),
        )

    def _renew_eligibility(self, booking_round):
        """Work out the doors where Redis does not know them, or refuses the student.

        Whatever changes them drops what Redis knows or gives the doors a new version; a refusal
        may be over without anybody having told Redis, such as a bill that was paid.
        """
        self.ensure_one()
        locks = get_locks(self.env.cr.dbname)
        if not locks.knows_doors(booking_round.key, self.id, booking_round.doors_version):
            self._load_eligibility(booking_round)

    def _get_slot_times(self):
        """The student's own time slots: window id → when it opens, where that is known."""
        self.ensure_one()
        slots = self.sudo().booking_slot_ids
        return {slot.window_id.id: slot.opens_at for slot in slots if slot.opens_at}

    def _get_kept_places(self, booking_round):
        """Beds of a round that are kept for others than the student.

        :return: floor id → place on the map → until when in ms since the epoch, 0 for ever
        """
        self.ensure_one()
        card = self.env["hostel.booking.card"]._get(booking_round)
        groups = self.env["hostel.booking.group"]._get_keys(self)
        places = {}
        for hostel in card.hostels.values():
            for floor_map in hostel.maps:
                kept = floor_map.find_kept(groups, self.env.cr.now())
                if kept:
                    places[floor_map.floor_id] = kept
        return places

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {
            "gender",
            "status",
            "active",
            "year_of_study",
            "programme_id",
            "category",
            "is_pwd",
        }:
            self._drop_eligibility()
        return result

    def _drop_eligibility(self):
        """Work out again what these students may hold, at their next hold."""
        if not self:
            return
        Round = self.env["hostel.booking.round"]
        student_ids = self.ids
        for key in Round._get_open().mapped("key"):
            Round._after_commit(lambda locks, key=key: locks.drop_eligibility(key, student_ids))
        if len(self) <= MAX_TOLD_AT_ONCE:
            for student in self.sudo():
                student.partner_id._bus_send("hostel.booking/door", {})

    def _notify_booking(self, state, reason=""):
        """Tell the student's open pages that their booking changed."""
        for student in self:
            student.partner_id._bus_send("hostel.booking/me", {"state": state, "reason": reason})

from odoo import fields, models

from odoo.addons.hostel_base.const import PRIVATE_GROUPS
from odoo.addons.hostel_base.errors import HostelError

from ..const import GENDER_LETTER, NO_GENDER
from ..locks import get_locks
from ..tools.eligibility import Facts
from .hostel_booking_window import _to_ms

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
        return Facts(
            gender=student.gender,
            year=student.year_of_study,
            programme=student.programme_id.id or 0,
            category=student.category or "",
            is_active=student.status == "active" and student.active,
            is_cleared=student._is_cleared(term),
            has_undertaking=student._has_undertaking(term.year_id),
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
        doors = {}
        for window in self._get_windows(booking_round):
            door = window._get_door(self)
            if not door:
                continue
            for hostel in window.hostel_ids.filtered(self._may_live_in):
                for floor in hostel.floor_ids:
                    doors.setdefault(floor.id, []).append(door)
        get_locks(self.env.cr.dbname).set_eligibility(
            booking_round.key,
            self.id,
            gender=GENDER_LETTER.get(self.gender, NO_GENDER),
            doors=doors,
            refusal=self._get_booking_refusal(booking_round),
            doors_version=booking_round.doors_version,
            kept=self._get_kept_places(self.env["hostel.floor"].browse(doors)),
        )

    def _get_kept_places(self, floors):
        """Beds that are kept for others than the student.

        :return: floor id → place on the map → until when in ms since the epoch, 0 for ever
        """
        self.ensure_one()
        beds = (
            self.env["hostel.bed"]
            .sudo()
            .search([("floor_id", "in", floors.ids), ("reserved_group_id", "!=", False)])
        )
        places = {}
        for bed in beds.filtered(lambda bed: bed._is_kept_from(self)):
            until = bed.reserved_until
            places.setdefault(bed.floor_id.id, {})[bed.map_index] = _to_ms(until) if until else 0
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

    def _notify_move(self, subject):
        """Tell the student's open pages that something waits: ``agreement`` or ``condition``."""
        for student in self:
            student.partner_id._bus_send("hostel.booking/move", {"subject": subject})

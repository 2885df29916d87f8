from odoo import models

from ..const import GENDER_LETTER, NO_GENDER
from ..locks import get_locks


class HostelStudent(models.Model):
    _inherit = "hostel.student"

    def _get_windows(self, booking_round):
        """Windows of a round that are meant for the student, paused ones left out."""
        self.ensure_one()
        return booking_round.window_ids.filtered(
            lambda window: window._suits(self) and not window.is_paused
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
        Allocation = self.env["hostel.allocation"].sudo()
        taken = Allocation.search_count(
            [
                ("student_id", "=", self.id),
                *Allocation._live_between(booking_round.date_from, booking_round.date_to),
            ],
            limit=1,
        )
        return "HAS_ALLOCATION" if taken else ""

    def _load_eligibility(self, booking_round):
        """Work out which doors are for the student and tell Redis."""
        self.ensure_one()
        doors = {}
        for window in self._get_windows(booking_round):
            for hostel in window.hostel_ids.filtered(self._may_live_in):
                for floor in hostel.floor_ids:
                    doors.setdefault(floor.id, []).append(window._get_door())
        get_locks(self.env.cr.dbname).set_eligibility(
            booking_round.key,
            self.id,
            gender=GENDER_LETTER.get(self.gender, NO_GENDER),
            doors=doors,
            refusal=self._get_booking_refusal(booking_round),
            doors_version=booking_round.doors_version,
        )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"gender", "status", "active", "year_of_study"}:
            self._drop_eligibility()
        return result

    def _drop_eligibility(self):
        """Work out again what these students may hold, at their next hold."""
        Round = self.env["hostel.booking.round"]
        student_ids = self.ids
        for key in Round._get_open().mapped("key"):
            Round._after_commit(lambda locks, key=key: locks.drop_eligibility(key, student_ids))

    def _notify_booking(self, state, reason=""):
        """Tell the student's open pages that their booking changed."""
        for student in self:
            student.partner_id._bus_send("hostel.booking/me", {"state": state, "reason": reason})

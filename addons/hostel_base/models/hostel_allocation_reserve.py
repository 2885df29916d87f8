from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import api, models

from ..const import UNPAID_STATES
from ..errors import HostelError


class HostelAllocation(models.Model):
    """Taking a bed: checks, the insert, and what a loser of the race is told."""

    _inherit = "hostel.allocation"

    @api.model
    def _reserve(self, bed, student, term, state, *, price=None, hold_seconds=None, origin=None):
        """Give a bed to a student for a term.

        A second call for a bed that the student is already paying returns that row.

        :param bed: one ``hostel.bed``
        :param student: one ``hostel.student``
        :param term: one ``hostel.term``
        :param state: ``offered``, ``paying`` or ``awaiting_approval``
        :param price: amount in the company's currency, as frozen at the hold
        :param hold_seconds: for how long an unpaid row keeps the bed, from
            PostgreSQL's clock
        :param origin: the row that this one replaces
        :return: one ``hostel.allocation``
        :raises HostelError: ``STUDENT_INACTIVE``, ``GENDER_MISMATCH``, ``BED_RETIRED``,
            ``ROOM_NOT_AVAILABLE``, those of :meth:`_check_student_may_live` and
            :meth:`_check_room_ready`, ``YEAR_CLOSED``, ``BED_BUSY``, ``BED_TAKEN``,
            ``DUPLICATE_ENTRY``, ``INVALID_ALLOCATION``, ``UNDERTAKING_MISSING``
        """
        bed, student = bed.sudo(), student.sudo()
        term.sudo().year_id._check_open()
        self._check_undertaking(student, term.sudo().year_id)
        self._check_student_may_live(student, term.sudo())
        self._check_bed_suits(bed, student)
        self._check_room_ready(bed, term.sudo())
        self._lock_bed(bed)
        existing = self.sudo().search(
            [
                ("bed_id", "=", bed.id),
                ("student_id", "=", student.id),
                ("state", "in", UNPAID_STATES),
                *self._live_between(term.date_from, term.date_to),
            ],
            limit=1,
        )
        if existing:
            return existing
        now = self.env.cr.now()
        vals = {
            "bed_id": bed.id,
            "student_id": student.id,
            "gender": student.gender,
            "term_id": term.id,
            "date_from": term.date_from,
            "date_to": term.date_to,
            "price": bed._get_price(term) if price is None else price,
            "payment_ref": self._new_payment_ref(),
            "origin_id": origin.id if origin else False,
        }
        if hold_seconds:
            vals |= {"hold_started_at": now, "hold_until": now + timedelta(seconds=hold_seconds)}
        return self._insert_row(vals, state)

    @api.model
    def _block(self, bed, date_from, date_to, reason, kind=False):
        """Take a bed out of use for ``[date_from, date_to)``.

        :raises HostelError: ``BED_BUSY``, ``BED_TAKEN``, ``ROOM_NOT_AVAILABLE``,
            ``INVALID_DATE_RANGE``
        """
        if date_to <= date_from:
            raise HostelError(
                "INVALID_DATE_RANGE", self.env._("The last day must come after the first."), 422
            )
        self._lock_bed(bed)
        vals = {
            "bed_id": bed.id,
            "is_block": True,
            "date_from": date_from,
            "date_to": date_to,
            "reason": reason,
            "block_kind": kind,
        }
        return self._insert_row(vals, "blocked")

    def _insert_row(self, vals, state):
        """Insert a live row; the constraints decide whether it may exist."""
        bed = self.env["hostel.bed"].browse(vals["bed_id"]).sudo()
        try:
            with self.env.cr.savepoint():
                row = self.sudo().create({**vals, "state": state, "fence": self._next_fence()})
                row.flush_recordset()
        except IntegrityError as exc:
            raise self._conflict_error(exc, bed, vals) from None
        row._after_transition(False)
        return row.sudo(self.env.su)

    @api.model
    def _check_bed_suits(self, bed, student):
        """Refuse what no race can change: status, gender, retired beds."""
        if student.status != "active" or not student.active:
            raise HostelError(
                "STUDENT_INACTIVE",
                self.env._("Only an active student can have a bed; ask the hostel office."),
                403,
            )
        if not bed.active or not bed.room_id.active:
            raise HostelError(
                "BED_RETIRED", self.env._("Bed %(bed)s is no longer used.", bed=bed.display_name)
            )
        wanted = bed.room_id.gender or bed.hostel_id._get_required_gender()
        if not wanted or wanted != student.gender:
            raise HostelError(
                "GENDER_MISMATCH",
                self.env._("Room %(room)s is for others.", room=bed.room_id.name),
                403,
            )

    @api.model
    def _check_student_may_live(self, student, term):
        """Extension point: refuse a student who may not have a bed yet, whichever it is.

        Asked before every reservation, also by hand, and when the map is opened. Each refusal
        is raised with the way out.

        :param student: one ``hostel.student``, with all rights
        :param term: one ``hostel.term``
        :raises HostelError: ``OUTSTANDING_FEES``, ``VIOLATION_UNRESOLVED``
        """

    @api.model
    def _check_room_ready(self, bed, term):
        """Extension point: refuse a room that is not ready to be given to anybody.

        Asked before every reservation and every move.

        :param bed: one ``hostel.bed``, with all rights
        :param term: one ``hostel.term``
        :raises HostelError: ``PRE_ALLOCATION_INSPECTION_PENDING``, ``ROOM_NOT_AVAILABLE``
        """

    @api.model
    def _check_undertaking(self, student, year):
        """Refuse a bed without this year's anti-ragging undertaking, where the college asks it.

        Source: UGC Regulations on Curbing the Menace of Ragging in Higher Educational
        Institutions, 2009, clause 6.1: no hostel without the undertaking of student and parent.
        """
        wanted = self.env["ir.config_parameter"].sudo().get_param("hostel_base.require_undertaking")
        if wanted in ("True", "1", "true") and not student._has_undertaking(year):
            raise HostelError(
                "UNDERTAKING_MISSING",
                self.env._(
                    "The anti-ragging undertaking for %(year)s is missing. Student and guardian"
                    " sign it on the national portal; the hostel office then records its number.",
                    year=year.name,
                ),
                403,
            )

    @api.model
    def _conflict_error(self, exc, bed, vals):
        """Translate a violated constraint into the refusal the person sees."""
        constraint = exc.diag.constraint_name or ""
        mine = {
            "hostel_allocation_bed_free": self._bed_conflict_error,
            "hostel_allocation_student_once": self._student_conflict_error,
        }
        if constraint in mine:
            return mine[constraint](bed, vals)
        if constraint == "hostel_allocation_room_one_gender":
            return HostelError(
                "GENDER_MISMATCH",
                self.env._("Room %(room)s is for others.", room=bed.room_id.name),
                403,
            )
        return HostelError("INVALID_ALLOCATION", self._sql_error_to_message(exc), 422)

    def _bed_conflict_error(self, bed, vals):
        overlap = self.sudo().search(
            [
                ("bed_id", "=", bed.id),
                ("id", "!=", vals.get("id", False)),
                *self._live_between(vals["date_from"], vals["date_to"]),
            ],
            limit=1,
        )
        if overlap.is_block:
            return HostelError(
                "ROOM_NOT_AVAILABLE",
                self.env._("Bed %(bed)s is closed for these dates.", bed=bed.display_name),
            )
        if overlap and overlap.student_id.id == vals.get("student_id"):
            return HostelError(
                "DUPLICATE_ENTRY",
                self.env._("You have bed %(bed)s already.", bed=bed.display_name),
            )
        return HostelError(
            "BED_TAKEN", self.env._("Someone took bed %(bed)s.", bed=bed.display_name)
        )

    def _student_conflict_error(self, bed, vals):
        """The student has a bed: this very one (a double click), or another."""
        same = self.sudo().search_count(
            [
                ("bed_id", "=", bed.id),
                ("id", "!=", vals.get("id", False)),
                ("student_id", "=", vals["student_id"]),
                *self._live_between(vals["date_from"], vals["date_to"]),
            ],
            limit=1,
        )
        if same:
            return HostelError(
                "DUPLICATE_ENTRY", self.env._("You have bed %(bed)s already.", bed=bed.display_name)
            )
        return HostelError(
            "INVALID_ALLOCATION", self.env._("The student has another bed for these dates.")
        )

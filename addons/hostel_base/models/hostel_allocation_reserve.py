from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from psycopg2 import IntegrityError

from odoo import api, models

from ..const import UNPAID_STATES
from ..errors import HostelError
from ..tools.reservation import Wanted


class HostelAllocation(models.Model):
    """Taking a bed: checks, the insert, and what a loser of the race is told."""

    _inherit = "hostel.allocation"

    @api.model
    def _reserve(
        self,
        bed,
        student,
        term,
        state,
        *,
        price=None,
        hold_seconds=None,
        origin=None,
        date_from=None,
    ):
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
        :param date date_from: see :meth:`_get_first_day`
        :return: one ``hostel.allocation``
        :raises HostelError: ``STUDENT_INACTIVE``, ``GENDER_MISMATCH``, ``BED_RETIRED``,
            ``ROOM_NOT_AVAILABLE``, those of :meth:`_check_student_may_live` and
            :meth:`_check_room_ready`, ``YEAR_CLOSED``, ``BED_BUSY``, ``BED_TAKEN``,
            ``DUPLICATE_ENTRY``, ``INVALID_ALLOCATION``, ``INVALID_DATE_RANGE``,
            ``UNDERTAKING_MISSING``
        """
        wanted = Wanted(bed, student, term, price, origin, date_from)
        [outcome] = self._reserve_many([[wanted]], state, hold_seconds=hold_seconds)
        if isinstance(outcome, HostelError):
            raise outcome
        return outcome

    @api.model
    def _reserve_many(self, groups, state, *, hold_seconds=None):
        """Give many beds, to each group of students all of theirs or none.

        The same checks, constraints and consequences as one by one, in a number of queries that
        does not grow with the groups as long as PostgreSQL refuses none of them. Groups that come
        first win.

        :param groups: list of lists of :class:`Wanted`
        :param state: as of :meth:`_reserve`, for all
        :param hold_seconds: as of :meth:`_reserve`, for all
        :return: for each group its rows, or the ``HostelError`` that refuses it
        """
        groups = self._prepare_groups(groups)
        outcomes = self._get_refusals(groups)
        self._refuse_busy(groups, outcomes)
        open_groups = [index for index, outcome in enumerate(outcomes) if outcome is None]
        existing = self._get_unpaid(wanted for index in open_groups for wanted in groups[index])
        to_insert = {
            index: [
                self._prepare_row(wanted, hold_seconds)
                for wanted in groups[index]
                if (wanted.bed.id, wanted.student.id) not in existing
            ]
            for index in open_groups
        }
        given = self._insert_groups(list(to_insert.values()), state)
        for index, outcome in zip(to_insert, given, strict=True):
            outcomes[index] = outcome
            pairs = [(wanted.bed.id, wanted.student.id) for wanted in groups[index]]
            found = [existing[pair] for pair in pairs if pair in existing]
            if found and not isinstance(outcome, HostelError):
                outcomes[index] = found[0].union(*found, outcome)
        return outcomes

    def _prepare_groups(self, groups):
        """The groups with all rights; what is read of one is read of all."""
        everybody = [wanted for group in groups for wanted in group]
        bed_ids = [wanted.bed.id for wanted in everybody]
        student_ids = [wanted.student.id for wanted in everybody]
        return [
            [
                replace(
                    wanted,
                    bed=wanted.bed.sudo().with_prefetch(bed_ids),
                    student=wanted.student.sudo().with_prefetch(student_ids),
                    term=wanted.term.sudo(),
                )
                for wanted in group
            ]
            for group in groups
        ]

    def _get_refusals(self, groups):
        """What refuses each group before anything is locked, or None."""
        everybody = [wanted for group in groups for wanted in group]
        checker = self._read_ahead(everybody) if len(everybody) > 1 else self
        return [checker._get_refusal(group) for group in groups]

    def _get_refusal(self, group):
        try:
            for wanted in group:
                self._check_wanted(wanted)
        except HostelError as exc:
            return exc
        return None

    def _check_wanted(self, wanted):
        """Ask every rule that no race can change."""
        bed, student, term = wanted.bed, wanted.student, wanted.term
        term.year_id._check_open()
        self._check_first_day(wanted)
        self._check_undertaking(student, term.year_id)
        self._check_student_may_live(student, term)
        self._check_bed_suits(bed, student)
        self._check_room_ready(bed, term)

    @api.model
    def _read_ahead(self, everybody):
        """Extension point: read what the checks ask for all at once, not for each student.

        A check that asks the database looks into :meth:`_get_known` first. Without that it is
        just as right, and slower.

        :param everybody: list of :class:`Wanted`
        :return: the model, with what is known in its context
        """
        students = everybody[0].student.union(*(wanted.student for wanted in everybody))
        beds = everybody[0].bed.union(*(wanted.bed for wanted in everybody))
        terms = everybody[0].term.union(*(wanted.term for wanted in everybody))
        students.fetch(["gender", "status", "active", "partner_id"])
        beds.fetch(["active", "label", "floor_id", "hostel_id", "company_id", "room_type_id"])
        beds.room_id.fetch(["name", "gender", "fee", "active"])
        model = self.with_context(hostel_known={})
        if self._is_undertaking_required():
            signed = self.env["hostel.undertaking"]._get_signed(students, terms.year_id)
            model = model._with_known(signed=signed)
        return model

    def _refuse_busy(self, groups, outcomes):
        """Lock the beds of all groups that are not refused yet; refuse those that can't be."""
        left = [index for index, outcome in enumerate(outcomes) if outcome is None]
        beds = self.env["hostel.bed"].sudo()
        beds = beds.union(*(wanted.bed for index in left for wanted in groups[index]))
        busy = self._try_lock_beds(beds)
        for index in left if busy else ():
            mine = busy.browse().union(*(wanted.bed for wanted in groups[index])) & busy
            if mine:
                outcomes[index] = self._busy_error(mine.sorted("id")[0])

    @api.model
    def _get_unpaid(self, everybody):
        """Rows that the students are paying already for the beds that they want.

        :return: ``{(bed id, student id): row}``
        """
        found = {}
        by_term = {}
        for wanted in everybody:
            by_term.setdefault(wanted.term, []).append(wanted)
        for term, some in by_term.items():
            pairs = {(wanted.bed.id, wanted.student.id) for wanted in some}
            rows = self.sudo().search(
                [
                    ("bed_id", "in", [bed_id for bed_id, _student in pairs]),
                    ("student_id", "in", [student_id for _bed, student_id in pairs]),
                    ("state", "in", UNPAID_STATES),
                    *self._live_between(term.date_from, term.date_to),
                ]
            )
            for row in rows:
                if (row.bed_id.id, row.student_id.id) in pairs:
                    found.setdefault((row.bed_id.id, row.student_id.id), row)
        return found

    def _prepare_row(self, wanted, hold_seconds):
        """Values of the row of one student."""
        student, term, price = wanted.student, wanted.term, wanted.price
        vals = {
            "bed_id": wanted.bed.id,
            "student_id": student.id,
            "gender": student.gender,
            "term_id": term.id,
            "date_from": self._get_first_day(term, wanted.origin, wanted.date_from),
            "is_first_day_agreed": bool(wanted.date_from),
            "date_to": term.date_to,
            "price": wanted.bed._get_price(term) if price is None else price,
            "payment_ref": self._new_payment_ref(),
            "origin_id": wanted.origin.id if wanted.origin else False,
            **wanted.values,
        }
        if hold_seconds:
            now = self.env.cr.now()
            vals |= {"hold_started_at": now, "hold_until": now + timedelta(seconds=hold_seconds)}
        return vals

    @api.model
    def _get_first_day(self, term, origin=None, date_from=None):
        """From which day a bed is the student's: not for days of a term that are gone already.

        :param term: one ``hostel.term``
        :param origin: the row that goes on, of which the days stay
        :param date date_from: what was agreed, if anything
        :return: a day of the term
        """
        if date_from:
            return date_from
        if origin and origin.sudo().term_id == term:
            return origin.sudo().date_from
        today = self.env.company._get_college_day()
        return max(term.date_from, today) if today < term.date_to else term.date_from

    def _check_first_day(self, wanted):
        """Refuse an agreed day outside of the term.

        :raises HostelError: ``INVALID_DATE_RANGE``
        """
        day, term = wanted.date_from, wanted.term
        if day and not term.date_from <= day < term.date_to:
            raise HostelError(
                "INVALID_DATE_RANGE",
                self.env._(
                    "The first day lies between %(first)s and %(last)s.",
                    first=term.date_from,
                    last=term.date_to - timedelta(days=1),
                ),
                422,
            )

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
        [outcome] = self._insert_groups([[vals]], state)
        if isinstance(outcome, HostelError):
            raise outcome
        return outcome

    def _insert_groups(self, groups, state):
        """Insert the rows of many groups, of each group all or none, and tell of them.

        :param groups: list of lists of values
        :return: for each group its rows, or the ``HostelError`` that refuses it
        """
        outcomes = self._insert_judged(groups, state)
        given = [one for one in outcomes if not isinstance(one, HostelError)]
        rows = self.sudo().browse().union(*given)
        if rows:
            rows._after_transition(False)
        return [one if isinstance(one, HostelError) else one.sudo(self.env.su) for one in outcomes]

    def _insert_judged(self, groups, state):
        """Insert all groups at once; if one is refused, each half on its own, down to that one."""
        if not any(groups):
            return [self.sudo().browse() for _group in groups]
        if len(groups) == 1:
            try:
                return [self._insert_group(groups[0], state)]
            except HostelError as exc:
                return [exc]
        try:
            with self.env.cr.savepoint():
                rows = self._insert_rows([vals for group in groups for vals in group], state)
        except (IntegrityError, HostelError):
            middle = len(groups) // 2
            return [
                *self._insert_judged(groups[:middle], state),
                *self._insert_judged(groups[middle:], state),
            ]
        ids = iter(rows.ids)
        return [rows.browse(islice(ids, len(group))) for group in groups]

    def _insert_group(self, group, state):
        """Insert the rows of one group, one by one, so that a refusal is about its bed.

        :raises HostelError: a conflict
        """
        rows = self.sudo().browse()
        # In the order of the beds, as everybody who takes several does.
        with self.env.cr.savepoint() if len(group) > 1 else nullcontext():
            for vals in sorted(group, key=lambda one: one["bed_id"]):
                try:
                    with self.env.cr.savepoint():
                        rows |= self._insert_rows([vals], state)
                except IntegrityError as exc:
                    bed = self.env["hostel.bed"].browse(vals["bed_id"]).sudo()
                    raise self._conflict_error(exc, bed, vals) from None
        return rows

    def _insert_rows(self, vals_list, state):
        """Extension point: insert live rows, and what must be there with them, or raise.

        :return: the rows, in the same order, with all rights
        """
        fences = self._next_fences(len(vals_list))
        rows = self.sudo().create(
            [
                {**vals, "state": state, "fence": fence}
                for vals, fence in zip(vals_list, fences, strict=True)
            ]
        )
        rows.flush_recordset()
        return rows

    @api.model
    def _check_bed_suits(self, bed, student):
        """Refuse what no race can change: status, gender, retired beds."""
        if student.status != "active" or not student.active:
            raise HostelError(
                "STUDENT_INACTIVE",
                self.env._("Only an active student can have a bed; ask the hostel office."),
                403,
            )
        self._check_bed_used(bed)
        wanted = bed.room_id.gender or bed.hostel_id._get_required_gender()
        if not wanted or wanted != student.gender:
            raise HostelError(
                "GENDER_MISMATCH",
                self.env._("Room %(room)s is for others.", room=bed.room_id.name),
                403,
            )

    @api.model
    def _check_bed_used(self, bed):
        """Refuse a bed that is retired, or whose room, floor or hostel is.

        :raises HostelError: ``BED_RETIRED``
        """
        if bed._is_retired():
            raise HostelError(
                "BED_RETIRED", self.env._("Bed %(bed)s is no longer used.", bed=bed.display_name)
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
        if not self._is_undertaking_required():
            return
        signed = self._get_known("signed")
        if signed is None:
            signed = self.env["hostel.undertaking"]._get_signed(student, year)
        if (student.id, year.id) not in signed:
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
    def _is_undertaking_required(self):
        wanted = self.env["ir.config_parameter"].sudo().get_param("hostel_base.require_undertaking")
        return wanted in ("True", "1", "true")

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

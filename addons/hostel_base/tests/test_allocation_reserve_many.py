"""Many beds at once: the same as one by one, all of a group or none, in few queries."""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..errors import HostelError
from ..tools.reservation import Wanted
from .common import HostelCase

FEW, MANY = 20, 200
# ORM inserts go a hundred rows at a time.
MORE_QUERIES = 12


def told_of(outcome):
    text = outcome.args[0] if isinstance(outcome, HostelError) else ""
    return code_of(outcome), text


def code_of(outcome):
    return outcome.code if isinstance(outcome, HostelError) else "GIVEN"


@tagged("post_install", "-at_install")
class TestReserveMany(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.big = cls._create_hostel(name="Big")
        cls.floor = cls._create_floor(cls.big)

    def _wanted(self, bed, student=None, term=None, **kwargs):
        return Wanted(bed, student or self._create_student(), term or self.term, **kwargs)

    def _beds(self, count):
        room = self._create_room(self.floor)
        return self.env["hostel.bed"].create(
            [{"room_id": room.id, "label": str(number)} for number in range(count)]
        )

    def _one_by_one(self, groups):
        """What each group gets if its beds are given one after the other."""
        told = []
        for group in groups:
            try:
                with self.env.cr.savepoint():
                    for wanted in group:
                        self.Allocation._reserve(
                            wanted.bed,
                            wanted.student,
                            wanted.term,
                            "awaiting_approval",
                            price=wanted.price,
                        )
                told.append(("GIVEN", ""))
            except HostelError as exc:
                told.append((exc.code, exc.args[0]))
        return told

    def _mixed(self):
        """A batch with a group for each refusal, and some that are fine."""
        taken, closed, retired, own, mine, free, *rest = self._beds(20)
        mixed_room = self._create_room(
            self._create_floor(self._create_hostel(gender_type="mixed")), gender="male"
        )
        boys_bed = self._create_bed(mixed_room)
        self._reserve(taken)
        self.Allocation._block(closed, self.term.date_from, self.term.date_to, "Painting")
        retired.active = False
        has_own = self._create_student()
        self._reserve(own, student=has_own, state="awaiting_approval")
        paying = self._create_student()
        self._reserve(mine, student=paying, state="paying")
        year = self.env["hostel.academic.year"].create(
            {"name": "Closed", "date_from": "2032-07-01", "date_to": "2033-07-01"}
        )
        over = self._create_term(
            year_id=year.id, date_from="2033-01-04", date_to="2033-06-01", name="Over"
        )
        year.state = "closed"
        double = self._create_student()
        groups = [
            [self._wanted(rest[0])],
            [self._wanted(taken)],
            [self._wanted(rest[1]), self._wanted(rest[2])],
            [self._wanted(closed)],
            [self._wanted(retired)],
            [self._wanted(own, has_own)],
            [self._wanted(rest[3], has_own)],
            [self._wanted(mine, paying)],
            [self._wanted(rest[4], self._create_student(status="inactive"))],
            [self._wanted(boys_bed)],
            [self._wanted(rest[5], term=over)],
            # All or none: the first of them had been free.
            [self._wanted(rest[6]), self._wanted(taken)],
            [self._wanted(rest[6])],
            # Who comes first wins, also within the batch.
            [self._wanted(free, price=123.0)],
            [self._wanted(free)],
            [self._wanted(rest[7], double)],
            [self._wanted(rest[8], double)],
        ]
        codes = [
            "GIVEN", "BED_TAKEN", "GIVEN", "ROOM_NOT_AVAILABLE", "BED_RETIRED", "DUPLICATE_ENTRY",
            "INVALID_ALLOCATION", "GIVEN", "STUDENT_INACTIVE", "GENDER_MISMATCH", "YEAR_CLOSED",
            "BED_TAKEN", "GIVEN", "GIVEN", "BED_TAKEN", "GIVEN", "INVALID_ALLOCATION",
        ]  # fmt: skip
        return groups, codes

    @mute_logger("odoo.sql_db")
    def test_the_same_as_one_by_one(self):
        groups, codes = self._mixed()
        one_by_one = []
        # Nothing of it stays.
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            one_by_one = self._one_by_one(groups)
            raise ZeroDivisionError
        self.assertEqual([code for code, _text in one_by_one], codes)
        outcomes = self.Allocation._reserve_many(groups, "awaiting_approval")
        self.assertEqual([told_of(outcome) for outcome in outcomes], one_by_one)
        for group, outcome, code in zip(groups, outcomes, codes, strict=True):
            if code == "GIVEN":
                pairs = {(one.bed, one.student) for one in group}
                self.assertEqual({(row.bed_id, row.student_id) for row in outcome}, pairs)
        # What was being paid already is the row that it was.
        self.assertEqual(outcomes[7].state, "paying")
        self.assertEqual(outcomes[13].price, 123.0)
        self.assertEqual(outcomes[0].price, 42000)
        rows = self.Allocation.union(*(one for one in outcomes if not isinstance(one, HostelError)))
        new = rows - outcomes[7]
        self.assertEqual(set(new.mapped("state")), {"awaiting_approval"})
        self.assertEqual(len(set(new.mapped("fence"))), len(new))
        self.assertEqual(len(set(new.mapped("name"))), len(new))
        self.assertEqual(len(set(new.mapped("payment_ref"))), len(new))

    def test_busy_beds_are_left_out_and_the_others_given(self):
        beds = self._beds(4)
        groups = [[self._wanted(bed)] for bed in beds[:2]]
        groups.append([self._wanted(beds[2]), self._wanted(beds[3])])
        busy = beds[0] | beds[3]
        calls = []

        def lock(wanted, **_kwargs):
            calls.append(wanted)
            return wanted - busy

        with patch.object(self.registry["hostel.bed"], "try_lock_for_update", lock):
            outcomes = self.Allocation._reserve_many(groups, "awaiting_approval")
        self.assertEqual(
            [code_of(outcome) for outcome in outcomes], ["BED_BUSY", "GIVEN", "BED_BUSY"]
        )
        self.assertEqual(outcomes[0].details, {"retry_after": 1})
        # All locks are taken at once.
        self.assertEqual(calls, [beds])
        self.assertFalse(beds[2].allocation_ids)

    def test_the_undertaking_is_asked_for_set_wise(self):
        self.env["res.config.settings"].create({"hostel_require_undertaking": True}).execute()
        signed, unsigned = self._create_student(), self._create_student()
        self.env["hostel.undertaking"].create(
            {
                "student_id": signed.id,
                "year_id": self.year.id,
                "reference": "AR-many",
                "student_date": "2030-07-01",
                "guardian_date": "2030-07-02",
            }
        )
        beds = self._beds(2)
        groups = [[self._wanted(beds[0], unsigned)], [self._wanted(beds[1], signed)]]
        outcomes = self.Allocation._reserve_many(groups, "awaiting_approval")
        self.assertEqual(
            [code_of(outcome) for outcome in outcomes], ["UNDERTAKING_MISSING", "GIVEN"]
        )

    def test_what_an_addon_refuses_for_one_student_only(self):
        beds = self._beds(2)
        debtor = self._create_student()

        def refuse(_rows, student, _term):
            if student == debtor:
                raise HostelError("OUTSTANDING_FEES", "Not yet.")

        groups = [[self._wanted(beds[0], debtor)], [self._wanted(beds[1])]]
        model = self.registry["hostel.allocation"]
        with patch.object(model, "_check_student_may_live", refuse):
            outcomes = self.Allocation._reserve_many(groups, "awaiting_approval")
        self.assertEqual([code_of(outcome) for outcome in outcomes], ["OUTSTANDING_FEES", "GIVEN"])

    def test_an_unpaid_row_has_its_time(self):
        [outcome] = self.Allocation._reserve_many(
            [[self._wanted(bed) for bed in self._beds(2)]], "offered", hold_seconds=60
        )
        self.assertEqual(set(outcome.mapped("state")), {"offered"})
        for row in outcome:
            self.assertEqual((row.hold_until - row.hold_started_at).total_seconds(), 60)

    def test_nothing_wanted_nothing_given(self):
        self.assertEqual(self.Allocation._reserve_many([], "awaiting_approval"), [])

    def test_each_row_is_told_and_audited(self):
        beds = self._beds(3)
        groups = [[self._wanted(bed)] for bed in beds]
        last = self.env["hostel.event"].search([], limit=1).id
        outcomes = self.Allocation._reserve_many(groups, "awaiting_approval")
        rows = self.Allocation.union(*outcomes)
        events = self.env["hostel.event"].search(
            [("id", ">", last), ("name", "=", "allocation.created")]
        )
        self.assertEqual({one.payload["allocation_id"] for one in events}, set(rows.ids))
        logs = self.env["auditlog.log"].search(
            [("model_model", "=", "hostel.allocation"), ("res_id", "in", rows.ids)]
        )
        self.assertEqual(set(logs.mapped("res_id")), set(rows.ids))
        self.assertEqual(
            set(logs.mapped("hostel_student_ref")), {one.student.id for [one] in groups}
        )

    def _count_queries(self, count):
        groups = [[self._wanted(bed)] for bed in self._beds(count)]
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        outcomes = self.Allocation._reserve_many(groups, "awaiting_approval")
        self.env.flush_all()
        queries = self.env.cr.sql_log_count - before
        self.assertEqual({code_of(outcome) for outcome in outcomes}, {"GIVEN"})
        return queries

    def test_queries_do_not_grow_with_the_students(self):
        self._count_queries(2)
        few, many = self._count_queries(FEW), self._count_queries(MANY)
        self.assertLessEqual(many, few + MORE_QUERIES)

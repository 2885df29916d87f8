"""What PostgreSQL itself refuses. A constraint that can't be created only logs an error."""

from datetime import date

from psycopg2 import IntegrityError
from psycopg2.errors import CheckViolation, ExclusionViolation, UniqueViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..const import LIVE_STATES
from .common import HostelCase

DEAD_STATES = (
    "expired",
    "cancelled",
    "vacated",
    "transferred",
    "unplaced",
    "reassigned",
    "refund_due",
    "refunded",
)


@tagged("post_install", "-at_install")
class TestConstraints(HostelCase):
    def _get_definition(self, name):
        self.env.cr.execute(
            "SELECT contype, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = 'hostel_allocation'::regclass AND conname = %s",
            [name],
        )
        [(kind, definition)] = self.env.cr.fetchall()
        return kind, definition

    def test_exclusions_are_in_the_database(self):
        for name, columns in (
            ("bed_free", "bed_id WITH =, daterange(date_from, date_to, '[)'::text) WITH &&"),
            (
                "student_once",
                "student_id WITH =, daterange(date_from, date_to, '[)'::text) WITH &&",
            ),
            (
                "room_one_gender",
                "room_id WITH =, gender WITH <>, daterange(date_from, date_to, '[)'::text) WITH &&",
            ),
        ):
            with self.subTest(constraint=name):
                kind, definition = self._get_definition(f"hostel_allocation_{name}")
                self.assertEqual(kind, "x")
                self.assertIn(f"EXCLUDE USING gist ({columns})", definition)
                for state in LIVE_STATES:
                    self.assertIn(f"'{state}'", definition)
                for state in DEAD_STATES:
                    self.assertNotIn(f"'{state}'", definition)

    def test_every_declared_constraint_and_index_is_in_the_database(self):
        self.env.cr.execute(
            "SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes"
            " WHERE schemaname = current_schema"
        )
        found = {name for (name,) in self.env.cr.fetchall()}
        declared = {
            f"{model._table}_{name.lstrip('_')}": model._name
            for model in self.env.registry.values()
            if model._original_module.startswith("hostel_")
            and not model._abstract
            and not model._transient
            for name in model._table_objects
        }
        # Constraints of the common columns are named by the ORM with the table already in.
        missing = {
            name: model
            for name, model in declared.items()
            if name not in found and name.removeprefix(f"{model.replace('.', '_')}_") not in found
        }
        self.assertFalse(missing)
        self.assertGreater(len(declared), 15)

    def test_fences_come_from_one_sequence(self):
        self.env.cr.execute(
            "SELECT 1 FROM pg_sequences WHERE sequencename = 'hostel_allocation_fence_seq'"
        )
        self.assertTrue(self.env.cr.fetchone())

    # One bed ----------------------------------------------------------------

    def test_a_bed_is_never_taken_twice_in_any_live_state(self):
        for first in LIVE_STATES:
            for second in LIVE_STATES:
                with (
                    self.subTest(first=first, second=second),
                    self.env.cr.savepoint() as savepoint,
                ):
                    self._create_allocation(first)
                    with (
                        mute_logger("odoo.sql_db"),
                        self.assertRaises(ExclusionViolation) as caught,
                    ):
                        self._create_allocation(second)
                    constraint = caught.exception.diag.constraint_name
                    self.assertEqual(constraint, "hostel_allocation_bed_free")
                    savepoint.rollback()

    def test_a_dead_row_takes_no_bed(self):
        for state in DEAD_STATES:
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                self._create_allocation(state)
                self.assertTrue(self._create_allocation("allocated"))
                savepoint.rollback()

    def test_on_the_leaving_day_the_next_one_comes(self):
        self._create_allocation(date_from=date(2031, 2, 1), date_to=date(2031, 3, 1))
        self._create_allocation(date_from=date(2031, 3, 1), date_to=date(2031, 4, 1))
        self._create_allocation(date_from=date(2031, 1, 15), date_to=date(2031, 2, 1))
        with mute_logger("odoo.sql_db"), self.assertRaises(ExclusionViolation):
            self._create_allocation(date_from=date(2031, 3, 31), date_to=date(2031, 5, 1))

    # One student ------------------------------------------------------------

    def test_a_student_never_has_two_beds_at_a_time(self):
        student = self._create_student()
        self._create_allocation("checked_in", student=student)
        for state in LIVE_STATES[:-1]:
            with (
                self.subTest(state=state),
                mute_logger("odoo.sql_db"),
                self.assertRaises(ExclusionViolation) as caught,
            ):
                self._create_allocation(state, student=student, bed=self.other_bed)
            self.assertEqual(
                caught.exception.diag.constraint_name, "hostel_allocation_student_once"
            )

    # One gender in a room ---------------------------------------------------

    def test_two_genders_never_share_a_room(self):
        self._create_allocation("allocated", student=self._create_student(gender="female"))
        self.assertEqual(self.bed.room_id, self.other_bed.room_id)
        with mute_logger("odoo.sql_db"), self.assertRaises(ExclusionViolation) as caught:
            self._create_allocation(
                "allocated", student=self._create_student(gender="male"), bed=self.other_bed
            )
        self.assertEqual(caught.exception.diag.constraint_name, "hostel_allocation_room_one_gender")

    def test_a_closed_bed_suits_every_room_mate(self):
        closed = self._create_allocation("blocked")
        row = self._create_allocation("allocated", bed=self.other_bed)
        self.assertEqual(closed.room_id, row.room_id)

    # Plain checks -----------------------------------------------------------

    def test_dates_that_slip_past_an_exclusion_are_refused(self):
        for date_from, date_to in (("2031-02-01", "2031-02-01"), ("2031-02-02", "2031-02-01")):
            with (
                self.subTest(date_from=date_from),
                mute_logger("odoo.sql_db"),
                # A reversed range already fails in the index, with a DataError.
                self.assertRaises(Exception) as caught,
            ):
                self._create_allocation(date_from=date_from, date_to=date_to)
            self.assertRegex(str(caught.exception), "dates_ordered|range lower bound")

    def test_a_stay_has_a_student_and_a_closed_bed_has_none(self):
        student = self._create_student()
        for vals in ({"student_id": False, "is_block": False}, {"is_block": True}):
            with (
                self.subTest(vals=vals),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
            ):
                self._create_allocation(**{"student": student, **vals})

    def test_a_payment_reference_is_used_once(self):
        self._create_allocation("expired", payment_ref="HB-TWICE")
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self._create_allocation("expired", payment_ref="HB-TWICE")
        self._create_allocation("expired", payment_ref=False)
        self._create_allocation("expired", payment_ref=False)

    def test_beds_and_rooms_keep_their_places(self):
        room, floor = self.bed.room_id, self.bed.floor_id
        for call in (
            lambda: self._create_bed(room, label=self.bed.label),
            lambda: self._create_room(floor, name=room.name),
            lambda: self._create_floor(self.home, name=floor.name),
            lambda: self._create_hostel(code=self.home.code),
            lambda: self._create_student(roll_number=self._create_student().roll_number),
            lambda: self._create_term(code=self.term.code),
            lambda: self.other_bed.write({"map_index": self.bed.map_index}),
        ):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                call()
                self.env.flush_all()

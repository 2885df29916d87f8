from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError

from .common import BookingCase

EXAMPLES, STEPS = 25, 30
LIVE = {"offered", "paying", "awaiting_approval", "allocated", "checked_in", "blocked"}
# Written by hand from the documents, not read from the code that it judges.
ALLOWED = {
    "offered": {"paying", "awaiting_approval", "expired", "cancelled"},
    "paying": {"awaiting_approval", "expired", "cancelled"},
    "awaiting_approval": {"allocated", "cancelled"},
    "allocated": {"checked_in", "cancelled", "transferred"},
    "checked_in": {"vacated", "transferred"},
    "blocked": {"cancelled"},
    "expired": {"unplaced"},
    "cancelled": {"unplaced"},
    "unplaced": {"reassigned", "refund_due"},
    "refund_due": {"refunded"},
}
STATES = sorted(set(ALLOWED) | {"vacated", "transferred", "reassigned", "refunded"})
SHOWN = {
    "offered": "2",
    "paying": "2",
    "awaiting_approval": "3",
    "allocated": "3",
    "checked_in": "3",
    "blocked": "4",
}
BEDS, STUDENTS = 4, 4


class AllocationMachine(RuleBasedStateMachine):
    """Reservations, closures and transitions in any order, beside a model of a dozen lines."""

    case = None

    def __init__(self):
        super().__init__()
        self.case.env.flush_all()
        self.savepoint = self.case.env.cr.savepoint(flush=False)
        self.savepoint.__enter__()
        self.rows = []
        self.fences = {}

    @initialize()
    def open_the_map(self):
        self.case.load_maps()

    def teardown(self):
        # What is pending belongs to a world that ends here, also after an error.
        self.case.env.transaction.clear()
        self.savepoint.rollback()
        self.savepoint.__exit__(None, None, None)
        self.case.env.cr.postcommit.clear()
        self.case.forget_maps()

    # -- what the model knows ----------------------------------------------------------------------
    def _live(self, **wanted):
        return [
            known
            for known in self.rows
            if known["state"] in LIVE
            and all(known[name] == value for name, value in wanted.items())
        ]

    def _try(self, call):
        """The result, and the code of a refusal; one of them is None."""
        try:
            return call(), None
        except HostelError as refused:
            return None, refused.code

    # -- what may happen ---------------------------------------------------------------------------
    @rule(
        bed=st.integers(0, BEDS - 1),
        student=st.integers(0, STUDENTS - 1),
        state=st.sampled_from(["offered", "paying", "awaiting_approval"]),
    )
    def reserve(self, bed, student, state):
        same = self._live(bed=bed, student=student)
        row, code = self._try(
            lambda: self.case.env["hostel.allocation"]._reserve(
                self.case.beds[bed], self.case.people[student], self.case.term, state
            )
        )
        if same and same[0]["state"] in ("offered", "paying"):
            assert row == same[0]["row"], "a second call goes on with the first row"
        elif self._live(bed=bed):
            assert code in ("BED_TAKEN", "ROOM_NOT_AVAILABLE", "DUPLICATE_ENTRY"), code
        elif self._live(student=student):
            assert code == "INVALID_ALLOCATION", code
        else:
            assert row and row.state == state, code
            self.rows.append({"row": row, "bed": bed, "student": student, "state": state})

    @rule(bed=st.integers(0, BEDS - 1))
    def close(self, bed):
        row, code = self._try(
            lambda: self.case.env["hostel.allocation"]._block(
                self.case.beds[bed], self.case.term.date_from, self.case.term.date_to, "Painting"
            )
        )
        if self._live(bed=bed):
            assert code in ("BED_TAKEN", "ROOM_NOT_AVAILABLE"), code
        else:
            assert row, code
            self.rows.append({"row": row, "bed": bed, "student": None, "state": "blocked"})

    @precondition(lambda self: self.rows)
    @rule(number=st.integers(0, 50), state=st.sampled_from(STATES))
    def turn(self, number, state):
        known = self.rows[number % len(self.rows)]
        _none, code = self._try(lambda: known["row"]._transition(state) or True)
        if state in ALLOWED.get(known["state"], ()):
            assert code is None, code
            known["state"] = state
        else:
            assert code == "INVALID_TRANSITION", code

    @rule(bed=st.integers(0, BEDS - 1), student=st.integers(0, STUDENTS - 1))
    def write_past_the_transitions(self, bed, student):
        for known in self._live(bed=bed):
            try:
                row = known["row"].with_user(self.case.env.ref("base.user_admin"))
                row.write({"student_id": self.case.people[student].id})
            except Exception as refused:
                assert type(refused).__name__ == "AccessError", refused
            else:
                raise AssertionError("a row was changed past its transitions")

    @rule()
    def drain(self):
        self.case.drain()

    # -- what must always hold ---------------------------------------------------------------------
    @invariant()
    def postgresql_agrees(self):
        for known in self.rows:
            assert known["row"].state == known["state"]
            fence = known["row"].fence
            assert fence >= self.fences.get(known["row"].id, 0), "a fence went back"
            self.fences[known["row"].id] = fence
        for name in ("bed", "student"):
            taken = [known[name] for known in self._live() if known[name] is not None]
            assert len(taken) == len(set(taken))

    @invariant()
    def the_map_agrees_once_it_was_told(self):
        self.case.drain()
        expected = ["0"] * len(self.case.states())
        for known in self._live():
            expected[self.case.beds[known["bed"]].map_index] = SHOWN[known["state"]]
        assert self.case.states() == "".join(expected)


@tagged("post_install", "-at_install")
class TestAllocationMachine(BookingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.beds = cls.girls.floor_ids.bed_ids.sorted("map_index")[:BEDS]
        cls.people = cls.env["hostel.student"].create(
            [
                {"name": f"M {n}", "roll_number": f"T-MACHINE-{n}", "gender": "female"}
                for n in range(STUDENTS)
            ]
        )

    @mute_logger("odoo.sql_db")
    def test_any_order_of_steps_keeps_every_promise(self):
        # The transaction of the test is the machine's world.
        machine = type("Machine", (AllocationMachine,), {"case": self})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )

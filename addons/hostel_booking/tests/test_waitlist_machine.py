"""A line, its offers and the beds behind them, in any order of what may happen to them."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError

from .machines import CampusMachine, play
from .test_waitlist import WaitlistCase

EXAMPLES, STEPS = 50, 30
BEDS, STUDENTS = 3, 4
LIVE = ("offered", "paying", "awaiting_approval", "allocated", "checked_in", "blocked")
UNPAID = ("offered", "paying")


class WaitlistMachine(CampusMachine):
    """Nothing is offered twice, an offer has its bed, and no bed waits for nobody."""

    def __init__(self):
        super().__init__()
        self.entries = self.case.env["hostel.waitlist.entry"]

    @initialize(offers=st.sampled_from([1, 2]))
    def decide_how_many_offers_may_be_let_go(self, offers):
        parameters = self.case.env["ir.config_parameter"]
        parameters.set_param("hostel_booking.waitlist_offers", str(offers))

    def teardown(self):
        super().teardown()
        # The number of offers was never written.
        self.case.env.registry.clear_cache()

    # -- what is asked -----------------------------------------------------------------------------
    def _try(self, call):
        """Code of the refusal, or None; what is refused changes nothing, as in a request."""
        try:
            with self.case.env.cr.savepoint():
                call()
        except HostelError as refused:
            return refused.code
        return None

    def _rows_of(self, records, field):
        return self.case.env["hostel.allocation"].search(
            [(field, "in", records.ids), ("state", "in", LIVE)]
        )

    def _open_entry(self, number):
        student = self.case.people[number]
        return self.entries.filtered(
            lambda entry: entry.student_id == student and entry.state in ("waiting", "offered")
        )

    # -- what may happen ---------------------------------------------------------------------------
    @rule(number=st.integers(0, STUDENTS - 1))
    def join(self, number):
        waits, entries = bool(self._open_entry(number)), []
        code = self._try(lambda: entries.append(self.case.join(self.case.users[number])))
        # With a paid bed, or while one is free, nobody has to wait.
        refusals = {"HAS_ALLOCATION", "BEDS_FREE", *(["ON_LIST"] if waits else [])}
        if entries:
            assert not waits, "twice on one list"
            self.entries |= entries[0]
        else:
            assert code in refusals, code

    @rule(bed=st.integers(0, BEDS - 1))
    def free(self, bed):
        """Whoever has the bed gives it up."""
        for row in self._rows_of(self.case.scarce[bed], "bed_id"):
            if row.state in (*UNPAID, "awaiting_approval", "allocated"):
                row._transition("cancelled", hold_until=False)
        self.case.tell()

    @rule(bed=st.integers(0, BEDS - 1), number=st.integers(0, STUDENTS - 1))
    def book(self, bed, number):
        """Somebody who waits takes a bed on the map, paid or not yet."""
        state = "paying" if number % 2 else "awaiting_approval"
        self._try(
            lambda: self.case.env["hostel.allocation"]._reserve(
                self.case.scarce[bed], self.case.people[number], self.case.term, state
            )
        )
        self.case.tell()

    @precondition(lambda self: self.entries)
    @rule(number=st.integers(0, STUDENTS - 1), answer=st.sampled_from(["accept", "decline"]))
    def answer(self, number, answer):
        # Rather one who was asked than one who was not.
        asked = self.entries.filtered(lambda entry: entry.state == "offered")
        entry = asked[number % len(asked)] if asked else self._open_entry(number)
        if not entry:
            return
        before, kept = entry.state, self.case.kept(entry)
        code = self._try(getattr(entry, f"_{answer}"))
        if before == "waiting":
            assert code == "OFFER_OVER", code
        elif code is None and answer == "accept":
            assert entry.state == "accepted"
            [row] = self._rows_of(entry.student_id, "student_id")
            assert row.bed_id == kept.bed_id, "another bed than the one that was offered"
        elif code is None:
            assert entry.state in ("waiting", "declined")
        else:
            assert code == "ALREADY_PAID", code
        self.case.tell()

    @precondition(lambda self: self.entries)
    @rule(number=st.integers(0, STUDENTS - 1))
    def time_runs_out(self, number):
        asked = self.entries.filtered(lambda entry: entry.state == "offered")
        if asked:
            entry = asked[number % len(asked)]
            entry.offer_until = self.case.env.cr.now() - timedelta(seconds=1)
            entry.flush_recordset()
            entry._expire_due()
            assert entry.state in ("waiting", "expired")
            self.case.tell()

    @precondition(lambda self: self.entries)
    @rule(number=st.integers(0, STUDENTS - 1), ending=st.sampled_from(["left", "removed"]))
    def go(self, number, ending):
        """By the own wish, or the office takes them off the list."""
        entry = self._open_entry(number)
        if entry:
            assert self._try(entry._leave if ending == "left" else entry.action_remove) is None
            assert entry.state == ending
            self.case.tell()

    # -- what must always hold ---------------------------------------------------------------------
    @invariant()
    def an_offer_has_one_bed_and_nothing_else_has_any(self):
        for entry in self.entries:
            self.reached.add(entry.state)
            kept = self.case.kept(entry)
            assert len(kept) == (entry.state == "offered"), (entry.state, kept.mapped("state"))
            if kept.student_id:
                assert kept.student_id == entry.student_id

    @invariant()
    def nobody_and_no_bed_is_double(self):
        rows = self._rows_of(self.case.scarce, "bed_id")
        assert len(rows.bed_id) == len(rows)
        rows = self._rows_of(self.case.people, "student_id")
        assert len(rows.student_id) == len(rows)

    @invariant()
    def no_bed_is_empty_while_somebody_waits_for_it(self):
        # What no event tells, such as a reason that has gone, the cron job finds.
        self.case.env["hostel.waitlist"]._cron_advance()
        free = self.case.scarce - self._rows_of(self.case.scarce, "bed_id").bed_id
        for entry in self.entries.filtered(lambda entry: entry.state == "waiting"):
            if entry._get_obstacle():
                continue
            # What was offered once and not wanted is not offered again.
            left = free - entry.allocation_ids.bed_id
            assert not left, f"{left.mapped('display_name')} wait for nobody"


@tagged("post_install", "-at_install")
class TestWaitlistMachine(WaitlistCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scarce = cls.girls.bed_ids.sorted("map_index")[:BEDS]
        made = [cls._create_student(f"line{number}", "female") for number in range(STUDENTS)]
        cls.people = made[0][0].union(*(student for student, _user in made))
        cls.users = [user for _student, user in made]

    @mute_logger("odoo.sql_db", "odoo.addons.hostel_booking.models.hostel_waitlist")
    def test_any_order_of_steps_keeps_every_promise(self):
        reached = play(WaitlistMachine, self, examples=EXAMPLES, steps=STEPS)
        states = self.env["hostel.waitlist.entry"]._fields["state"].get_values(self.env)
        self.assertEqual(set(states) - reached, set())

"""Beds of many cohorts at once: seats, kept beds, maps; queries that don't grow with them."""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError

from .test_allocation_run import RunCase

FEW, MANY = 20, 200
# Of the ORM's inserts, a hundred rows at a time.
MORE_QUERIES = 25


def told_of(outcome):
    return (outcome.code, outcome.args[0]) if isinstance(outcome, HostelError) else ("GIVEN", "")


class GiveManyCase(RunCase):
    def _people(self, count, **overrides):
        number = self.env["hostel.student"].search_count([])
        return self.env["hostel.student"].create(
            [
                {
                    "name": f"Many {number + n}",
                    "roll_number": f"MANY-{number + n}",
                    "gender": "female",
                    "year_of_study": 2,
                    **overrides,
                }
                for n in range(count)
            ]
        )

    def _more_beds(self, count):
        floor = self.girls.floor_ids[0]
        number = self.env["hostel.room"].search_count([])
        rooms = self.env["hostel.room"].create(
            [
                {
                    "name": f"M{number + n}",
                    "floor_id": floor.id,
                    "room_type_id": self.room_type.id,
                }
                for n in range(-(-count // 2))
            ]
        )
        beds = self.env["hostel.bed"].create(
            [{"room_id": room.id, "label": label} for room in rooms for label in "AB"]
        )
        return beds[:count]

    def _plan(self, beds, *students, **overrides):
        """A cohort of these students, and the beds that they are to have."""
        cohort = self._cohort(*students, **overrides)
        return cohort, list(zip(students, beds, strict=True))

    def _give(self, plans):
        return self.env["hostel.cohort"]._give_many(plans, "awaiting_approval")


@tagged("post_install", "-at_install")
class TestGiveMany(GiveManyCase):
    def _one_by_one(self, plans):
        told = []
        for cohort, pairs in plans:
            try:
                with self.env.cr.savepoint():
                    cohort._give_beds(pairs, "awaiting_approval")
                told.append(("GIVEN", ""))
            except HostelError as exc:
                told.append((exc.code, exc.args[0]))
        return told

    def _mixed(self):
        sc = self.env.ref("hostel_booking.hostel_booking_group_sc")
        third_years = self.env["hostel.booking.group"].create({"kind": "year", "year_of_study": 3})
        self.env["hostel.booking.quota"].create(
            {
                "round_id": self.round.id,
                "hostel_id": self.girls.id,
                "group_id": third_years.id,
                "kind": "cap",
                "seats": 1,
            }
        )
        one, two, three, kept, taken, *beds = self._more_beds(30)
        kept.reserved_group_id = sc
        people, older = self._people(20), self._people(5, year_of_study=3)
        member = self._people(1, category="sc")
        other, _user = self._create_student("esha", "female")
        self.env["hostel.allocation"]._reserve(taken, other, self.term, "awaiting_approval")
        changed = self._plan(beds[10:11], people[10])
        changed[1].append((people[11], beds[11]))
        plans = [
            self._plan([one, two], *people[:2]),
            self._plan([kept], people[2]),
            # The one place for the third year would go to a group that gets nothing …
            self._plan([beds[0], taken], older[0], people[3]),
            # … so that the next one has it, and nobody after that.
            self._plan([beds[0]], older[1]),
            self._plan([beds[1], beds[2]], older[2], people[4]),
            self._plan([beds[1]], people[5]),
            self._plan([kept], member),
            self._plan([beds[3]], people[6], state="cancelled"),
            self._plan([beds[4]], self.chand),
            changed,
            self._plan([three], people[7]),
        ]
        codes = [
            "GIVEN", "BED_RESERVED", "BED_TAKEN", "GIVEN", "QUOTA_FULL", "GIVEN", "GIVEN",
            "INVALID_TRANSITION", "GENDER_MISMATCH", "COHORT_CHANGED", "GIVEN",
        ]  # fmt: skip
        return plans, codes

    @mute_logger("odoo.sql_db")
    def test_the_same_as_one_by_one(self):
        plans, codes = self._mixed()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            one_by_one = self._one_by_one(plans)
            raise ZeroDivisionError
        self.assertEqual([code for code, _text in one_by_one], codes)
        outcomes = self._give(plans)
        self.assertEqual([told_of(outcome) for outcome in outcomes], one_by_one)
        for (cohort, pairs), outcome, code in zip(plans, outcomes, codes, strict=True):
            if code == "GIVEN":
                self.assertEqual(cohort.state, "allocated")
                self.assertEqual(outcome, cohort.allocation_ids)
                self.assertEqual({(row.student_id, row.bed_id) for row in outcome}, {*pairs})
            else:
                self.assertFalse(cohort.allocation_ids)
                self.assertNotEqual(cohort.state, "allocated")

    def test_each_stay_sits_on_a_seat_of_its_own(self):
        second_years = self.env["hostel.booking.group"].create({"kind": "year", "year_of_study": 2})
        quota = self.env["hostel.booking.quota"].create(
            {
                "round_id": self.round.id,
                "group_id": second_years.id,
                "kind": "cap",
                "seats": 12,
            }
        )
        plans = [
            self._plan([bed], student)
            for bed, student in zip(self._more_beds(10), self._people(10), strict=True)
        ]
        self._give(plans)
        seats = quota.seat_ids
        self.assertEqual(len(seats), 10)
        self.assertEqual(len(set(seats.mapped("number"))), 10)
        self.assertEqual(
            set(seats.allocation_id.student_id), {student for _c, [(student, _b)] in plans}
        )

    @mute_logger("odoo.sql_db")
    def test_seats_that_others_took_or_work_on_are_passed_over(self):
        second_years = self.env["hostel.booking.group"].create({"kind": "year", "year_of_study": 2})
        Quota = self.env["hostel.booking.quota"]
        quota = Quota.create(
            {"round_id": self.round.id, "group_id": second_years.id, "kind": "cap", "seats": 6}
        )
        beds, people = self._more_beds(7), self._people(7)
        self._give([self._plan([beds[0]], people[0])])
        taken = quota.seat_ids.number
        model = self.registry["hostel.booking.quota"]
        refused, free_numbers = model._refused_seats, model._get_free_numbers
        worked_on = next(number for number in range(1, 7) if number != taken)

        def with_an_old_picture(quotas, some):
            # As if the seat had been taken after the snapshot.
            found = free_numbers(quotas, some)
            found[quota.id].append(taken)
            return found

        def with_another_at_work(quotas, seats):
            return refused(quotas, seats) | (seats & {(quota.id, worked_on)})

        plans = [self._plan([beds[n]], people[n]) for n in range(1, 5)]
        with (
            patch.object(model, "_get_free_numbers", with_an_old_picture),
            patch.object(model, "_refused_seats", with_another_at_work),
        ):
            outcomes = self._give(plans)
            self.assertEqual({told_of(one)[0] for one in outcomes}, {"GIVEN"})
            seats = quota.seat_ids.filtered("is_live")
            self.assertEqual(set(seats.mapped("number")), {*range(1, 7)} - {worked_on})
            # What is left is being decided: try again.
            last = self._plan([beds[5]], people[5])
            [busy] = self._give([last])
        self.assertEqual(busy.code, "BED_BUSY")
        [given] = self._give([last])
        self.assertEqual(given.student_id, people[5])
        [full] = self._give([self._plan([beds[6]], people[6])])
        self.assertEqual(full.code, "QUOTA_FULL")

    def test_the_map_shows_all_of_them(self):
        beds = self.girls.bed_ids.sorted("map_index")[:4]
        self.drain()
        self._give([self._plan([bed], who) for bed, who in zip(beds, self._people(4), strict=True)])
        self.drain()
        states = self.states()
        self.assertEqual(len({states[bed.map_index] for bed in beds}), 1)
        self.assertNotEqual(states[beds[0].map_index], states[beds[-1].map_index + 1])

    def test_where_the_booking_came_from_is_on_each_row(self):
        cohort = self._cohort(self.asha, self.bina, wishes=[self._wish("102")])
        run = self._run()
        run.action_apply()
        rows = cohort.allocation_ids
        self.assertEqual(set(rows.mapped("booking_source")), {"engine"})
        self.assertEqual(rows.window_id, self.window)

    def test_a_busy_line_is_left_for_the_next_batch(self):
        first = self._cohort(self.asha, wishes=[self._wish("101")])
        second = self._cohort(self.bina, wishes=[self._wish("102")])
        run = self._run()
        run.sudo().state = "applying"
        busy = self._room("101").bed_ids

        def lock(wanted, **_kwargs):
            return wanted - busy

        with patch.object(self.registry["hostel.bed"], "try_lock_for_update", lock):
            self.assertTrue(run.line_ids._apply())
        states = [self._line(run, one).state for one in (first, second)]
        self.assertEqual(states, ["planned", "done"])
        self.assertFalse(run.line_ids.filtered(lambda line: line.state == "planned")._apply())
        self.assertEqual(self._line(run, first).state, "done")
        self.assertEqual([len(one.allocation_ids) for one in (first, second)], [1, 1])

    # Queries -------------------------------------------------------------

    def _count_queries(self, count):
        """Queries of giving the beds of a solved run to so many, a quarter of them in pairs."""
        beds, people = list(self._more_beds(count)), list(self._people(count))
        cohorts = []
        while people:
            size = 2 if len(cohorts) % 3 == 0 and len(people) > 1 else 1
            cohorts.append(self._plan([beds.pop() for _n in range(size)], *people[:size]))
            del people[:size]
        run = self.Run.create({"round_id": self.round.id, "seed": "test", "state": "applying"})
        lines = self.env["hostel.allocation.run.line"].create(
            [
                {
                    "run_id": run.id,
                    "cohort_id": cohort.id,
                    "state": "planned",
                    "pairs": [[student.id, bed.id] for student, bed in pairs],
                }
                for cohort, pairs in cohorts
            ]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        lines._apply()
        self.env.flush_all()
        queries = self.env.cr.sql_log_count - before
        self.assertEqual(set(lines.mapped("state")), {"done"})
        self.assertEqual(len(lines.cohort_id.allocation_ids), count)
        run.sudo().state = "done"
        # The next one may be at work in the same round.
        run.flush_recordset()
        return queries

    def test_queries_do_not_grow_with_the_students(self):
        sc = self.env.ref("hostel_booking.hostel_booking_group_sc")
        quota = {"round_id": self.round.id, "hostel_id": self.girls.id}
        self.env["hostel.booking.quota"].create({**quota, "group_id": sc.id, "seats": 3})
        self._count_queries(4)
        few, many = self._count_queries(FEW), self._count_queries(MANY)
        self.assertLessEqual(many, few + MORE_QUERIES)

"""What the office sees first says the truth, to each what is theirs, at a bounded price."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..const import LIVE_STATES
from .common import HostelCase

# Queries of one look, however large the campus is.
CEILING = 45


@tagged("post_install", "-at_install")
class TestDashboard(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.today = fields.Date.context_today(cls.env.user)
        cls.running = {
            "date_from": cls.today - timedelta(days=30),
            "date_to": cls.today + timedelta(days=60),
        }
        beds = cls.home.bed_ids
        cls.living = cls._create_allocation("checked_in", bed=beds[0], **cls.running)
        cls.booked = cls._create_allocation("allocated", bed=beds[1], **cls.running)
        cls.closed = cls._create_allocation("blocked", bed=beds[2], **cls.running)
        cls.elsewhere = cls._create_allocation(
            "checked_in", bed=cls.foreign.bed_ids[0], **cls.running
        )

    def _get(self, role="warden", hostel=None):
        self.env.invalidate_all()
        dashboard = self.env["hostel.dashboard"].with_user(self.users[role])
        return dashboard.get_data(hostel.id if hostel else False)

    def _todo(self, role="warden"):
        return {item["key"]: item for item in self._get(role)["todo"]}

    # ------------------------------------------------------------------

    def test_numbers_are_those_of_the_own_hostel(self):
        data = self._get()
        [row] = data["hostels"]
        self.assertEqual(row["name"], "Home")
        numbers = {key: row[key] for key in ("capacity", "occupied", "booked", "closed", "free")}
        self.assertEqual(
            numbers, {"capacity": 8, "occupied": 1, "booked": 1, "closed": 1, "free": 5}
        )
        # Two of seven usable beds.
        self.assertAlmostEqual(row["share"], 2 / 7, places=3)
        self.assertEqual((row["band"], row["band_name"]), ("under_utilized", "Under-utilised"))
        self.assertEqual({key: data["totals"][key] for key in numbers}, numbers)
        self.assertEqual([choice["name"] for choice in data["choices"]], ["Home"])

    def test_admin_chooses_one_hostel_or_all(self):
        every = self._get("admin")
        self.assertLessEqual(
            {self.home.id, self.foreign.id}, {row["id"] for row in every["hostels"]}
        )
        one = self._get("admin", self.foreign)
        self.assertEqual([row["id"] for row in one["hostels"]], [self.foreign.id])
        self.assertEqual(one["totals"]["occupied"], 1)
        self.assertEqual(one["hostel_id"], self.foreign.id)
        self.assertEqual(len(one["choices"]), len(every["choices"]))

    def test_foreign_hostel_can_not_be_chosen(self):
        data = self._get(hostel=self.foreign)
        self.assertFalse(data["hostel_id"])
        self.assertEqual([row["id"] for row in data["hostels"]], [self.home.id])

    def test_guard_sees_numbers_and_nothing_about_people(self):
        data = self._get("guard")
        self.assertEqual(data["totals"]["occupied"], 1)
        self.assertFalse(data["moves"])
        self.assertFalse(data["trend"])
        self.assertFalse(data["setup"])
        keys = {item["key"] for item in data["todo"]}
        self.assertFalse(keys & {"to_approve", "without_guardian", "not_arrived"})

    def test_students_and_guardians_are_refused(self):
        for role in ("student", "guardian", "portal"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._get(role)

    def test_employee_without_a_post_is_refused(self):
        with self.assertRaises(AccessError):
            self._get("internal")

    def test_moves_are_counted_by_day_and_state(self):
        beds = self.home.bed_ids
        later = self.today + timedelta(days=3)
        end = self.today + timedelta(days=90)
        self._create_allocation("allocated", bed=beds[3], date_from=self.today, date_to=end)
        self._create_allocation("checked_in", bed=beds[4], date_from=self.today, date_to=end)
        self._create_allocation("awaiting_approval", bed=beds[5], date_from=later, date_to=end)
        self._create_allocation(
            "checked_in", bed=beds[6], date_from=self.running["date_from"], date_to=later
        )
        moves = self._get()["moves"]
        arrivals, departures = moves["arrivals"], moves["departures"]
        self.assertEqual(arrivals["today"], {"open": 1, "done": 1, "waiting": 0})
        self.assertEqual(arrivals["week"], {"open": 1, "done": 0, "waiting": 1})
        self.assertEqual(departures["today"], {"open": 0, "done": 0, "waiting": 0})
        self.assertEqual(departures["week"], {"open": 1, "done": 0, "waiting": 0})
        self.assertEqual(len(arrivals["days"]), 8)
        rows = self.env["hostel.allocation"].search_count(arrivals["domain"])
        self.assertEqual(rows, 2, "The click leads to what was counted.")

    def test_each_item_leads_to_as_many_records_as_it_says(self):
        beds = self.home.bed_ids
        self._create_allocation("awaiting_approval", bed=beds[3])
        self._create_allocation("unplaced", bed=beds[3])
        self._create_allocation("refund_due", bed=beds[3])
        self._create_allocation(
            "paying", bed=beds[4], hold_until=self.env.cr.now() - timedelta(hours=1)
        )
        self._create_allocation(
            "checked_in",
            bed=beds[5],
            date_from=self.today - timedelta(days=90),
            date_to=self.today - timedelta(days=1),
        )
        self.home.room_ids[0].condition = "needs_repair"
        self._create_post(
            self.users["guard"], self.home, "caretaker", date_to=self.today + timedelta(days=9)
        )
        todo = self._todo()
        # Two live here now or will: neither has a guardian, an undertaking or a verification.
        self.assertEqual(
            {key: item["count"] for key, item in todo.items()},
            {
                "to_approve": 1,
                "unplaced": 1,
                "refund_due": 1,
                "stuck": 1,
                "not_arrived": 1,
                "not_left": 1,
                "without_guardian": 2,
                "without_undertaking": 2,
                "police": 2,
                "repair": 1,
                "posts_ending": 1,
            },
        )
        for key, item in todo.items():
            action = self.env.ref(item["action"])
            model = self.env[action.res_model].with_user(self.users["warden"])
            with self.subTest(item=key):
                self.assertEqual(model.search_count(item["domain"]), item["count"])

    def test_what_is_done_is_no_longer_asked_for(self):
        student = self.living.student_id
        year = self.env["hostel.academic.year"].create(
            {
                "name": "Running",
                "date_from": self.today - timedelta(days=100),
                "date_to": self.today + timedelta(days=200),
            }
        )
        self.assertEqual(self._todo()["without_undertaking"]["count"], 2)
        paper = self.env["hostel.undertaking"].create(
            {
                "student_id": student.id,
                "year_id": year.id,
                "reference": "UGC-1",
                "student_date": self.today,
            }
        )
        self.assertEqual(self._todo()["without_undertaking"]["count"], 2, "One signature of two.")
        paper.guardian_date = self.today
        student.police_verification = "verified"
        self.env["hostel.guardian"].create(
            {
                "student_id": student.id,
                "partner_id": self.env["res.partner"].create({"name": "Mother"}).id,
            }
        )
        todo = self._todo()
        for key in ("without_undertaking", "police", "without_guardian"):
            self.assertEqual(todo[key]["count"], 1, key)

    def test_floor_in_charge_is_asked_nothing_private(self):
        keys = set(self._todo("floor_incharge"))
        self.assertFalse(keys & {"police", "without_undertaking"})
        self.assertIn("without_guardian", keys)

    def test_trend_counts_stays_of_the_past_and_the_booked_ones(self):
        self._create_allocation(
            "allocated",
            bed=self.home.bed_ids[3],
            date_from=self.today + timedelta(days=10),
            date_to=self.today + timedelta(days=90),
        )
        trend = self._get()["trend"]
        self.assertEqual(trend["days"][trend["today"]], fields.Date.to_string(self.today))
        # Two stays began 30 days ago; a closed bed is nobody's.
        self.assertEqual(trend["taken"][trend["today"]], 2)
        self.assertEqual(trend["taken"][trend["today"] - 4], 2)
        self.assertEqual(trend["taken"][trend["today"] - 5], 0)
        self.assertEqual(trend["taken"][trend["today"] + 1], 2)
        self.assertEqual(trend["taken"][trend["today"] + 2], 3)
        self.assertEqual(trend["capacity"], 8)

    def test_stay_that_was_ended_early_left_its_bed_then(self):
        self.living._transition("vacated")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE hostel_allocation SET write_date = %s WHERE id = %s",
            [self.today - timedelta(days=10), self.living.id],
        )
        trend = self._get()["trend"]
        self.assertEqual(trend["taken"][trend["today"] - 2], 2)
        self.assertEqual(trend["taken"][trend["today"] - 1], 1)

    def test_first_steps_are_the_admins_until_all_are_done(self):
        self.assertFalse(self._get("warden")["setup"])
        self.env["hostel.student"].search([]).active = True
        Student = self.registry["hostel.student"]
        with patch.object(Student, "search_count", lambda *args, **kwargs: 0):
            steps = self._get("admin")["setup"]
        self.assertEqual([step["done"] for step in steps], [True] * 5 + [False])
        for step in steps:
            self.assertTrue(self.env.ref(step["action"]))
        self.assertFalse(self._get("admin")["setup"])

    def test_query_count_does_not_grow_with_the_campus(self):
        def count(role):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["hostel.dashboard"].with_user(self.users[role]).get_data()
            return self.env.cr.sql_log_count - before

        def grow(number):
            for _number in range(number):
                hostel = self._create_hostel(floors=2, rooms=4)
                self._create_post(self.users["warden"], hostel, "warden")
                for bed in hostel.bed_ids:
                    self._create_allocation("checked_in", bed=bed, **self.running)
            # New posts empty the caches of rights, which are filled once.
            count("admin"), count("warden")
            return count("admin"), count("warden")

        # The first ones bring items that nothing waited for before.
        grow(1)
        hostels = 6
        small, large = grow(1), grow(hostels)
        for few, many in zip(small, large, strict=True):
            # Whether the reader's own record is still cached makes a query or two.
            self.assertLess(many - few, hostels)
        self.assertLessEqual(max(large), CEILING)

    # ------------------------------------------------------------------

    def test_occupancy_view_agrees_with_the_beds(self):
        Report = self.env["hostel.occupancy.report"]
        for role, hostels in (("warden", self.home), ("admin", self.home | self.foreign)):
            groups = Report.with_user(self.users[role])._read_group(
                [("hostel_id", "in", (self.home | self.foreign).ids)],
                ["hostel_id"],
                ["bed_count:sum", "occupied_count:sum", "reserved_count:sum", "vacant_count:sum"],
            )
            expected = {self.home: (8, 1, 1, 5), self.foreign: (8, 1, 0, 7)}
            with self.subTest(role=role):
                self.assertEqual(
                    {hostel: tuple(rest) for hostel, *rest in groups},
                    {hostel: expected[hostel] for hostel in hostels},
                )
        states = dict(
            Report._read_group([("hostel_id", "=", self.home.id)], ["state"], ["__count"])
        )
        self.assertEqual(states, {"occupied": 1, "reserved": 1, "blocked": 1, "vacant": 5})
        for bed in self.home.bed_ids:
            self.assertEqual(Report.browse(bed.id).state, bed.state)
        [[share]] = Report._read_group(
            [("hostel_id", "=", self.home.id)], aggregates=["taken_share:avg"]
        )
        self.assertAlmostEqual(share, self.home.occupancy)

    def test_occupancy_follows_a_transition_at_once(self):
        Report = self.env["hostel.occupancy.report"]
        domain = [("bed_id", "=", self.booked.bed_id.id), ("state", "=", "occupied")]
        self.assertFalse(Report.search_count(domain))
        self.booked._transition("checked_in")
        self.assertTrue(Report.search_count(domain))

    def test_floor_in_charge_counts_the_own_floors_only(self):
        rows = self.env["hostel.occupancy.report"].with_user(self.users["floor_incharge"])
        self.assertEqual(rows.search([]).floor_id, self.home.floor_ids[:1])

    def test_guard_and_student_see_no_occupancy_of_beds(self):
        for role in ("guard", "mess_manager", "student", "guardian", "internal"):
            report = self.env["hostel.occupancy.report"].with_user(self.users[role])
            with self.subTest(role=role), self.assertRaises(AccessError):
                report.search([])

    def test_states_of_the_sql_view_are_the_live_ones(self):
        for number, state in enumerate(LIVE_STATES):
            bed = self.foreign.bed_ids[1 + number]
            self._create_allocation(state, bed=bed, **self.running)
            self.assertEqual(self.env["hostel.occupancy.report"].browse(bed.id).state, bed.state)

from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.hostel_base.const import LIVE_STATES
from odoo.addons.hostel_base.tests.common import HostelCase

DAY = timedelta(days=1)
FIRST, LAST = date(2031, 1, 4), date(2031, 6, 1)


@tagged("post_install", "-at_install")
class TestAvailability(HostelCase):
    """Eight beds in ``home``: two floors of two twin rooms."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.Availability = cls.env["hostel.availability"]
        cls.beds = cls.home.bed_ids

    def free(self, first=FIRST, last=LAST, **filters):
        return self.Availability._check(first, last, hostel=self.home, **filters)

    def days(self, first, last, **filters):
        [group] = self.Availability._per_day(first, last, hostel=self.home, **filters)
        return {row["day"]: row for row in group["days"]}

    def test_all_beds_of_an_empty_hostel_are_free(self):
        self.assertEqual(self.free(), self.beds)

    def test_a_stay_takes_its_bed_for_its_days_only(self):
        stay = self._create_allocation("allocated", date_from="2031-02-01", date_to="2031-03-01")
        self.assertNotIn(stay.bed_id, self.free())
        self.assertNotIn(stay.bed_id, self.free(date(2031, 2, 28), date(2031, 3, 2)))
        # Half-open on both sides: the leaving day is another's first.
        self.assertIn(stay.bed_id, self.free(date(2031, 3, 1), date(2031, 4, 1)))
        self.assertIn(stay.bed_id, self.free(date(2031, 1, 4), date(2031, 2, 1)))

    def test_a_bed_with_two_stays_is_free_between_them(self):
        for first, last in (("2031-01-04", "2031-02-01"), ("2031-03-01", "2031-06-01")):
            self._create_allocation("allocated", date_from=first, date_to=last)
        self.assertNotIn(self.bed, self.free())
        self.assertIn(self.bed, self.free(date(2031, 2, 1), date(2031, 3, 1)))

    def test_every_live_state_takes_a_bed_and_no_dead_one(self):
        for state in ("offered", "paying", "awaiting_approval", "allocated", "checked_in"):
            row = self._create_allocation(state)
            self.assertNotIn(self.bed, self.free(), state)
            row.sudo().state = "cancelled"
            row.flush_recordset()
            self.assertIn(self.bed, self.free(), state)

    def test_closed_and_retired_beds_are_not_free(self):
        self._create_allocation("blocked", date_from="2031-02-01", date_to="2031-02-10")
        self.other_bed.active = False
        self.assertEqual(self.free(), self.beds - self.bed - self.other_bed)
        day = self.days(FIRST, LAST)["2031-02-05"]
        self.assertEqual((day["total"], day["free"], day["taken"], day["closed"]), (7, 6, 0, 1))

    def test_counts_change_on_the_right_days(self):
        self._create_allocation("allocated", date_from="2031-02-01", date_to="2031-03-01")
        self._create_allocation(
            "checked_in", bed=self.other_bed, date_from="2030-12-01", date_to="2031-02-15"
        )
        days = self.days(date(2031, 1, 20), date(2031, 3, 10))
        self.assertEqual(len(days), 49)
        taken = {day: row["taken"] for day, row in days.items()}
        self.assertEqual(taken["2031-01-20"], 1)
        self.assertEqual(taken["2031-01-31"], 1)
        self.assertEqual(taken["2031-02-01"], 2)
        self.assertEqual(taken["2031-02-14"], 2)
        self.assertEqual(taken["2031-02-15"], 1)
        self.assertEqual(taken["2031-02-28"], 1)
        self.assertEqual(taken["2031-03-01"], 0)
        for row in days.values():
            self.assertEqual(row["free"] + row["taken"] + row["closed"], row["total"])

    def test_counts_agree_with_looking_at_each_day(self):
        for number, bed in enumerate(self.beds[:5]):
            first = FIRST + (7 * number) * DAY
            self._create_allocation("paying", bed=bed, date_from=first, date_to=first + 20 * DAY)
        for day, row in self.days(FIRST, FIRST + 60 * DAY).items():
            day = date.fromisoformat(day)
            self.assertEqual(row["free"], len(self.free(day, day + DAY)), day)

    def test_groups_add_up_to_the_whole(self):
        self._create_allocation("allocated")
        kinds = self.twin | self.env["hostel.room.type"].create(
            {"name": "Single", "code": "S1X", "sharing": 1, "base_fee": 1}
        )
        self.home.room_ids[-1:].room_type_id = kinds[1]
        groups = self.Availability._per_day(
            FIRST, FIRST + DAY, hostel=self.home, group_by="room_type"
        )
        self.assertEqual({group["key"] for group in groups}, set(kinds.ids))
        self.assertEqual(sum(group["days"][0]["total"] for group in groups), 8)
        self.assertEqual(sum(group["days"][0]["taken"] for group in groups), 1)

    def test_amenities_of_the_room_and_of_its_type_count(self):
        ac = self.env["hostel.amenity"].search([("code", "=", "ac")]) or self.env[
            "hostel.amenity"
        ].create({"name": "AC", "code": "ac"})
        room = self.home.room_ids[0]
        room.amenity_ids = ac
        self.assertEqual(self.free(amenities=["ac"]), room.bed_ids)
        self.twin.amenity_ids = ac
        self.assertEqual(self.free(amenities=["ac"]), self.beds)
        self.assertFalse(self.free(amenities=["ac", "no-such"]))

    def test_gender_follows_the_room_and_then_the_hostel(self):
        self.assertEqual(self.free(gender="female"), self.beds)
        self.assertFalse(self.free(gender="male"))

    # ------------------------------------------------------------------
    # The public methods
    # ------------------------------------------------------------------

    def test_staff_see_their_own_hostels(self):
        for role in ("warden", "supervisor"):
            found = self.Availability.with_user(self.users[role]).check_availability(
                "2031-01-04", "2031-06-01", limit=1000
            )
            self.assertEqual({bed["hostel_id"] for bed in found["beds"]}, {self.home.id}, role)
            self.assertEqual((found["free"], found["total"]), (8, 8))
            foreign = self.Availability.with_user(self.users[role]).check_availability(
                "2031-01-04", "2031-06-01", hostels=self.foreign.ids
            )
            self.assertEqual((foreign["free"], foreign["total"]), (0, 0))

    def test_who_may_not_see_beds_is_refused(self):
        for role in ("student", "guardian", "guard", "mess_manager", "internal", "portal"):
            model = self.Availability.with_user(self.users[role])
            for call in (
                lambda model=model: model.check_availability("2031-01-04", "2031-06-01"),
                lambda model=model: model.count_per_day("2031-01-04", "2031-06-01"),
                lambda model=model: model.open_free_beds("2031-01-04", "2031-06-01"),
                lambda model=model: model.get_choices(),
            ):
                with self.subTest(role=role), self.assertRaises(AccessError):
                    call()

    def test_bad_arguments_have_codes(self):
        model = self.Availability.with_user(self.users["admin"])
        cases = [
            ("INVALID_DATE", {"date_from": "soon"}),
            ("INVALID_DATE", {"date_to": None}),
            ("INVALID_DATE", {"date_to": 20310601}),
            ("INVALID_DATE_RANGE", {"date_to": "2031-01-04"}),
            ("INVALID_DATE_RANGE", {"date_to": "2030-01-04"}),
            ("INVALID_DATE_RANGE", {"date_to": "2035-01-04"}),
            ("BAD_REQUEST", {"hostels": ["1; DROP TABLE"]}),
            ("BAD_REQUEST", {"room_types": [-1]}),
            ("BAD_REQUEST", {"amenities": [7]}),
            ("BAD_REQUEST", {"gender": "any"}),
        ]
        good = {"date_from": "2031-01-04", "date_to": "2031-06-01"}
        for code, change in cases:
            with self.subTest(change=change):
                self.assertRefused(code, model.check_availability, **{**good, **change})
                self.assertRefused(code, model.count_per_day, **{**good, **change})
        self.assertRefused("BAD_REQUEST", model.check_availability, **good, limit=10**6)
        self.assertRefused("BAD_REQUEST", model.count_per_day, **good, group_by="student")

    def test_one_query_each(self):
        self.free()
        self.days(FIRST, LAST)
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.free()
        with self.assertQueryCount(1):
            self.days(FIRST, LAST)

    def test_the_index_of_the_double_booking_constraint_can_answer(self):
        """What is asked is what the constraint's index holds: the same range, the same states.

        That PostgreSQL uses it among 10,000 beds, `scripts/bench availability` counts.
        """
        self.env.cr.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = 'hostel_allocation'::regclass AND contype = 'x'"
            " AND pg_get_constraintdef(oid) LIKE '%bed_id WITH =%'"
        )
        [[held]] = self.env.cr.fetchall()
        asked_range = "daterange(%sdate_from, %sdate_to, '[)'%s)"
        self.assertIn(asked_range % ("", "", "::text"), held)
        for state in LIVE_STATES:
            self.assertIn(f"'{state}'", held)
        for ask in (self.free, lambda: self.days(FIRST, LAST)):
            query = self._read_query(ask)
            self.assertIn(asked_range % ("a.", "a.", ""), query)
            states = query.partition("a.state IN (")[2].partition(")")[0]
            self.assertEqual({state.strip(" '") for state in states.split(",")}, set(LIVE_STATES))

    def _read_query(self, ask):
        """The query that a question runs."""
        asked, execute = [], self.env.cr.execute

        def remember(query, *args, **kwargs):
            asked.append(self.env.cr._format(query, *args[:1]))
            return execute(query, *args, **kwargs)

        with patch.object(self.env.cr, "execute", remember):
            ask()
        [query] = [text for text in asked if "daterange" in text]
        return query

    def test_the_list_opens_with_the_free_beds(self):
        self._create_allocation("allocated")
        action = self.Availability.with_user(self.users["warden"]).open_free_beds(
            "2031-02-01", "2031-02-02"
        )
        self.assertEqual(set(action["domain"][0][2]), set((self.beds - self.bed).ids))

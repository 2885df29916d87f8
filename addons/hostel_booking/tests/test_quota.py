"""Quotas as numbered seats, and beds that are kept for a group."""

from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError

from .common import BookingCase


class QuotaCase(BookingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Quota = cls.env["hostel.booking.quota"]
        cls.Seat = cls.env["hostel.booking.quota.seat"]
        cls.sc = cls.env.ref("hostel_booking.hostel_booking_group_sc")
        cls.pwd = cls.env.ref("hostel_booking.hostel_booking_group_pwd")
        cls.second_years = cls.env["hostel.booking.group"].create(
            {"kind": "year", "year_of_study": 2}
        )
        cls.asha.category = "sc"

    def _quota(self, group, seats, kind="reserved", **overrides):
        vals = {
            "round_id": self.round.id,
            "hostel_id": self.girls.id,
            "group_id": group.id,
            "kind": kind,
            "seats": seats,
        }
        return self.Quota.create({**vals, **overrides})

    def _reserve(self, student, place=0, state="awaiting_approval"):
        bed = self.girls.bed_ids.sorted("map_index")[place]
        return self.env["hostel.allocation"]._reserve(bed, student, self.term, state)

    def refused(self, code, call, *args, **kwargs):
        with self.assertRaises(HostelError) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def _seats(self, quota):
        return self.Seat.search([("quota_id", "=", quota.id), ("is_live", "=", True)])


@tagged("post_install", "-at_install")
class TestQuota(QuotaCase):
    def test_a_cap_lets_so_many_of_a_group_in_and_no_more(self):
        quota = self._quota(self.second_years, 1, "cap")
        row = self._reserve(self.asha)
        self.assertEqual(self._seats(quota).allocation_id, row)
        self.refused("QUOTA_FULL", self._reserve, self.bina, 1)
        # Whom the limit does not concern gets in.
        self.bina.year_of_study = 3
        self._reserve(self.bina, 1)

    def test_a_refused_student_leaves_no_row_behind(self):
        self._quota(self.second_years, 0, "cap")
        self.refused("QUOTA_FULL", self._reserve, self.asha)
        self.assertFalse(self.env["hostel.allocation"].search([("student_id", "=", self.asha.id)]))

    def test_kept_seats_are_the_group_s_and_the_rest_is_open(self):
        beds = len(self.girls.bed_ids)
        quota = self._quota(self.sc, beds - 1)
        open_seats = quota._get_open()
        self.assertEqual((open_seats.seat_count, open_seats.kind), (1, "open"))
        self._reserve(self.bina)
        self.assertEqual(len(self._seats(open_seats)), 1)
        other, _user = self._create_student("esha", "female")
        self.refused("QUOTA_FULL", self._reserve, other, 1)
        self._reserve(self.asha, 1)
        self.assertEqual(len(self._seats(quota)), 1)

    def test_a_member_takes_an_open_seat_when_the_own_ones_are_gone(self):
        quota = self._quota(self.sc, 1)
        self._reserve(self.asha)
        self.bina.category = "sc"
        self._reserve(self.bina, 1)
        self.assertEqual(len(self._seats(quota)), 1)
        self.assertEqual(len(self._seats(quota._get_open())), 1)

    def test_kept_seats_open_to_all_on_their_day(self):
        quota = self._quota(self.sc, len(self.girls.bed_ids))
        self.refused("QUOTA_FULL", self._reserve, self.bina)
        quota.released_at = self.env.cr.now() - timedelta(seconds=1)
        self._reserve(self.bina)
        self.assertEqual(len(self._seats(quota)), 1)

    def test_a_seat_is_free_again_when_the_bed_is(self):
        quota = self._quota(self.second_years, 1, "cap")
        row = self._reserve(self.asha, state="paying")
        row._transition("expired", hold_until=False)
        self.assertFalse(self._seats(quota))
        self._reserve(self.bina, 1)
        # The history shows both.
        self.assertEqual(len(self.Seat.search([("quota_id", "=", quota.id)])), 2)

    def test_a_move_keeps_the_seat_for_the_new_bed(self):
        quota = self._quota(self.second_years, 1, "cap")
        row = self._reserve(self.asha)
        row._transition("allocated", approval_due=False)
        bed = self.girls.bed_ids.sorted("map_index")[3]
        new = row._transfer(bed, self.term.date_from)
        self.assertEqual(self._seats(quota).allocation_id, new)

    def test_other_hostels_floors_and_types_do_not_count(self):
        quota = self._quota(self.second_years, 0, "cap", hostel_id=self.boys.id)
        self.assertEqual(self._reserve(self.asha).student_id, self.asha)
        self.assertFalse(self._seats(quota))

    def test_whoever_is_there_before_the_quota_is_seated(self):
        row = self._reserve(self.asha)
        quota = self._quota(self.second_years, 1, "cap")
        self.assertEqual(self._seats(quota).allocation_id, row)
        self.refused("QUOTA_FULL", self._reserve, self.bina, 1)

    @mute_logger("odoo.sql_db")
    def test_postgresql_gives_no_number_twice(self):
        quota = self._quota(self.second_years, 2, "cap")
        row = self._reserve(self.asha)
        other = self._reserve(self.bina, 1)
        number = self._seats(quota).filtered(lambda seat: seat.allocation_id == row).number
        self.Seat.search([("allocation_id", "=", other.id)])._free()
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.Seat.create(
                {"quota_id": quota.id, "number": number, "allocation_id": other.id}
            ).flush_recordset()

    def test_indexes_are_there(self):
        self.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'hostel_booking_quota_seat'"
            " AND indexdef LIKE '%UNIQUE%is_live%'"
        )
        self.assertEqual(
            {name for [name] in self.env.cr.fetchall()},
            {
                "hostel_booking_quota_seat_number_once",
                "hostel_booking_quota_seat_one_each",
            },
        )

    def test_the_refusal_does_not_say_for_whom_seats_are_kept(self):
        self._quota(self.sc, len(self.girls.bed_ids))
        error = self.refused("QUOTA_FULL", self._reserve, self.bina)
        for word in (self.sc.name, "category", "SC"):
            self.assertNotIn(word, str(error))

    # Form ----------------------------------------------------------------

    def test_usage_and_warnings(self):
        quota = self._quota(self.second_years, 2, "cap")
        self._reserve(self.asha)
        quota.invalidate_recordset()
        self.assertEqual((quota.taken_count, quota.free_count, quota.usage), (1, 1, 50.0))
        self.assertFalse(quota.warning)
        quota.seats = 99
        self.assertIn("never reached", quota.warning)
        kept = self._quota(self.sc, 99)
        self.assertIn("99 seats", kept.warning)

    def test_what_makes_no_sense_is_refused(self):
        with self.assertRaises(ValidationError):
            self._quota(self.sc, 1, floor_id=self.boys.floor_ids.id)
        with self.assertRaises(ValidationError):
            self._quota(self.sc, 1, "cap", released_at=self.env.cr.now())
        for group, seats in ((self.sc, -1), (self.sc.browse(), 1)):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self._quota(group, seats).flush_recordset()

    def test_open_seats_are_not_made_by_hand(self):
        admin = new_test_user(self.env, "admin.quota.test", groups="hostel_base.group_hostel_admin")
        with self.assertRaises(ValidationError):
            self.Quota.with_user(admin).create({"round_id": self.round.id, "kind": "open"})
        # Those that belong to a kept one come with it.
        quota = self.Quota.with_user(admin).create(
            {"round_id": self.round.id, "group_id": self.sc.id, "seats": 1}
        )
        self.assertEqual(quota._get_open().kind, "open")

    def test_open_seats_go_with_the_last_kept_ones(self):
        quota = self._quota(self.sc, 1)
        open_seats = quota._get_open()
        quota.unlink()
        self.assertFalse(open_seats.exists())

    def test_a_deleted_quota_seats_its_stays_elsewhere(self):
        beds = len(self.girls.bed_ids)
        gone = self._quota(self.sc, 1)
        kept = self._quota(self.pwd, beds - 2)
        self._reserve(self.asha)
        self.assertEqual(len(self._seats(gone)), 1)
        gone.unlink()
        # The stay sits on one of the two open seats now: the kept ones stay kept.
        self.assertEqual(len(self._seats(kept._get_open())), 1)
        self._reserve(self.bina, 1)
        other, _user = self._create_student("esha", "female")
        self.refused("QUOTA_FULL", self._reserve, other, 2)

    def test_open_seats_are_not_taken_away_by_hand(self):
        admin = new_test_user(self.env, "admin.open.test", groups="hostel_base.group_hostel_admin")
        open_seats = self._quota(self.sc, 1)._get_open().with_user(admin)
        with self.assertRaises(ValidationError):
            open_seats.unlink()
        with self.assertRaises(ValidationError):
            open_seats.active = False

    def test_a_group_is_known_by_its_key(self):
        Group = self.env["hostel.booking.group"]
        self.assertEqual((self.sc.key, self.pwd.key), ("category:sc", "pwd"))
        self.assertEqual(self.second_years.name, "Year 2")
        self.assertTrue(self.sc._has(self.asha))
        self.assertFalse(self.pwd._has(self.asha))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            Group.create({"kind": "gender"}).flush_recordset()


@tagged("post_install", "-at_install")
class TestReservedBeds(QuotaCase):
    def _keep(self, place, group, **vals):
        bed = self.girls.bed_ids.sorted("map_index")[place]
        bed.write({"reserved_group_id": group.id, **vals})
        return bed

    def test_a_kept_bed_is_for_its_group(self):
        self._keep(0, self.sc)
        error = self.refused("BED_RESERVED", self._reserve, self.bina)
        self.assertNotIn(self.sc.name, str(error))
        self._reserve(self.asha)

    def test_it_is_open_to_all_after_its_day(self):
        bed = self._keep(0, self.sc, reserved_until=self.env.cr.now() - timedelta(seconds=1))
        self.assertEqual(self._reserve(self.bina).bed_id, bed)

    def test_the_map_says_so_and_lets_nobody_else_hold_it(self):
        bed = self._keep(0, self.sc)
        self.load_maps()
        error = self.refused(
            "BED_RESERVED", self.desk(self.bina_user)._hold, self.map.key, bed.map_index
        )
        self.assertNotIn(self.sc.name, str(error))
        hold = self.desk(self.asha_user)._hold(self.map.key, bed.map_index)
        self.assertEqual(hold["i"], bed.map_index)
        for user, kept in ((self.bina_user, [bed.map_index]), (self.asha_user, [])):
            [floor] = self.desk(user)._boot(self.girls.id)["floors"]
            self.assertEqual(floor["kept"], kept)

    def test_the_map_opens_it_on_its_day(self):
        soon = self.env.cr.now() + timedelta(days=1)
        bed = self._keep(0, self.sc, reserved_until=soon)
        self.load_maps()
        self.refused("BED_RESERVED", self.desk(self.bina_user)._hold, self.map.key, bed.map_index)
        # A second ago, for Redis's clock: nothing was worked out again.
        places = {self.map.floor_id.id: {bed.map_index: 1}}
        self.locks.set_eligibility(
            self.round.key,
            self.bina.id,
            gender="f",
            doors={self.map.floor_id.id: [self.door(self.bina)]},
            doors_version=self.round.doors_version,
            kept=places,
        )
        self.assertTrue(self.desk(self.bina_user)._hold(self.map.key, bed.map_index))

    def test_a_transfer_does_not_get_around_it(self):
        bed = self._keep(3, self.pwd)
        row = self._reserve(self.bina)
        row._transition("allocated", approval_due=False)
        self.refused("BED_RESERVED", row._transfer, bed, self.term.date_from)


@tagged("post_install", "-at_install")
class TestQuotaAccess(QuotaCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warden = new_test_user(
            cls.env, "warden.quota.test", groups="hostel_base.group_hostel_warden"
        )
        cls.env["hostel.staff"].create(
            {"user_id": cls.warden.id, "hostel_id": cls.girls.id, "role": "warden"}
        )

    def test_a_warden_sees_the_own_hostel_and_what_is_for_all(self):
        own = self._quota(self.sc, 1)
        everywhere = self._quota(self.sc, 1, hostel_id=False)
        foreign = self._quota(self.sc, 1, hostel_id=self.boys.id)
        Quota = self.Quota.with_user(self.warden)
        found = Quota.search([("round_id", "=", self.round.id), ("kind", "=", "reserved")])
        self.assertEqual(found, own | everywhere)
        with self.assertRaises(AccessError):
            foreign.with_user(self.warden).read(["seats"])
        with self.assertRaises(AccessError):
            own.with_user(self.warden).seats = 9

    def test_seats_of_other_hostels_are_hidden(self):
        self._quota(self.second_years, 5, "cap", hostel_id=False)
        mine = self._seats_of(self._reserve(self.asha))
        bed = self.boys.bed_ids[0]
        theirs = self._seats_of(
            self.env["hostel.allocation"]._reserve(bed, self.chand, self.term, "awaiting_approval")
        )
        found = self.Seat.with_user(self.warden).search([("id", "in", (mine | theirs).ids)])
        self.assertEqual(found, mine)

    def _seats_of(self, row):
        return self.Seat.search([("allocation_id", "=", row.id)])

    def test_students_read_nothing(self):
        quota = self._quota(self.sc, 1)
        for record in (quota, self.sc, self._seats_of(self._reserve(self.asha))):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.asha_user).read(["id"])

    def test_for_whom_a_bed_is_kept_is_private(self):
        incharge = new_test_user(
            self.env, "floor.quota.test", groups="hostel_base.group_hostel_floor_incharge"
        )
        bed = self.girls.bed_ids[0]
        with self.assertRaises(AccessError):
            bed.with_user(incharge).read(["reserved_group_id"])

import re
import uuid

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.hostel_base.errors import HostelError

from ..controllers import bed_links
from ..models import hostel_bed_link
from ..tools.rate_limit import Rate
from .common import BookingCase, CampusMixin


class LinkMixin:
    @classmethod
    def setUpWarden(cls):
        cls.warden = new_test_user(
            cls.env, "warden.links", groups="hostel_base.group_hostel_warden"
        )
        cls.env["hostel.staff"].create(
            {
                "user_id": cls.warden.id,
                "hostel_id": cls.girls.id,
                "role": "warden",
                "date_from": "2020-01-01",
            }
        )

    def share(self, user, index=0, floor_map=None):
        key = (floor_map or self.map).key
        return self.env["hostel.bed.link"].with_user(user)._share(key, index)


@tagged("post_install", "-at_install")
class TestBedLink(LinkMixin, BookingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpWarden()

    def test_sharing_twice_gives_the_same_link_and_another_person_another(self):
        link = self.share(self.asha_user)
        self.assertEqual(uuid.UUID(link.token).version, 4)
        self.assertEqual(link, self.share(self.asha_user))
        self.assertNotEqual(link, self.share(self.bina_user))
        self.assertNotEqual(link, self.share(self.asha_user, 1))
        self.assertEqual((link.student_id, link.user_id), (self.asha, self.asha_user))
        self.assertFalse(self.share(self.warden).student_id)

    def test_a_withdrawn_link_is_not_found_and_the_next_is_a_new_one(self):
        link = self.share(self.asha_user)
        self.assertEqual(self.env["hostel.bed.link"]._find_open(link.token), link)
        self.env["hostel.bed.link"].with_user(self.asha_user)._revoke_own(link.id)
        self.assertFalse(self.env["hostel.bed.link"]._find_open(link.token))
        self.assertNotEqual(link.token, self.share(self.asha_user).token)

    def test_nobody_withdraws_the_link_of_another_student(self):
        link = self.share(self.asha_user)
        with self.assertRaises(HostelError) as caught:
            self.env["hostel.bed.link"].with_user(self.bina_user)._revoke_own(link.id)
        self.assertEqual(caught.exception.code, "NOT_FOUND")

    def test_strangers_share_nothing(self):
        with self.assertRaises(HostelError) as caught:
            self.share(self.stranger)
        self.assertEqual(caught.exception.code, "NOT_FOUND")

    def test_a_warden_withdraws_links_of_the_own_hostels_only(self):
        own = self.share(self.asha_user).with_user(self.warden)
        foreign = self.share(self.chand_user, floor_map=self.boys_map).with_user(self.warden)
        own.action_revoke()
        self.assertFalse(own.is_open)
        self.assertEqual(own.revoked_by_id, self.warden)
        with self.assertRaises(AccessError):
            foreign.action_revoke()
        self.assertNotIn(
            foreign.id, self.env["hostel.bed.link"].with_user(self.warden).search([]).ids
        )
        with self.assertRaises(AccessError):
            own.write({"revoked_at": False})

    def test_a_closed_round_has_no_links(self):
        link = self.share(self.asha_user)
        self.round.state = "closed"
        self.env.flush_all()
        self.assertFalse(self.env["hostel.bed.link"]._find_open(link.token))
        self.assertFalse(link.is_open)

    def test_open_links_have_a_limit(self):
        self.patch(hostel_bed_link, "MOST_LINKS", 2)
        self.share(self.asha_user, 0)
        self.share(self.asha_user, 1)
        with self.assertRaises(HostelError) as caught:
            self.share(self.asha_user, 2)
        self.assertEqual(caught.exception.code, "TOO_MANY_LINKS")
        self.share(self.asha_user, 1)


@tagged("post_install", "-at_install")
class TestBedLinkPage(LinkMixin, CampusMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpCampus()
        cls.setUpLocks()
        cls.setUpWarden()

    def setUp(self):
        super().setUp()
        self.load_maps()
        self.addCleanup(self.forget_maps)
        self.forget_rates()
        self.addCleanup(self.forget_rates)

    def forget_rates(self):
        for name in self.locks.client.scan_iter(f"hostel:{self.env.cr.dbname}:rate:*"):
            self.locks.client.delete(name)

    def open(self, token, path=""):
        return self.url_open(f"/hostel/bed/{token}{path}", allow_redirects=False)

    def test_the_page_shows_state_and_price_and_no_person(self):
        link = self.share(self.asha_user)
        self.authenticate(None, None)
        page = self.open(link.token)
        self.assertEqual(page.status_code, 200)
        self.assertIn("noindex", page.headers["X-Robots-Tag"])
        self.assertIn('name="robots" content="noindex', page.text)
        self.assertIn('data-state="free"', page.text)
        self.assertIn("₹42,000", page.text)
        for secret in (
            self.asha.name,
            self.asha.roll_number,
            self.map.key,
            str(self.asha.id) + '"',
        ):
            self.assertNotIn(secret, page.text)
        self.desk(self.bina_user)._hold(self.map.key, 0)
        # Strangers don't learn how far somebody has come with the bed.
        self.assertIn('data-state="taken"', self.open(link.token).text)

    def test_unknown_withdrawn_and_malformed_look_the_same(self):
        link = self.share(self.asha_user)
        link._revoke()
        self.env.flush_all()
        self.authenticate(None, None)
        answers = [self.open(token) for token in (link.token, str(uuid.uuid4()), "x", "%00")]
        self.assertEqual({answer.status_code for answer in answers}, {404})
        self.assertEqual(len({answer.content for answer in answers}), 1)
        volatile = {"Date", "Set-Cookie"}
        headers = [
            {name: value for name, value in answer.headers.items() if name not in volatile}
            for answer in answers
        ]
        self.assertEqual(headers[0], headers[1])
        self.assertEqual(headers[0], headers[2])

    def test_unknown_and_withdrawn_cost_the_same_queries(self):
        link = self.share(self.asha_user)
        link._revoke()
        Link = self.env["hostel.bed.link"]
        for token in (link.token, str(uuid.uuid4()), "no uuid"):
            self.env.flush_all()
            with self.assertQueryCount(1):
                Link._find_open(token)

    def test_the_way_to_the_map_is_for_those_who_may_look(self):
        link = self.share(self.asha_user)
        self.authenticate(None, None)
        self.assertIn("/web/login", self.open(link.token, "/open").headers["Location"])
        self.authenticate("bina.test", "bina.test")
        location = self.open(link.token, "/open").headers["Location"]
        self.assertTrue(
            location.endswith(
                f"/hostel/map/{self.girls.id}?round_id={self.round.id}&bed={self.map.key}:0"
            ),
            location,
        )
        self.authenticate("stranger.portal", "stranger.portal")
        self.assertEqual(self.open(link.token, "/open").status_code, 404)

    def test_who_guesses_is_stopped_with_retry_after(self):
        self.patch(bed_links, "MISSES", Rate(2, 60_000))
        self.authenticate(None, None)
        self.assertEqual([self.open(uuid.uuid4()).status_code for _try in range(2)], [404, 404])
        refused = self.open(uuid.uuid4())
        self.assertEqual(refused.status_code, 429)
        self.assertGreater(int(refused.headers["Retry-After"]), 0)
        # Addresses of visitors are not kept as they are.
        names = list(self.locks.client.scan_iter(f"hostel:{self.env.cr.dbname}:rate:bedlink*"))
        self.assertTrue(names)
        self.assertFalse([name for name in names if "127.0.0.1" in name])

    def test_a_student_withdraws_an_own_link_on_a_page(self):
        link = self.share(self.asha_user)
        self.authenticate("asha.test", "asha.test")
        page = self.url_open("/hostel/links")
        self.assertIn(link.token, page.text)
        token = re.search(r'name="csrf_token"\s+value="([^"]+)"', page.text).group(1)
        self.url_open("/hostel/links/revoke", data={"csrf_token": token, "link_id": link.id})
        self.assertFalse(link.is_open)

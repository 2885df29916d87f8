"""From a stay to what stands beside it: the buttons of its form, and who was offered what."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.hostel_base.tests.common import HostelCase, give_consent

from .common_moving import MovingMixin
from .test_keep import KeepCase


@tagged("post_install", "-at_install")
class TestStayPapers(MovingMixin, HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpMoving()
        cls._publish_terms()

    def _open(self, name, role="warden", row=None):
        row = self._as(role, row or self.stay).with_context(papers=name)
        action = row.action_open_papers()
        Model = self.env[action["res_model"]]
        return Model.browse(action.get("res_id")) or Model.search(action["domain"])

    def test_a_button_says_how_far_a_paper_is_and_opens_it(self):
        form = self._move_in()
        self.key._hand_over(self.stay)
        self.stay._give_notice(self.today + timedelta(days=20), "opted_out")
        row = self._as("warden", self.stay)
        self.assertEqual(row.agreement_status, "To be signed")
        self.assertEqual(row.condition_status, "Being filled")
        self.assertEqual(row.key_count, 1)
        clearance = self.stay.no_dues_ids
        self.assertEqual(row.clearance_status, f"{clearance.clear_count} of {clearance.line_count}")
        self.assertEqual((row.request_count, row.cancellation_status), (0, False))
        for name, paper in (
            ("agreement_ids", self.stay.agreement_ids),
            ("condition_ids", form),
            ("key_ids", self.key),
            ("no_dues_ids", clearance),
        ):
            with self.subTest(papers=name):
                self.assertEqual(self._open(name), paper)

    def test_the_agreement_that_counts_is_shown(self):
        old = self.stay.agreement_ids
        self._publish_terms(body="<p>{student} promises more.</p>")
        self.assertEqual(old.state, "void")
        self.assertEqual(self._as("warden", self.stay).agreement_status, "To be signed")
        self.assertEqual(len(self._open("agreement_ids")), 2)

    def test_a_cancellation_is_found(self):
        self.stay._cancel_booking("office", "office", "No room")
        row = self._as("finance", self.stay)
        self.assertEqual(row.cancellation_status, "By the office")
        self.assertEqual(self._open("cancellation_ids", "finance"), self.stay.cancellation_ids)

    def test_moves_are_found_from_both_ends_and_by_the_other_after_the_yes(self):
        Request = self.env["hostel.move.request"]
        # No difference of prices, which might have to be paid first.
        paid = {"price": self.other_bed._get_price(self.term), "paid_at": self.env.cr.now()}
        self.stay.write(paid)
        request = Request._ask_transfer(self.student, self.other_bed)
        self.assertEqual(self._open("request_ids"), request)
        self._as("warden", request).action_approve()
        new = request.result_ids
        self.assertEqual(self._open("request_ids", row=new), request)
        other = self._create_stay(bed=self.bed, student=self._create_student())
        give_consent(other.student_id)
        other.write(paid)
        swap = Request._ask_swap(self.student, other.student_id.roll_number)
        self.assertEqual(swap.partner_allocation_id, other)
        self.assertEqual(self._as("warden", other).request_count, 0)
        swap._consent(other.student_id)
        self.env.invalidate_all()
        self.assertEqual(self._as("warden", other).request_count, 1)
        self.assertEqual(self._as("warden", new).request_count, 2)

    def test_who_may_not_read_a_paper_sees_no_button(self):
        self._move_in()
        row = self._as("floor_incharge", self.stay)
        self.assertEqual((row.agreement_status, row.condition_status), (False, "Being filled"))
        self.assertFalse(self._open("agreement_ids", "floor_incharge"))
        self.assertRefused("BAD_REQUEST", self._open, "check_ids")
        for role in ("portal", "mess_manager"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._open("condition_ids", role)

    def test_the_form_opens_for_each_of_the_staff(self):
        self._move_in()
        for role in ("admin", "warden", "supervisor", "finance", "floor_incharge"):
            with self.subTest(role=role):
                form = Form(self._as(role, self.stay))
                self.assertEqual(form.state, "checked_in")


@tagged("post_install", "-at_install")
class TestOffersList(KeepCase):
    def test_the_office_sees_who_was_offered_what_and_by_whom(self):
        self.window.action_offer_keeping()
        self.keep(self.asha_user)._answer(True)
        self.keep(self.asha_user)._ask("T-bina")
        action = self.window.action_open_offers()
        rows = self.env["hostel.allocation"].search(action["domain"])
        self.assertEqual(rows, self._row(self.asha) | self._row(self.bina))
        self.assertEqual(rows.asked_by_id, self.asha)
        view = self.env["hostel.allocation"].get_view(action["view_id"][0], "list")
        for name in ("offer_kind", "asked_by_id", "hold_until"):
            self.assertIn(f'name="{name}"', view["arch"])
        search = self.env["hostel.allocation"].get_view(action["search_view_id"][0], "search")
        self.assertIn('name="offered_keep"', search["arch"])

from odoo.exceptions import AccessError
from odoo.tests import Form, HttpCase, TransactionCase, new_test_user, tagged

from odoo.addons.hostel_base.errors import HostelError

from .fee_common import FeeMixin


class CreditConcessionMixin(FeeMixin):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(cls.env, "t_fee_admin", groups="hostel_base.group_hostel_admin")
        cls._create_structure({"RENT": 7000, "MESS": 3000})
        cls.stay = cls._create_stay()
        # Scores of others are not this test's.
        cls.env["hostel.credit.band"].search([]).discount_percent = 0
        cls.band = cls.env["hostel.credit.band"].create(
            {"name": "Test band", "score_from": 888, "discount_percent": 4}
        )
        cls.score = cls._create_score(cls.student)

    @classmethod
    def _create_score(cls, student, **overrides):
        return cls.env["hostel.credit.score"].create(
            {
                "student_id": student.id,
                "score": 890,
                "band_id": cls.band.id,
                "counted_at": cls.env.cr.now(),
                **overrides,
            }
        )

    def _open(self, scores=None):
        scores = self.env["hostel.credit.score"] if scores is None else scores
        action = scores.with_user(self.finance).action_open_concessions()
        dialogs = self.env[action["res_model"]].with_user(self.finance)
        return dialogs.with_context(**action["context"])

    def _ask(self, scores=None):
        dialog = self._open(scores).create({"term_id": self.term.id})
        action = dialog.action_ask()
        return self.env["hostel.concession"].search(action["domain"])


@tagged("post_install", "-at_install")
class TestCreditConcession(CreditConcessionMixin, TransactionCase):
    def _refused(self, call, *args):
        with self.assertRaises(HostelError) as caught:
            call(*args)
        return caught.exception.code

    def test_what_good_scores_earn_is_asked_for_and_granted_by_another(self):
        self._create_stay(bed=self.bed_b, student=self.other_student)
        self._create_score(self.other_student)
        concessions = self._ask()
        self.assertEqual(concessions.student_id, self.student | self.other_student)
        self.assertEqual(set(concessions.mapped("kind")), {"good_credit"})
        self.assertEqual(set(concessions.mapped("percent")), {4})
        self.assertEqual(set(concessions.mapped("state")), {"requested"})
        self.assertEqual(concessions.requested_by_id, self.finance)
        self.assertIn("890, Test band", concessions[0].reason)
        self.assertEqual(self.stay._get_amount_at_booking(), 10000, "not before it is granted")
        with self.assertRaises(AccessError):
            concessions.with_user(self.finance).action_approve()
        concessions.with_user(self.admin).action_approve()
        self.assertEqual(self.stay._get_amount_at_booking(), 9720)

    def test_bills_that_were_posted_before_get_a_credit_note(self):
        bill = self.stay._create_period_bill()
        self._ask().with_user(self.admin).action_approve()
        self.assertEqual((bill.amount_total, bill.amount_residual), (10000, 9720))

    def test_nobody_is_asked_for_twice_whatever_was_decided(self):
        concession = self._ask()
        self.assertEqual(self._refused(self._ask), "NOTHING_TO_ASK")
        concession.with_user(self.admin).action_refuse()
        self.assertEqual(self._refused(self._ask), "NOTHING_TO_ASK")
        self.assertEqual(len(self.student._get_fee_concessions()), 0)

    def test_the_dialog_says_for_how_many(self):
        with Form(self._open()) as form:
            self.assertTrue(form.term_id)
            form.term_id = self.term
            self.assertEqual((form.todo_count, form.known_count), (1, 0))
            form.save()
            form.record.action_ask()
        with Form(self._open()) as form:
            form.term_id = self.term
            self.assertEqual((form.todo_count, form.known_count), (0, 1))

    def test_only_who_has_a_bed_and_a_discount(self):
        self._create_score(self.other_student)
        partner = self.env["res.partner"].create({"name": "No discount"})
        guest = self._create_student("TS003", partner)
        self._create_stay(bed=self.bed_b, student=guest)
        plain = self._create_score(
            guest, score=700, band_id=self.env.ref("hostel_billing.credit_band_good").id
        )
        self.assertEqual(self._ask().student_id, self.student)
        self.assertEqual(self._refused(self._ask, plain), "NOTHING_TO_ASK")

    def test_those_that_were_chosen_only(self):
        self._create_stay(bed=self.bed_b, student=self.other_student)
        chosen = self._create_score(self.other_student)
        self.assertEqual(self._ask(chosen).student_id, self.other_student)
        self.assertEqual(self._ask().student_id, self.student)

    def test_only_finance_asks(self):
        for user in (self.admin, self.warden, self.student_user):
            with self.assertRaises(AccessError):
                self.env["hostel.credit.concession"].with_user(user).create(
                    {"term_id": self.term.id}
                )
        for user in (self.warden, self.student_user):
            with self.assertRaises(AccessError):
                self.score.with_user(user).action_open_concessions()


@tagged("post_install", "-at_install")
class TestCreditScorePromise(CreditConcessionMixin, HttpCase):
    def _read(self):
        page = self.url_open("/my/credit-score")
        self.assertEqual(page.status_code, 200)
        return " ".join(page.text.split())

    def test_the_page_promises_what_is_true(self):
        self.authenticate("t_asha", "t_asha")
        self.assertIn("It can earn you 4 % off the rent", self._read())
        concession = self._ask()
        page = self._read()
        self.assertIn("Asked for, not decided yet.", page)
        self.assertNotIn("It can earn you", page)
        concession.with_user(self.admin).action_approve()
        page = self._read()
        self.assertIn(self.term.name, page)
        self.assertIn("Granted.", page)
        self.assertNotIn("It can earn you", page)

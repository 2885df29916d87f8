"""A receipt from the upload to the clearance, with the real Tesseract."""

import base64
import random
from dataclasses import replace
from datetime import date, timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_billing.models.hostel_receipt import MAX_A_DAY, TRIES
from odoo.addons.hostel_billing.tools.receipt_checks import OK, Verdict

from . import receipt_corpus as corpus
from .common import BillingCase

TODAY = date(2040, 7, 10)


class ReceiptMixin:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["hostel.receipt.template"].search([]).active = False
        cls.template = cls.env["hostel.receipt.template"].create(
            {
                "name": "Test receipts",
                "college_names": f"Another College\n{corpus.COLLEGE}",
                "company_id": cls.company.id,
                "is_approving": True,
            }
        )
        cls.student.roll_number = "24CS0117"
        cls.Receipt = cls.env["hostel.receipt"]

    def setUp(self):
        super().setUp()
        TRIES.clear()
        self.addCleanup(TRIES.clear)

    @classmethod
    def _facts(cls, **changes):
        facts = corpus.make_facts(random.Random(5))
        good = {"number": "24CS0117", "receipt": "RC4000417", "day": date(2040, 6, 20)}
        return replace(facts, **({"year": "2040-41"} | good | changes))

    @classmethod
    def _picture(cls, kind="genuine", seed=5, **changes):
        facts = cls._facts(**changes)
        return corpus.make_sample(seed, kind, look="screen", layout="lines", facts=facts).data

    @classmethod
    def _submit(cls, data=None, student=None, **changes):
        return cls.Receipt._submit(
            student or cls.student, cls.term, data or cls._picture(**changes)
        )

    @classmethod
    def _read(cls, *args, **kwargs):
        receipt = cls._submit(*args, **kwargs)
        with freeze_time(TODAY):
            receipt._read_upload()
        return receipt

    def _codes(self, receipt):
        return {one["code"] for one in receipt.verdicts if one["state"] != "ok"}


@tagged("post_install", "-at_install")
class TestReceipt(ReceiptMixin, BillingCase):
    def assertRefused(self, code, method, *args, **kwargs):
        with self.assertRaises(HostelError) as caught:
            method(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)

    # The machine --------------------------------------------------------

    def test_a_right_receipt_clears_provisionally(self):
        receipt = self._read()
        self.assertEqual((receipt.state, self._codes(receipt)), ("approved", set()))
        clearance = receipt.clearance_id
        self.assertEqual(clearance.student_id, self.student)
        self.assertEqual((clearance.source, clearance.certainty), ("ocr", "provisional"))
        self.assertEqual(clearance.receipt_number, "RC4000417")
        self.assertTrue(self.student._is_cleared(self.term))
        self.assertEqual(receipt.receipt_date, date(2040, 6, 20))
        self.assertEqual(receipt._read_upload(), "approved")
        self.assertEqual(len(self.student.clearance_ids), 1)

    def test_the_upload_is_encrypted_until_it_is_read_and_then_gone(self):
        data = self._picture()
        receipt = self._submit(data)
        self.env.flush_all()
        self.env.cr.execute("SELECT upload FROM hostel_receipt WHERE id = %s", [receipt.id])
        [stored] = self.env.cr.fetchone()
        self.assertTrue(stored)
        self.assertNotIn(base64.b64encode(data).decode()[:60], stored)
        with freeze_time(TODAY):
            receipt._read_upload()
        self.env.flush_all()
        self.env.cr.execute("SELECT upload FROM hostel_receipt WHERE id = %s", [receipt.id])
        self.assertEqual(self.env.cr.fetchone(), (None,))

    def test_what_is_doubtful_goes_to_a_person(self):
        for kind, code in (("other_student", "OTHER_STUDENT"), ("balance_due", "BALANCE_DUE")):
            receipt = self._read(self._picture(kind))
            with self.subTest(kind=kind):
                self.assertEqual(receipt.state, "review")
                self.assertIn(code, self._codes(receipt))
                self.assertFalse(self.student._is_cleared(self.term))
                self.assertTrue(receipt._get_problems()[0]["text"])
            receipt._withdraw()

    def test_dates_are_compared_with_the_term(self):
        early = self.term.date_from - timedelta(days=self.template.days_before + 1)
        receipt = self._read(day=early)
        self.assertEqual(self._codes(receipt), {"OLD_DATE"})

    def test_the_college_may_keep_the_machine_from_deciding(self):
        self.template.is_approving = False
        receipt = self._read()
        self.assertEqual((receipt.state, self._codes(receipt)), ("review", set()))

    def test_without_a_template_everything_goes_to_a_person(self):
        self.template.active = False
        self.assertEqual(self._read().state, "review")

    def _add_template(self, **vals):
        return self.template.copy({"name": "Another kind", "sequence": 20, **vals})

    def test_of_several_templates_the_one_that_fits_counts(self):
        """The first asks for another form of numbers; the third is another college's."""
        self.template.receipt_mask = "XX#######"
        fitting = self._add_template(receipt_mask=False)
        foreign = self._add_template(
            college_names="Another College", receipt_mask=False, sequence=1
        )
        receipt = self._read()
        self.assertEqual((receipt.state, self._codes(receipt)), ("approved", set()))
        self.assertEqual(receipt.template_id, fitting)
        self.assertNotEqual(receipt.template_id, foreign)

    def test_of_equal_templates_the_first_counts(self):
        first = self._add_template(sequence=1, is_approving=False)
        receipt = self._read()
        self.assertEqual((receipt.state, receipt.template_id), ("review", first))
        self.assertEqual(self._codes(receipt), set())

    def test_a_template_that_knows_less_approves_nothing_that_another_doubts(self):
        """The total is a balance by a label that only one of the templates has."""
        knowing = self._add_template(labels_balance="Amount Paid", is_approving=False)
        receipt = self._read()
        self.assertEqual((receipt.state, receipt.template_id), ("review", self.template))
        self.assertIn("BALANCE_DUE", self._codes(receipt))
        self.assertTrue(receipt.doubt_count)
        receipt._withdraw()
        knowing.active = False
        self.assertEqual(self._read().state, "approved")

    def test_the_term_s_code_is_known_to_the_checks(self):
        receipt = self._submit()
        expected = receipt._prepare_expected(self.template)
        self.assertEqual((expected.year, expected.term), ("2040-41", "T40ODD"))

    def test_a_receipt_counts_once(self):
        self._read()
        self.other_student.roll_number = "24CS0999"
        receipt = self._read(student=self.other_student, number="24CS0999")
        self.assertEqual(receipt.state, "review")
        self.assertEqual(self._codes(receipt), {"USED_NUMBER"})

    def test_who_sends_anothers_receipt_does_not_take_it_from_the_owner(self):
        self.other_student.roll_number = "24CS0999"
        theft = self._read(self._picture(), student=self.other_student)
        self.assertIn("OTHER_STUDENT", self._codes(theft))
        for state in ("review", "rejected", "withdrawn"):
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                theft.state = state
                self.assertEqual(self._read().state, "approved")
                savepoint.rollback()

    @mute_logger("odoo.sql_db")
    def test_the_database_keeps_two_jobs_from_accepting_one_receipt(self):
        first = self._read()
        second = self._submit(self._picture(), student=self.other_student)
        with self.assertRaises(IntegrityError):
            second.write(
                {"state": "approved", "receipt_number": first.receipt_number, "upload": False}
            )
            second.flush_recordset()

    @mute_logger("odoo.sql_db")
    def test_the_job_that_comes_second_hands_it_to_a_person(self):
        first = self._read()
        second = self._submit(self._picture(), student=self.other_student)
        second.write(
            {"receipt_number": first.receipt_number, "upload": False, "state": "review",
             "verdicts": [{"check": "receipt_no", "state": "ok", "code": "", "field": ""}]}
        )  # fmt: skip
        second._decide_by_machine([Verdict("receipt_no", OK)], self.template)
        self.assertEqual(second.state, "review")
        self.assertEqual(self._codes(second), {"USED_NUMBER"})
        self.assertFalse(self.other_student._is_cleared(self.term))

    def test_what_can_not_be_opened_is_refused_and_nothing_is_kept(self):
        before = self.Receipt.search_count([])
        heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100
        for data, code in ((b"", "EMPTY"), (heic, "HEIC"), (b"x" * 99, "NOT_A_PICTURE")):
            self.assertRefused(code, self.Receipt._submit, self.student, self.term, data)
        self.assertEqual(self.Receipt.search_count([]), before)

    def test_nobody_keeps_the_server_busy(self):
        data = self._picture()
        for _number in range(3):
            self._submit(data)
        self.assertRefused("TOO_MANY", self._submit, data)
        self.Receipt.search([("student_id", "=", self.student.id)])._withdraw()
        for _number in range(9):
            self._submit(data)._withdraw()
        self.assertRefused("TOO_OFTEN", self._submit, data)

    def test_what_can_not_be_opened_counts_as_a_try(self):
        for _number in range(2 * MAX_A_DAY):
            self.assertRefused("NOT_A_PICTURE", self._submit, b"x" * 99)
        self.assertRefused("TOO_OFTEN", self._submit, b"x" * 99)
        self.assertTrue(self._submit(self._picture(), student=self.other_student))

    def test_receipts_of_earlier_days_wait_too(self):
        data = self._picture()
        for _number in range(3):
            self._submit(data)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE hostel_receipt SET create_date = create_date - interval '3 days'"
            " WHERE student_id = %s",
            [self.student.id],
        )
        self.env.invalidate_all()
        self.assertRefused("TOO_MANY", self._submit, data)

    def test_who_is_cleared_need_not_send_anything(self):
        self.env["hostel.clearance"]._clear(self.student, self.term, "manual")
        self.assertRefused("CLEARED", self._submit)

    def test_a_page_without_a_receipt_is_for_a_person(self):
        receipt = self._read(self._picture("genuine", college="Weekly Menu of the Mess", number="",
                                           receipt="", words="nothing", year=""))  # fmt: skip
        self.assertEqual(receipt.state, "review")
        self.assertIn("OTHER_COLLEGE", self._codes(receipt))

    def test_what_a_person_refused_the_machine_does_not_accept_later(self):
        first = self._read(self._picture("balance_due"))
        first.with_user(self.finance).action_reject("Pay the rest first.")
        second = self._read(receipt="RC4000555")
        self.assertEqual((second.state, self._codes(second)), ("review", {"REFUSED_BEFORE"}))
        self.assertTrue(second._get_problems()[0]["text"])
        second.with_user(self.finance).action_accept()
        self.assertTrue(self.student._is_cleared(self.term))

    def test_what_was_taken_back_the_machine_does_not_give_again(self):
        first = self._read()
        first.clearance_id.with_user(self.finance).action_withdraw("It is no receipt of ours.")
        second = self._read(receipt="RC4000555")
        self.assertEqual((second.state, self._codes(second)), ("review", {"REFUSED_BEFORE"}))

    def test_a_clearance_that_ran_out_is_no_refusal(self):
        first = self._read()
        first.clearance_id.write({"active": False, "expiry_date": date(2020, 1, 1)})
        self.assertEqual(self._read(receipt="RC4000555").state, "approved")

    def test_nobody_looks_at_receipts_of_who_is_cleared_for_certain(self):
        waiting, doubtful = self._submit(), self._read(self._picture("balance_due"))
        clearance = self.env["hostel.clearance"]._clear(
            self.student, self.term, "ocr", certainty="provisional", receipt_number="RC1"
        )
        self.assertEqual((waiting.state, doubtful.state), ("waiting", "review"))
        clearance._confirm("Settlement")
        self.assertEqual((waiting.state, doubtful.state), ("withdrawn", "withdrawn"))
        self.assertTrue(doubtful.reason)
        self.assertFalse(doubtful.has_image or waiting.upload)
        self.assertEqual(waiting._read_upload(), "withdrawn")

    def test_a_person_vouches_for_what_is_provisional(self):
        first = self._submit()
        second = self._read(self._picture("balance_due", receipt="RC4000555"))
        with freeze_time(TODAY):
            first._read_upload()
        self.assertEqual((first.state, second.state), ("approved", "review"))
        second.with_user(self.finance).action_accept("Looked up in the books")
        clearance = self.student.clearance_ids
        self.assertEqual((clearance.certainty, clearance.receipt_id), ("confirmed", second))

    # Progress -----------------------------------------------------------

    def test_the_student_sees_how_far_it_is(self):
        first, second = self._submit(), self._submit()
        self.assertEqual(second._get_progress()["step"], "queue")
        self.assertGreaterEqual(second._get_progress()["ahead"], 1)
        job = self.env["queue.job"].search([("identity_key", "=", second._get_job_key())])
        self.assertEqual(len(job), 1)
        job.state = "started"
        self.assertEqual(second._get_progress()["step"], "reading")
        with freeze_time(TODAY):
            first._read_upload()
        self.assertEqual(first._get_progress()["step"], "done")

    def test_a_job_that_got_lost_is_given_again(self):
        receipt = self._submit()
        key = [("identity_key", "=", receipt._get_job_key())]
        self.env["queue.job"].search(key).unlink()
        self.Receipt._cron_forgotten()
        self.assertFalse(self.env["queue.job"].search(key))
        self.env.cr.execute(
            "UPDATE hostel_receipt SET create_date = create_date - interval '1 hour' WHERE id = %s",
            [receipt.id],
        )
        receipt.invalidate_recordset()
        self.Receipt._cron_forgotten()
        self.assertEqual(len(self.env["queue.job"].search(key)), 1)

    # People -------------------------------------------------------------

    def _as_finance(self, receipt):
        return receipt.with_user(self.finance)

    def test_a_person_accepts_what_was_only_doubtful(self):
        self.template.is_approving = False
        receipt = self._read()
        self._as_finance(receipt).action_accept()
        self.assertEqual((receipt.state, receipt.decided_by), ("approved", "person"))
        self.assertEqual(receipt.decided_by_id, self.finance)
        self.assertEqual(receipt.clearance_id.certainty, "confirmed")
        self.assertRefused("ALREADY_DECIDED", self._as_finance(receipt).action_reject, "No")

    def test_what_is_wrong_needs_a_reason(self):
        receipt = self._read(self._picture("balance_due"))
        self.assertRefused("REASON_REQUIRED", self._as_finance(receipt).action_accept)
        self.assertRefused("REASON_REQUIRED", self._as_finance(receipt).action_accept, "  ")
        self.assertRefused("REASON_REQUIRED", self._as_finance(receipt).action_accept, 7)
        self._as_finance(receipt).action_accept("The bank's letter of 3 July")
        self.assertEqual(receipt.state, "approved")
        self.assertIn("letter of 3 July", receipt.message_ids.mapped("body")[0])

    def test_a_refusal_tells_the_student_why(self):
        receipt = self._read(self._picture("balance_due"))
        self.assertRefused("REASON_REQUIRED", self._as_finance(receipt).action_reject, "")
        self._as_finance(receipt).action_reject("Pay the rest first.")
        self.assertEqual((receipt.state, receipt.reason), ("rejected", "Pay the rest first."))
        told = self.env["mail.message"].search(
            [("partner_ids", "in", self.student.partner_id.ids)], limit=1, order="id desc"
        )
        self.assertIn("Pay the rest first.", told.body)

    def test_only_finance_decides_and_nobody_edits(self):
        receipt = self._read(self._picture("balance_due"))
        for user in (self.warden, self.guard, self.student_user, self.guardian_user):
            with self.assertRaises(AccessError):
                receipt.with_user(user).action_accept("x")
            with self.assertRaises(AccessError):
                receipt.with_user(user).action_reject("x")
            with self.assertRaises(AccessError):
                receipt.with_user(user)._get_image()
            with self.assertRaises(AccessError):
                self.env["hostel.receipt.desk"].with_user(user).get_data({})
        for vals in ({"state": "approved"}, {"reason": "x"}, {"receipt_number": "1"}):
            with self.assertRaises(AccessError):
                self._as_finance(receipt).write(vals)
        with self.assertRaises(AccessError):
            self._as_finance(receipt).read(["upload"])

    def test_finance_looks_at_the_picture_and_the_look_is_noted(self):
        receipt = self._read(self._picture("balance_due"))
        self.assertTrue(self._as_finance(receipt)._get_image().startswith(b"\xff\xd8"))
        self.env.cr.precommit.run()
        logs = self.env["hostel.access.log"].search([("model", "=", "hostel.receipt")])
        self.assertIn((self.finance.id, self.student.id), [
            (log.user_ref, log.student_ref) for log in logs
        ])  # fmt: skip

    def test_administrators_read_receipts_and_see_no_picture(self):
        receipt = self._read(self._picture("balance_due"))
        admin = new_test_user(self.env, "t_receipts", groups="hostel_base.group_hostel_admin")
        desk = self.env["hostel.receipt.desk"].with_user(admin)
        card = desk.get_receipt(receipt.id)
        self.assertTrue(card["fields"])
        self.assertEqual((card["has_image"], card["is_hidden"]), (False, True))
        with self.assertRaises(AccessError):
            receipt.with_user(admin)._get_image()
        admin.group_ids += self.env.ref("hostel_base.group_hostel_finance")
        card = desk.get_receipt(receipt.id)
        self.assertEqual((card["has_image"], card["is_hidden"]), (True, False))
        self.assertTrue(receipt.with_user(admin)._get_image())

    def test_a_desk_that_stays_open_is_one_look(self):
        self._submit().write({"state": "review", "upload": False})
        desk = self.env["hostel.receipt.desk"].with_user(self.finance)
        looks = [
            ("model", "=", "hostel.receipt"), ("way", "=", "list"),
            ("user_ref", "=", self.finance.id), ("student_ref", "=", self.student.id),
        ]  # fmt: skip
        for _refresh in range(3):
            self.assertTrue(desk.get_data({"search": self.student.roll_number})["rows"])
            self.env.cr.precommit.run()
        self.assertEqual(self.env["hostel.access.log"].search_count(looks), 1)

    def test_the_desk_shows_what_to_look_at(self):
        receipt = self._read(self._picture("balance_due"))
        desk = self.env["hostel.receipt.desk"].with_user(self.finance)
        data = desk.get_data({"filter": "review"})
        self.assertIn(receipt.id, [row["id"] for row in data["rows"]])
        self.assertTrue(data["may_decide"])
        card = desk.get_receipt(receipt.id)
        balance = next(one for one in card["fields"] if one["name"] == "balance")
        self.assertEqual(balance["state"], "bad")
        left, top, right, bottom = balance["box"]
        self.assertTrue(0 <= left < right <= card["size"][0])
        self.assertTrue(0 <= top < bottom <= card["size"][1])
        self.assertFalse(desk.get_data({"filter": "review", "search": "no such thing"})["rows"])
        for options in (None, {"filter": "x"}, {"search": 5}, "text"):
            self.assertIn("rows", desk.get_data(options))
        with self.assertRaises(AccessError):
            desk.get_receipt(2**31 - 1)

    # Time ---------------------------------------------------------------

    def test_pictures_go_after_a_while_and_the_facts_stay(self):
        receipt = self._read()
        waiting = self._submit(self._picture(), student=self.other_student)
        retention = self.env["hostel.retention"]
        policy = next(one for one in retention._get_policies() if one.code == "receipts")
        before = retention._count(policy)
        receipt.read_at = fields.Datetime.now() - timedelta(days=300)
        self.assertEqual(retention._count(policy), before + 1)
        self.student.retention_hold = True
        self.assertEqual(retention._count(policy), before)
        self.student.retention_hold = False
        retention._apply(policy, 1000)
        self.assertFalse(receipt.has_image or receipt.sudo().image)
        self.assertEqual((receipt.state, receipt.receipt_number), ("approved", "RC4000417"))
        self.assertTrue(waiting.upload)

    def test_what_is_taken_back_leaves_no_picture(self):
        receipt = self._read(self._picture("balance_due"))
        receipt._withdraw()
        self.assertEqual(receipt.state, "withdrawn")
        self.assertFalse(receipt.sudo().image)

    def test_a_student_may_have_the_own_receipts(self):
        self._read()
        [row] = self.student._get_personal_data()["receipts"]
        self.assertIn("RC4000417", row.values())

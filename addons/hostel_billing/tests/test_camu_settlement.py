import base64
import csv
import io
from ast import literal_eval
from datetime import date, timedelta

from freezegun import freeze_time
from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.tests.common import trap_jobs

from .common import BillingCase

DAY = date(2026, 7, 1)
HEADER = ("Receipt No", "Reference No", "Student ID", "Amount", "Paid On")


@tagged("post_install", "-at_install")
class TestCamuSettlement(BillingCase):
    """A day of Camu's settlement beside the books."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tx = cls._create_tx(cls._create_allocation())
        cls.other = cls._create_tx(
            cls._create_allocation(student=cls.other_student, bed=cls.bed_b),
            partner_id=cls.other_student.partner_id.id,
        )
        cls._deliver(cls.tx, paidOn="2026-07-01T10:00:00+05:30")
        cls._deliver(cls.other, paidOn="2026-07-01T23:59:00+05:30", receiptNo="RC000002")
        cls.settlement = cls.env["hostel.camu.settlement"].with_user(cls.finance)
        cls.day = cls.settlement.create({"day": DAY})

    def _row(self, tx, **changes):
        cells = {
            "Receipt No": tx.provider_reference,
            "Reference No": tx.reference,
            "Student ID": tx._get_hostel_student().roll_number,
            "Amount": f"{tx.amount:.2f}",
            "Paid On": "01/07/2026",
        }
        return cells | changes

    def _upload(self, *rows, name="camu.csv"):
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, HEADER)
        writer.writeheader()
        writer.writerows(rows)
        self.day.write(
            {"upload": base64.b64encode(buffer.getvalue().encode()), "upload_name": name}
        )
        self.day.action_read()

    def _compare(self, *rows):
        self._upload(*rows)
        self.day.action_compare()
        return {line.receipt_no or line.row_number: line.kind for line in self.day.line_ids}

    def _assert_refused(self, code, call, *args):
        with self.assertRaises(HostelError) as refusal:
            call(*args)
        self.assertEqual(refusal.exception.code, code)

    def test_day_that_agrees_is_closed_and_locked(self):
        kinds = self._compare(self._row(self.tx), self._row(self.other))
        self.assertEqual(set(kinds.values()), {"matched"})
        self.assertEqual((self.day.file_total, self.day.difference_total), (84000, 0))
        self.day.action_close()
        self.assertEqual((self.day.state, self.day.closed_by_id), ("closed", self.finance))
        self.assertEqual(self.tx.camu_settled_on, DAY)
        self._assert_refused("DAY_CLOSED", self.day.write, {"day": date(2026, 7, 2)})
        self._assert_refused("DAY_CLOSED", self.day.action_compare)
        self._assert_refused("DAY_CLOSED", self.day.unlink)

    def test_people_write_the_given_fields_only(self):
        for vals in ({"state": "closed"}, {"closed_by_id": self.warden.id}, {"row_count": 1}):
            with self.assertRaises(AccessError):
                self.day.write(vals)
            with self.assertRaises(AccessError):
                self.settlement.create({"day": date(2026, 7, 8)} | vals)
        sly = self.settlement.with_context(
            default_state="closed", default_closed_by_id=self.warden.id
        )
        day = sly.create({"day": date(2026, 7, 8)})
        self.assertEqual((day.state, day.closed_by_id.id), ("draft", False))
        day.write({"day": date(2026, 7, 9), "amount_column": "Sum"})
        self.assertEqual(day.day, date(2026, 7, 9))

    def test_a_closed_day_makes_clearances_certain(self):
        Clearance = self.env["hostel.clearance"]
        own, foreign = (
            Clearance._clear(
                student,
                self.term,
                "ocr",
                certainty="provisional",
                receipt_number=number,
            )
            for student, number in (
                (self.student, self.tx.provider_reference),
                (self.other_student, "RC-NOT-THEIRS"),
            )
        )
        self._compare(self._row(self.tx), self._row(self.other))
        self.assertEqual(own.certainty, "provisional")
        self.day.action_close()
        self.assertEqual((own.certainty, foreign.certainty), ("confirmed", "provisional"))

    def test_a_payment_that_camu_has_wrong_makes_nothing_certain(self):
        clearance = self.env["hostel.clearance"]._clear(
            self.student, self.term, "ocr", certainty="provisional", receipt_number="RC7"
        )
        self._compare(
            self._row(self.tx),
            self._row(self.other),
            self._row(self.tx, **{"Receipt No": "RC-7", "Reference No": "COLLEGE-7"}),
        )
        for action, certainty in (("claim", "provisional"), ("other_system", "confirmed")):
            self.day.difference_ids.resolve(action, "Looked up.")
            self.day.sudo()._confirm_clearances()
            self.assertEqual(clearance.certainty, certainty, action)

    def test_closing_asks_for_clearances_once(self):
        """Not once a row: as many queries for 3 rows as for 40."""
        counts = []
        for last in (3, 40):
            self._compare(
                *(
                    self._row(self.tx, **{"Receipt No": f"X{number}", "Reference No": f"Y{number}"})
                    for number in range(last)
                )
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.day.sudo()._confirm_clearances()
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_a_row_of_an_earlier_batch_is_known(self):
        rows = [
            self._row(self.tx, **{"Receipt No": f"X{number}", "Reference No": f"Y{number}"})
            for number in range(999)
        ]
        self._upload(self._row(self.tx), *rows, self._row(self.tx), rows[0])
        self.day.action_compare()
        self.assertEqual(
            self.day.line_ids.filtered(lambda line: line.row_number > 1001).mapped("kind"),
            ["twice", "twice"],
        )

    def test_comparing_changes_nothing_in_the_books(self):
        before = self._get_ledger(self.tx), self.env["account.payment"].search_count([])
        self._compare(self._row(self.tx), self._row(self.other, **{"Receipt No": "RC9"}))
        self.day.action_compare()
        self.assertEqual(
            before, (self._get_ledger(self.tx), self.env["account.payment"].search_count([]))
        )

    def test_every_difference_is_found(self):
        kinds = self._compare(
            self._row(self.tx, Amount="41000.00"),
            self._row(self.tx, **{"Receipt No": "RC000077"}),
            self._row(self.tx, **{"Receipt No": "RC000077"}),
            self._row(self.tx, **{"Receipt No": "RC000078", "Amount": "many"}),
        )
        self.assertCountEqual(
            self.day.line_ids.mapped("kind"),
            ["missing_there", "amount", "missing_here", "twice", "unreadable"],
        )
        self.assertEqual(kinds["RC000002"], "missing_there")
        self._assert_refused("DIFFERENCES_OPEN", self.day.action_close)

    def test_another_day_is_a_difference(self):
        kinds = self._compare(
            self._row(self.tx, **{"Paid On": "02/07/2026"}), self._row(self.other)
        )
        self.assertEqual(kinds, {"RC000001": "date", "RC000002": "matched"})

    def test_differences_are_explained_before_the_day_is_closed(self):
        self._compare(self._row(self.tx))
        line = self.day.difference_ids
        self._assert_refused("WRONG_ACTION", line.resolve, "book", "x")
        Dialog = self.env["hostel.camu.settlement.resolve"].with_user(self.finance)
        dialog = Dialog.create({"line_ids": line.ids, "reason": "Paid one minute to midnight."})
        self.assertEqual(dialog.action, "later")
        dialog.action_resolve()
        self.assertEqual((line.action, line.resolved_by_id), ("later", self.finance))
        self.day.action_close()
        self.assertFalse(self.other.camu_settled_on, "it is not settled yet")
        self._assert_refused("DAY_CLOSED", line.resolve, "claim", "x")

    def test_what_came_later_is_matched_in_the_next_file(self):
        self._compare(self._row(self.tx))
        self.day.difference_ids.resolve("later", "Paid one minute to midnight.")
        self.day.action_close()
        self.day = self.settlement.create({"day": date(2026, 7, 2)})
        kinds = self._compare(self._row(self.other, **{"Paid On": "01/07/2026"}))
        self.assertEqual(kinds, {"RC000002": "matched"})
        self.day.action_close()
        self.assertEqual(self.other.camu_settled_on, date(2026, 7, 2))

    def test_lost_message_is_taken_from_the_file_and_booked(self):
        lost = self._create_tx(reference="HB-LOST", amount=500)
        self._compare(
            self._row(self.tx),
            self._row(self.other),
            self._row(lost, **{"Receipt No": "RC000003", "Amount": "500"}),
        )
        [line] = self.day.difference_ids
        self.assertEqual(line.kind, "missing_here")
        line.resolve("book", "The webhook got lost.")
        line.event_id._process()
        self.assertEqual((lost.state, lost.provider_reference), ("done", "RC000003"))
        self.assertEqual(str(lost.payment_id.date), "2026-07-01")
        late = self._deliver(lost, receiptNo="RC000003", academicTerm="")
        self.assertEqual(late.state, "processed", "the message that comes after all is no news")
        self.day.action_compare()
        self.assertFalse(self.day.difference_ids)

    def test_money_for_nobody_from_the_file_waits_in_the_inbox(self):
        self._compare(
            self._row(self.tx, **{"Receipt No": "RC5", "Reference No": "NOBODY-S", "Amount": "7"})
        )
        line = self.day.difference_ids.filtered(lambda line: line.kind == "missing_here")
        line.resolve("book", "Not known here.")
        line.event_id._process()
        self.assertEqual(line.event_id.reason_code, "UNKNOWN_REFERENCE")

    def test_several_differences_are_explained_from_their_list(self):
        self._compare(self._row(self.tx))
        action = self.day.action_explain()
        self.assertEqual(action["context"], {"search_default_open": 1}, "one kind, no groups")
        self._compare(
            self._row(self.tx, Amount="41000.00"),
            *(
                self._row(self.tx, **{"Receipt No": f"RC-{number}", "Reference No": f"N{number}"})
                for number in range(3)
            ),
        )
        action = self.day.action_explain()
        self.assertEqual(
            action["context"], {"search_default_open": 1, "search_default_group_by_kind": 1}
        )
        Line = self.env["hostel.camu.settlement.line"].with_user(self.finance)
        view = self.env.ref("hostel_billing.hostel_camu_settlement_line_view_search")
        [filter_] = etree.fromstring(view.arch).xpath("//filter[@name='open']")
        shown = Line.search(action["domain"] + literal_eval(filter_.get("domain")))
        self.assertEqual(shown, self.day.difference_ids)
        resolve = self.env["hostel.camu.settlement.resolve"].with_user(self.finance)
        mixed = resolve.with_context(**shown.action_open_resolve()["context"]).create(
            {"reason": "Written to Camu."}
        )
        self.assertEqual(mixed.action, "claim", "the only way out that all have")
        # Three are ticked and go through the dialog at once.
        ticked = shown.filtered(lambda line: line.kind == "missing_here")
        self.assertEqual(len(ticked), 3)
        dialog = resolve.with_context(**ticked.action_open_resolve()["context"]).create(
            {"reason": "Fees of the library."}
        )
        self.assertEqual(dialog.action, "book", "what is most likely comes first")
        dialog.action = "other_system"
        self.assertEqual(dialog.count, 3)
        dialog.action_resolve()
        self.assertEqual(self.day.open_count, 2)
        left = Line.search(action["domain"] + literal_eval(filter_.get("domain")))
        self.assertEqual(set(left.mapped("kind")), {"amount", "missing_there"})

    def test_choice_of_columns_is_kept(self):
        self._upload(self._row(self.tx))
        self.day.write({"receipt_column": False, "student_column": False})
        self.day.action_compare()
        self.assertEqual(self.day.line_ids.filtered("amount").transaction_id, self.tx)
        self._upload(self._row(self.tx))
        self.assertEqual(self.day.amount_column, "Amount")

    def test_wrong_columns_are_refused(self):
        self._upload(self._row(self.tx))
        self.day.amount_column = "Sum"
        self._assert_refused("COLUMN_MISSING", self.day.action_compare)
        self.day.write({"amount_column": "Amount", "receipt_column": False})
        self.day.reference_column = False
        self._assert_refused("COLUMN_MISSING", self.day.action_compare)

    def test_wrong_files_are_refused(self):
        for name, data, code in (
            ("a.csv", b"", "FILE_MISSING"),
            ("a.csv", b" ", "FILE_EMPTY"),
            ("a.csv", ",".join(HEADER).encode(), "NO_ROWS"),
            ("a.pdf", b"%PDF", "FILE_TYPE_UNSUPPORTED"),
            ("a.xlsx", b"no workbook", "FILE_TYPE_MISMATCH"),
        ):
            with self.subTest(name=name, code=code):
                self.day.write({"upload": base64.b64encode(data), "upload_name": name})
                self._assert_refused(code, self.day.action_read)
        self.assertEqual(self.day.state, "draft")

    def test_day_without_a_file(self):
        self.day.action_close()
        self.assertEqual((self.day.state, self.day.open_count), ("compared", 2))
        self._assert_refused("DIFFERENCES_OPEN", self.day.action_close)
        self.day.difference_ids.resolve("later", "Camu was closed.")
        self.day.action_close()
        self.assertEqual(self.day.state, "closed")
        quiet = self.settlement.create({"day": self.day.day - timedelta(days=1)})
        quiet.action_close()
        self.assertEqual(quiet.state, "closed")

    def _close_late(self, action):
        """The day is closed with payments that Camu's file lacks."""
        self.day.action_close()
        self.day.difference_ids.resolve(action, "Camu was closed.")
        self.day.action_close()

    def test_what_was_expected_later_is_looked_for_the_next_day(self):
        self._close_late("later")
        late = self.day.line_ids.transaction_id
        second = self.settlement.create({"day": self.day.day + timedelta(days=1)})
        second.action_close()
        self.assertEqual((second.state, second.line_ids.transaction_id), ("compared", late))
        self.assertEqual(set(second.line_ids.mapped("paid_on")), {self.day.day})
        second.difference_ids.resolve("later", "Still on its way.")
        second.action_close()
        third = self.settlement.create({"day": self.day.day + timedelta(days=2)})
        third.action_close()
        third.difference_ids.resolve("claim", "Ticket 7")
        third.action_close()
        fourth = self.settlement.create({"day": self.day.day + timedelta(days=3)})
        fourth.action_close()
        self.assertEqual(fourth.state, "closed", "Camu was asked")

    def test_what_arrives_after_its_day_was_closed_is_looked_for_the_next_day(self):
        self._close_late("claim")
        late = self.tx.copy({"reference": "TX-LATE-1", "camu_paid_at": self.tx.camu_paid_at})
        late.write({"state": "done", "provider_reference": "RC-LATE-1"})
        second = self.settlement.create({"day": self.day.day + timedelta(days=1)})
        second.action_close()
        self.assertEqual(second.line_ids.transaction_id, late)

    def test_a_day_that_is_not_over_is_not_closed(self):
        # The last one is half past eleven in the evening in India.
        for now in ("2026-06-30 06:00:00", "2026-07-01 06:00:00", "2026-07-01 18:00:00"):
            with self.subTest(now=now), freeze_time(now):
                self._assert_refused("DAY_NOT_OVER", self.day.action_close)
        with freeze_time("2026-07-01 18:30:00"):
            self.day.action_close()
        self.assertEqual(self.day.state, "compared")

    def test_many_rows_go_in_batches_and_on_after_a_stop(self):
        rows = [
            self._row(self.tx, **{"Receipt No": f"X{number}", "Reference No": f"Y{number}"})
            for number in range(2500)
        ]
        self._upload(*rows, self._row(self.tx))
        with trap_jobs() as trap:
            self.day.action_compare()
            self.assertEqual((self.day.state, self.day.position), ("comparing", 0))
            trap.assert_jobs_count(1)
        self.day.sudo()._batch_job(0)
        self.assertEqual((self.day.position, self.day.progress), (1000, 39))
        self.assertEqual(self.day.sudo()._batch_job(0), "nothing to do", "a late copy")
        self.day.sudo()._batch_job(1000)
        self.day.sudo()._batch_job(2000)
        self.assertEqual(self.day.state, "compared")
        self.assertEqual((self.day.matched_count, self.day.open_count), (1, 2501))

    def test_report_as_pdf_and_spreadsheet(self):
        self._compare(self._row(self.tx))
        Report = self.env["ir.actions.report"].with_user(self.finance)
        html, _kind = Report._render_qweb_html(
            "hostel_billing.report_camu_settlement", self.day.ids
        )
        self.assertIn(b"RC000001", html)
        book, _kind = Report._render("hostel_billing.camu_settlement_xlsx", self.day.ids, {})
        self.assertTrue(book.startswith(b"PK"))

    def test_settlements_are_for_finance(self):
        self._compare(self._row(self.tx))
        for user in (self.warden, self.guard, self.student_user):
            for record in (self.day, self.day.line_ids):
                self.assertFalse(record.with_user(user).has_access("read"), user.login)
            with self.assertRaises(AccessError):
                self.day.with_user(user).action_close()
        with self.assertRaises(AccessError):
            self.day.line_ids.write({"kind": "matched"})

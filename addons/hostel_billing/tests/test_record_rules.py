"""Who finds which record of money; each with those who must not."""

from datetime import date

from odoo.tests import tagged

from odoo.addons.hostel_base.tests.common import HostelCase
from odoo.addons.hostel_base.tests.record_rules import RecordRulesMixin

from .access_matrix import ACCESS

# Asha and Uma live in ``home``, Olga in a hostel that has a warden of its own.
ALL = {"asha", "uma", "olga"}
HOME = {"asha", "uma"}
BOOKS = {"admin": ALL, "finance": ALL}
WARDENS = {**BOOKS, "warden": HOME, "neighbour": {"olga"}}

VISIBLE = {
    "hostel.charge": WARDENS,
    "hostel.wallet": WARDENS,
    "hostel.wallet.line": WARDENS,
    "hostel.electricity.share": WARDENS,
    # What a family pays late, asks for or borrows is no warden's business.
    "hostel.bill.run.line": BOOKS,
    "hostel.credit.score": BOOKS,
    "hostel.credit.event": BOOKS,
    "hostel.concession": BOOKS,
    "hostel.deposit.loan": BOOKS,
    "hostel.fee.statement": BOOKS,
    "hostel.receipt": BOOKS,
    "hostel.money.watch": BOOKS,
    "hostel.refund": WARDENS,
    "hostel.exit": WARDENS,
    "hostel.exit.line": WARDENS,
    "hostel.outstanding.report": WARDENS,
    "hostel.forecast.report": WARDENS,
    "hostel.deposit.report": WARDENS,
    "hostel.day.book.report": WARDENS,
    "hostel.collection.report": WARDENS,
}
MONTH = date(2041, 2, 1)


@tagged("post_install", "-at_install")
class TestBillingRecordRules(RecordRulesMixin, HostelCase):
    visible = VISIBLE
    access = ACCESS
    stands_for = {"neighbour": "warden"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.users["neighbour"] = cls._create_user("neighbour", "hostel_base.group_hostel_warden")
        cls._create_post(cls.users["neighbour"], cls.foreign, "warden")
        students = {
            "asha": cls.student,
            "uma": cls._create_student(),
            "olga": cls._create_student(),
        }
        beds = [*[floor.bed_ids[0] for floor in cls.home.floor_ids], cls.foreign.bed_ids[0]]
        cls.stays = {
            name: cls._create_allocation("allocated", student=student, bed=bed)
            for (name, student), bed in zip(students.items(), beds, strict=True)
        }
        cls.head = cls.env["hostel.fee.head"].search([], limit=1)
        cls.world = {
            **cls._create_charges(),
            **cls._create_wallets(),
            **cls._create_scores(),
            **cls._create_papers(),
            **cls._create_books(),
        }
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def _of_each(cls, model, prepare):
        """A record for each stay, with the values that ``prepare(name, stay)`` gives."""
        return {
            name: cls.env[model].create(prepare(name, stay)) for name, stay in cls.stays.items()
        }

    @classmethod
    def _create_charges(cls):
        runs = {
            hostel: cls.env["hostel.electricity.run"].create(
                {"hostel_id": hostel.id, "month": MONTH}
            )
            for hostel in (cls.home, cls.foreign)
        }
        meters = cls._of_each(
            "hostel.meter",
            lambda name, stay: {"serial": f"RULES-{name}", "room_id": stay.room_id.id},
        )
        lines = cls._of_each(
            "hostel.electricity.line",
            lambda name, stay: {
                "run_id": runs[stay.hostel_id].id,
                "meter_id": meters[name].id,
            },
        )
        bill_run = cls.env["hostel.bill.run"].create({"month": MONTH})
        return {
            "hostel.charge": cls._of_each(
                "hostel.charge",
                lambda name, stay: {
                    "student_id": stay.student_id.id,
                    "allocation_id": stay.id,
                    "head_id": cls.head.id,
                    "amount": 100,
                },
            ),
            "hostel.electricity.share": cls._of_each(
                "hostel.electricity.share",
                lambda name, stay: {
                    "line_id": lines[name].id,
                    "student_id": stay.student_id.id,
                    "allocation_id": stay.id,
                    "days": 1,
                },
            ),
            "hostel.bill.run.line": cls._of_each(
                "hostel.bill.run.line",
                lambda name, stay: {
                    "run_id": bill_run.id,
                    "allocation_id": stay.id,
                    "period_from": MONTH,
                    "period_to": date(2041, 3, 1),
                },
            ),
        }

    @classmethod
    def _create_wallets(cls):
        wallets = {
            name: cls.env["hostel.wallet"]._get(stay.student_id) for name, stay in cls.stays.items()
        }
        return {
            "hostel.wallet": {name: wallet.sudo(False) for name, wallet in wallets.items()},
            "hostel.wallet.line": {
                name: wallet._credit(100, "correction", "rules", "For a test").sudo(False)
                for name, wallet in wallets.items()
            },
        }

    @classmethod
    def _create_scores(cls):
        scores = cls._of_each(
            "hostel.credit.score", lambda name, stay: {"student_id": stay.student_id.id}
        )
        bills = cls._of_each(
            "account.move",
            lambda name, stay: {
                "move_type": "out_invoice",
                "partner_id": stay.student_id.partner_id.id,
            },
        )
        return {
            "hostel.credit.score": scores,
            "hostel.credit.event": cls._of_each(
                "hostel.credit.event",
                lambda name, stay: {
                    "score_id": scores[name].id,
                    "move_id": bills[name].id,
                    "kind": "early",
                    "day": MONTH,
                    "points": 1,
                },
            ),
        }

    @classmethod
    def _create_books(cls):
        """A paid deposit and a refund of each, and what the reports make of them."""
        deposit = cls.env["hostel.fee.head"]._get_by_code("DEPOSIT")
        bills, payments = {}, {}
        for name, stay in cls.stays.items():
            bills[name] = cls.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": stay.student_id.partner_id.id,
                    "invoice_date": date.today(),
                    "hostel_kind": "deposit",
                    "hostel_allocation_id": stay.id,
                    "hostel_student_id": stay.student_id.id,
                    "invoice_line_ids": [
                        (
                            0,
                            0,
                            cls.env["account.move"]._prepare_hostel_line_vals(
                                deposit, 100, stay.company_id
                            ),
                        )
                    ],
                }
            )
            bills[name].action_post()
            payments[name] = cls.env["account.payment"].create(
                {
                    "payment_type": "inbound",
                    "partner_type": "customer",
                    "partner_id": stay.student_id.partner_id.id,
                    "amount": 50,
                    "hostel_student_id": stay.student_id.id,
                }
            )
            payments[name].action_post()
        exits = cls._of_each("hostel.exit", lambda name, stay: {"allocation_id": stay.id})
        for one in exits.values():
            one._refresh()
        cls.env.flush_all()
        by_bill = {name: bill.id for name, bill in bills.items()}

        def reports(model, ids):
            return {name: cls.env[model].browse(ids[name]) for name in cls.stays}

        lines = {
            name: bill.line_ids.filtered(lambda line: line.account_type == "asset_receivable").id
            for name, bill in bills.items()
        }
        return {
            "hostel.refund": cls._of_each(
                "hostel.refund",
                lambda name, stay: {
                    "student_id": stay.student_id.id,
                    "allocation_id": stay.id,
                    "amount": 10,
                    "reason": "Test",
                },
            ),
            "hostel.exit": exits,
            "hostel.exit.line": {name: one.line_ids[:1] for name, one in exits.items()},
            "hostel.outstanding.report": reports("hostel.outstanding.report", lines),
            "hostel.forecast.report": reports(
                "hostel.forecast.report", {name: line * 2 for name, line in lines.items()}
            ),
            "hostel.deposit.report": reports("hostel.deposit.report", by_bill),
            "hostel.day.book.report": reports("hostel.day.book.report", by_bill),
            "hostel.collection.report": reports(
                "hostel.collection.report",
                {name: payment.id * 2 for name, payment in payments.items()},
            ),
        }

    @classmethod
    def _create_papers(cls):
        lender = cls.env["res.partner"].create({"name": "Lender"})
        return {
            "hostel.concession": cls._of_each(
                "hostel.concession",
                lambda name, stay: {
                    "student_id": stay.student_id.id,
                    "term_id": cls.term.id,
                    "kind": "scholarship",
                    "head_id": cls.head.id,
                    "method": "percent",
                    "percent": 10,
                },
            ),
            "hostel.deposit.loan": cls._of_each(
                "hostel.deposit.loan",
                lambda name, stay: {
                    "student_id": stay.student_id.id,
                    "term_id": cls.term.id,
                    "lender_id": lender.id,
                    "amount": 1000,
                },
            ),
            "hostel.fee.statement": {
                name: cls.env["hostel.fee.statement"]
                ._issue(stay.student_id, date(2024, 1, 1), date(2024, 2, 1), "en_US")
                .sudo(False)
                for name, stay in cls.stays.items()
            },
            "hostel.receipt": cls._of_each(
                "hostel.receipt",
                lambda name, stay: {"student_id": stay.student_id.id, "term_id": cls.term.id},
            ),
            "hostel.money.watch": cls._of_each(
                "hostel.money.watch",
                lambda name, stay: {
                    "kind": "no_money",
                    "company_id": stay.company_id.id,
                    "allocation_id": stay.id,
                    "student_id": stay.student_id.id,
                },
            ),
        }

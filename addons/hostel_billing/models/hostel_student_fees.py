"""What a student owes, has paid and is to get back: the figures of the page “Fees”."""

import hashlib

from odoo import fields, models

from ..tools.fee_math import money
from .payment_transaction import UNDERWAY

OPEN_LIMIT = 60
CLOSED_LIMIT = 12
PAYMENT_LIMIT = 24
PAID_STATES = ("in_process", "paid")


class HostelStudent(models.Model):
    # One subject a file.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.student"

    # ------------------------------------------------------------------
    # Bills
    # ------------------------------------------------------------------

    def _get_fee_bill_domain(self):
        """Posted bills that the student has to pay; what a lender pays is not among them."""
        self.ensure_one()
        return fields.Domain(
            [
                ("hostel_student_id", "=", self.id),
                ("partner_id", "=", self.sudo().partner_id.id),
                ("hostel_kind", "!=", False),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
            ]
        )

    def _get_open_fee_bills(self):
        """Bills on which something is owed, what is due first first; with all rights."""
        owed = self._find_unpaid_fee_bills()._hostel_get_owed()
        return self.env["account.move"].sudo().union(*(bill for bill in owed if owed[bill] > 0))

    def _find_unpaid_fee_bills(self):
        """Also those that a clearance settles."""
        return (
            self.env["account.move"]
            .sudo()
            .search(
                self._get_fee_bill_domain() & fields.Domain("amount_residual", ">", 0),
                order="invoice_date_due, id",
                limit=OPEN_LIMIT,
            )
        )

    def _get_fee_summary(self, bills=None):
        """What is owed and by when.

        :param bills: the open bills, if they are known
        :return: dict of ``state`` (``none`` never billed, ``paid``, ``due``, ``overdue``),
            ``currency``, ``open``, ``late`` (amounts), ``late_since``, ``next_day`` (dates or
            None), ``next_amount`` (what is due until ``next_day``, with what is late)
        """
        bills = self._get_open_fee_bills() if bills is None else bills
        today = self.env.company._get_college_day()
        dues = sorted(
            (day, amount) for bill in bills for day, amount in bill._get_open_instalments().items()
        )
        late = [(day, amount) for day, amount in dues if day < today]
        coming = [day for day, _amount in dues if day >= today]
        next_day = coming[0] if coming else None
        state = "overdue" if late else "due" if bills else "paid"
        if not bills and not self.env["account.move"].sudo().search_count(
            self._get_fee_bill_domain(), limit=1
        ):
            state = "none"
        return {
            "state": state,
            "currency": bills.currency_id[:1] or self.env.company.currency_id,
            "open": sum(bills.mapped("amount_residual")),
            "late": sum(amount for _day, amount in late),
            "late_since": late[0][0] if late else None,
            "next_day": next_day,
            "next_amount": sum(amount for day, amount in dues if next_day and day <= next_day),
        }

    def _prepare_fee_bills(self, bills):
        """What the page says of each bill; the number of queries does not grow with the bills.

        :param bills: ``account.move`` with all rights
        :return: list of dicts ``bill``, ``status``, ``status_label``, ``parts`` (list of dicts
            ``day``, ``amount``, ``late``), ``next_part``, ``late`` (see :meth:`_prepare_late_fee`),
            ``order`` (see :meth:`_prepare_fee_order`); ``status`` is that of the bill, or
            ``cleared``
        """
        statuses = dict(
            self.env["account.move"]._fields["hostel_status"]._description_selection(self.env)
        )
        today = self.env.company._get_college_day()
        charges = self._get_late_charges_of(bills)
        owed = bills._hostel_get_owed()
        return [
            {
                "bill": bill,
                "status": bill.hostel_status,
                "status_label": statuses[bill.hostel_status],
                "parts": [
                    {"day": day, "amount": amount, "late": day < today}
                    for day, amount in sorted(bill._get_open_instalments().items())
                ],
                "next_part": bill._get_next_part() if bill.amount_residual else 0.0,
                "late": self._prepare_late_fee(bill, charges.get(bill.id)),
                "order": self._prepare_fee_order(bill),
            }
            | self._say_cleared(bill, owed[bill])
            for bill in bills
        ]

    def _say_cleared(self, bill, owed):
        """What is said otherwise of a bill that a clearance settles: nothing of it is asked."""
        if owed > 0 or bill.amount_residual <= 0:
            return {}
        return {
            "status": "cleared",
            "status_label": self.env._("Settled by the clearance"),
            "parts": [],
            "next_part": 0.0,
            "late": None,
        }

    def _get_late_charges_of(self, bills):
        """Late fees of these bills: ``{bill's id: hostel.charge}``"""
        head = self.env["hostel.fee.head"]._get_by_code("LATE")
        charges = (
            self.env["hostel.charge"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "account.move"),
                    ("res_id", "in", bills.ids),
                    ("head_id", "=", head.id),
                ]
            )
        )
        return charges.grouped("res_id")

    def _prepare_late_fee(self, bill, charges):
        """What paying late costs: dict of ``policy``, ``days`` late, ``amount`` so far, ``waived``;
        None where it costs nothing."""
        policy = bill.hostel_late_policy_id
        if not charges and (not policy or not bill.amount_residual or bill.hostel_kind != "period"):
            return None
        charges = charges or self.env["hostel.charge"].sudo()
        return {
            "policy": policy,
            "days": bill._get_days_late(),
            "amount": sum(
                charges.filtered(lambda one: one.state != "cancelled").mapped("amount"), 0.0
            ),
            "waived": "cancelled" in charges.mapped("state"),
        }

    def _prepare_fee_order(self, bill):
        """How the last try to pay went: dict of ``state`` (``pending``, ``failed``, ``underway``)
        and ``order``; None if there is nothing to say."""
        order = bill.transaction_ids.filtered(lambda tx: tx.provider_code == "camu").sorted("id")[
            -1:
        ]
        if not order or not bill.amount_residual:
            return None
        state = {"pending": "pending", "error": "failed", "cancel": "failed"}.get(order.state)
        if order.state == "draft" and order.write_date > self.env.cr.now() - UNDERWAY:
            state = "underway"
        if state == "failed" and order._is_tried_again():
            state = "underway"
        if order.state == "done" and not order.is_post_processed:
            state = "pending"
        return {"state": state, "order": order} if state else None

    def _get_fee_version(self):
        """A short text that changes whenever the page of fees has something new about bills, or
        about beds that wait for a payment."""
        bills = self._get_open_fee_bills()
        payment = (
            self.env["account.payment"]
            .sudo()
            .search([("hostel_student_id", "=", self.id)], order="id desc", limit=1)
        )
        said = [
            [(hold["bed"], hold["url"], hold["failed"]) for hold in self._get_fee_holds()],
            [(bill.id, bill.amount_residual) for bill in bills],
            [
                (tx.id, tx.state, tx.is_post_processed, tx._is_tried_again())
                for tx in bills.transaction_ids
            ],
            payment.id,
            self._get_fee_reviews(),
        ]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]

    # ------------------------------------------------------------------
    # Money that came, and money that goes back
    # ------------------------------------------------------------------

    def _get_fee_payments(self):
        """Payments for which there is a receipt, the newest first; with all rights."""
        return (
            self.env["account.payment"]
            .sudo()
            .search(
                [
                    ("hostel_student_id", "=", self.id),
                    ("payment_type", "=", "inbound"),
                    ("state", "in", PAID_STATES),
                    ("hostel_reversal_id", "=", False),
                ],
                order="date desc, id desc",
                limit=PAYMENT_LIMIT,
            )
        )

    def _get_fee_advance(self):
        """What was paid and is not set against a bill yet."""
        [[residual]] = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                [
                    ("partner_id", "=", self.sudo().partner_id.id),
                    ("account_type", "=", "asset_receivable"),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                    ("amount_residual", "<", 0),
                ],
                aggregates=["amount_residual:sum"],
            )
        )
        return -(residual or 0.0)

    def _get_fee_deposit(self):
        """The deposit that is held now, whoever gave it."""
        billed = self.env["hostel.deposit.loan"]._get_deposit_billed(self)
        if not billed:
            return 0.0
        [[open_]] = (
            self.env["account.move"]
            .sudo()
            ._read_group(
                [
                    ("hostel_student_id", "=", self.id),
                    ("hostel_kind", "=", "deposit"),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                ],
                aggregates=["amount_residual:sum"],
            )
        )
        return max(0.0, float(billed - money(open_ or 0)))

    def _get_fee_loans(self):
        """Deposits that a lender gives or was asked for, the newest first.

        What was decided in terms that are over is left out, but for a deposit that the college
        still holds.

        :return: list of dicts ``state``, ``state_label``, ``lender``, ``term``, ``amount``,
            ``currency``, ``held`` (bool: paid by the lender, and not given back)
        """
        labels = {
            "requested": self.env._("Being decided"),
            "approved": self.env._("Agreed: the lender pays it"),
            "paid": self.env._("Paid by the lender, and goes back to it after the stay"),
            "refused": self.env._("Refused: the deposit comes as a bill"),
        }
        today = self.env.company._get_college_day()
        loans = self.sudo().deposit_loan_ids.filtered(lambda loan: loan.state in labels)
        rows = []
        for loan in loans.sorted("id", reverse=True):
            notes = loan.move_id.reversal_move_ids.filtered(lambda note: note.state == "posted")
            held = loan.state == "paid" and not notes
            if held or loan.term_id.date_to > today:
                rows.append(
                    {
                        "state": loan.state,
                        "state_label": labels[loan.state],
                        "lender": loan.lender_id.name,
                        "term": loan.term_id.name,
                        "amount": loan.amount,
                        "currency": loan.currency_id,
                        "held": held,
                    }
                )
        return rows

    def _get_fee_reviews(self):
        """Money that came and fits no order as it came: finance looks at it.

        :return: list of dicts ``amount``, ``currency``, ``day`` and ``reference``, the newest first
        """
        student = self.sudo()
        numbers = [one for one in (student.roll_number, student.application_number) if one]
        orders = [
            ("transaction_id.hostel_student_id", "=", self.id),
            ("transaction_id.hostel_wallet_id.student_id", "=", self.id),
            ("transaction_id.hostel_allocation_id.student_id", "=", self.id),
            ("transaction_id.invoice_ids.hostel_student_id", "=", self.id),
        ]
        unknown = ["&", ("transaction_id", "=", False), ("student_ref", "in", numbers)]
        events = (
            self.env["hostel.camu.event"]
            .sudo()
            .search(
                [
                    ("state", "=", "quarantined"),
                    ("status", "=", "success"),
                    ("amount", ">", 0),
                    *["|"] * len(orders),
                    *orders,
                    *unknown,
                ],
                order="id desc",
                limit=CLOSED_LIMIT,
            )
        )
        company = self.env.company
        return [
            {
                "amount": event.amount,
                "currency": event.currency_id,
                "day": company._get_college_day(event.paid_at or event.create_date),
                "reference": event.receipt_no or event.reference or "",
            }
            for event in events
        ]

    def _get_fee_refunds(self):
        """Money that goes back or went back, the newest first.

        :return: list of dicts ``amount``, ``currency``, ``done`` (bool), ``state_label``,
            ``reason``, ``day`` (on which it went back, or None), ``reference``
        """
        labels = {
            "due": self.env._("Being decided"),
            "approved": self.env._("On its way"),
            "paid": self.env._("Paid out"),
            "refused": self.env._("Refused"),
        }
        refunds = (
            self.env["hostel.refund"]
            .sudo()
            .search([("student_id", "=", self.id)], order="id desc", limit=CLOSED_LIMIT)
        )
        return [
            {
                "amount": refund.amount,
                "currency": refund.currency_id,
                "done": refund.state == "paid",
                "state_label": labels[refund.state],
                # Why it was refused is finance's own note.
                "reason": refund.reason,
                "day": refund.paid_on or None,
                "reference": refund.reference or refund.name,
            }
            for refund in refunds
        ]

    # ------------------------------------------------------------------
    # The rest of the page
    # ------------------------------------------------------------------

    def _get_fee_holds(self):
        """Beds that are kept for a payment; an addon that sells beds knows them.

        :return: list of dicts ``bed``, ``until`` (naive UTC), ``amount``, ``currency``, ``url``,
            ``failed`` (the last try did not succeed)
        """
        return []

    def _get_fee_charges(self):
        """Charges that wait for the next bill; with all rights."""
        return (
            self.env["hostel.charge"]
            .sudo()
            .search(
                [("student_id", "=", self.id), ("state", "=", "pending")],
                order="day desc, id desc",
                limit=CLOSED_LIMIT,
            )
        )

    def _get_fee_concessions(self):
        """What is taken off, or asked to be, in the terms that run or come."""
        return (
            self.env["hostel.concession"]
            .sudo()
            .search(
                [
                    ("student_id", "=", self.id),
                    ("state", "in", ("requested", "approved")),
                    ("term_id.date_to", ">", self.env.company._get_college_day()),
                ]
            )
        )

    def _get_fee_clearances(self):
        """Whether the student is cleared: list of dicts ``term``, ``clearance`` (may be empty),
        ``waiting`` (a receipt is being looked at)."""
        terms = self._get_dues_terms()[:2]
        known = self.sudo().clearance_ids.grouped("term_id")
        waiting = (
            self.env["hostel.receipt"]
            .sudo()
            .search(
                [
                    ("student_id", "=", self.id),
                    ("term_id", "in", terms.ids),
                    ("state", "in", ("waiting", "review")),
                ]
            )
            .term_id
        )
        return [
            {
                "term": term,
                "clearance": known.get(term, self.env["hostel.clearance"])[:1],
                "waiting": term in waiting,
            }
            for term in terms
        ]

    def _get_fee_overview(self):
        """All that the page of fees shows of a student.

        :return: dict; its keys are the names used by the template
        """
        self.ensure_one()
        open_bills = self._get_open_fee_bills()
        cleared = self._find_unpaid_fee_bills() - open_bills
        closed = cleared | (
            self.env["account.move"]
            .sudo()
            .search(
                self._get_fee_bill_domain() & fields.Domain("amount_residual", "<=", 0),
                order="invoice_date desc, id desc",
                limit=CLOSED_LIMIT,
            )
        )
        rows = self._prepare_fee_bills(open_bills | closed)
        holds = self._get_fee_holds()
        return {
            "summary": self._get_fee_summary(open_bills),
            "open_bills": [row for row in rows if row["bill"] in open_bills],
            "closed_bills": [row for row in rows if row["bill"] not in open_bills],
            "holds": holds,
            "payments": self._get_fee_payments(),
            "advance": self._get_fee_advance(),
            "charges": self._get_fee_charges(),
            "concessions": self._get_fee_concessions(),
            "deposit": self._get_fee_deposit(),
            "loans": self._get_fee_loans(),
            "reviews": self._get_fee_reviews(),
            "refunds": self._get_fee_refunds(),
            "clearances": self._get_fee_clearances(),
            "wallet": self.env["hostel.wallet"].sudo().search([("student_id", "=", self.id)]),
            "part_payments": self.env["account.move"]._has_part_payments(),
            "version": self._get_fee_version(),
            # Whoever comes back from paying for a bed must not find the button again.
            "underway": bool(holds)
            or any(row["order"] and row["order"]["state"] != "failed" for row in rows),
        }

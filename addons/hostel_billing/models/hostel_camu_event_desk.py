from odoo import SUPERUSER_ID, api, models
from odoo.fields import Command, Domain
from odoo.tools import format_amount

from odoo.addons.hostel_base.errors import HostelError

from ..tools.camu_payload import MAX_TEXT


class HostelCamuEvent(models.Model):
    """What finance does with messages that need a person.

    Whatever is decided, money that Camu took is in the books afterwards: on the order that it was
    meant for, on the student's account, or as a payment that is due to go back.
    """

    _inherit = "hostel.camu.event"

    # ------------------------------------------------------------------
    # Telling finance
    # ------------------------------------------------------------------

    @api.model
    def _get_waiting_domain(self, company):
        return Domain("state", "=", "quarantined") & Domain("company_id", "=", company.id)

    def _delay_warning(self):
        """Warn in a job of its own: telling somebody must not stop a message about money."""
        inbox = self.env["hostel.camu.event"].with_user(SUPERUSER_ID)
        for company in self.company_id:
            inbox.with_delay(
                description=self.env._("Tell finance what waits"),
                identity_key=f"hostel_billing.camu_warn:{company.id}",
            )._warn_finance(company)

    @api.model
    def _warn_finance(self, company):
        """Job: see to it that one activity stands as long as anything waits; not one a message.

        A broken field map quarantines thousands of messages at once, and nobody works through
        thousands of activities.
        """
        waiting = self._get_waiting_domain(company)
        if self.search_count(waiting & Domain("activity_ids", "!=", False), limit=1):
            return
        first = self.search(waiting, order="id", limit=1)
        officer = self.env["res.users"]._get_finance_officer(company)
        if officer and first.try_lock_for_update():
            first.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Payments from Camu that need a person"),
                user_id=officer.id,
            )

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    def _check_quarantined(self):
        self.check_access("write")
        if any(entry.state != "quarantined" for entry in self):
            raise HostelError(
                "NOT_QUARANTINED",
                self.env._("Only messages that need a person can be worked on."),
                422,
            )

    def _check_may_be_booked(self):
        """Refuse what is no money, or money that is booked already.

        :raises HostelError: ``NOT_QUARANTINED``, ``NO_MONEY``, ``WRONG_CURRENCY``,
            ``RECEIPT_USED``, ``BEING_WORKED_ON``
        """
        self.ensure_one()
        self._check_quarantined()
        if not self.sudo().try_lock_for_update():
            raise HostelError(
                "BEING_WORKED_ON",
                self.env._("Somebody else works on this message right now. Look at it again."),
            )
        if self.status != "success" or self.amount <= 0:
            raise HostelError(
                "NO_MONEY",
                self.env._("Camu does not say that anything was paid, so nothing can be booked."),
                422,
            )
        if self.currency_code != self.company_id.currency_id.name:
            raise HostelError(
                "WRONG_CURRENCY",
                self.env._(
                    "It was paid in %(currency)s, but the books are kept in %(own)s.",
                    currency=self.currency_code,
                    own=self.company_id.currency_id.name,
                ),
                422,
            )
        if used := self._find_receipt_user():
            raise HostelError(
                "RECEIPT_USED",
                self.env._(
                    "Receipt %(number)s is booked already, on %(reference)s. If Camu took the"
                    " money once only, there is nothing to book here.",
                    number=self.receipt_no,
                    reference=used.reference,
                ),
                details={"reference": used.reference},
            )

    def _find_receipt_user(self):
        """The payment that this message's receipt stands for already."""
        if not self.receipt_no:
            return self.env["payment.transaction"]
        return (
            self.env["payment.transaction"]
            .sudo()
            .search(
                [
                    ("provider_id", "=", self.provider_id.id),
                    ("provider_reference", "=", self.receipt_no[:MAX_TEXT]),
                    ("state", "=", "done"),
                    ("operation", "!=", "refund"),
                ],
                limit=1,
            )
        )

    # ------------------------------------------------------------------
    # Again
    # ------------------------------------------------------------------

    def action_retry(self):
        """Check quarantined messages again, after what was wrong here has been mended."""
        self._check_quarantined()
        stale = self.filtered(lambda entry: entry.reason_code == "STALE_SIGNATURE")
        stale._delay_confirmation()
        rest = self - stale
        rest.sudo().write({"state": "received", "reason_code": False})
        rest._delay_processing()

    def action_replay(self):
        """Act on messages once more, whatever became of them. The books don't change twice.

        For messages that were acted on before a mistake on our side was mended.
        """
        self.check_access("write")
        if any(entry.state == "resolved" or entry.is_test for entry in self):
            raise HostelError(
                "NOTHING_TO_REPLAY",
                self.env._("Messages that a person has resolved, and tests, are not replayed."),
                422,
            )
        quarantined = self.filtered(lambda entry: entry.state == "quarantined")
        if quarantined:
            quarantined.action_retry()
        rest = self - quarantined
        rest.sudo().write({"state": "received"})
        rest._delay_processing()
        return self._say_started(len(self))

    def _say_started(self, count):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("%(count)s messages are being processed.", count=count),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # ------------------------------------------------------------------
    # Matching
    # ------------------------------------------------------------------

    def action_open_resolve(self):
        """Open the dialog that asks what is to be done with the messages."""
        self._check_quarantined()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_camu_event_resolve_action"
        )
        return action | {"context": {"default_entry_ids": self.ids}}

    def _guess_student(self):
        """Whom the message is probably about."""
        self.ensure_one()
        tx = self._find_transaction()
        if tx and tx._get_hostel_student():
            return tx._get_hostel_student()
        return self.env["hostel.student"].sudo()._find_by_number(self.student_ref)[:1]

    def _get_candidate_orders(self, student):
        """Orders of a student that nobody has paid yet, the likeliest first."""
        self.ensure_one()
        orders = (
            self.env["payment.transaction"]
            .sudo()
            .search(
                [
                    ("provider_id", "=", self.provider_id.id),
                    ("state", "in", ("draft", "pending", "cancel", "error")),
                    ("amount", ">", 0),
                    "|",
                    "|",
                    ("hostel_allocation_id.student_id", "=", student.id),
                    # A guardian pays in the own name.
                    ("invoice_ids.partner_id", "=", student.partner_id.id),
                    ("partner_id", "=", student.partner_id.id),
                ],
                limit=50,
            )
            if student
            else self.env["payment.transaction"]
        )
        return orders.sorted(
            lambda order: (
                order.reference != self.reference,
                order.currency_id.compare_amounts(order.amount, self.amount) != 0,
                -order.id,
            )
        )

    def _get_open_bills(self, student):
        """What a student owes the hostel, the oldest due first."""
        bills = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("partner_id", "=", student.partner_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("move_type", "=", "out_invoice"),
                    ("hostel_kind", "!=", False),
                    ("state", "=", "posted"),
                    ("amount_residual", ">", 0),
                ]
            )
            if student
            else self.env["account.move"]
        )
        return bills.sorted(lambda bill: (bill.invoice_date_due, bill.id))

    @api.private
    def match_to_order(self, order, note):
        """Book the money on an order; what follows is what follows a payment in time or late.

        More than was asked for stays with the stay as an advance. Less is no payment of a bed.

        :param order: ``payment.transaction`` of this provider that nobody has paid
        :param str note: why this order, for the auditor
        :raises HostelError: see :meth:`_check_may_be_booked`; ``ORDER_NOT_OPEN``,
            ``INVALID_PAYMENT_AMOUNT``
        """
        self._check_may_be_booked()
        order = order.sudo()
        if order.provider_id != self.provider_id or order.state not in (
            "draft", "pending", "cancel", "error"
        ):  # fmt: skip
            raise HostelError(
                "ORDER_NOT_OPEN",
                self.env._(
                    "%(order)s is paid already, or not one of Camu's.", order=order.reference
                ),
                422,
            )
        excess = order.currency_id.compare_amounts(self.amount, order.amount)
        if excess < 0:
            raise HostelError(
                "INVALID_PAYMENT_AMOUNT",
                self.env._(
                    "%(paid)s is less than the %(asked)s of the order. Book it on the student's"
                    " account, or let it go back.",
                    paid=self._format(self.amount),
                    asked=self._format(order.amount),
                ),
                422,
            )
        desk = self.with_user(SUPERUSER_ID)
        order = order.with_user(SUPERUSER_ID)
        if excess:
            order.amount = self.amount
        order._process("camu", desk._prepare_payment_data() | {"reference": order.reference})
        order._camu_post_process()
        self._resolve("matched", note, order)
        return order

    @api.private
    def match_to_student(self, student, note):
        """Book the money on a student's account: the oldest bills first, the rest as an advance.

        :param student: ``hostel.student``
        :return: the new ``payment.transaction``
        :raises HostelError: see :meth:`_check_may_be_booked`
        """
        self._check_may_be_booked()
        tx = self._book_money(student, self._get_open_bills(student))
        self._resolve("matched", note, tx)
        return tx

    @api.private
    def take_for_refund(self, note, student=None):
        """Book the money as a payment that is due to go back to whoever paid it.

        :param student: who paid, where that is known
        :return: the new ``payment.transaction``
        :raises HostelError: see :meth:`_check_may_be_booked`
        """
        self._check_may_be_booked()
        tx = self._book_money(student or self.env["hostel.student"], self.env["account.move"])
        tx._hostel_owe_refund(note)
        self._resolve("refund", note, tx)
        return tx

    def _book_money(self, student, bills):
        """A payment in the books for money that no order asked for."""
        unknown = self.env.ref("hostel_billing.partner_unknown_payer")
        tx = (
            self.env["payment.transaction"]
            .with_user(SUPERUSER_ID)
            .create(
                {
                    "provider_id": self.provider_id.id,
                    "payment_method_id": self.env.ref("hostel_billing.payment_method_camu").id,
                    "reference": f"{self.reference[:150]}-H{self.id}",
                    "amount": self.amount,
                    "currency_id": self.company_id.currency_id.id,
                    "partner_id": student.partner_id.id or unknown.id,
                    "operation": "online_redirect",
                    "hostel_student_id": student.id,
                    "invoice_ids": [Command.set(bills.ids)],
                }
            )
        )
        tx._camu_apply_success(self.with_user(SUPERUSER_ID)._prepare_payment_data())
        tx._camu_post_process()
        return tx

    @api.private
    def book_returned(self, note):
        """Camu has sent the money of an order back: book that, and free what it paid for.

        :raises HostelError: ``NOT_QUARANTINED``, ``NO_MONEY`` where nothing of it was booked;
            see also ``payment.transaction._hostel_book_refund``
        """
        self.ensure_one()
        self._check_quarantined()
        tx = self._find_transaction()
        if self.status != "refunded" or tx.state != "done":
            raise HostelError(
                "NO_MONEY",
                self.env._("No payment with this reference is booked here that could go back."),
                422,
            )
        if tx.currency_id.compare_amounts(self.amount, tx.amount) != 0:
            raise HostelError(
                "INVALID_PAYMENT_AMOUNT",
                self.env._(
                    "Camu sent %(back)s back, but %(paid)s was paid. Book it in Invoicing and say"
                    " so here.",
                    back=self._format(self.amount),
                    paid=self._format(tx.amount),
                ),
                422,
            )
        tx.with_user(SUPERUSER_ID)._hostel_book_refund(reference=self.receipt_no or self.event_id)
        self._resolve("refund", note, tx)

    @api.private
    def resolve(self, note):
        """Close quarantined messages for which nothing is to be booked.

        :param str note: why, for the auditor
        """
        self._check_quarantined()
        for entry in self:
            entry._resolve("ignored", note)

    def _resolve(self, resolution, note, tx=None):
        vals = {
            "state": "resolved",
            "resolution": resolution,
            "note": note,
            "resolved_by_id": self.env.uid,
        }
        if tx:
            vals["transaction_id"] = tx.id
        self.sudo().write(vals)
        self.sudo().activity_ids.action_done()
        self._delay_warning()

    def _format(self, amount):
        return format_amount(self.env, amount, self.company_id.currency_id)

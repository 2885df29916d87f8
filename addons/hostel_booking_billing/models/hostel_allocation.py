from datetime import timedelta

from odoo import SUPERUSER_ID, models

from odoo.addons.hostel_billing.tools.fee_math import money, refund_split

# What a booking is billed with; charges have reasons of their own.
BOOKING_KINDS = ("period", "deposit")


class HostelAllocation(models.Model):
    """Paying for a bed: the order exists before the student leaves for Camu."""

    _inherit = "hostel.allocation"

    def _needs_payment(self):
        """A bed that costs something is paid, unless the student is cleared."""
        self.ensure_one()
        row = self.sudo()
        if row.price <= 0 or row.student_id._is_cleared(row.term_id):
            return False
        # A concession or a lender may leave nothing to be paid at once.
        return row._get_amount_at_booking() > 0

    def _checkout(self):
        if not self._needs_payment():
            return super()._checkout()
        row = self.sudo()
        if row.state == "offered":
            # Who says yes early must not lose the days that were promised.
            minutes = timedelta(minutes=row._get_minutes("hostel_base.payment_minutes", 15))
            now = self.env.cr.now()
            until = max(row.hold_until or now, now + minutes)
            row._transition("paying", hold_started_at=until - minutes, hold_until=until)
        row._get_order()
        return {"redirect": row._get_pay_url()}

    def _get_pay_url(self):
        self.ensure_one()
        if not self._needs_payment():
            return super()._get_pay_url()
        return f"/hostel/pay/{self.sudo().payment_ref}"

    def _can_be_paid(self):
        self.ensure_one()
        in_time = self.hold_until and self.hold_until > self.env.cr.now()
        return self.state == "paying" and in_time and self._needs_payment()

    def _prepare_fee_hold(self):
        """What the page of fees says of a bed that waits for its payment."""
        self.ensure_one()
        order = self._find_order()
        return {
            "bed": self._get_bed_label(),
            "until": self.hold_until,
            "amount": order.amount if order else self._get_amount_at_booking(),
            "currency": self.currency_id,
            # The bank decides on a pending one; the student must not pay twice.
            "url": None if order.state == "pending" else self._get_pay_url(),
            "failed": self._has_payment_failed(),
        }

    def _has_payment_failed(self):
        """Whether the last try to pay for the bed went wrong, and nobody has tried again."""
        self.ensure_one()
        order = self.sudo()._find_order()
        return order.state in ("error", "cancel") and not order._is_tried_again()

    def _are_dues_settled(self):
        """Override: as the bills of the stay say, however they were paid.

        Settled is whose first instalment is paid, by whatever way, and of whom nothing is late.
        """
        settled, row = super()._are_dues_settled(), self.sudo()
        if row.student_id._is_cleared(row.term_id):
            return True
        bills = row._get_own_bills()
        if not bills:
            return settled or not row._needs_payment()
        if any(bill._get_hostel_late_lines(row.company_id._get_college_day()) for bill in bills):
            return False
        instalments = bills.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).sorted("date_maturity")
        return settled or not instalments[:1].amount_residual

    def _get_paid_otherwise(self):
        """What the booking's bills were paid with but its own payment: at the counter, or on the
        page of fees.

        :return: ``{account.move: float}``, the latest first: how much of each entry
        """
        own = self._get_paid_transactions().payment_id.move_id
        payments = self._get_own_bills(BOOKING_KINDS)._hostel_get_payments()
        return {entry: amount for entry, amount in payments.items() if entry not in own}

    def _get_own_notes(self):
        """Credit notes about parts of the stay's bills; moves take care of their own."""
        moves = self._get_origin_chain().move_request_id
        return self._get_own_bills(BOOKING_KINDS)._hostel_get_notes() - moves.credit_note_id

    def _get_paid_amount(self):
        """What the books say was paid; a clearance or a fee waived is nothing that goes back."""
        row = self.sudo()
        payments, otherwise = row._get_paid_transactions(), row._get_paid_otherwise()
        difference = row._get_origin_chain().move_request_id._get_paid_difference()
        if not payments and not otherwise and not difference:
            return super()._get_paid_amount()
        return row.currency_id.round(
            sum(tx._hostel_get_kept() for tx in payments)
            + sum(otherwise.values())
            + difference
            - row._get_own_notes()._hostel_get_paid_out()
        )

    def _get_refund_amount(self, percent=None):
        """By the slab of the cancellation, but the deposit goes back whole, and what was conceded
        after it had been paid."""
        if percent is None:
            percent = self._get_cancellation_terms()["percent"]
        row = self.sudo()
        paid = money(row._get_paid_amount())
        whole = row._get_deposit_paid() + money(row._get_own_notes()._get_hostel_open_credit())
        back, _kept = refund_split(paid, min(whole, paid), money(percent))
        return row.currency_id.round(float(back))

    def _get_deposit_paid(self):
        """The part of what was paid with this booking that is deposit.

        :return: ``Decimal``
        """
        self.ensure_one()
        bills = self._get_origin_chain().bill_ids.filtered(
            lambda bill: (
                bill.hostel_kind == "deposit"
                and bill.hostel_status in ("partial", "paid", "overdue", "pending")
                and bill.partner_id == self.student_id.partner_id
            )
        )
        if bills:
            return money(sum(bill.amount_total - bill.amount_residual for bill in bills))
        return money(self._get_deposit_at_booking())

    def _get_refund_due(self):
        """Of a cancelled booking what the cancellation said, else all that was paid."""
        cancellation = self.sudo().cancellation_ids[:1]
        return cancellation.refund_amount if cancellation else super()._get_refund_due()

    def _get_refund_kind(self):
        return "cancellation" if self.sudo().cancellation_ids else super()._get_refund_kind()

    def _get_refund_reason(self):
        cancellation = self.sudo().cancellation_ids[:1]
        return cancellation._get_charge_source() if cancellation else super()._get_refund_reason()

    def _cancel_booking(self, kind, reason, note=False, percent=None):
        notes = self.sudo()._get_own_notes()
        cancellation = super()._cancel_booking(kind, reason, note, percent)
        self.env["hostel.refund"]._refuse_of(
            notes, self.env._("The booking was cancelled; it goes back with what else does.")
        )
        if cancellation.paid_amount or self._get_origin_chain().bill_ids:
            cancellation._delay_settle_books()
        return cancellation

    def _get_payment_facts(self):
        """Also the receipt, which a warden can compare with the student's."""
        receipts = self._get_paid_transactions().mapped("provider_reference")
        return [
            *super()._get_payment_facts(),
            *(self.env._("receipt %(number)s", number=number) for number in receipts if number),
        ]

    # ------------------------------------------------------------------
    # The order at Camu
    # ------------------------------------------------------------------

    def _get_order(self):
        """The transaction that stands for this row's order; made once.

        :raises HostelError: ``PAYMENT_UNAVAILABLE`` if Camu is not switched on
        """
        self.ensure_one()
        order = self._find_order()
        if not order:
            order = (
                self.env["payment.transaction"]
                .with_user(SUPERUSER_ID)
                .create(self._prepare_order_vals())
            )
        return order

    def _find_order(self):
        return (
            self.env["payment.transaction"]
            .with_user(SUPERUSER_ID)
            .search([("reference", "=", self.sudo().payment_ref)], limit=1)
        )

    def _prepare_order_vals(self):
        provider = self.env["payment.provider"]._get_payable_camu(self.company_id)
        return {
            "provider_id": provider.id,
            "payment_method_id": provider.payment_method_ids[:1].id,
            "reference": self.payment_ref,
            "amount": self._get_amount_at_booking(),
            "currency_id": self.currency_id.id,
            "partner_id": self.student_id.partner_id.id,
            "operation": "online_redirect",
            "hostel_allocation_id": self.id,
            "landing_route": "/hostel/booking",
        }

    # ------------------------------------------------------------------
    # What became of it
    # ------------------------------------------------------------------

    def _ask_payment_status(self):
        order = self._find_order() if self.payment_ref else None
        if not order or order.provider_code != "camu":
            return super()._ask_payment_status()
        if order.state == "done":
            order._camu_post_process()
            return "paid"
        status = order._camu_ask_status()
        if status == "unpaid" and order.state == "pending" and not order._camu_can_be_asked():
            # All that is known is Camu's own message that the bank has not decided.
            return "pending"
        return status

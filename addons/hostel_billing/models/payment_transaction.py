from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import urls

from .. import const
from ..controllers.camu import CamuController
from ..tools.camu_payload import MAX_TEXT

# For how long somebody may be at the bank; an order that nobody came back from is forgotten then.
UNDERWAY = timedelta(minutes=30)

# Messages about one payment arrive in any order; it only moves forward.
CANCELLED_TOO = ("cancel",)


class PaymentTransaction(models.Model):
    """One order at Camu: a bed of a term, or open bills."""

    _inherit = "payment.transaction"

    hostel_allocation_id = fields.Many2one(
        "hostel.allocation", string="Allocation", readonly=True, index="btree_not_null"
    )
    camu_paid_at = fields.Datetime(
        string="Paid at", readonly=True, help="When the payer's bank says it happened."
    )

    camu_tried_at = fields.Datetime(
        string="Left for Camu at",
        readonly=True,
        copy=False,
        help="Empty again when Camu says how it went.",
    )
    camu_fee_head = fields.Char(
        string="Kind of fee", readonly=True, help="As the order named it to Camu."
    )
    camu_settlement_line_ids = fields.One2many(
        "hostel.camu.settlement.line", "transaction_id", string="In settlements"
    )
    camu_settled_on = fields.Date(
        string="Settled on", readonly=True, help="The closed settlement day that has it."
    )

    # Messages and settlements look payments up by their receipts.
    _provider_reference_idx = models.Index("(provider_reference)")

    # ------------------------------------------------------------------
    # The order
    # ------------------------------------------------------------------

    def _get_hostel_student(self):
        """The student whose dues this pays, also when a guardian pays them."""
        self.ensure_one()
        known = self.hostel_allocation_id.student_id or self.hostel_student_id
        if known:
            return known
        partners = self.invoice_ids.partner_id or self.partner_id
        return (
            self.env["hostel.student"].sudo().search([("partner_id", "in", partners.ids)], limit=1)
        )

    def _get_camu_order(self):
        """What is paid for, in the internal names; all values are text.

        The redirect form sends it and the webhook is compared with it.
        """
        self.ensure_one()
        student = self._get_hostel_student()
        term = self.hostel_allocation_id.term_id or self.invoice_ids.hostel_term_id[:1]
        return {
            "reference": self.reference,
            "student_ref": student.roll_number or student.application_number or "",
            "term": term.code or "",
            "fee_head": self.camu_fee_head or const.FEE_HEAD,
            "amount": f"{self._get_exact_amount():.2f}",
            "currency": self.currency_id.name,
        }

    def _get_exact_amount(self):
        self.ensure_one()
        return Decimal(str(self.currency_id.round(self.amount)))

    def _get_specific_rendering_values(self, processing_values):
        """Override of `payment` to return the signed order for Camu's pay page."""
        if self.provider_code != "camu":
            return super()._get_specific_rendering_values(processing_values)
        provider = self.provider_id.sudo()
        if not self.camu_fee_head:
            # Written down, because a product's name may change before Camu answers.
            self.camu_fee_head = self.invoice_ids._get_camu_fee_head()
        return_url = urls.urljoin(provider.get_base_url(), CamuController._return_url)
        return {
            "api_url": provider.camu_pay_url,
            "order": provider._camu_sign_order(self._get_camu_order(), return_url),
        }

    def _note_try(self):
        """Somebody leaves for Camu: what is known of the try before is no news any more."""
        for order in self.sudo().filtered(lambda tx: tx.state in ("error", "cancel")):
            order.camu_tried_at = self.env.cr.now()

    def _is_tried_again(self):
        """Whether somebody left for Camu after the last try failed, and nothing is known yet."""
        self.ensure_one()
        return bool(self.camu_tried_at) and self.camu_tried_at > self.env.cr.now() - UNDERWAY

    def _hostel_get_landing_route(self, payer):
        """Where whoever paid for a bed goes on: the student to the booking, a guardian to the fees.

        Both may have left for Camu with the same order.

        :param payer: ``res.partner`` who is signed in
        """
        self.ensure_one()
        student = self.hostel_allocation_id.student_id
        own = payer == student.partner_id
        return self.landing_route if own else f"/my/fees/{student.id}"

    # ------------------------------------------------------------------
    # What Camu says
    # ------------------------------------------------------------------

    @api.model
    def _extract_reference(self, provider_code, payment_data):
        """Override of `payment`: the data is in the internal schema."""
        if provider_code != "camu":
            return super()._extract_reference(provider_code, payment_data)
        return payment_data["reference"]

    def _extract_amount_data(self, payment_data):
        """Override of `payment`: the data is in the internal schema."""
        if self.provider_code != "camu":
            return super()._extract_amount_data(payment_data)
        return {
            "amount": float(payment_data["amount"]),
            "currency_code": payment_data["currency"],
        }

    def _apply_updates(self, payment_data):
        """Override of `payment`: move forward, whatever order the messages come in.

        :param dict payment_data: ``reference``, ``amount``, ``currency``, ``status``,
            ``paid_at`` (naive UTC or False), ``receipt_no``; verified by the inbox
        """
        if self.provider_code != "camu":
            return super()._apply_updates(payment_data)
        status = payment_data["status"]
        if status == "success":
            return self._camu_apply_success(payment_data)
        if self.state == "done":
            return None
        self.camu_tried_at = False
        if status == "pending":
            self._set_pending()
        elif status == "cancelled":
            self._set_canceled()
        elif status == "failed":
            self._set_error(
                self.env._("Camu reports that the payment failed; nothing was charged."),
                extra_allowed_states=CANCELLED_TOO,
            )
        return None

    def _camu_apply_success(self, payment_data):
        if self.state != "done":
            self.provider_reference = payment_data["receipt_no"][:MAX_TEXT]
            self.camu_paid_at = payment_data["paid_at"] or self.env.cr.now()
        self._set_done(extra_allowed_states=CANCELLED_TOO)

    def _camu_post_process(self):
        """Post the payment now instead of waiting for a browser or the cron."""
        for tx in self.filtered(lambda tx: tx.state == "done" and not tx.is_post_processed):
            tx._post_process()

    def _camu_can_be_asked(self):
        self.ensure_one()
        return bool(self.provider_id.sudo().camu_status_url)

    def _camu_ask_status(self):
        """Ask Camu about this order and act on what it says.

        :return: see ``payment.provider._camu_ask_status``
        """
        self.ensure_one()
        return self.provider_id.sudo()._camu_ask_status(self.reference)

    # ------------------------------------------------------------------
    # Books
    # ------------------------------------------------------------------

    def _create_payment(self, **extra_create_values):
        """Override of `account_payment` for the day on which it was made, and for whom.

        A guardian pays what the student owes, so it belongs on the student's account.
        """
        if self.provider_code == "camu" and self.camu_paid_at:
            day = self.company_id._get_college_day(self.camu_paid_at)
            extra_create_values.setdefault("date", day)
        if self.provider_code == "camu" and (student := self._get_hostel_student()):
            extra_create_values.setdefault("partner_id", student.partner_id.id)
        return super()._create_payment(**extra_create_values)

    def _log_message_on_linked_documents(self, message):
        """Override of `payment` to tell the allocation's followers."""
        super()._log_message_on_linked_documents(message)
        for row in self.hostel_allocation_id:
            row.message_post(body=message, author_id=self.env.user.partner_id.id)

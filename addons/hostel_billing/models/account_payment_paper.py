from odoo import models

from odoo.addons.hostel_base.errors import HostelError

RECEIPT_REPORT = "hostel_billing.hostel_receipt_report"


class AccountPayment(models.Model):
    """A receipt: made once, every copy is the same file."""

    _inherit = "account.payment"

    def _get_receipt_document(self):
        """:return: one ``hostel.verification``
        :raises HostelError: ``RECEIPT_NOT_READY``
        """
        self.ensure_one()
        payment = self.sudo()
        if (
            not payment.hostel_student_id
            or payment.payment_type != "inbound"
            or payment.state not in ("in_process", "paid")
            or payment.hostel_reversal_id
        ):
            raise HostelError(
                "RECEIPT_NOT_READY",
                self.env._(
                    "There is a receipt only for money that came, as long as it is in the books."
                ),
                422,
            )
        Verification = self.env["hostel.verification"]
        return Verification._get_valid(payment, "receipt") or Verification._issue(
            payment,
            "receipt",
            {
                **Verification._prepare_student_facts(payment.hostel_student_id),
                "signed_on": payment.date,
                "number": payment.name,
                "amount": payment.currency_id.format(payment.amount),
            },
        )

    def _get_receipt(self):
        """The receipt as it was made the first time.

        :return: (file name, bytes of the PDF)
        :raises HostelError: ``RECEIPT_NOT_READY``
        """
        self.ensure_one()
        payment = self.sudo()
        document = payment._get_receipt_document()
        name = f"Receipt {payment.name.replace('/', '-')}.pdf"
        if not payment.hostel_receipt_id:
            payment.hostel_receipt_id = document._print_once(RECEIPT_REPORT, payment, name)
        return name, payment.hostel_receipt_id.raw

    def action_print_receipt(self):
        self.ensure_one()
        self.check_access("read")
        self._get_receipt()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.sudo().hostel_receipt_id.id}?download=true",
        }

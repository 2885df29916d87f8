"""What was due or had gone back before there were refunds gets its refund.

At the end, when the glue with the booking knows what a cancellation gives back.
"""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    transactions = env["payment.transaction"]
    for tx in transactions.search([("hostel_refund_state", "=", "done")]):
        if not tx.hostel_refund_ids and tx.hostel_refund_payment_id:
            _remember(env, tx)
    for row in env["hostel.allocation"].search([("state", "=", "refund_due")]):
        row._ask_refund()
    for tx in transactions.search([("hostel_refund_state", "=", "due")]):
        if not tx.hostel_refund_ids and not tx.hostel_allocation_id._is_lived_on():
            tx._hostel_owe_refund(tx.hostel_refund_note or tx.reference)


def _remember(env, tx):
    """A payment that went back as a whole; the payout is in the books already."""
    if tx.hostel_allocation_id._is_lived_on():
        return
    payment = tx.hostel_refund_payment_id
    refund = env["hostel.refund"].create(
        {
            "transaction_id": tx.id,
            "student_id": tx._get_hostel_student().id,
            "partner_id": payment.partner_id.id,
            "allocation_id": tx.hostel_allocation_id.id,
            "company_id": tx.company_id.id,
            "amount": tx.amount,
            "kind": "unasked",
            "reason": tx.hostel_refund_note or tx.reference,
            "state": "paid",
            "payment_id": payment.id,
            "paid_on": payment.date,
            "reference": payment.memo,
        }
    )
    refund.activity_ids.unlink()
    payment.hostel_refund_id = refund

from odoo import fields, models
from odoo.tools import SQL

from .account_payment import METHODS


class HostelCollectionReport(models.Model):
    """What came in and what went back: one line a payment, a reversal or a refund."""

    _name = "hostel.collection.report"
    _description = "Collection"
    _inherit = "hostel.finance.report"
    _auto = False
    _order = "day desc, id desc"
    _rec_name = "number"
    _depends = {
        "account.payment": [
            "amount",
            "payment_type",
            "payment_transaction_id",
            "state",
            "hostel_student_id",
            "hostel_method",
            "hostel_reversal_id",
            "hostel_refund_id",
            "hostel_wallet_id",
        ],
        "account.move": ["date", "name"],
        "hostel.allocation": ["hostel_id", "term_id", "student_id"],
        "hostel.student": ["programme_id"],
        "payment.transaction": ["hostel_allocation_id", "provider_id"],
    }
    _table_fields = (
        "day",
        "number",
        "kind",
        "method",
        "purpose",
        "student_id",
        "hostel_id",
        "programme_id",
        "received",
        "paid_out",
        "amount",
    )

    payment_id = fields.Many2one("account.payment", readonly=True)
    day = fields.Date(readonly=True)
    number = fields.Char(readonly=True)
    kind = fields.Selection(
        [("payment", "Payment"), ("reversal", "Reversal"), ("refund", "Refund")],
        string="What",
        readonly=True,
    )
    purpose = fields.Selection([("fees", "Fees"), ("wallet", "Wallet")], readonly=True)
    method = fields.Selection(METHODS, string="How", readonly=True)
    received = fields.Monetary(readonly=True)
    paid_out = fields.Monetary(string="Went back", readonly=True)
    amount = fields.Monetary(string="Net", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT flow.id, flow.payment_id, flow.day, flow.number, flow.kind, flow.purpose,
                   flow.method, flow.student_id, s.programme_id,
                   COALESCE(booked.hostel_id, stay.hostel_id) AS hostel_id,
                   COALESCE(booked.term_id, stay.term_id) AS term_id,
                   flow.company_id, c.currency_id, flow.received, flow.paid_out,
                   flow.received - flow.paid_out AS amount
              FROM (
                SELECT p.id * 2 AS id, p.id AS payment_id, m.date AS day, p.name AS number,
                       CASE WHEN p.payment_type = 'inbound' THEN 'payment' ELSE 'refund' END
                           AS kind,
                       CASE WHEN p.hostel_wallet_id IS NULL THEN 'fees' ELSE 'wallet' END
                           AS purpose,
                       p.hostel_method AS method, p.hostel_student_id AS student_id, p.company_id,
                       p.payment_transaction_id AS tx_id,
                       CASE WHEN p.payment_type = 'inbound' THEN p.amount ELSE 0 END AS received,
                       CASE WHEN p.payment_type = 'outbound' THEN p.amount ELSE 0 END AS paid_out
                  FROM account_payment p JOIN account_move m ON m.id = p.move_id
                 WHERE %(own_payment)s AND m.state = 'posted'
                 UNION ALL
                SELECT p.id * 2 + 1, p.id, m.date, m.name, 'reversal',
                       CASE WHEN p.hostel_wallet_id IS NULL THEN 'fees' ELSE 'wallet' END,
                       p.hostel_method, p.hostel_student_id, p.company_id,
                       p.payment_transaction_id,
                       CASE WHEN p.payment_type = 'outbound' THEN p.amount ELSE 0 END,
                       CASE WHEN p.payment_type = 'inbound' THEN p.amount ELSE 0 END
                  FROM account_payment p JOIN account_move m ON m.id = p.hostel_reversal_id
                 WHERE %(own_payment)s AND m.state = 'posted'
              ) flow
              JOIN res_company c ON c.id = flow.company_id
         LEFT JOIN hostel_student s ON s.id = flow.student_id
         LEFT JOIN payment_transaction tx ON tx.id = flow.tx_id
         LEFT JOIN hostel_allocation booked ON booked.id = tx.hostel_allocation_id
         LEFT JOIN LATERAL %(stay)s stay ON TRUE
            """,
            own_payment=self._get_own_payment_sql(),
            stay=self._get_stay_sql("flow.student_id", "flow.day"),
        )

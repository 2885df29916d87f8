from odoo import fields, models
from odoo.tools import SQL


class HostelDayBookReport(models.Model):
    """The day book: every entry of the hostels in the order of the days.

    Of the wallets' entries *billed* is what was taken out, *credited* what was put back.
    """

    _name = "hostel.day.book.report"
    _description = "Day Book"
    _inherit = "hostel.finance.report"
    _auto = False
    _order = "day desc, id desc"
    _rec_name = "move_id"
    _depends = {
        "account.move": [
            "date",
            "name",
            "state",
            "hostel_kind",
            "hostel_student_id",
            "hostel_id",
            "hostel_wallet_day",
            "move_type",
            "amount_total",
            "ref",
        ],
        "account.payment": [
            "amount",
            "payment_type",
            "payment_transaction_id",
            "hostel_student_id",
            "hostel_refund_id",
            "hostel_reversal_id",
        ],
        "hostel.allocation": ["hostel_id", "term_id", "student_id"],
        "hostel.student": ["programme_id"],
        "hostel.wallet.line": ["amount", "move_id"],
        "payment.transaction": ["provider_id"],
    }
    _table_fields = (
        "day",
        "move_id",
        "kind",
        "ref",
        "student_id",
        "hostel_id",
        "billed",
        "credited",
        "received",
        "paid_out",
    )

    move_id = fields.Many2one("account.move", string="Entry", readonly=True)
    day = fields.Date(readonly=True)
    ref = fields.Char(string="Reference", readonly=True)
    kind = fields.Selection(
        [
            ("bill", "Bill"),
            ("credit", "Credit note"),
            ("payment", "Payment"),
            ("refund", "Refund"),
            ("reversal", "Reversal of a payment"),
            ("wallet", "Wallets of a day"),
        ],
        string="What",
        readonly=True,
    )
    billed = fields.Monetary(readonly=True)
    credited = fields.Monetary(readonly=True)
    received = fields.Monetary(readonly=True)
    paid_out = fields.Monetary(string="Went back", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT book.id, book.id AS move_id, book.day, book.ref, book.kind, book.student_id,
                   s.programme_id, COALESCE(book.hostel_id, stay.hostel_id) AS hostel_id,
                   COALESCE(book.term_id, stay.term_id) AS term_id, book.company_id,
                   c.currency_id, book.billed, book.credited, book.received, book.paid_out
              FROM (
                SELECT m.id, m.date AS day, m.company_id, m.hostel_student_id AS student_id,
                       m.hostel_id, m.hostel_term_id AS term_id,
                       CASE WHEN m.move_type = 'out_refund' THEN 'credit' ELSE 'bill' END AS kind,
                       COALESCE(m.ref, m.invoice_origin) AS ref,
                       CASE WHEN m.move_type = 'out_invoice' THEN m.amount_total ELSE 0 END
                           AS billed,
                       CASE WHEN m.move_type = 'out_refund' THEN m.amount_total ELSE 0 END
                           AS credited,
                       0 AS received, 0 AS paid_out
                  FROM account_move m
                 WHERE m.hostel_kind IS NOT NULL AND m.state = 'posted'
                   AND m.move_type IN ('out_invoice', 'out_refund')
                 UNION ALL
                SELECT m.id, m.date, m.company_id, p.hostel_student_id, NULL, NULL,
                       CASE WHEN p.payment_type = 'inbound' THEN 'payment' ELSE 'refund' END,
                       COALESCE(p.hostel_reference, p.memo),
                       0, 0,
                       CASE WHEN p.payment_type = 'inbound' THEN p.amount ELSE 0 END,
                       CASE WHEN p.payment_type = 'outbound' THEN p.amount ELSE 0 END
                  FROM account_payment p JOIN account_move m ON m.id = p.move_id
                 WHERE %(own_payment)s AND m.state = 'posted'
                 UNION ALL
                SELECT m.id, m.date, m.company_id, p.hostel_student_id, NULL, NULL, 'reversal',
                       m.ref, 0, 0,
                       CASE WHEN p.payment_type = 'outbound' THEN p.amount ELSE 0 END,
                       CASE WHEN p.payment_type = 'inbound' THEN p.amount ELSE 0 END
                  FROM account_payment p JOIN account_move m ON m.id = p.hostel_reversal_id
                 WHERE %(own_payment)s AND m.state = 'posted'
                 UNION ALL
                SELECT m.id, m.date, m.company_id, NULL, NULL, NULL, 'wallet', m.ref,
                       COALESCE(-sum(w.amount) FILTER (WHERE w.amount < 0), 0),
                       COALESCE(sum(w.amount) FILTER (WHERE w.amount > 0), 0), 0, 0
                  FROM account_move m JOIN hostel_wallet_line w ON w.move_id = m.id
                 WHERE m.hostel_wallet_day IS NOT NULL AND m.state = 'posted'
              GROUP BY m.id
              ) book
              JOIN res_company c ON c.id = book.company_id
         LEFT JOIN hostel_student s ON s.id = book.student_id
         LEFT JOIN LATERAL %(stay)s stay ON book.hostel_id IS NULL
            """,
            own_payment=self._get_own_payment_sql(),
            stay=self._get_stay_sql("book.student_id", "book.day"),
        )

from odoo import fields, models
from odoo.tools import SQL


class HostelForecastReport(models.Model):
    """What should come in, month by month: open instalments, and fees that are not billed yet.

    What is not billed is an estimate: the frozen price of a stay, less what was billed or paid
    for it, spread over the days that are left; where the whole term is one bill, at once.
    Students whom the college's own books cleared pay elsewhere.
    """

    _name = "hostel.forecast.report"
    _description = "Forecast"
    _inherit = "hostel.finance.report"
    _auto = False
    _order = "month, id"
    _rec_name = "month"
    _depends = {
        "account.move": ["hostel_kind", "hostel_student_id", "hostel_id", "move_type", "state"],
        "account.move.line": [
            "amount_residual",
            "date_maturity",
            "reconciled",
            "price_subtotal",
            "hostel_charge_id",
        ],
        "hostel.allocation": ["price", "state", "date_from", "date_to", "fee_structure_id"],
        "hostel.clearance": ["student_id", "term_id", "active"],
        "hostel.fee.structure": ["frequency"],
        "hostel.student": ["programme_id"],
        "payment.transaction": ["amount", "state", "hostel_refund_state"],
    }
    _table_fields = (
        "month",
        "kind",
        "student_id",
        "hostel_id",
        "programme_id",
        "term_id",
        "amount",
    )

    month = fields.Date(readonly=True, help="The first day of the month.")
    kind = fields.Selection(
        [("late", "Overdue"), ("billed", "Billed, to come"), ("planned", "Not billed yet")],
        string="How sure",
        readonly=True,
    )
    amount = fields.Monetary(string="Expected", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            WITH unbilled AS (
                SELECT a.id, a.student_id, a.hostel_id, a.term_id, a.company_id,
                       greatest(a.date_from, %(today)s) AS first_day, a.date_to AS last_day,
                       COALESCE(f.frequency, 'one_time') = 'one_time' AS at_once,
                       a.price - greatest(COALESCE(billed.amount, 0), COALESCE(paid.amount, 0))
                           AS amount
                  FROM hostel_allocation a
             LEFT JOIN hostel_fee_structure f ON f.id = a.fee_structure_id
             LEFT JOIN LATERAL (
                       SELECT sum(l.price_subtotal) AS amount
                         FROM account_move m JOIN account_move_line l ON l.move_id = m.id
                        WHERE m.hostel_allocation_id = a.id AND m.hostel_kind = 'period'
                          AND m.move_type = 'out_invoice' AND m.state = 'posted'
                          AND m.payment_state <> 'reversed' AND l.display_type = 'product'
                          AND l.hostel_charge_id IS NULL) billed ON TRUE
             LEFT JOIN LATERAL (
                       SELECT sum(tx.amount) AS amount FROM payment_transaction tx
                        WHERE tx.hostel_allocation_id = a.id AND tx.state = 'done'
                          AND tx.operation <> 'refund'
                          AND tx.hostel_refund_state IS DISTINCT FROM 'done') paid ON TRUE
                 WHERE a.state IN ('awaiting_approval', 'allocated', 'checked_in')
                   AND a.student_id IS NOT NULL AND a.term_id IS NOT NULL AND a.price > 0
                   AND a.date_to > %(today)s AND a.origin_id IS NULL
                   AND NOT EXISTS (SELECT FROM hostel_clearance k
                                    WHERE k.student_id = a.student_id AND k.term_id = a.term_id
                                      AND k.active)
            ), months AS (
                SELECT u.*, month.day::date AS month,
                       least((month.day + interval '1 month')::date, u.last_day)
                       - greatest(month.day::date, u.first_day) AS days
                  FROM unbilled u
            CROSS JOIN LATERAL generate_series(
                           date_trunc('month', u.first_day),
                           CASE WHEN u.at_once THEN date_trunc('month', u.first_day)
                                ELSE date_trunc('month', u.last_day - 1) END,
                           interval '1 month') AS month(day)
                 WHERE u.amount > 0.005
            ), expected AS (
                SELECT l.id::bigint * 2 AS id, m.hostel_student_id AS student_id, m.hostel_id,
                       m.hostel_term_id AS term_id, m.company_id,
                       date_trunc('month', greatest(l.date_maturity, %(today)s))::date AS month,
                       CASE WHEN l.date_maturity < %(today)s THEN 'late' ELSE 'billed' END AS kind,
                       l.amount_residual AS amount
                  FROM account_move_line l
                  JOIN account_move m ON m.id = l.move_id
                  JOIN account_account a ON a.id = l.account_id
                 WHERE m.hostel_kind IS NOT NULL AND m.move_type = 'out_invoice'
                   AND m.state = 'posted' AND a.account_type = 'asset_receivable'
                   AND l.reconciled IS NOT TRUE AND l.amount_residual > 0
                 UNION ALL
                SELECT (p.id::bigint * 1000 + row_number() OVER (
                            PARTITION BY p.id ORDER BY p.month)) * 2 + 1,
                       p.student_id, p.hostel_id, p.term_id, p.company_id, p.month, 'planned',
                       round((p.amount * CASE WHEN p.at_once THEN 1 ELSE
                           p.days::numeric / nullif(sum(p.days) OVER (PARTITION BY p.id), 0)
                       END)::numeric, 2)
                  FROM months p
            )
            SELECT e.id, e.student_id, s.programme_id, e.hostel_id, e.term_id, e.company_id,
                   c.currency_id, e.month, e.kind, e.amount
              FROM expected e
              JOIN res_company c ON c.id = e.company_id
         LEFT JOIN hostel_student s ON s.id = e.student_id
            """,
            today=self._get_today_sql(),
        )

from odoo import fields, models
from odoo.tools import SQL

from .hostel_allocation import GONE_STATES

LIVE_STATES = ("awaiting_approval", "allocated", "checked_in")


class HostelForecastReport(models.Model):
    """What should come in, month by month: open instalments, and fees that are not billed yet.

    What is not billed is an estimate: of the frozen price of a stay what its own days bring, less
    what was billed or paid for it and too much for the beds before, spread over the days that are
    left. Where the whole term is one bill: its price, at once, whatever happens to the bed.
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
        "hostel.allocation": [
            "price",
            "state",
            "date_from",
            "date_to",
            "vacated_on",
            "origin_id",
            "fee_structure_id",
        ],
        "hostel.clearance": ["student_id", "term_id", "active"],
        "hostel.fee.structure": ["frequency"],
        "hostel.student": ["programme_id"],
        "hostel.term": ["date_from", "date_to"],
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
            WITH RECURSIVE chain AS (
                SELECT id, id AS first_id FROM hostel_allocation WHERE origin_id IS NULL
                 UNION ALL
                SELECT a.id, chain.first_id
                  FROM hostel_allocation a JOIN chain ON a.origin_id = chain.id
            ), stay AS (
                SELECT a.id, chain.first_id, a.student_id, a.hostel_id, a.term_id, a.company_id,
                       a.date_from, a.date_to, a.price,
                       a.state IN %(live)s AND a.price > 0 AND a.date_to > %(today)s AS is_live,
                       COALESCE(f.frequency, 'one_time') = 'one_time' AS at_once,
                       CASE WHEN a.state IN %(gone)s
                                 OR a.state = 'transferred' AND a.vacated_on IS NULL THEN 0
                            ELSE a.price * greatest(
                                     least(a.date_to, t.date_to)
                                     - greatest(a.date_from, t.date_from), 0)
                                 / (t.date_to - t.date_from) END AS own,
                       billed.bills,
                       greatest(COALESCE(billed.amount, 0), COALESCE(paid.amount, 0)) AS got
                  FROM chain
                  JOIN hostel_allocation a ON a.id = chain.id
                  JOIN hostel_term t ON t.id = a.term_id
             LEFT JOIN hostel_fee_structure f ON f.id = a.fee_structure_id
             LEFT JOIN LATERAL (
                       SELECT count(*) AS bills, sum(l.price_subtotal) AS amount
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
                 WHERE a.student_id IS NOT NULL
                   AND a.term_id IN (SELECT term_id FROM hostel_allocation
                                      WHERE state IN %(live)s AND date_to > %(today)s)
            ), owed AS (
                -- What a row got too much is taken off those that go on from it.
                SELECT stay.*, sum(
                           CASE WHEN NOT is_live THEN least(own - got, 0)
                                WHEN NOT at_once THEN own - got
                                WHEN bills_of_all = 0 AND live_so_far = 1 THEN price - got
                                ELSE -got END) OVER beds AS total
                  FROM (SELECT stay.*, sum(bills) OVER (PARTITION BY first_id, term_id)
                                   AS bills_of_all,
                               count(*) FILTER (WHERE is_live) OVER (
                                   PARTITION BY first_id, term_id ORDER BY id) AS live_so_far
                          FROM stay) stay
                WINDOW beds AS (PARTITION BY first_id, term_id ORDER BY id)
            ), topped AS (
                SELECT owed.*, greatest(max(total) OVER beds, 0) AS top
                  FROM owed
                WINDOW beds AS (PARTITION BY first_id, term_id ORDER BY id)
            ), shared AS (
                SELECT topped.*, top - COALESCE(lag(top) OVER beds, 0) AS amount
                  FROM topped
                WINDOW beds AS (PARTITION BY first_id, term_id ORDER BY id)
            ), unbilled AS (
                SELECT a.id, a.student_id, a.hostel_id, a.term_id, a.company_id,
                       greatest(a.date_from, %(today)s) AS first_day, a.date_to AS last_day,
                       a.at_once, a.amount
                  FROM shared a
                 WHERE a.is_live
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
            live=LIVE_STATES,
            gone=GONE_STATES,
        )

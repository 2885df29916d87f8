from odoo import fields, models
from odoo.tools import SQL

AGES = [
    ("0", "Not due yet"),
    ("1", "1–30 days"),
    ("2", "31–60 days"),
    ("3", "61–90 days"),
    ("4", "More than 90 days"),
]


class HostelOutstandingReport(models.Model):
    """What is not paid, instalment by instalment, by how long it is due."""

    _name = "hostel.outstanding.report"
    _description = "Outstanding by Age"
    _inherit = "hostel.finance.report"
    _auto = False
    _order = "due_date, id"
    _rec_name = "move_id"
    _depends = {
        "account.move": [
            "hostel_kind",
            "hostel_student_id",
            "hostel_id",
            "hostel_term_id",
            "move_type",
            "state",
            "partner_id",
        ],
        "account.move.line": ["amount_residual", "date_maturity", "reconciled", "account_id"],
        "hostel.student": ["programme_id"],
    }
    _table_fields = (
        "move_id",
        "kind",
        "student_id",
        "partner_id",
        "hostel_id",
        "programme_id",
        "term_id",
        "due_date",
        "days_overdue",
        "age",
        "amount",
    )

    move_id = fields.Many2one("account.move", string="Bill", readonly=True)
    kind = fields.Selection(
        [("period", "Fee of a period"), ("charge", "Other charge"), ("deposit", "Deposit")],
        string="For",
        readonly=True,
    )
    partner_id = fields.Many2one("res.partner", string="Payer", readonly=True)
    due_date = fields.Date(string="Due on", readonly=True)
    days_overdue = fields.Integer(string="Days overdue", readonly=True, aggregator="max")
    age = fields.Selection(AGES, readonly=True)
    amount = fields.Monetary(string="Open", readonly=True)
    overdue_amount = fields.Monetary(string="Overdue", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT l.id, m.id AS move_id, m.hostel_kind AS kind, m.hostel_student_id AS student_id,
                   s.programme_id, m.hostel_id, m.hostel_term_id AS term_id, m.partner_id,
                   m.company_id, c.currency_id, l.date_maturity AS due_date,
                   greatest(%(today)s - l.date_maturity, 0) AS days_overdue,
                   CASE WHEN %(today)s <= l.date_maturity THEN '0'
                        WHEN %(today)s - l.date_maturity <= 30 THEN '1'
                        WHEN %(today)s - l.date_maturity <= 60 THEN '2'
                        WHEN %(today)s - l.date_maturity <= 90 THEN '3'
                        ELSE '4' END AS age,
                   l.amount_residual AS amount,
                   CASE WHEN %(today)s > l.date_maturity THEN l.amount_residual ELSE 0 END
                       AS overdue_amount
              FROM account_move_line l
              JOIN account_move m ON m.id = l.move_id
              JOIN account_account a ON a.id = l.account_id
              JOIN res_company c ON c.id = m.company_id
         LEFT JOIN hostel_student s ON s.id = m.hostel_student_id
             WHERE m.hostel_kind IS NOT NULL AND m.move_type = 'out_invoice'
               AND m.state = 'posted' AND a.account_type = 'asset_receivable'
               AND l.reconciled IS NOT TRUE AND l.amount_residual > 0
            """,
            today=self._get_today_sql(),
        )

from odoo import fields, models
from odoo.tools import SQL


class HostelDepositReport(models.Model):
    """Deposits: billed, paid, given back, and held; one line a bill."""

    _name = "hostel.deposit.report"
    _description = "Deposits Held"
    _inherit = "hostel.finance.report"
    _auto = False
    _order = "day desc, id desc"
    _rec_name = "move_id"
    _depends = {
        "account.move": [
            "hostel_kind",
            "hostel_student_id",
            "hostel_id",
            "hostel_term_id",
            "move_type",
            "state",
            "amount_total",
            "amount_residual",
            "reversed_entry_id",
            "invoice_date",
        ],
        "account.partial.reconcile": ["amount"],
        "hostel.student": ["programme_id"],
    }
    _table_fields = (
        "move_id",
        "day",
        "student_id",
        "partner_id",
        "hostel_id",
        "programme_id",
        "term_id",
        "billed",
        "paid",
        "returned",
        "held",
    )

    move_id = fields.Many2one("account.move", string="Bill", readonly=True)
    day = fields.Date(string="Billed on", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Paid by", readonly=True)
    is_lenders = fields.Boolean(string="Of a lender", readonly=True)
    billed = fields.Monetary(readonly=True)
    paid = fields.Monetary(readonly=True)
    returned = fields.Monetary(string="Given back or kept", readonly=True)
    held = fields.Monetary(readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT m.id, m.id AS move_id, m.invoice_date AS day, m.partner_id,
                   m.partner_id <> s.partner_id AS is_lenders,
                   m.hostel_student_id AS student_id, s.programme_id, m.hostel_id,
                   m.hostel_term_id AS term_id, m.company_id, c.currency_id,
                   m.amount_total AS billed,
                   m.amount_total - m.amount_residual - notes.closed AS paid,
                   notes.credited - notes.closed AS returned,
                   m.amount_total - m.amount_residual - notes.credited AS held
              FROM account_move m
              JOIN res_company c ON c.id = m.company_id
         LEFT JOIN hostel_student s ON s.id = m.hostel_student_id
        CROSS JOIN LATERAL (
                   SELECT COALESCE(sum(n.amount_total), 0) AS credited,
                          COALESCE(sum((
                              SELECT sum(part.amount)
                                FROM account_partial_reconcile part
                                JOIN account_move_line d ON d.id = part.debit_move_id
                                JOIN account_move_line k ON k.id = part.credit_move_id
                               WHERE d.move_id = m.id AND k.move_id = n.id)), 0) AS closed
                     FROM account_move n
                    WHERE n.reversed_entry_id = m.id AND n.state = 'posted') notes
             WHERE m.hostel_kind = 'deposit' AND m.move_type = 'out_invoice'
               AND m.state = 'posted'
            """
        )

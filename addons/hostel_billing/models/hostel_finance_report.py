from odoo import api, fields, models
from odoo.tools import SQL

KINDS = {"many2one": "text", "selection": "text", "char": "text", "monetary": "money"}
WIDTHS = {"date": 13, "money": 14, "int": 9, "text": 22}


class HostelFinanceReport(models.AbstractModel):
    """A report of finance over the books: read only, by day, hostel and programme."""

    _name = "hostel.finance.report"
    _description = "Report of Finance"
    # Fields of the spreadsheet, in their order.
    _table_fields = ()

    student_id = fields.Many2one("hostel.student", readonly=True)
    programme_id = fields.Many2one("hostel.programme", readonly=True)
    hostel_id = fields.Many2one("hostel.hostel", readonly=True)
    term_id = fields.Many2one("hostel.term", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)

    @api.model
    def _get_today_sql(self):
        """Today at the college, in SQL."""
        return SQL("(now() AT TIME ZONE %s)::date", self.env.company._get_college_tz())

    @api.model
    def _get_stay_sql(self, student, day):
        """LATERAL subquery: the stay that a student had on a day, else the nearest one."""
        return SQL(
            """(SELECT a.id, a.hostel_id, a.term_id FROM hostel_allocation a
                 WHERE a.student_id = %(student)s
                   AND a.state NOT IN ('expired', 'reassigned', 'unplaced')
              ORDER BY (%(day)s >= a.date_from AND %(day)s < a.date_to) DESC,
                       abs(a.date_from - %(day)s), a.id DESC
                 LIMIT 1)""",
            student=SQL(student),
            day=SQL(day),
        )

    @api.model
    def _get_own_payment_sql(self):
        """Whether payment ``p`` is money of the hostels, also where nobody knows whose."""
        return SQL(
            """(p.hostel_student_id IS NOT NULL OR p.hostel_refund_id IS NOT NULL
                OR EXISTS (SELECT FROM payment_transaction o
                             JOIN payment_provider v ON v.id = o.provider_id
                            WHERE o.id = p.payment_transaction_id AND v.code = 'camu'))"""
        )

    def _get_table(self):
        """These lines as a table that the list reports write; see ``hostel.list``."""
        self.check_access("read")
        self.sudo().student_id._note_access("report")
        column = self.env["hostel.list"]._column
        columns, readers = [], []
        for name in self._table_fields:
            field = self._fields[name]
            kind = "int" if field.type == "integer" else KINDS.get(field.type, field.type)
            label = field._description_string(self.env)
            columns.append(column(label, kind, WIDTHS.get(kind, 22), total=kind == "money"))
            words = (
                dict(field._description_selection(self.env)) if field.type == "selection" else None
            )
            readers.append((name, field.type, words))
        return {
            "title": self._description,
            "subtitle": self.env._("%(count)s lines", count=len(self)),
            "company": self.env.company,
            "printed_by": self.env.user.name,
            "printed_at": fields.Datetime.context_timestamp(self, fields.Datetime.now()).strftime(
                "%d %b %Y, %H:%M"
            ),
            "columns": columns,
            "rows": [[self._read_cell(line, *reader) for reader in readers] for line in self],
        }

    @api.model
    def _read_cell(self, line, name, kind, words):
        value = line[name]
        if kind == "many2one":
            return value.display_name or ""
        if kind == "selection":
            return words.get(value, "")
        if kind in ("monetary", "integer"):
            return value
        return value or None

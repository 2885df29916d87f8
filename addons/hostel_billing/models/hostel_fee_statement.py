import hashlib
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date

from odoo.addons.hostel_base.errors import HostelError

STATEMENT_REPORT = "hostel_billing.hostel_fee_statement_report"
# Nobody has lived in a hostel of this system before that.
FIRST_DAY = date(2000, 1, 1)
MAX_DAYS = 3 * 366


class HostelFeeStatement(models.Model):
    """A statement of account on paper: what was billed to a student and paid in some days.

    It is made once and never changes: a bank that checks its code finds what was handed out.
    """

    _name = "hostel.fee.statement"
    _description = "Statement of Account"
    _inherit = ["hostel.personal.mixin"]
    _order = "id desc"

    name = fields.Char(string="Number", compute="_compute_name")
    student_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(
        string="Until", required=True, readonly=True, help="The last day that is in it."
    )
    lang = fields.Char(string="Language", required=True, readonly=True)
    billed = fields.Monetary(readonly=True)
    paid = fields.Monetary(readonly=True)
    closing = fields.Monetary(
        string="Owed at the end", readonly=True, help="Less than 0: paid in advance."
    )
    fingerprint = fields.Char(
        readonly=True, help="Of what it says; the same again is the same paper."
    )
    attachment_id = fields.Many2one(
        "ir.attachment", string="PDF", readonly=True, copy=False, ondelete="restrict"
    )

    _days_in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "A statement ends after it begins."
    )

    @api.depends("student_id", "date_to")
    def _compute_name(self):
        for statement in self:
            statement.name = (
                f"SA/{statement.date_to.year}/{statement._origin.id:05d}"
                if statement._origin
                else ""
            )

    @api.depends("name", "student_id")
    def _compute_display_name(self):
        for statement in self:
            statement.display_name = f"{statement.name} · {statement.student_id.display_name}"

    # ------------------------------------------------------------------
    # CRUD: papers are issued, never typed
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A statement is made on the page of fees."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su or vals.keys() - {"attachment_id"}:
            raise AccessError(self.env._("A statement does not change."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise HostelError(
            "DOCUMENT_IS_FINAL",
            self.env._("Statements are kept, so that they can be checked."),
            422,
        )

    # ------------------------------------------------------------------
    # What it says
    # ------------------------------------------------------------------

    @api.model
    def _check_days(self, day_from, day_to):
        """:raises HostelError: ``INVALID_PERIOD``"""
        today = self.env.company._get_college_day()
        if (
            not day_from
            or not day_to
            or not FIRST_DAY <= day_from <= day_to <= today
            or (day_to - day_from).days > MAX_DAYS
        ):
            raise HostelError(
                "INVALID_PERIOD",
                self.env._(
                    "Choose a first and a last day: not after today, and not more than three years"
                    " apart."
                ),
                422,
            )

    @api.model
    def _get_lines_domain(self, student, company):
        return [
            ("partner_id", "=", student.sudo().partner_id.id),
            ("company_id", "=", company.id),
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
            # What goes into the wallet and out of it has a statement of its own.
            ("move_id.origin_payment_id", "not any", [("hostel_wallet_id", "!=", False)]),
            ("move_id.journal_id", "!=", company.sudo().hostel_wallet_journal_id.id),
        ]

    @api.model
    def _get_figures(self, student, company, day_from, day_to):
        """What the books say; ``day_to`` is in it.

        :return: dict ``opening``, ``closing``, ``billed``, ``paid`` (floats; a credit note takes
            from what was billed) and ``rows``: list of dicts ``day``, ``text``, ``detail``,
            ``billed``, ``paid``, ``balance``
        """
        Line = self.env["account.move.line"].sudo()
        domain = fields.Domain(self._get_lines_domain(student, company))
        [[opening]] = Line._read_group(
            domain & fields.Domain("date", "<", day_from), aggregates=["balance:sum"]
        )
        lines = Line.search(
            domain & fields.Domain("date", ">=", day_from) & fields.Domain("date", "<=", day_to),
            order="date, id",
        )
        balance, rows = opening or 0.0, []
        for move, of_move in lines.grouped("move_id").items():
            amount = sum(of_move.mapped("balance"))
            if company.currency_id.is_zero(amount):
                continue
            balance += amount
            is_bill = move.move_type in ("out_invoice", "out_refund")
            rows.append(
                {
                    "day": move.date,
                    "number": move.name,
                    "text": self._get_row_text(move),
                    "detail": self._get_row_detail(move),
                    "billed": amount if is_bill else 0.0,
                    "paid": 0.0 if is_bill else -amount,
                    "balance": balance,
                }
            )
        return {
            "opening": opening or 0.0,
            "closing": balance,
            "billed": sum(row["billed"] for row in rows),
            "paid": sum(row["paid"] for row in rows),
            "rows": rows,
        }

    def _get_row_text(self, move):
        if move.move_type == "out_refund":
            return self.env._("Credit note")
        if move.move_type == "out_invoice":
            return self.env._("Bill")
        payment = move.origin_payment_id
        if not payment:
            return self.env._("Entry of the accounts office")
        if payment.payment_type == "outbound":
            return self.env._("Paid back")
        return self.env._("Payment")

    def _get_row_detail(self, move):
        """Names of what was billed, without the reasons: they are the student's own affair."""
        if move.move_type in ("out_invoice", "out_refund"):
            rows = move.invoice_line_ids.filtered(lambda line: line.display_type == "product")
            names = dict.fromkeys(line.hostel_head_id.name or line.name for line in rows)
            period = (
                f"{format_date(self.env, move.period_from)} – "
                f"{format_date(self.env, move.period_to)}"
                if move.period_from and move.period_to
                else ""
            )
            return " · ".join(filter(None, [", ".join(filter(None, names)), period]))
        payment = move.origin_payment_id
        methods = dict(payment._fields["hostel_method"]._description_selection(self.env))
        return " · ".join(
            filter(
                None,
                [
                    methods.get(payment.hostel_method),
                    payment.hostel_reference or payment.payment_transaction_id.provider_reference,
                ],
            )
        )

    # ------------------------------------------------------------------
    # Making it
    # ------------------------------------------------------------------

    @api.model
    def _issue(self, student, day_from, day_to, lang):
        """The statement of a student about some days; one that says the same is given again.

        :param str lang: code of an installed language
        :return: one ``hostel.fee.statement`` with all rights
        :raises HostelError: ``INVALID_PERIOD``
        """
        self._check_days(day_from, day_to)
        student = student.sudo()
        company = student.current_hostel_id.company_id or self.env.company
        Statement = self.sudo().with_context(lang=lang)
        figures = Statement._get_figures(student, company, day_from, day_to)
        said = hashlib.sha256(repr((student.name, student.roll_number, figures)).encode())
        vals = {
            "student_id": student.id,
            "company_id": company.id,
            "date_from": day_from,
            "date_to": day_to,
            "lang": lang,
            "fingerprint": said.hexdigest(),
        }
        known = Statement.search([(name, "=", value) for name, value in vals.items()], limit=1)
        if known:
            return known
        statement = Statement.create(
            vals | {name: figures[name] for name in ("billed", "paid", "closing")}
        )
        Verification = self.env["hostel.verification"].with_context(lang=lang)
        Verification._issue(
            statement,
            "statement",
            {
                **Verification._prepare_student_facts(student),
                "date_from": day_from,
                "date_to": day_to,
                "number": statement.name,
                "amount": company.currency_id.format(figures["paid"]),
            },
        )
        return statement

    def _get_document(self):
        """Its code: one ``hostel.verification``, also when it was revoked."""
        self.ensure_one()
        return (
            self.env["hostel.verification"]
            .sudo()
            .search(
                [("res_model", "=", self._name), ("res_id", "=", self.id)], order="id desc", limit=1
            )
        )

    def _get_pdf(self):
        """The paper as it was made the first time.

        :return: (file name, bytes of the PDF)
        """
        self.ensure_one()
        statement = self.sudo()
        roll = statement.student_id.roll_number or statement.student_id.application_number or ""
        name = f"statement-{roll}-{statement.date_from}-{statement.date_to}.pdf"
        if not statement.attachment_id:
            document = statement._get_document().with_context(lang=statement.lang)
            statement.attachment_id = document._print_once(STATEMENT_REPORT, statement, name)
        return name, statement.attachment_id.raw

    def action_open_pdf(self):
        """For the office: the same file."""
        self.ensure_one()
        self.check_access("read")
        self._note_access("report")
        self._get_pdf()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.sudo().attachment_id.id}?download=true",
        }

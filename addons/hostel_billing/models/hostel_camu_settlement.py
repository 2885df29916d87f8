import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import clean_context, format_date

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.importers.sentences import refuse_file
from odoo.addons.hostel_base.tools.tabular import TableError, read_table

from ..tools import settlement

BATCH = 1000
# Fewer rows than this are not worth a wait for the job process.
DIRECT_ROWS = 2000
STALLED_AFTER = timedelta(minutes=3)
DIFFERENCES = ("missing_here", "missing_there", "amount", "date", "twice", "unreadable")
COLUMN_FIELDS = {meaning: f"{meaning}_column" for meaning in settlement.COLUMNS}
# What people fill in; all else follows from the buttons.
GIVEN = {"provider_id", "day", "upload", "upload_name", *COLUMN_FIELDS.values()}


class HostelCamuSettlement(models.Model):
    """One day of Camu's settlement beside the payments of that day in the books.

    Comparing changes nothing in the books and can be repeated. A day is closed when each
    difference was explained, and nothing of it changes afterwards.
    """

    _name = "hostel.camu.settlement"
    _description = "Settlement Day"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "day desc, id desc"
    _rec_name = "day"

    provider_id = fields.Many2one(
        "payment.provider",
        required=True,
        domain=[("code", "=", "camu")],
        ondelete="restrict",
        default=lambda self: self._default_provider_id(),
    )
    company_id = fields.Many2one(
        related="provider_id.company_id", store=True, precompute=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    day = fields.Date(required=True, default=lambda self: self._default_day(), tracking=True)
    state = fields.Selection(
        [
            ("draft", "Upload"),
            ("mapped", "Match columns"),
            ("comparing", "Comparing"),
            ("compared", "Differences"),
            ("closed", "Closed"),
        ],
        required=True,
        readonly=True,
        default="draft",
        tracking=True,
    )
    upload = fields.Binary(string="Settlement file", attachment=False, copy=False)
    upload_name = fields.Char(copy=False)
    file_name = fields.Char(readonly=True, tracking=True)
    content = fields.Binary(attachment=True, readonly=True, copy=False)
    header = fields.Json(readonly=True)
    header_text = fields.Char(string="The file has", compute="_compute_header_text")
    receipt_column = fields.Char(string="Receipt")
    reference_column = fields.Char(string="Reference")
    amount_column = fields.Char(string="Amount")
    paid_on_column = fields.Char(string="Paid on")
    student_column = fields.Char(string="Student number")
    currency_column = fields.Char(string="Currency")

    row_count = fields.Integer(string="Rows", readonly=True)
    position = fields.Integer(readonly=True)
    moved_at = fields.Datetime(readonly=True)
    progress = fields.Integer(compute="_compute_progress")
    is_stalled = fields.Boolean(compute="_compute_progress")

    line_ids = fields.One2many("hostel.camu.settlement.line", "settlement_id", string="Rows")
    difference_ids = fields.One2many(
        "hostel.camu.settlement.line",
        "settlement_id",
        string="Differences",
        domain=[("kind", "!=", "matched")],
    )
    matched_count = fields.Integer(string="Matched", compute="_compute_totals")
    difference_count = fields.Integer(string="Differences found", compute="_compute_totals")
    open_count = fields.Integer(string="To be explained", compute="_compute_totals")
    file_total = fields.Monetary(string="In Camu's file", compute="_compute_totals")
    booked_total = fields.Monetary(string="In the books", compute="_compute_totals")
    difference_total = fields.Monetary(string="Difference", compute="_compute_totals")
    closed_by_id = fields.Many2one("res.users", string="Closed by", readonly=True)
    closed_at = fields.Datetime(readonly=True)

    _day_once = models.Constraint(
        "UNIQUE (provider_id, day)", "This day has a settlement already; open that one."
    )

    # ------------------------------------------------------------------
    # Defaults and computed
    # ------------------------------------------------------------------

    def _default_provider_id(self):
        return (
            self.env["payment.provider"]
            .sudo()
            .search([("code", "=", "camu"), ("company_id", "=", self.env.company.id)], limit=1)
            .id
        )

    def _default_day(self):
        company = self.env.company
        today = company._get_college_day(self.env.cr.now())
        return today - timedelta(days=1)

    @api.depends("day", "provider_id")
    def _compute_display_name(self):
        for day in self:
            when = format_date(self.env, day.day) if day.day else ""
            day.display_name = self.env._("Settlement of %(day)s", day=when)

    @api.depends("header")
    def _compute_header_text(self):
        for day in self:
            day.header_text = ", ".join(name for name in day.header or () if name)

    @api.depends("position", "row_count", "moved_at", "state")
    def _compute_progress(self):
        limit = fields.Datetime.now() - STALLED_AFTER
        for day in self:
            day.progress = 100 * day.position // day.row_count if day.row_count else 0
            day.is_stalled = day.state == "comparing" and bool(
                day.moved_at and day.moved_at < limit
            )

    @api.depends("line_ids.kind", "line_ids.action", "line_ids.amount", "line_ids.booked_amount")
    def _compute_totals(self):
        groups = self.env["hostel.camu.settlement.line"]._read_group(
            [("settlement_id", "in", self.ids)],
            ["settlement_id", "kind", "action"],
            ["__count", "amount:sum", "booked_amount:sum"],
        )
        for day in self:
            mine = [group for group in groups if group[0] == day]
            day.matched_count = sum(count for _d, kind, _a, count, *_s in mine if kind == "matched")
            day.difference_count = sum(count for *_k, count, _f, _b in mine) - day.matched_count
            day.open_count = sum(
                count for _d, kind, action, count, *_s in mine if kind != "matched" and not action
            )
            day.file_total = sum(total for *_k, total, _b in mine)
            day.booked_total = sum(total for *_k, total in mine)
            day.difference_total = day.file_total - day.booked_total

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._check_given(vals)
            # A default from outside is no button either.
            self = self.with_context(clean_context(self.env.context))
        return super().create(vals_list)

    def write(self, vals):
        real = {name for name in vals if not name.startswith(("message_", "activity_"))}
        if real and any(day.state == "closed" for day in self):
            raise self._error_closed()
        if not self.env.su:
            self._check_given(real)
        return super().write(vals)

    def _check_given(self, names):
        """:raises AccessError: unless people may fill in all of the fields"""
        if any(not name.startswith(("message_", "activity_")) for name in set(names) - GIVEN):
            raise AccessError(self.env._("A settlement changes through its buttons only."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never_closed(self):
        if any(day.state == "closed" for day in self):
            raise self._error_closed()

    def _error_closed(self):
        return HostelError(
            "DAY_CLOSED", self.env._("This day is closed; nothing of it changes any more."), 422
        )

    def _error_wrong_step(self):
        return HostelError(
            "WRONG_STEP", self.env._("This day has moved on meanwhile. Look at it again.")
        )

    def _check_step(self, *states):
        self.ensure_one()
        self.check_access("write")
        if self.state == "closed":
            raise self._error_closed()
        if self.state not in states:
            raise self._error_wrong_step()

    # ------------------------------------------------------------------
    # The file
    # ------------------------------------------------------------------

    def action_read(self):
        """Read the uploaded file and guess what its columns mean."""
        self._check_step("draft", "mapped", "compared")
        if not self.upload:
            raise HostelError("FILE_MISSING", self.env._("Choose Camu's file first."), 422)
        self._receive_file(self.upload_name or "settlement.csv", base64.b64decode(self.upload))

    def _receive_file(self, file_name, data):
        """Take a settlement file.

        :param bytes data: CSV or XLSX
        :raises HostelError: if it can't be read; nothing of it is kept then
        """
        try:
            table = read_table(file_name, data, settlement.score_header)
        except TableError as error:
            if error.code != "NO_ROWS":
                raise refuse_file(self.env, error) from error
            raise HostelError(
                "NO_ROWS",
                self.env._("The file has no payments. For a day without any, close it as it is."),
                422,
            ) from error
        kept = json.loads(self.sudo().provider_id.camu_settlement_map or "{}")
        columns = settlement.guess_columns(table.header, kept)
        packed = json.dumps([table.numbers, table.rows]).encode()
        self._forget_lines()
        self.sudo().write(
            {
                "upload": False,
                "upload_name": False,
                "file_name": file_name[-100:],
                "content": base64.b64encode(gzip.compress(packed)),
                "header": table.header,
                "row_count": len(table.rows),
                "position": 0,
                "state": "mapped",
                **{name: columns.get(meaning, False) for meaning, name in COLUMN_FIELDS.items()},
            }
        )

    def _get_columns(self):
        """``{meaning: index of the column}`` as a person has confirmed it.

        :raises HostelError: ``COLUMN_MISSING``
        """
        names = {meaning: self[field] for meaning, field in COLUMN_FIELDS.items() if self[field]}
        labels = {meaning: self._fields[f]._description_string(self.env) for meaning, f in
                  COLUMN_FIELDS.items()}  # fmt: skip
        wrong = [name for name in names.values() if name not in self.header]
        lacking = [labels[meaning] for meaning in settlement.REQUIRED if meaning not in names]
        if not names.keys() & {"receipt", "reference"}:
            lacking.append(labels["receipt"])
        if wrong or lacking:
            raise HostelError(
                "COLUMN_MISSING",
                self.env._("The file has no column %(names)s.", names=", ".join(wrong))
                if wrong
                else self.env._("Say which column is: %(names)s.", names=", ".join(lacking)),
                422,
                {"columns": wrong or lacking},
            )
        return {meaning: self.header.index(name) for meaning, name in names.items()}

    # ------------------------------------------------------------------
    # Comparing
    # ------------------------------------------------------------------

    def action_compare(self):
        """Compare the file with the books. Nothing in the books changes."""
        self._check_step("mapped", "compared")
        self._get_columns()
        names = {meaning: self[field] for meaning, field in COLUMN_FIELDS.items() if self[field]}
        self.sudo().provider_id.camu_settlement_map = json.dumps(names)
        self._forget_lines()
        self.sudo().write({"state": "comparing", "position": 0, "moved_at": self.env.cr.now()})
        if self.row_count > DIRECT_ROWS:
            self._delay_batch()
        else:
            while self.state == "comparing":
                self._compare_batch()

    def action_resume(self):
        """Go on with a comparison that stopped."""
        self._check_step("comparing")
        self._delay_batch()

    def _forget_lines(self):
        self.sudo().line_ids.unlink()

    def _delay_batch(self):
        self.with_user(SUPERUSER_ID).with_delay(
            description=self.env._("Compare the settlement of %(day)s", day=self.day),
            identity_key=f"hostel_billing.settlement:{self.id}:{self.position}",
        )._batch_job(self.position)

    def _batch_job(self, position):
        """Job: one batch; the next one is a job of its own. A copy that comes late does nothing."""
        self.ensure_one()
        if self.state != "comparing" or self.position != position:
            return "nothing to do"
        self._compare_batch()
        if self.state == "comparing":
            self._delay_batch()
        return f"{self.position} / {self.row_count}"

    def _compare_batch(self):
        day = self.sudo()
        numbers, rows = json.loads(gzip.decompress(base64.b64decode(day.content)))
        columns, zone = day._get_columns(), day._get_zone()
        batch = slice(day.position, day.position + BATCH)
        readable, vals_list = [], []
        for number, cells in zip(numbers[batch], rows[batch], strict=True):
            named = {meaning: cells[index] for meaning, index in columns.items()}
            try:
                readable.append(settlement.read_row(number, named, zone))
            except settlement.RowError as error:
                vals_list.append(day._prepare_unreadable(number, named, error))
        booked = day._get_booked(readable)
        Line = self.env["hostel.camu.settlement.line"].sudo()
        # Of what earlier batches wrote, only what these rows may repeat.
        seen = Line.search_fetch(
            [
                ("settlement_id", "=", day.id),
                "|",
                ("transaction_id", "in", [payment.id for payment in booked]),
                ("receipt_no", "in", [row.receipt for row in readable if row.receipt]),
            ],
            ["transaction_id", "receipt_no"],
        )
        matches = settlement.compare(
            readable,
            booked,
            seen_payments=seen.transaction_id.ids,
            seen_receipts=set(seen.mapped("receipt_no")),
        )
        vals_list += [day._prepare_line(match) for match in matches]
        Line.create(vals_list)
        done = min(day.position + BATCH, len(rows))
        vals = {"position": done, "moved_at": self.env.cr.now()}
        if done >= len(rows):
            Line.create(day._prepare_missing_there())
            vals["state"] = "compared"
        day.write(vals)

    def _get_zone(self):
        return ZoneInfo(self.company_id._get_college_tz())

    def _get_booked(self, rows):
        """Payments that rows may be about."""
        references = [row.reference for row in rows if row.reference]
        receipts = [row.receipt for row in rows if row.receipt]
        orders = self.env["payment.transaction"].search(
            [
                *self._get_payment_domain(self.provider_id),
                "|",
                ("reference", "in", references),
                ("provider_reference", "in", receipts),
            ]
        )
        return [self._prepare_booked(tx) for tx in orders]

    def _get_payment_domain(self, provider):
        return [
            ("provider_id", "=", provider.id),
            ("state", "=", "done"),
            ("operation", "!=", "refund"),
        ]

    def _prepare_booked(self, tx):
        return settlement.Booked(
            id=tx.id,
            reference=tx.reference,
            receipt=tx.provider_reference or "",
            paise=int(tx._get_exact_amount() * 100),
            day=self.company_id._get_college_day(tx.camu_paid_at or tx.last_state_change),
        )

    def _prepare_line(self, match):
        row = match.row
        return {
            "settlement_id": self.id,
            "row_number": row.number,
            "kind": match.kind,
            "receipt_no": row.receipt,
            "reference": row.reference,
            "student_ref": row.student,
            "amount": row.paise / 100,
            "paid_on": row.day,
            "paid_at": row.moment and row.moment.replace(tzinfo=None),
            "transaction_id": match.booked.id if match.booked else False,
            # A second row of one payment is no second payment in the books.
            "booked_amount": match.booked.paise / 100
            if match.booked and match.kind != settlement.TWICE
            else 0,
        }

    def _prepare_unreadable(self, number, named, error):
        return {
            "settlement_id": self.id,
            "row_number": number,
            "kind": settlement.UNREADABLE,
            "receipt_no": named.get("receipt", "")[:100],
            "reference": named.get("reference", "")[:100],
            "student_ref": named.get("student", "")[:100],
            "problem": f"{error.field}: {error.value[:100]}",
        }

    def _get_unsettled(self, provider, first, last):
        """Payments in the books that no settlement has.

        :param date first: of the college's days that are looked at
        :param date last: the day after the last of them
        :return: ``payment.transaction``
        """
        zone = ZoneInfo(provider.company_id._get_college_tz())
        start, end = (
            datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
            for day in (first, last)
        )
        return self.env["payment.transaction"].search(
            [
                *self._get_payment_domain(provider),
                ("camu_paid_at", ">=", start.replace(tzinfo=None)),
                ("camu_paid_at", "<", end.replace(tzinfo=None)),
                ("camu_settlement_line_ids", "not any", [("kind", "!=", "missing_there")]),
            ]
        )

    def _prepare_missing_there(self):
        """Payments in the books that no settlement has: of the day, and late ones before it."""
        orders = self._get_unsettled(self.provider_id, self.day, self.day + timedelta(days=1))
        orders |= self._get_late(self.provider_id, self.day)
        return [
            {
                "settlement_id": self.id,
                "kind": settlement.MISSING_THERE,
                "receipt_no": tx.provider_reference,
                "reference": tx.reference,
                "student_ref": tx._get_camu_order()["student_ref"],
                "booked_amount": tx.amount,
                "paid_on": self.company_id._get_college_day(tx.camu_paid_at),
                "transaction_id": tx.id,
            }
            for tx in orders
        ]

    # ------------------------------------------------------------------
    # Closing
    # ------------------------------------------------------------------

    def action_close(self):
        """Close the day: the payments in it count as settled, and nothing changes any more.

        A day without a file is closed only if the books have no payment of it either; otherwise
        those payments are its differences from then on, to be explained like any others.

        :raises HostelError: ``DAY_CLOSED``, ``WRONG_STEP``, ``DAY_NOT_OVER``, ``DIFFERENCES_OPEN``
        """
        self._check_step("draft", "compared")
        if self.day >= self.company_id._get_college_day():
            raise HostelError(
                "DAY_NOT_OVER",
                self.env._("Students still pay on this day. Close it when it is over."),
                422,
            )
        if self.state == "draft":
            day = self.sudo()
            day.line_ids.create(day._prepare_missing_there())
            day.state = "compared"
            if self.open_count:
                # An error would take back what was found.
                return
        if self.open_count:
            raise HostelError(
                "DIFFERENCES_OPEN",
                self.env._("%(count)s differences are not explained yet.", count=self.open_count),
                422,
                {"open": self.open_count},
            )
        settled = self.sudo().line_ids.filtered(
            lambda line: line.kind in ("matched", "amount", "date")
        )
        settled.transaction_id.filtered(lambda tx: not tx.camu_settled_on).write(
            {"camu_settled_on": self.day}
        )
        self._confirm_clearances()
        self.sudo().write(
            {"state": "closed", "closed_by_id": self.env.uid, "closed_at": self.env.cr.now()}
        )

    def _confirm_clearances(self):
        """What rests on a receipt that Camu's file has, for the same student, is certain now.

        Not on a payment of which the college says that Camu has it wrong.
        """
        Student = self.env["hostel.student"].sudo()
        Clearance = self.env["hostel.clearance"]
        lines = self.sudo().line_ids.filtered(
            lambda line: (
                line.receipt_no
                and line.kind in ("matched", "date", "missing_here")
                and (line.kind, line.action) != ("missing_here", "claim")
            )
        )
        numbers = Clearance._filter_unconfirmed(lines.mapped("receipt_no"))
        for line in lines.filtered(lambda line: line.receipt_no in numbers):
            student = line.transaction_id and line.transaction_id._get_hostel_student()
            if not student and line.student_ref:
                student = Student._find_by_number(line.student_ref)
            if len(student) == 1:
                Clearance._confirm_by_receipt(line.receipt_no, student)

    def action_open_lines(self):
        """Show all rows of the day."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_camu_settlement_line_action"
        )
        return action | {"domain": [("settlement_id", "=", self.id)], "context": {}}

    def action_explain(self):
        """Show what is to be explained as a list in which several can be ticked.

        Different kinds have different ways out, so they come in groups.
        """
        action = self.action_open_lines()
        kinds = self.line_ids.filtered(lambda line: line.kind != "matched" and not line.action)
        context = {"search_default_open": 1}
        if len(set(kinds.mapped("kind"))) > 1:
            context["search_default_group_by_kind"] = 1
        title = self.env._("To be explained")
        return action | {"name": title, "display_name": title, "context": context}

    def _get_table(self):
        """The day as a table that PDF and XLSX both write; see ``hostel.list``."""
        self.ensure_one()
        self.check_access("read")
        column = self.env["hostel.list"]._column
        kinds = dict(self.line_ids._fields["kind"]._description_selection(self.env))
        actions = dict(self.line_ids._fields["action"]._description_selection(self.env))
        closed = (
            self.env._(
                "closed by %(who)s, %(when)s",
                who=self.closed_by_id.name,
                when=fields.Datetime.context_timestamp(self, self.closed_at).strftime(
                    "%d %b %Y, %H:%M"
                ),
            )
            if self.closed_at
            else self.env._("not closed")
        )
        return {
            "title": self.display_name,
            "subtitle": " · ".join([self.file_name or "", closed]).strip(" ·"),
            "company": self.company_id,
            "printed_by": self.env.user.name,
            "printed_at": fields.Datetime.context_timestamp(self, fields.Datetime.now()).strftime(
                "%d %b %Y, %H:%M"
            ),
            "columns": [
                column(self.env._("Row"), "int", 6),
                column(self.env._("Result"), width=20),
                column(self.env._("Receipt")),
                column(self.env._("Reference"), width=20),
                column(self.env._("Student")),
                column(self.env._("Paid on"), "date", 12),
                column(self.env._("Camu"), "money", 13, total=True),
                column(self.env._("Books"), "money", 13, total=True),
                column(self.env._("What was done"), width=22),
                column(self.env._("Why"), width=30),
            ],
            "rows": [
                [
                    line.row_number or None,
                    kinds[line.kind],
                    line.receipt_no or "",
                    line.reference or "",
                    line.student_ref or "",
                    line.paid_on or None,
                    line.amount,
                    line.booked_amount,
                    actions.get(line.action, ""),
                    line.reason or "",
                ]
                for line in self.line_ids.sorted(
                    lambda line: (line.kind == "matched", line.row_number, line.id)
                )
            ],
        }

    def _get_file_name(self):
        self.ensure_one()
        return f"Camu {self.day}"

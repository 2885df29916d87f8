import base64
import binascii
import re

from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.importers.sentences import refuse_file
from odoo.addons.hostel_base.tools.tabular import TableError, read_table

from ..tools.receipt_parser import read_amount

# Meaning of a column -> headers, without spaces and case.
HEADERS = {
    "number": (
        "rollno", "rollnumber", "studentid", "studentno", "regno", "registrationno", "usn", "prn",
        "enrolmentno", "enrollmentno", "admissionno", "applicationno", "applicationnumber", "id",
    ),
    "balance": ("balance", "dues", "outstanding", "due", "pending", "balancedue"),
    "reference": ("reference", "receiptno", "receipt", "letter", "receiptnumber", "remarks"),
}  # fmt: skip
# A person's own word, and Camu's, outweigh a list that may be of yesterday.
WITHDRAWABLE = ("csv", "ocr")
MAX_ROWS = 20_000
SHOWN = 200


class HostelClearanceImport(models.TransientModel):
    """A list of those who owe nothing, from the accounts office; looked at before it counts.

    With a column of balances only those with zero are cleared, and those who owe something although
    they count as cleared are named. The same file again changes nothing.
    """

    _name = "hostel.clearance.import"
    _description = "Clearances from a File"

    term_id = fields.Many2one("hostel.term", required=True)
    expiry_date = fields.Date(string="Counts until")
    file = fields.Binary(required=True)
    filename = fields.Char()
    state = fields.Selection([("upload", "Upload"), ("check", "Check")], default="upload")
    new_count = fields.Integer(string="Will be cleared", readonly=True)
    known_count = fields.Integer(string="Cleared already", readonly=True)
    confirmed_count = fields.Integer(
        string="Will be confirmed",
        readonly=True,
        help="They are cleared only for now, or not for good: this list makes it certain.",
    )
    owing_count = fields.Integer(string="Owe something", readonly=True)
    refused_count = fields.Integer(string="Not understood", readonly=True)
    problems = fields.Text(readonly=True)
    owing_ids = fields.One2many(
        "hostel.clearance.import.owing", "import_id", string="Owe something, but count as cleared"
    )
    withdraw_all = fields.Boolean(string="Withdraw all of these clearances")
    can_withdraw = fields.Boolean(compute="_compute_can_withdraw")

    @api.depends("owing_ids.may_withdraw")
    def _compute_can_withdraw(self):
        for dialog in self:
            dialog.can_withdraw = any(dialog.owing_ids.mapped("may_withdraw"))

    def action_check(self):
        """Say what would happen, and do nothing."""
        self.ensure_one()
        found = self._sort_rows()
        lines = [
            self.env._("Row %(row)s: %(text)s", row=row, text=text)
            for row, text in found["refused"]
        ]
        more = len(lines) - SHOWN
        if more > 0:
            lines = [*lines[:SHOWN], self.env._("… and %(count)s more.", count=more)]
        dialog = self.sudo()
        dialog.owing_ids.unlink()
        dialog.owing_ids.create(
            [
                {
                    "import_id": self.id,
                    "clearance_id": clearance.id,
                    "row_number": row,
                    "balance": balance,
                    "may_withdraw": clearance.source in WITHDRAWABLE,
                }
                for clearance, row, balance in found["contradicted"]
            ]
        )
        self.write(
            {
                "state": "check",
                "new_count": len(found["new"]),
                "known_count": found["known"],
                "confirmed_count": len(found["unsure"]),
                "owing_count": found["owing"],
                "withdraw_all": False,
                "refused_count": len(found["refused"]),
                "problems": "\n".join(lines),
            }
        )
        return self._reopen()

    def action_back(self):
        self.ensure_one()
        self.state = "upload"
        return self._reopen()

    def action_import(self):
        """Clear those whose rows are right, and withdraw the clearances that were ticked.

        :raises HostelError: ``NOTHING_TO_IMPORT``
        """
        self.ensure_one()
        found = self._sort_rows()
        withdrawn = self._withdraw(found["contradicted"])
        if not found["new"] and not found["unsure"] and not withdrawn:
            raise HostelError(
                "NOTHING_TO_IMPORT",
                self.env._("This file clears nobody anew, and no clearance is ticked."),
                422,
            )
        confirmed = self._confirm(found["unsure"])
        clearances = self.env["hostel.clearance"].create(
            [
                {
                    "student_id": student.id,
                    "term_id": self.term_id.id,
                    "source": "csv",
                    "reference": reference or self.filename,
                    "expiry_date": self.expiry_date,
                }
                for student, reference in found["new"]
            ]
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_clearance_action"
        )
        return action | {
            "domain": [("id", "in", (clearances | confirmed | withdrawn).ids)],
            "context": {"active_test": False},
        }

    def _confirm(self, unsure):
        """Make certain what the list says too: it counts from now on by the list.

        :param unsure: see :meth:`_sort_rows`
        :return: their clearances
        """
        # The dialog is finance's own, and finance may confirm.
        for clearance, reference in unsure:
            clearance._make_certain(
                "csv", reference=reference or self.filename, expiry_date=self.expiry_date
            )
        return self.env["hostel.clearance"].union(*(clearance for clearance, _text in unsure))

    def _withdraw(self, contradicted):
        """Withdraw what was ticked, as far as the file still says so and it is no person's word.

        :param contradicted: see :meth:`_sort_rows`
        :return: the clearances that count no more
        """
        ticked = self.owing_ids.filtered("withdraw").clearance_id
        bodies = {
            clearance.id: self.env._(
                "By %(file)s, row %(row)s, %(balance)s is owed.",
                file=self.filename,
                row=row,
                balance=balance,
            )
            for clearance, row, balance in contradicted
            if clearance in ticked and clearance.source in WITHDRAWABLE
        }
        clearances = self.env["hostel.clearance"].browse(bodies)
        if clearances:
            clearances.action_withdraw(
                self.env._("By the list of the accounts office you still owe something.")
            )
            clearances._message_log_batch(bodies)
        return clearances

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Clearances from a file"),
        }

    # ------------------------------------------------------------------
    # Rows
    # ------------------------------------------------------------------

    def _read_rows(self):
        """Rows of the file: list of (row number, number, balance text or None, reference)."""
        try:
            data = base64.b64decode(self.file or b"", validate=True)
        except (binascii.Error, ValueError):
            data = b""
        try:
            table = read_table(self.filename or "", data, self._score_header)
        except TableError as error:
            raise refuse_file(self.env, error) from error
        places = {
            name: next(
                (at for at, cell in enumerate(table.header) if self._squash(cell) in headers), None
            )
            for name, headers in HEADERS.items()
        }
        if places["number"] is None:
            raise HostelError(
                "NO_NUMBER_COLUMN",
                self.env._("No column holds roll numbers. Name it “Roll No”."),
                422,
            )
        if len(table.rows) > MAX_ROWS:
            raise HostelError(
                "TOO_MANY_ROWS", self.env._("Send at most %(count)s rows.", count=MAX_ROWS), 422
            )
        return [
            (
                number,
                cells[places["number"]].strip(),
                None if places["balance"] is None else cells[places["balance"]],
                "" if places["reference"] is None else cells[places["reference"]].strip()[:100],
            )
            for number, cells in zip(table.numbers, table.rows, strict=True)
        ]

    @staticmethod
    def _squash(text):
        return re.sub(r"[^a-z]", "", text.casefold())

    @api.model
    def _score_header(self, cells):
        known = {header for headers in HEADERS.values() for header in headers}
        return sum(self._squash(cell) in known for cell in cells)

    def _sort_rows(self):
        """What each row means.

        :return: dict of ``new`` (list of (student, reference)), ``unsure`` (list of (clearance
            that is provisional or counts until a day, reference)), ``known``, ``owing`` (counts),
            ``contradicted`` (list of (clearance that counts, row number, balance as it is written)
            of those who owe something) and ``refused`` (list of (row number, text))
        """
        rows = self._read_rows()
        students = self._find_students([number for _row, number, _b, _r in rows])
        cleared = (
            self.env["hostel.clearance"]
            .sudo()
            .search([("term_id", "=", self.term_id.id)])
            .grouped("student_id")
        )
        found = {"new": [], "unsure": [], "known": 0, "owing": 0, "contradicted": [], "refused": []}
        taken = set()
        for row, number, balance, reference in rows:
            student = students.get(number.upper())
            problem = self._get_problem(number, student, balance, taken)
            if problem:
                found["refused"].append((row, problem))
            elif balance is not None and read_amount(balance) != 0:
                found["owing"] += 1
                if student in cleared:
                    found["contradicted"].append((cleared[student], row, balance.strip()))
            elif student in cleared and self._is_sure(cleared[student]):
                found["known"] += 1
            elif student in cleared:
                found["unsure"].append((cleared[student], reference))
            else:
                found["new"].append((student, reference))
            taken.add(student)
        return found

    def _is_sure(self, clearance):
        """Whether the list adds nothing; one that ends itself takes no other's end away."""
        return clearance.certainty == "confirmed" and (
            not clearance.expiry_date or bool(self.expiry_date)
        )

    def _get_problem(self, number, student, balance, taken):
        if not student:
            return self.env._("nobody has the number %(number)s.", number=number or "—")
        if student in taken:
            return self.env._("%(number)s stands there twice.", number=number)
        if balance is not None and read_amount(balance) is None:
            return self.env._("“%(text)s” is no balance.", text=balance[:30])
        return ""

    def _find_students(self, numbers):
        """Students by their numbers in capitals, as far as the user may see them."""
        wanted = list({number.upper() for number in numbers if number})
        students = self.env["hostel.student"].search(
            ["|", ("roll_number", "in", wanted), ("application_number", "in", wanted)]
        )
        found = {student.roll_number.upper(): student for student in students}
        for student in students:
            if student.application_number:
                found.setdefault(student.application_number.upper(), student)
        return found


class HostelClearanceImportOwing(models.TransientModel):
    """A student who owes something by the file, but counts as cleared."""

    _name = "hostel.clearance.import.owing"
    _description = "Cleared Student Who Owes Something"
    _order = "row_number, id"

    import_id = fields.Many2one(
        "hostel.clearance.import", required=True, readonly=True, ondelete="cascade", index=True
    )
    clearance_id = fields.Many2one(
        "hostel.clearance", required=True, readonly=True, ondelete="cascade"
    )
    student_id = fields.Many2one(related="clearance_id.student_id")
    source = fields.Selection(related="clearance_id.source")
    certainty = fields.Selection(related="clearance_id.certainty")
    reference = fields.Char(related="clearance_id.reference")
    row_number = fields.Integer(string="Row", readonly=True)
    balance = fields.Char(string="Owes", readonly=True)
    may_withdraw = fields.Boolean(readonly=True)
    withdraw = fields.Boolean(
        compute="_compute_withdraw",
        store=True,
        readonly=False,
        help="Only what rests on a file or a receipt can be withdrawn here.",
    )

    @api.depends("import_id.withdraw_all")
    def _compute_withdraw(self):
        for line in self:
            line.withdraw = line.import_id.withdraw_all and line.may_withdraw

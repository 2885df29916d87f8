import base64

import pytz
from markupsafe import Markup
from psycopg2 import OperationalError

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.importers.sentences import refuse_file
from odoo.addons.hostel_base.tools.tabular import TableError, read_table

from ..tools import meter_file

MAX_ROWS = 5000
SHOWN = 30


class HostelMeterImport(models.TransientModel):
    """Readings out of a CSV or XLSX file; tried first, then kept."""

    _name = "hostel.meter.import"
    _inherit = "hostel.strict.wizard"
    _description = "Import of Meter Readings"

    file = fields.Binary(attachment=False, required=True)
    file_name = fields.Char()
    state = fields.Selection(
        [("choose", "Choose"), ("checked", "Checked"), ("done", "Done")], default="choose"
    )
    new_count = fields.Integer(string="New", readonly=True)
    known_count = fields.Integer(string="Known already", readonly=True)
    odd_count = fields.Integer(string="Odd", readonly=True)
    refused_count = fields.Integer(string="Refused", readonly=True)
    refused_text = fields.Html(readonly=True)

    def action_check(self):
        """Say what would happen, and write nothing."""
        return self._run(keep=False)

    def action_import(self):
        """Keep what can be kept. The same file again changes nothing."""
        return self._run(keep=True)

    def _run(self, keep):
        self.ensure_one()
        self.check_access("write")
        rows = self._read_rows()
        counts, refused = self._record_rows(rows, keep)
        self.write(
            {
                **counts,
                "state": "done" if keep else "checked",
                "refused_count": len(refused),
                "refused_text": self._show_refused(refused),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import of readings"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _read_rows(self):
        """Rows of the file.

        :raises HostelError: why the file can't be read, ``COLUMNS_MISSING``, ``FILE_TOO_LARGE``
        """
        try:
            table = read_table(
                self.file_name or "", base64.b64decode(self.file or b""), meter_file.score
            )
        except TableError as error:
            raise refuse_file(self.env, error) from None
        columns = meter_file.find_columns(table.header)
        if len(columns) < len(meter_file.NAMES):
            raise HostelError(
                "COLUMNS_MISSING",
                self.env._(
                    "The file needs three columns: Serial, Date and Reading. Found: %(found)s.",
                    found=", ".join(table.header) or "–",
                ),
                422,
            )
        if len(table.rows) > MAX_ROWS:
            raise HostelError(
                "FILE_TOO_LARGE",
                self.env._("A file may have %(most)s rows.", most=MAX_ROWS),
                413,
            )
        return [
            meter_file.read_row(number, cells, columns)
            for number, cells in zip(table.numbers, table.rows, strict=True)
        ]

    def _record_rows(self, rows, keep):
        counts = dict.fromkeys(("new_count", "known_count", "odd_count"), 0)
        refused = []
        words = self._get_problem_words()
        zone = pytz.timezone(self.env.company._get_college_tz())
        meters = self.env["hostel.meter"].search([("serial", "in", [row.serial for row in rows])])
        by_serial = {meter.serial: meter for meter in meters}
        with self.env.cr.savepoint() as savepoint:
            for row in sorted(rows, key=lambda one: (one.taken_at is None, one.taken_at)):
                meter = by_serial.get(row.serial)
                problem = row.problem or (not meter and "UNKNOWN_METER")
                if problem:
                    refused.append((row, words[problem]))
                    continue
                moment = zone.localize(row.taken_at).astimezone(pytz.utc).replace(tzinfo=None)
                try:
                    with self.env.cr.savepoint():
                        reading, new = self.env["hostel.meter.reading"]._record(
                            meter, row.value, moment, "file"
                        )
                except OperationalError:
                    raise
                except UserError as error:
                    refused.append((row, str(error)))
                    continue
                counts["new_count" if new else "known_count"] += 1
                counts["odd_count"] += new and reading.state == "flagged"
            if not keep:
                savepoint.rollback()
                self.env.invalidate_all(flush=False)
        return counts, refused

    def _get_problem_words(self):
        return {
            "NO_SERIAL": self.env._("The serial number is missing."),
            "UNKNOWN_METER": self.env._("No meter has this serial number."),
            "NO_DATE": self.env._("The date can't be read; write 31-12-2026 08:30."),
            "NOT_A_NUMBER": self.env._("The reading is no number."),
            "NEGATIVE": self.env._("A reading can't be negative."),
            "TOO_LARGE": self.env._("The reading is too large."),
        }

    def _show_refused(self, refused):
        if not refused:
            return False
        items = Markup().join(
            Markup("<li>%s</li>")
            % self.env._(
                "Row %(number)s, %(serial)s: %(problem)s",
                number=row.number,
                serial=row.serial or "–",
                problem=problem,
            )
            for row, problem in sorted(refused, key=lambda one: one[0].number)[:SHOWN]
        )
        return Markup("<ul>%s</ul>") % items

import base64
import gzip
import json
import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..errors import HostelError
from ..importers import IMPORTERS
from ..importers.base import CHANGED, NEW, REFUSED, UNCHANGED
from ..importers.sentences import explain, refuse_file
from ..tools import import_masks
from ..tools.import_targets import (
    ROOMS,
    STUDENTS,
    guess_targets,
    missing_targets,
    score_header,
)
from ..tools.tabular import TableError, read_table

_logger = logging.getLogger(__name__)

CHECK_BATCH, IMPORT_BATCH = 2500, 500
# Fewer rows than this are not worth a wait for the job process.
DIRECT_ROWS = 200
SAMPLES = {NEW: 10, CHANGED: 200}
MAX_PROBLEMS_PER_ROW = 5
SHOWN = 100
STALLED_AFTER = timedelta(minutes=3)
KEEP_DAYS = 30
BUSY = ("checking", "running")


class HostelImport(models.Model):
    """Students or rooms out of a file that somebody at the college keeps.

    The uploaded file itself is not kept: it is read at once, full Aadhaar numbers are masked, and
    only the texts of its cells wait, packed, until the import is over. A check and an import are
    the same walk through the rows in batches, each a transaction and a job of its own that knows
    its place, so that either goes on after a kill where it stopped.
    """

    _name = "hostel.import"
    _description = "Import of Students or Rooms"
    _inherit = ["mail.thread"]
    _order = "id desc"

    name = fields.Char(compute="_compute_name", store=True)
    kind = fields.Selection(
        [(STUDENTS, "Students"), (ROOMS, "Rooms and beds")],
        string="What",
        required=True,
        default=STUDENTS,
    )
    state = fields.Selection(
        [
            ("draft", "Upload"),
            ("mapped", "Match columns"),
            ("checking", "Checking"),
            ("checked", "Review"),
            ("running", "Importing"),
            ("done", "Done"),
            ("failed", "Stopped"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        readonly=True,
    )
    phase = fields.Selection([("checking", "Check"), ("running", "Import")], readonly=True)
    file_name = fields.Char(readonly=True)
    content = fields.Binary(attachment=True, readonly=True, copy=False)
    header = fields.Json(readonly=True)
    notices = fields.Json(readonly=True)
    notice_text = fields.Text(compute="_compute_notice_text")
    missing_text = fields.Char(compute="_compute_missing_text")

    hostel_id = fields.Many2one(
        "hostel.hostel", help="For rooms whose file does not name the hostel."
    )
    default_gender = fields.Selection(
        [("male", "Male"), ("female", "Female"), ("other", "Other")],
        string="Gender if none is given",
        help="For new students whose row says nothing.",
    )
    update_existing = fields.Boolean(
        string="Update those who are here",
        default=True,
        help="Cells with something in them replace what is known; empty cells change nothing.",
    )
    create_programmes = fields.Boolean(string="Create missing programmes")
    create_hostels = fields.Boolean(string="Create missing hostels")
    hostel_gender_type = fields.Selection(
        [("boys", "Boys"), ("girls", "Girls"), ("mixed", "Mixed")],
        string="New hostels take",
        default="mixed",
        required=True,
    )
    create_room_types = fields.Boolean(string="Create missing room types and amenities")
    floor_rule = fields.Selection(
        [("number", "From the room number: 204 is on floor 2"), ("fixed", "All on one floor")],
        string="Floor if none is given",
        default="number",
        required=True,
    )
    floor_name = fields.Char(string="That floor", default="Ground")

    column_ids = fields.One2many("hostel.import.column", "import_id", string="Columns")
    line_ids = fields.One2many("hostel.import.line", "import_id", string="Rows")
    refused_line_ids = fields.One2many(
        "hostel.import.line",
        "import_id",
        domain=[("outcome", "=", "refused")],
        string="Refused rows",
    )
    sample_line_ids = fields.One2many(
        "hostel.import.line",
        "import_id",
        domain=[("outcome", "!=", "refused")],
        string="What changes",
    )
    row_count = fields.Integer(string="Rows", readonly=True)
    position = fields.Integer(readonly=True)
    progress = fields.Integer(compute="_compute_progress")
    new_count = fields.Integer(string="New", readonly=True)
    changed_count = fields.Integer(string="Changed", readonly=True)
    unchanged_count = fields.Integer(string="Unchanged", readonly=True)
    refused_count = fields.Integer(string="Refused", readonly=True)
    absent_count = fields.Integer(string="Not in this file", readonly=True)
    to_import_count = fields.Integer(compute="_compute_progress")
    created = fields.Json(readonly=True)
    created_text = fields.Text(string="Also", compute="_compute_created_text")
    touched_floor_ids = fields.Many2many("hostel.floor", readonly=True)
    started_at = fields.Datetime(readonly=True)
    moved_at = fields.Datetime(readonly=True)
    seconds = fields.Integer(readonly=True)
    is_stalled = fields.Boolean(compute="_compute_is_stalled")
    error = fields.Char(readonly=True)

    # ------------------------------------------------------------------
    # Computed
    # ------------------------------------------------------------------

    @api.depends("file_name", "kind")
    def _compute_name(self):
        for job in self:
            job.name = job.file_name or self.env._("New import")

    @api.depends("position", "row_count", "new_count", "changed_count")
    def _compute_progress(self):
        for job in self:
            job.progress = 100 * job.position // job.row_count if job.row_count else 0
            job.to_import_count = job.new_count + job.changed_count

    @api.depends("state", "moved_at")
    def _compute_is_stalled(self):
        limit = fields.Datetime.now() - STALLED_AFTER
        for job in self:
            job.is_stalled = job.state in BUSY and bool(job.moved_at) and job.moved_at < limit

    @api.depends("notices")
    def _compute_notice_text(self):
        texts = {
            "ENCODING_WINDOWS": self.env._(
                "The file is not UTF-8; it was read as Windows-1252. Look whether names with"
                " accents are right in the samples."
            ),
            "FIRST_SHEET_ONLY": self.env._(
                "The workbook has several sheets; only the first visible one was read."
            ),
            "AADHAAR_MASKED": self.env._(
                "Aadhaar numbers were found. Only their last four digits were kept."
            ),
        }
        for job in self:
            job.notice_text = "\n".join(texts[code] for code in job.notices or ())

    @api.depends("column_ids.target", "hostel_id", "default_gender", "kind", "state")
    def _compute_missing_text(self):
        for job in self:
            missing = job._get_missing() if job.state == "mapped" else []
            job.missing_text = ", ".join(missing)

    @api.depends("created")
    def _compute_created_text(self):
        words = {
            "programmes": self.env._("programmes"),
            "hostels": self.env._("hostels"),
            "floors": self.env._("floors"),
            "room_types": self.env._("room types"),
            "amenities": self.env._("amenities"),
        }
        for job in self:
            lines = []
            for what, names in (job.created or {}).items():
                shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
                lines.append(f"{len(names)} {words[what]}: {shown}")
            job.created_text = "\n".join(lines)

    def _get_missing(self):
        """Names of what every row needs and neither a column nor an option says."""
        self.ensure_one()
        labels = self._get_target_labels()
        mapped = {column.target for column in self.column_ids}
        return [
            " / ".join(labels[key] for key in keys)
            for keys in missing_targets(self.kind, mapped, self._get_defaults())
        ]

    def _get_defaults(self):
        """Targets that the options fill."""
        self.ensure_one()
        return {
            target
            for target, value in (("hostel", self.hostel_id), ("gender", self.default_gender))
            if value
        }

    # ------------------------------------------------------------------
    # The file
    # ------------------------------------------------------------------

    def _receive_file(self, file_name, data):
        """Read an uploaded file and guess what its columns mean.

        :param str file_name: name as on the sender's machine
        :param bytes data: the file
        :raises HostelError: if it can't be read; nothing of it is kept then
        """
        self.ensure_one()
        self.check_access("write")
        if self.state not in ("draft", "mapped", "checked"):
            raise self._error_wrong_step()
        try:
            table = read_table(file_name, data, lambda cells: score_header(self.kind, cells))
        except TableError as error:
            raise refuse_file(self.env, error) from error
        masked = import_masks.mask_rows(table.header, table.rows)
        seen = {cell for row in table.rows[:200] for cell in row}
        if masked or any(import_masks.MASK in cell for cell in seen):
            table.notices.append("AADHAAR_MASKED")
        # Columns and lines are the import's own; nobody creates them by hand.
        job = self.sudo()
        job._forget_results()
        job.column_ids.unlink()
        job.write(
            {
                "file_name": file_name[-100:],
                "content": self._pack(table),
                "header": table.header,
                "notices": table.notices,
                "row_count": len(table.rows),
                "state": "mapped",
                "phase": False,
                "column_ids": [(0, 0, vals) for vals in self._prepare_columns(table, masked)],
            }
        )

    @staticmethod
    def _pack(table):
        rows = {"numbers": table.numbers, "rows": table.rows}
        return base64.b64encode(gzip.compress(json.dumps(rows).encode(), 5))

    def _unpack(self):
        """Pairs of row number and cells of the waiting file."""
        self.ensure_one()
        content = self.with_context(bin_size=False).content
        if not content:
            raise HostelError(
                "FILE_GONE",
                self.env._("The file is not kept any more. Upload it again."),
                410,
            )
        packed = json.loads(gzip.decompress(base64.b64decode(content)))
        return list(zip(packed["numbers"], packed["rows"], strict=True))

    def _prepare_columns(self, table, masked):
        names = [
            name or self.env._("Column %(number)s", number=index + 1)
            for index, name in enumerate(table.header)
        ]
        targets = guess_targets(self.kind, names, self._get_remembered(names))
        field = "room_target" if self.kind == ROOMS else "student_target"
        for index, (name, target) in enumerate(zip(names, targets, strict=True)):
            cells = dict.fromkeys(row[index][:40] for row in table.rows[:50] if row[index])
            yield {
                "index": index,
                "name": name[:SHOWN],
                "samples": " · ".join(list(cells)[:3]),
                field: target or False,
                "is_private": index in masked,
            }

    def _get_remembered(self, names):
        """What columns of these names meant in the latest import that was carried out."""
        columns = self.env["hostel.import.column"].search(
            [
                ("name", "in", names),
                ("import_id.kind", "=", self.kind),
                ("import_id.state", "=", "done"),
                ("import_id", "!=", self.id),
            ],
            order="import_id",
            limit=2000,
        )
        latest = columns.import_id[-1:]
        same = columns.filtered(lambda column: column.import_id == latest)
        # Only a file of the same shape: "id" means something else in another list.
        if {column.name for column in same} != set(names):
            return {}
        return {column.name: column.target for column in same}

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def action_check(self):
        """Say what an import would do, and do nothing."""
        self._start("checking", ("mapped", "checked"))

    def action_import(self):
        """Do what the check has said, with the rows that are right."""
        self._start("running", ("checked",))

    def action_back(self):
        """Change the columns or the options once more."""
        self.ensure_one()
        self.check_access("write")
        if self.state != "checked":
            raise self._error_wrong_step()
        self._forget_results()
        self.state = "mapped"

    def action_cancel(self):
        """Stop. What is imported stays; the rows after it are left out."""
        self.ensure_one()
        self.check_access("write")
        if self.state == "checking":
            self._forget_results()
            self.state = "mapped"
        elif self.state in ("running", "failed"):
            self._draw_floors()
            self.state = "cancelled"
        else:
            raise self._error_wrong_step()

    def action_resume(self):
        """Go on where it stopped."""
        self.ensure_one()
        self.check_access("write")
        if self.state not in ("failed", "cancelled") and not self.is_stalled:
            raise self._error_wrong_step()
        self.write({"state": self.phase, "error": False, "moved_at": fields.Datetime.now()})
        self._go_on()

    def action_open_records(self):
        """Show what the import is about."""
        self.ensure_one()
        name = "hostel_room_action" if self.kind == ROOMS else "hostel_student_action"
        return self.env["ir.actions.act_window"]._for_xml_id(f"hostel_base.{name}")

    def _error_wrong_step(self):
        return HostelError(
            "WRONG_STEP",
            self.env._("The import has moved on meanwhile. Look at it again."),
        )

    def _start(self, phase, states):
        self.ensure_one()
        self.check_access("write")
        if self.state not in states:
            raise self._error_wrong_step()
        self._check_columns()
        self._forget_results()
        now = fields.Datetime.now()
        self.write({"state": phase, "phase": phase, "started_at": now, "moved_at": now})
        self._go_on()

    def _check_columns(self):
        targets = [column.target for column in self.column_ids if column.target]
        missing = self._get_missing()
        if missing:
            raise HostelError(
                "COLUMN_MISSING",
                self.env._(
                    "No column says %(columns)s. Choose one below, or fill the option for it.",
                    columns=", ".join(missing),
                ),
                422,
                {"columns": missing},
            )
        labels = self._get_target_labels()
        twice = {t for t in targets if targets.count(t) > 1} - {"amenity_flag"}
        if twice:
            raise HostelError(
                "COLUMN_TWICE",
                self.env._(
                    "Two columns mean %(columns)s. Choose one of them.",
                    columns=", ".join(sorted(labels[key] for key in twice)),
                ),
                422,
            )

    def _forget_results(self):
        self.sudo().line_ids.unlink()
        self.write(
            {
                "position": 0,
                "new_count": 0,
                "changed_count": 0,
                "unchanged_count": 0,
                "refused_count": 0,
                "absent_count": 0,
                "created": False,
                "error": False,
                "seconds": 0,
            }
        )

    # ------------------------------------------------------------------
    # Batches
    # ------------------------------------------------------------------

    def _go_on(self):
        """Do the rest: at once if it is little, else as a chain of jobs."""
        if self.row_count > DIRECT_ROWS:
            self._delay_batch()
            return
        while self.state in BUSY:
            self._run_batch(self.position)

    def _delay_batch(self):
        text = (
            self.env._("Check %(name)s")
            if self.state == "checking"
            else self.env._("Import %(name)s")
        )
        self.with_delay(
            description=text % {"name": self.name},
            identity_key=f"hostel_base.import:{self.id}:{self.state}:{self.position}",
        )._batch_job(self.state, self.position)

    def _batch_job(self, phase, position):
        """Job: one batch; then the next one is a job of its own.

        A copy of the job that comes late finds the import elsewhere and does nothing.
        """
        self.ensure_one()
        if self.state != phase or self.position != position:
            return "nothing to do"
        self._run_batch(position)
        if self.state in BUSY:
            self._delay_batch()
        return f"{self.position} / {self.row_count}"

    def _run_batch(self, position):
        """Do a batch as a whole, or stop the import with nothing of it done."""
        try:
            with self.env.cr.savepoint():
                self.sudo()._do_batch(position)
                self.env.flush_all()
        except OperationalError:
            # Somebody changed the same records; the job is tried again.
            raise
        except Exception as error:
            if not isinstance(error, UserError):
                _logger.exception("import %s stopped at row %s", self.id, position)
            self.env.invalidate_all()
            self.write({"state": "failed", "error": self._sentence_stopped(error, position)})

    def _sentence_stopped(self, error, position):
        if isinstance(error, UserError):
            return str(error)
        return self.env._(
            "Something went wrong on our side after %(count)s rows. These are done, and nothing"
            " of the next ones is. Try to go on; if it stops again, tell your administrator.",
            count=position,
        )

    def _do_batch(self, position):
        rows = self._unpack()
        is_import = self.state == "running"
        size = IMPORT_BATCH if is_import else CHECK_BATCH
        importer = IMPORTERS[self.kind](self, is_import)
        importer.remember(rows[:position])
        batch = rows[position : position + size]
        items = importer.run(batch)
        self._record(importer, items)
        self.position = position + len(batch)
        self.moved_at = fields.Datetime.now()
        if self.position >= len(rows):
            self.absent_count = importer.count_absent([cells for _number, cells in rows])
            self._finish()

    def _record(self, importer, items):
        """Count a batch, and write down what somebody has to look at."""
        counts = dict.fromkeys((NEW, CHANGED, UNCHANGED, REFUSED), 0)
        vals_list = []
        for item in items:
            shown = counts[item.outcome] + self._get_count(item.outcome)
            counts[item.outcome] += 1
            if item.outcome == REFUSED:
                vals_list += self._prepare_refusals(item)
            elif shown < SAMPLES.get(item.outcome, 0):
                vals_list.append(self._prepare_sample(item))
        self.env["hostel.import.line"].create(vals_list)
        created = {what: set(names) for what, names in (self.created or {}).items()}
        for what, names in importer.created.items():
            created.setdefault(what, set()).update(names)
        vals = {
            f"{outcome}_count": self._get_count(outcome) + counts[outcome] for outcome in counts
        }
        vals["created"] = {what: sorted(names) for what, names in created.items()}
        touched = getattr(importer, "touched", None)
        if touched:
            vals["touched_floor_ids"] = [(4, floor_id) for floor_id in touched]
        self.write(vals)

    def _get_count(self, outcome):
        return self[f"{outcome}_count"]

    def _prepare_refusals(self, item):
        columns = {column.target: column.name for column in self.column_ids if column.target}
        for problem in item.problems[:MAX_PROBLEMS_PER_ROW]:
            yield {
                "import_id": self.id,
                "row_number": item.number,
                "outcome": REFUSED,
                "label": item.label[:SHOWN],
                "column": columns.get(problem.target, ""),
                "value": problem.value[:SHOWN],
                "code": problem.code,
                "message": explain(self.env, problem, self._get_target_labels()),
                "raw": item.cells,
            }

    def _prepare_sample(self, item):
        return {
            "import_id": self.id,
            "row_number": item.number,
            "outcome": item.outcome,
            "label": item.label[:SHOWN],
            "message": "; ".join(
                f"{self._get_field_label(name)}: {old} → {new}" for name, old, new in item.changes
            )[:500],
        }

    def _get_field_label(self, name):
        model = self.env["hostel.room" if self.kind == ROOMS else "hostel.student"]
        field = model._fields.get(name)
        if field:
            return field._description_string(self.env)
        return self._get_target_labels().get(name, name)

    def _get_target_labels(self):
        """What columns can mean, in the reader's language."""
        name = "room_target" if self.kind == ROOMS else "student_target"
        field = self.env["hostel.import.column"]._fields[name]
        return dict(field._description_selection(self.env))

    # ------------------------------------------------------------------
    # The end
    # ------------------------------------------------------------------

    def _finish(self):
        elapsed = fields.Datetime.now() - self.started_at
        self.seconds = int(elapsed.total_seconds())
        if self.state == "checking":
            self.state = "checked"
            return
        self._draw_floors()
        self.write({"state": "done", "content": False})
        self.message_post(
            body=self.env._(
                "%(file)s: %(new)s new, %(changed)s changed, %(unchanged)s unchanged,"
                " %(refused)s refused.",
                file=self.file_name,
                new=self.new_count,
                changed=self.changed_count,
                unchanged=self.unchanged_count,
                refused=self.refused_count,
            )
        )

    def _draw_floors(self):
        """Put the new beds on the maps, once for the whole import."""
        self.touched_floor_ids.exists().action_generate_layout()
        self.touched_floor_ids = False

    def _get_refused_rows(self):
        """Header and cells of the refused rows, with the reasons in a last column."""
        self.ensure_one()
        rows, reasons = {}, {}
        for line in self.refused_line_ids.sorted(lambda line: (line.row_number, line.id)):
            rows.setdefault(line.row_number, line.raw or [])
            where = f"{line.column}: " if line.column else ""
            reasons.setdefault(line.row_number, []).append(f"{where}{line.message} [{line.code}]")
        header = [*(self.header or []), self.env._("Why it was refused")]
        return header, [[*cells, " ".join(reasons[number])] for number, cells in rows.items()]

    @api.autovacuum
    def _gc_personal_data(self):
        """Forget cells and files of imports that nobody has touched for a month."""
        limit = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        old = self.search([("write_date", "<", limit), ("state", "not in", BUSY)])
        lines = self.env["hostel.import.line"].search(
            [
                ("import_id", "in", old.ids),
                "|",
                ("label", "not in", (False, "")),
                ("message", "not in", (False, "")),
            ],
            limit=20_000,
        )
        lines.write({"raw": False, "value": False, "label": False, "message": False})
        # This moves the date of the import, so it comes last.
        old.filtered("content").write({"content": False})
        old.filtered(lambda job: job.state == "draft").unlink()

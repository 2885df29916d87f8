import logging
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.queue_job.exception import RetryableJobError

from ..errors import HostelError

_logger = logging.getLogger(__name__)

# Lines of one transaction: short enough to lose little when the process is killed.
BATCH = 200
STARTED = ("running", "done", "undoing", "confirmed")


class HostelRollover(models.Model):
    """The end of an academic year: everybody a year up, beds empty, the next term open.

    A preview first, which writes nothing but its own lines. Then batches, each in a
    transaction of its own, that can be killed and resumed: a line's state changes in the
    transaction that does its work. What was done can be taken back until it is confirmed.
    """

    _name = "hostel.rollover"
    _description = "Year-end Rollover"
    _inherit = ["mail.thread"]
    _order = "id desc"

    name = fields.Char(compute="_compute_name", store=True)
    year_id = fields.Many2one(
        "hostel.academic.year", string="Closing year", required=True, ondelete="restrict"
    )
    term_id = fields.Many2one(
        "hostel.term",
        string="Only stays of",
        domain="[('year_id', '=', year_id)]",
        help="Leave empty to end the stays of all terms of the year.",
    )
    leaving_day = fields.Date(
        required=True,
        compute="_compute_leaving_day",
        store=True,
        readonly=False,
        precompute=True,
        help="First day on which the beds are free.",
    )
    promote = fields.Boolean(string="Promote the students", default=True)
    vacate = fields.Boolean(string="Empty the beds", default=True)
    close_year = fields.Boolean(
        string="Close the year", default=True, help="When the rollover is confirmed."
    )
    next_term_id = fields.Many2one("hostel.term", string="Next term", ondelete="restrict")
    create_next = fields.Boolean(string="Create the next year and term")
    next_year_name = fields.Char(
        compute="_compute_next_year_name",
        store=True,
        readonly=False,
        string="Name of the next year",
    )
    next_year_to = fields.Date(
        compute="_compute_next_year_to",
        store=True,
        readonly=False,
        string="Next year ends before",
    )
    next_term_name = fields.Char(string="Name of the next term")
    next_term_code = fields.Char(string="Code of the next term")
    next_term_from = fields.Date(
        compute="_compute_next_term_from",
        store=True,
        readonly=False,
        string="Next term starts on",
    )
    next_term_to = fields.Date(string="Next term ends before")
    created_year_id = fields.Many2one("hostel.academic.year", readonly=True, ondelete="set null")
    created_term_id = fields.Many2one("hostel.term", readonly=True, ondelete="set null")
    detained_numbers = fields.Text(
        string="Detained students",
        help="Roll numbers, one a line: they stay in their year of study.",
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("preview", "Preview"),
            ("running", "Running"),
            ("done", "Done, can be undone"),
            ("undoing", "Being undone"),
            ("undone", "Undone"),
            ("confirmed", "Confirmed"),
        ],
        required=True,
        readonly=True,
        default="draft",
        tracking=True,
    )
    line_ids = fields.One2many("hostel.rollover.line", "rollover_id", string="Students")
    previewed_at = fields.Datetime(string="Preview of", readonly=True)
    confirmed_by_id = fields.Many2one("res.users", readonly=True)
    unknown_numbers = fields.Text(readonly=True, string="Unknown roll numbers")

    # A rollover without a term is about all terms of its year.
    _scope_once = models.Constraint(
        "EXCLUDE USING gist (year_id WITH =, (CASE WHEN term_id IS NULL THEN"
        " int4range(NULL, NULL) ELSE int4range(term_id, term_id, '[]') END) WITH &&)"
        f" WHERE (state IN {STARTED})",
        "This year or term has been rolled over already.",
    )

    line_count = fields.Integer(compute="_compute_counts", string="Students")
    promoted_count = fields.Integer(compute="_compute_counts", string="A year up")
    graduate_count = fields.Integer(compute="_compute_counts", string="Become alumni")
    detained_count = fields.Integer(compute="_compute_counts", string="Stay in their year")
    vacate_count = fields.Integer(compute="_compute_counts", string="Beds to empty")
    blocked_count = fields.Integer(compute="_compute_counts", string="Need a person")
    failed_count = fields.Integer(compute="_compute_counts", string="Refused")
    done_count = fields.Integer(compute="_compute_counts", string="Done")
    progress = fields.Float(compute="_compute_counts")

    @api.depends("year_id.name")
    def _compute_name(self):
        for rollover in self:
            rollover.name = self.env._("End of %(year)s", year=rollover.year_id.name or "")

    @api.depends("year_id", "term_id")
    def _compute_leaving_day(self):
        for rollover in self:
            rollover.leaving_day = rollover.term_id.date_to or rollover.year_id.date_to

    # One method a field: a value given for one field would keep the others of its method empty.
    @api.depends("year_id")
    def _compute_next_year_name(self):
        for rollover in self:
            start = rollover.year_id.date_to
            rollover.next_year_name = start and f"{start.year}–{(start.year + 1) % 100:02d}"

    @api.depends("year_id")
    def _compute_next_year_to(self):
        for rollover in self:
            start = rollover.year_id.date_to
            rollover.next_year_to = start and start + relativedelta(years=1)

    @api.depends("year_id")
    def _compute_next_term_from(self):
        for rollover in self:
            rollover.next_term_from = rollover.year_id.date_to

    @api.depends("state", "line_ids.state", "line_ids.decision", "line_ids.stay_action")
    def _compute_counts(self):
        groups = self.env["hostel.rollover.line"]._read_group(
            [("rollover_id", "in", self.ids)],
            ["rollover_id", "decision", "stay_action", "state"],
            ["__count"],
        )
        for rollover in self:
            mine = [row[1:] for row in groups if row[0] == rollover]

            def count(position, values, mine=mine):
                return sum(row[-1] for row in mine if row[position] in values)

            rollover.line_count = sum(row[-1] for row in mine)
            rollover.promoted_count = count(0, ["promote"])
            rollover.graduate_count = count(0, ["graduate"])
            rollover.detained_count = count(0, ["detain"])
            rollover.vacate_count = count(1, ["vacate", "schedule"])
            rollover.blocked_count = count(2, ["blocked"])
            rollover.failed_count = count(2, ["failed", "kept"])
            rollover.done_count = count(2, ["done"])
            rollover.progress = rollover._get_progress(mine)

    def _get_progress(self, groups):
        """Share of the lines that need nothing more in the present step, in percent."""
        self.ensure_one()
        waiting = {"running": "ready", "undoing": "done"}.get(self.state)
        total = sum(row[-1] for row in groups if row[2] != "blocked")
        left = sum(row[-1] for row in groups if row[2] == waiting)
        return 100.0 * (total - left) / total if total and self.state in STARTED else 0.0

    @api.constrains("term_id", "year_id", "leaving_day")
    def _check_term(self):
        for rollover in self:
            if rollover.term_id and rollover.term_id.year_id != rollover.year_id:
                raise ValidationError(self.env._("The term belongs to another academic year."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        if any(rollover.state not in ("draft", "preview") for rollover in self):
            raise UserError(self.env._("A rollover that has run stays as the record of it."))

    def write(self, vals):
        config = vals.keys() & {
            "year_id", "term_id", "leaving_day", "promote", "vacate", "next_term_id",
            "create_next", "detained_numbers", "close_year",
        }  # fmt: skip
        if config and not self.env.su and any(rollover.state in STARTED for rollover in self):
            raise UserError(self.env._("What has run can't be changed; undo it first."))
        if "state" in vals and not self.env.su:
            raise UserError(self.env._("The buttons change the state."))
        return super().write(vals)

    def _set_state(self, state, **vals):
        self.sudo().write({**vals, "state": state})

    def _check_state(self, *states):
        """:raises HostelError: ``ROLLOVER_STATE``"""
        self.ensure_one()
        self.check_access("write")
        if self.state not in states:
            raise HostelError(
                "ROLLOVER_STATE",
                self.env._(
                    "This is not possible now: the rollover is “%(state)s”.",
                    state=dict(self._fields["state"]._description_selection(self.env))[self.state],
                ),
            )

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    def action_preview(self):
        """Compute what would happen to every active student; writes the lines only."""
        self._check_state("draft", "preview", "undone")
        self.year_id._check_open()
        self._check_once()
        self._check_next()
        kept = set(self.line_ids.filtered("is_detained").student_id.ids)
        self.line_ids.unlink()
        detained = self._find_detained()
        self.env["hostel.rollover.line"].create(self._prepare_lines(set(detained.ids) | kept))
        self._set_state("preview", previewed_at=self.env.cr.now())

    def _check_once(self):
        """Refuse to do a year or a term twice, or to promote everybody twice in a year.

        :raises HostelError: ``ROLLOVER_TWICE``
        """
        self.ensure_one()
        started = self.sudo().search(
            [
                ("year_id", "=", self.year_id.id),
                ("state", "in", STARTED),
                ("id", "!=", self.id),
            ]
        )
        for other in started:
            # A promotion is about all students, whatever the term.
            both_promote = self.promote and other.promote
            either_whole = not self.term_id or not other.term_id
            if both_promote or either_whole or self.term_id == other.term_id:
                raise HostelError(
                    "ROLLOVER_TWICE",
                    self.env._(
                        "%(year)s has been rolled over already. Undo that rollover first, or"
                        " choose another term and don't promote the students again.",
                        year=self.year_id.name,
                    ),
                    details={"rollover_id": other.id},
                )

    def _check_next(self):
        """:raises HostelError: ``NEXT_TERM_INCOMPLETE``, ``INVALID_DATE_RANGE``"""
        if not self.create_next:
            return
        wanted = (
            self.next_year_name, self.next_year_to, self.next_term_name, self.next_term_code,
            self.next_term_from, self.next_term_to,
        )  # fmt: skip
        if not all(wanted):
            raise HostelError(
                "NEXT_TERM_INCOMPLETE",
                self.env._("Name, code and dates of the next year and term are needed."),
                422,
            )
        year_from = self.year_id.date_to
        if not year_from <= self.next_term_from < self.next_term_to <= self.next_year_to:
            raise HostelError(
                "INVALID_DATE_RANGE",
                self.env._("The next term must lie inside the next year, after this one."),
                422,
            )

    def _find_detained(self):
        """Students of the list of roll numbers; what is unknown is said on the form."""
        numbers = {line.strip() for line in (self.detained_numbers or "").splitlines()} - {""}
        students = self.env["hostel.student"].search([("roll_number", "in", list(numbers))])
        unknown = numbers - set(students.mapped("roll_number"))
        self.sudo().unknown_numbers = "\n".join(sorted(unknown))
        return students

    def _prepare_lines(self, detained):
        """Values of a line for each active student, read in a fixed number of queries."""
        students = self.env["hostel.student"].search([("status", "=", "active")])
        students.fetch(["year_of_study", "programme_id", "status"])
        stays = self._get_stays()
        troubles = self._get_troubles()
        lines = []
        for student in students:
            row = stays.get(student.id)
            trouble = list(troubles.get(student.id, []))
            vals = {
                "rollover_id": self.id,
                "student_id": student.id,
                "year_from": student.year_of_study,
                "is_detained": student.id in detained,
                "programme_years": student.programme_id.duration,
                "allocation_id": row.id if row else False,
            }
            lines.append(self._judge_line(vals, row, trouble))
        return lines

    def _judge_line(self, vals, row, trouble):
        """Complete a line: decision, year, what happens to the stay, what needs a person."""
        years, current = vals.pop("programme_years"), vals["year_from"]
        future = trouble and trouble[-1][0] == "future"
        decision = "none"
        if self.promote:
            decision = "promote"
            if vals["is_detained"]:
                decision = "detain"
            elif not years:
                trouble.append(
                    ("programme", self.env._("no programme, so nobody knows the last year"))
                )
            elif current >= years:
                decision = "graduate"
        if future and decision != "graduate":
            # A bed for the next term is a trouble only for those who leave the college.
            trouble = [reason for reason in trouble if reason[0] != "future"]
        action = "none"
        if self.vacate and row:
            action = "schedule" if self._is_ahead(row) else "vacate"
        blocker = ", ".join(text for _kind, text in trouble)
        return vals | {
            "decision": decision,
            "year_to": current + 1 if decision == "promote" else current,
            "stay_action": action,
            "blocker": blocker,
            "state": "blocked" if blocker else "ready",
        }

    def _is_ahead(self, row):
        """Whether the students still live there: the leaving day is announced, not carried out."""
        return min(self.leaving_day, row.date_to) > self.env.company._get_college_day()

    def _get_stay_domain(self):
        if self.term_id:
            return [("term_id", "=", self.term_id.id)]
        return [("term_id.year_id", "=", self.year_id.id)]

    def _get_stays(self):
        """The stay of each student that ends, by id of the student."""
        rows = self.env["hostel.allocation"].search(
            [
                *self._get_stay_domain(),
                ("state", "=", "checked_in"),
                ("date_from", "<", self.leaving_day),
            ],
            order="date_from",
        )
        rows.fetch(["student_id", "date_to", "date_from", "state"])
        return {row.student_id.id: row for row in rows}

    def _get_troubles(self):
        """What a person must settle first: ``{student id: [(kind, text), …]}``."""
        troubles = {}
        words = {
            "offered": self.env._("a bed is offered and not answered"),
            "paying": self.env._("a bed is not paid yet"),
            "awaiting_approval": self.env._("a bed waits for approval"),
            "allocated": self.env._("has a bed and never moved in"),
            "unplaced": self.env._("paid, without a bed"),
            "refund_due": self.env._("a refund is due"),
        }
        Allocation = self.env["hostel.allocation"]
        for student, state in Allocation._read_group(
            [
                *self._get_stay_domain(),
                ("state", "in", list(words)),
                ("student_id", "!=", False),
                ("date_from", "<", self.leaving_day),
            ],
            ["student_id", "state"],
        ):
            troubles.setdefault(student.id, []).append((state, words[state]))
        for [student] in Allocation._read_group(
            [
                ("state", "in", ("offered", "paying", "awaiting_approval", "allocated")),
                ("student_id", "!=", False),
                ("date_from", ">=", self.leaving_day),
            ],
            ["student_id"],
        ):
            text = self.env._("becomes an alumnus, but has a bed for later")
            troubles.setdefault(student.id, []).append(("future", text))
        return troubles

    # ------------------------------------------------------------------
    # Run
    # ------------------------------------------------------------------

    def action_run(self):
        """Start the batches."""
        self._check_state("preview")
        self.year_id._check_open()
        self._check_once()
        self._create_next()
        self._set_state("running")
        self._enqueue("_run_batch")

    def action_resume(self):
        """Go on where a killed process stopped; what is done is not done again."""
        self._check_state("running", "undoing")
        self._enqueue("_run_batch" if self.state == "running" else "_undo_batch")

    def _enqueue(self, method, eta=None):
        job = self.with_delay(
            description=self.env._("%(name)s: next batch", name=self.name),
            eta=eta,
            # Resume pressed twice waits once; a job that died half-way stands in nobody's way.
            identity_key=f"hostel_base.rollover:{self.id}:{method}",
            priority=20,
        )
        getattr(job, method)()

    def _create_next(self):
        if not self.create_next or self.created_term_id:
            return
        Year = self.env["hostel.academic.year"]
        year = Year.search([("date_from", "=", self.year_id.date_to)], limit=1)
        created = Year
        if not year:
            created = year = Year.create(
                {
                    "name": self.next_year_name,
                    "date_from": self.year_id.date_to,
                    "date_to": self.next_year_to,
                }
            )
        term = self.env["hostel.term"].create(
            {
                "name": self.next_term_name,
                "code": self.next_term_code,
                "year_id": year.id,
                "date_from": self.next_term_from,
                "date_to": self.next_term_to,
            }
        )
        self.sudo().write(
            {
                "created_year_id": created.id,
                "created_term_id": term.id,
                "next_term_id": term.id,
            }
        )

    def _take_turn(self):
        """Let one batch of a rollover work at a time."""
        if not self.sudo().try_lock_for_update(allow_referencing=True):
            raise RetryableJobError("another batch is at work", seconds=2, ignore_retry=True)

    def _run_batch(self):
        """Job: do the next lines, then leave the rest to the next job."""
        self._take_turn()
        if self.state != "running":
            return "stopped"
        lines = self._next_lines("ready")
        busy = lines._process("_apply")
        return self._go_on("_run_batch", "ready", "done", busy)

    def _next_lines(self, state):
        return self.env["hostel.rollover.line"].search(
            [("rollover_id", "=", self.id), ("state", "=", state)], limit=BATCH, order="id"
        )

    def _go_on(self, method, waiting, finished, busy):
        if self._next_lines(waiting):
            # Whose bed somebody works on right now is tried again in a moment.
            eta = self.env.cr.now() + timedelta(seconds=2) if busy else None
            self._enqueue(method, eta)
            return "more"
        if finished == "undone":
            self._drop_next()
        self._set_state(finished)
        return finished

    # ------------------------------------------------------------------
    # Undo and confirm
    # ------------------------------------------------------------------

    def action_undo(self):
        """Take everything back that this rollover did, as far as nobody changed it since."""
        self._check_state("running", "done")
        self._set_state("undoing")
        self._enqueue("_undo_batch")

    def _undo_batch(self):
        """Job: take the next lines back."""
        self._take_turn()
        if self.state != "undoing":
            return "stopped"
        busy = self._next_lines("done")._process("_revert")
        return self._go_on("_undo_batch", "done", "undone", busy)

    def _drop_next(self):
        """Delete the term and the year that were made, unless somebody uses them by now."""
        term, year = self.created_term_id, self.created_year_id
        if not term:
            return
        try:
            with self.env.cr.savepoint():
                self.sudo().write({"next_term_id": False})
                term.unlink()
                year.unlink()
        except (IntegrityError, UserError):
            # A foreign key or a rule of another addon: the term stays, and it is said.
            _logger.info("rollover %s: term %s is in use", self.id, term.id)
            self.message_post(
                body=self.env._("%(term)s is in use and stays.", term=term.display_name)
            )
            self.sudo().write({"created_term_id": False, "created_year_id": False})

    def action_confirm(self):
        """Make it final: nothing can be undone, and the year is closed."""
        self._check_state("done")
        if self.close_year:
            self.year_id.action_close()
        self._set_state("confirmed", confirmed_by_id=self.env.uid)

    # ------------------------------------------------------------------

    def action_open_lines(self):
        """The students as a list of their own, with filters."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_rollover_line_action"
        )
        action["domain"] = [("rollover_id", "=", self.id)]
        action["context"] = {
            f"search_default_{name}": 1
            for name in self.env.context.get("rollover_filters", "").split()
        }
        return action

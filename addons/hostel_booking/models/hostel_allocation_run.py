import logging
import secrets
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.exception import RetryableJobError

from ..const import RUN_CRITERIA
from ..tools.allocation import ADJOINING, DEFERRED, ONE_ROOM, SERIAL, Policy, measure, solve, verify

_logger = logging.getLogger(__name__)

# Lines of one transaction: short enough to lose little when the process is killed.
BATCH = 500
TELL_BATCH = 200
LINE_BATCH = 2000
LOCKED_STATES = ("solving", "applying", "done")
SETTINGS = {
    "round_id", "window_id", "mechanism", "first_criterion", "second_criterion",
    "third_criterion", "merit_step", "distance_step", "seed", "cohort_rooms", "open_unclaimed",
    "use_reserved", "use_quotas", "quota_percent", "take_uncleared", "is_simulation",
}  # fmt: skip


class HostelAllocationRun(models.Model):
    """An automatic allocation of a round: solved, looked at, then applied.

    Solving writes nothing but lines. Applying takes the beds in batches, each in a
    transaction of its own, that can be killed and resumed: a line's state changes in the
    transaction that does its work. A simulation is never applied.
    """

    _name = "hostel.allocation.run"
    _description = "Automatic Allocation"
    _inherit = ["mail.thread"]
    _order = "id desc"

    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, required=True, precompute=True
    )
    round_id = fields.Many2one(
        "hostel.booking.round", required=True, ondelete="cascade", index=True
    )
    window_id = fields.Many2one(
        "hostel.booking.window",
        domain="[('round_id', '=', round_id), ('mode', 'in', ('ranked', 'both'))]",
        ondelete="cascade",
        help="Empty: all windows of the round in which wishes are ranked.",
    )
    is_simulation = fields.Boolean(
        string="What-if", help="Only figures: no bed is ever given by it."
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("solving", "Being solved"),
            ("solved", "Preview"),
            ("applying", "Giving the beds"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        tracking=True,
        index=True,
        group_expand=True,
    )

    # Policy
    mechanism = fields.Selection(
        [
            (SERIAL, "In turn (serial dictatorship)"),
            (DEFERRED, "By standing in each hostel (deferred acceptance)"),
        ],
        required=True,
        default=SERIAL,
        tracking=True,
    )
    first_criterion = fields.Selection(
        RUN_CRITERIA,
        string="First",
        default="year",
        tracking=True,
        help="The order of the slots is the one that the window published: by results, by year, "
        "or by a lottery that everybody can compute again. Who has no slot comes last.",
    )
    second_criterion = fields.Selection(RUN_CRITERIA, string="Then", default="merit", tracking=True)
    third_criterion = fields.Selection(RUN_CRITERIA, string="And then", tracking=True)
    merit_step = fields.Float(
        string="Results count in steps of",
        help="0.5: 8.0 to 8.4 are equal, and the lottery decides among them. 0: exactly.",
    )
    distance_step = fields.Float(string="Distances count in steps of", help="In kilometres.")
    seed = fields.Char(
        string="Lottery seed",
        required=True,
        default=lambda self: secrets.token_hex(8),
        copy=False,
        tracking=True,
        help="Whoever knows it can draw the lottery again and finds the same order.",
    )
    cohort_rooms = fields.Selection(
        [(ONE_ROOM, "One room"), (ADJOINING, "One room, else rooms side by side")],
        string="A group gets",
        required=True,
        default=ONE_ROOM,
    )
    use_reserved = fields.Boolean(string="Keep beds for their groups", default=True)
    open_unclaimed = fields.Boolean(
        string="Open kept beds that nobody of the group takes",
        help="In a second pass, for those who got nothing.",
    )
    use_quotas = fields.Boolean(string="Use the quotas", default=True)
    quota_percent = fields.Integer(
        string="Quotas, in percent",
        default=100,
        help="Only in a what-if: 150 is half as many more.",
    )
    take_uncleared = fields.Boolean(
        string="Also who is not cleared", help="Only in a what-if: as if everybody had paid."
    )

    # Result
    line_ids = fields.One2many("hostel.allocation.run.line", "run_id", string="Applicants")
    group_ids = fields.One2many("hostel.allocation.run.group", "run_id", string="Fairness")
    solved_at = fields.Datetime(readonly=True, copy=False)
    solve_seconds = fields.Float(readonly=True, copy=False, digits=(8, 2))
    input_hash = fields.Char(string="Hash of the input", readonly=True, copy=False)
    output_hash = fields.Char(string="Hash of the result", readonly=True, copy=False)
    violations = fields.Json(readonly=True, copy=False)
    failure = fields.Text(readonly=True, copy=False)
    bed_count = fields.Integer(string="Free beds", readonly=True, copy=False, aggregator=None)
    student_count = fields.Integer(string="Students", readonly=True, copy=False, aggregator=None)
    placed_count = fields.Integer(string="With a bed", readonly=True, copy=False, aggregator=None)
    fill_rate = fields.Float(string="Beds filled", readonly=True, copy=False, aggregator="avg")
    placed_rate = fields.Float(string="Placed", readonly=True, copy=False, aggregator="avg")
    first_rate = fields.Float(string="First wish", readonly=True, copy=False, aggregator="avg")
    top_rate = fields.Float(string="One of three", readonly=True, copy=False, aggregator="avg")
    mean_wish = fields.Float(
        string="Mean wish", readonly=True, copy=False, aggregator="avg", digits=(6, 2)
    )
    applied_at = fields.Datetime(readonly=True, copy=False)
    planned_count = fields.Integer(compute="_compute_counts", string="To give")
    done_count = fields.Integer(compute="_compute_counts", string="Given")
    missed_count = fields.Integer(compute="_compute_counts", string="Not any more free")
    unplaced_count = fields.Integer(compute="_compute_counts", string="Without a bed")
    progress = fields.Float(compute="_compute_counts")
    untold_count = fields.Integer(compute="_compute_untold_count", string="Not told yet")

    _quota_percent_range = models.Constraint(
        "CHECK (quota_percent BETWEEN 0 AND 1000)", "Quotas count between 0 and 1000 percent."
    )
    _steps_not_negative = models.Constraint(
        "CHECK (merit_step >= 0 AND distance_step >= 0)", "A step can't be negative."
    )
    _what_if_only = models.Constraint(
        "CHECK (is_simulation IS TRUE OR (quota_percent = 100 AND take_uncleared IS NOT TRUE))",
        "Other quotas and students who are not cleared are for a what-if only.",
    )
    _one_at_work = models.UniqueIndex(
        "(round_id) WHERE state = 'applying'",
        "Another allocation of this round is giving beds right now.",
    )

    @api.depends("round_id", "is_simulation")
    def _compute_name(self):
        for run in self:
            label = run.env._("What-if") if run.is_simulation else run.env._("Allocation")
            run.name = run.name or f"{label} {run.round_id.name or ''}".strip()

    @api.depends("line_ids.state")
    def _compute_counts(self):
        groups = self.env["hostel.allocation.run.line"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]
        )
        for run in self:
            counts = {state: count for one, state, count in groups if one == run}
            run.planned_count = counts.get("planned", 0)
            run.done_count = counts.get("done", 0)
            run.missed_count = counts.get("missed", 0)
            run.unplaced_count = counts.get("unplaced", 0) + counts.get("skipped", 0)
            total = run.planned_count + run.done_count + run.missed_count
            worked = total - run.planned_count
            run.progress = 100.0 * worked / total if total and run.state in LOCKED_STATES else 0.0

    @api.depends("state", "line_ids.state", "line_ids.told_at")
    def _compute_untold_count(self):
        Line = self.env["hostel.allocation.run.line"]
        counts = dict(
            Line._read_group(
                [*Line._get_told_domain(), ("run_id", "in", self.ids), ("told_at", "=", False)],
                ["run_id"],
                ["__count"],
            )
        )
        for run in self:
            run.untold_count = counts.get(run, 0)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    def write(self, vals):
        if not self.env.su:
            if "state" in vals:
                raise UserError(self.env._("The buttons change the state."))
            if vals.keys() & SETTINGS and any(run.state in LOCKED_STATES for run in self):
                raise UserError(
                    self.env._("What has run can't be changed. Make a copy and change that.")
                )
        result = super().write(vals)
        if not self.env.su and vals.keys() & SETTINGS:
            # A preview of other rules is none of these.
            for run in self.filtered(lambda one: one.state in ("solved", "failed")):
                run._forget()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_applied(self):
        if any(run.state in ("applying", "done") or run.applied_at for run in self):
            raise UserError(self.env._("An allocation that gave beds stays as the record of it."))

    def copy_data(self, default=None):
        rows = super().copy_data(default)
        for run, vals in zip(self, rows, strict=True):
            vals["name"] = run.env._("%(name)s (copy)", name=run.name)
        return rows

    def _forget(self):
        self.ensure_one()
        run = self.sudo()
        run.line_ids.unlink()
        run.group_ids.unlink()
        run.write({"state": "draft", "input_hash": False, "output_hash": False, "failure": False})

    def _check_state(self, *states):
        """:raises HostelError: ``RUN_STATE``"""
        self.ensure_one()
        self.check_access("write")
        if self.state not in states:
            raise HostelError(
                "RUN_STATE",
                self.env._(
                    "This is not possible now: the allocation is “%(state)s”.",
                    state=dict(self._fields["state"]._description_selection(self.env))[self.state],
                ),
            )

    # ------------------------------------------------------------------
    # Solve
    # ------------------------------------------------------------------

    def action_solve(self):
        """Work out who would get which bed; nothing is given."""
        # One that gave beds before it was stopped is the record of them.
        self._check_state("draft", "solved", "failed", *(() if self.applied_at else ("cancelled",)))
        self._check_slots()
        self._forget()
        self.sudo().state = "solving"
        self._enqueue("_solve")

    def _check_slots(self):
        """:raises HostelError: ``NO_SLOTS``"""
        by_slots = "slot" in self._get_criteria()
        if by_slots and "published" not in self._get_windows().mapped("slot_state"):
            raise HostelError(
                "NO_SLOTS",
                self.env._(
                    "No slots are published in the windows of this allocation. Publish them, or "
                    "choose another order."
                ),
                422,
            )

    def _get_criteria(self):
        """What orders the applicants, the most important first; each once."""
        self.ensure_one()
        return tuple(
            dict.fromkeys(
                filter(None, (self.first_criterion, self.second_criterion, self.third_criterion))
            )
        )

    def _get_policy(self):
        """The rules of this run, as the engine reads them."""
        self.ensure_one()
        criteria = self._get_criteria()
        steps = {"merit": self.merit_step, "distance": self.distance_step}
        hostels = self._get_windows().hostel_ids.sudo()
        return Policy(
            mechanism=self.mechanism,
            criteria=criteria,
            steps=tuple((name, step) for name, step in steps.items() if step),
            seed=self.seed,
            cohort_rooms=self.cohort_rooms,
            open_unclaimed=self.open_unclaimed,
            hostel_criteria=tuple(
                (hostel.id, tuple(dict.fromkeys((hostel.allocation_priority, *criteria))))
                for hostel in hostels.sorted("id")
                if hostel.allocation_priority
            ),
        )

    def _get_windows(self):
        """Windows whose applicants this run places."""
        self.ensure_one()
        windows = self.window_id or self.round_id.window_ids
        return windows.filtered(lambda window: window.mode in ("ranked", "both"))

    def _solve(self):
        """Job: read, solve, check, and write the lines."""
        self.ensure_one()
        if self.state != "solving":
            return "stopped"
        run = self.sudo()
        task, skipped = run.env["hostel.allocation.run.reader"]._read(run)
        started = time.perf_counter()
        result = solve(task)
        seconds = time.perf_counter() - started
        wrong = verify(task, result)
        measures = measure(task, result)
        run._write_lines(task, result, skipped)
        run.env["hostel.allocation.run.group"]._write(run, measures)
        run.write(
            {
                "state": "failed" if wrong else "solved",
                "failure": run._get_failure_text(wrong),
                "violations": [[one.code, *map(str, one.facts)] for one in wrong[:100]],
                "solved_at": self.env.cr.now(),
                "solve_seconds": seconds,
                "input_hash": result.input_hash,
                "output_hash": result.output_hash,
                "bed_count": measures.beds,
                "student_count": measures.students,
                "placed_count": measures.placed,
                "fill_rate": measures.fill_rate,
                "placed_rate": measures.placed_rate,
                "first_rate": measures.top(1),
                "top_rate": measures.top(),
                "mean_wish": measures.mean_wish,
            }
        )
        _logger.info(
            "run %s: %s of %s students placed, solved in %.2f s",
            run.id, measures.placed, measures.students, seconds,
        )  # fmt: skip
        return run.state

    def _get_failure_text(self, wrong):
        if not wrong:
            return False
        return self.env._(
            "The check of the result found %(count)s faults, the first is %(code)s. No bed is"
            " given by this run. Please tell whoever looks after the system.",
            count=len(wrong),
            code=wrong[0].code,
        )

    def _write_lines(self, task, result, skipped):
        Line = self.env["hostel.allocation.run.line"]
        vals_list = Line._prepare_lines(self, task, result) + Line._prepare_skipped(self, skipped)
        for start in range(0, len(vals_list), LINE_BATCH):
            Line.create(vals_list[start : start + LINE_BATCH])

    # ------------------------------------------------------------------
    # Apply
    # ------------------------------------------------------------------

    def action_apply(self):
        """Give the beds, group by group; they then wait for their wardens' approval."""
        self._check_state("solved")
        if self.is_simulation:
            raise HostelError(
                "SIMULATION", self.env._("A what-if gives no beds. Make an allocation of it first.")
            )
        if self.round_id.is_practice:
            raise HostelError("PRACTICE", self.env._("A practice gives no beds."), 422)
        # An older run that has just ended is no longer at work.
        self.flush_model(["state"])
        self.sudo().state = "applying"
        self._enqueue("_apply_batch")

    def action_resume(self):
        """Go on where a killed process stopped; what is done is not done again."""
        self._check_state(
            "solving", "applying", *(("done", "cancelled") if self.untold_count else ())
        )
        methods = {"solving": "_solve", "applying": "_apply_batch"}
        self._enqueue(methods.get(self.state, "_tell_batch"))

    def action_cancel(self):
        """Give up a preview, or stop between two batches; beds that were given stay given, and
        whom they were given to is told."""
        self._check_state("draft", "solving", "solved", "failed", "applying")
        run = self.sudo()
        if run.state != "applying":
            run.state = "cancelled"
            return
        run.write({"state": "cancelled", "applied_at": self.env.cr.now()})
        self._enqueue("_tell_batch")

    def _enqueue(self, method, eta=None, **kwargs):
        job = self.with_delay(
            description=self.env._("%(name)s: next batch", name=self.name),
            eta=eta,
            # Resume pressed twice waits once; a job that died half-way stands in nobody's way.
            identity_key=f"hostel_booking.allocation:{self.id}:{method}",
            priority=15,
        )
        getattr(job, method)(**kwargs)

    def _apply_batch(self):
        """Job: give the next groups their beds, then leave the rest to the next job."""
        self.ensure_one()
        if not self.sudo().try_lock_for_update(allow_referencing=True):
            raise RetryableJobError("another batch is at work", seconds=2, ignore_retry=True)
        if self.state != "applying":
            return "stopped"
        busy = self._next_lines()._apply()
        if self._next_lines():
            # Whose bed somebody works on right now is tried again in a moment.
            eta = self.env.cr.now() + timedelta(seconds=2) if busy else None
            self._enqueue("_apply_batch", eta)
            return "more"
        self.sudo().write({"state": "done", "applied_at": self.env.cr.now()})
        self._enqueue("_tell_batch")
        return "done"

    def _next_lines(self):
        return (
            self.env["hostel.allocation.run.line"]
            .sudo()
            .search(
                [("run_id", "=", self.id), ("state", "=", "planned")], limit=BATCH, order="rank"
            )
        )

    def _tell_batch(self, after_id=0):
        """Job: tell the next students how it went.

        A letter that can't be written keeps nobody from theirs: *Go on* tries it again.

        :param int after_id: lines up to this one had their turn
        """
        self.ensure_one()
        Line = self.env["hostel.allocation.run.line"].sudo()
        domain = [*Line._get_told_domain(), ("run_id", "=", self.id), ("told_at", "=", False)]
        lines = Line.search([*domain, ("id", ">", after_id)], limit=TELL_BATCH, order="id")
        lines._tell()
        if lines and Line.search_count([*domain, ("id", ">", lines[-1].id)], limit=1):
            self._enqueue("_tell_batch", after_id=lines[-1].id)
            return "more"
        return "done"

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_run_rest(self):
        """A new run with the same rules, for those who got nothing."""
        self._check_state("done", "cancelled")
        return self.copy({"seed": self.seed})._open()

    def action_what_if(self):
        """A copy to try other rules on."""
        self.ensure_one()
        self.check_access("read")
        return self.copy({"is_simulation": True, "seed": self.seed, "name": False})._open()

    def action_make_real(self):
        """An allocation with the rules of a what-if."""
        self.ensure_one()
        self.check_access("read")
        return self.copy(
            {
                "is_simulation": False,
                "seed": self.seed,
                "quota_percent": 100,
                "take_uncleared": False,
                "name": False,
            }
        )._open()

    def _open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [[False, "form"]],
        }

    def action_open_lines(self):
        self.ensure_one()
        return self._open_of_runs("hostel_booking.hostel_allocation_run_line_action")

    def action_compare(self):
        """Groups of the chosen runs side by side."""
        self.check_access("read")
        return self._open_of_runs("hostel_booking.hostel_allocation_run_group_action")

    def action_compare_wishes(self):
        """Which wishes were met in the chosen runs, side by side."""
        self.check_access("read")
        action = self._open_of_runs("hostel_booking.hostel_allocation_run_line_action")
        return {
            **action,
            "view_mode": "graph,pivot,list",
            "views": [[False, "graph"], [False, "pivot"], [False, "list"]],
        }

    def _open_of_runs(self, xmlid):
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return {**action, "domain": [("run_id", "in", self.ids)]}

    # ------------------------------------------------------------------
    # What a student sees
    # ------------------------------------------------------------------

    @api.model
    def _get_result(self, student):
        """How the latest allocation went for a student.

        :return: None, or ``{"placed", "wish", "rank", "text", "reasons", "beds", "seed",
            "lot_text", "lot", "hash"}``
        """
        line = (
            self.env["hostel.allocation.run.line"]
            .sudo()
            .search(
                [
                    *self.env["hostel.allocation.run.line"]._get_shown_domain(),
                    ("cohort_id.member_ids", "any", [
                        ("student_id", "=", student.id), ("state", "=", "joined"),
                    ]),
                ],
                order="id desc",
                limit=1,
            )
        )  # fmt: skip
        return line._describe() if line else None

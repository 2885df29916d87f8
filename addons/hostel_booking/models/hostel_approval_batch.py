import logging
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.exception import RetryableJobError

_logger = logging.getLogger(__name__)

# Fewer rows than this are approved one by one.
LEAST = 10
# Rows of one transaction: their beds are locked until it ends.
STEP = 25
STALLED_AFTER = timedelta(minutes=3)
MAX_FAILURES = 50


class HostelApprovalBatch(models.Model):
    """Many approvals of one click: they wait, then take effect in steps that can be resumed.

    What is left to do stands in the rows themselves, so a killed step loses nothing and a
    repeated one does nothing.
    """

    _name = "hostel.approval.batch"
    _description = "Batch of Approvals"
    _order = "id desc"

    name = fields.Char(compute="_compute_name")
    user_id = fields.Many2one("res.users", string="Approved by", readonly=True, required=True)
    due_at = fields.Datetime(string="Takes effect at", readonly=True, required=True)
    state = fields.Selection(
        [
            ("waiting", "Can be withdrawn"),
            ("running", "Taking effect"),
            ("done", "Done"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        readonly=True,
        default="waiting",
    )
    total = fields.Integer(string="Approvals", readonly=True)
    done_count = fields.Integer(string="In effect", readonly=True)
    failures = fields.Json(readonly=True, help="Rows that were refused: name, code, sentence.")
    failed_count = fields.Integer(string="Refused", compute="_compute_progress")
    progress = fields.Float(compute="_compute_progress", help="In percent.")
    moved_at = fields.Datetime(readonly=True)
    is_stalled = fields.Boolean(compute="_compute_is_stalled")
    allocation_ids = fields.One2many("hostel.allocation", "approval_batch_id", string="Stays")

    @api.depends("total", "create_date")
    def _compute_name(self):
        for batch in self:
            batch.name = self.env._("%(count)s approvals", count=batch.total)

    @api.depends("total", "done_count", "failures")
    def _compute_progress(self):
        for batch in self:
            batch.failed_count = len(batch.failures or ())
            settled = batch.done_count + batch.failed_count
            batch.progress = 100.0 * settled / batch.total if batch.total else 0.0

    @api.depends("state", "moved_at", "due_at")
    def _compute_is_stalled(self):
        now = self.env.cr.now()
        for batch in self:
            last = max(batch.moved_at or batch.due_at, batch.due_at)
            is_busy = batch.state in ("waiting", "running")
            batch.is_stalled = is_busy and last + STALLED_AFTER < now

    # ------------------------------------------------------------------
    # Start and take back
    # ------------------------------------------------------------------

    @api.model
    def _start(self, rows):
        """Approve rows that wait; they take effect together, a little later.

        :param rows: ``hostel.allocation`` that the user may write
        :return: the batch
        """
        delay = rows._get_minutes("hostel_base.approval_delay", 60)
        due = self.env.cr.now() + timedelta(seconds=delay)
        batch = self.sudo().create(
            {"user_id": self.env.uid, "due_at": due, "total": len(rows), "moved_at": due}
        )
        rows.sudo().write(
            {
                "approval_due": due,
                "approved_by_id": self.env.uid,
                "approval_batch_id": batch.id,
            }
        )
        batch._enqueue(due)
        batch._tell()
        return batch.sudo(self.env.su)

    def _get_left(self, limit=None):
        """Rows that were approved with the batch and wait for it to take effect."""
        self.ensure_one()
        return (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("approval_batch_id", "=", self.id),
                    ("state", "=", "awaiting_approval"),
                    ("approval_due", "=", self.due_at),
                ],
                order="id",
                limit=limit,
            )
        )

    def _rows_withdrawn(self):
        """Some or all of the rows were taken back before they took effect."""
        for batch in self:
            left = len(batch._get_left())
            settled = batch.done_count + batch.failed_count
            batch.total = settled + left
            if not left and batch.state in ("waiting", "running"):
                batch.state = "done" if settled else "withdrawn"
            batch._tell()

    def action_withdraw(self):
        """Take back what has not taken effect yet."""
        self.ensure_one()
        self.check_access("read")
        rows = self._get_left()
        if not rows:
            raise HostelError(
                "NOTHING_TO_WITHDRAW", self.env._("None of these approvals can be withdrawn."), 422
            )
        return rows.sudo(False).action_withdraw_approval()

    def action_resume(self):
        """Go on where a killed process stopped; what is done is not done again."""
        self.ensure_one()
        self.check_access("read")
        if self.state in ("waiting", "running"):
            self.sudo()._enqueue()

    def action_open_rows(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_allocation_action"
        )
        action["domain"] = [("approval_batch_id", "=", self.id)]
        action["context"] = {}
        return action

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _enqueue(self, eta=None):
        self.with_delay(
            description=self.env._("%(name)s: next step", name=self.name),
            eta=eta,
            priority=5,
            # Resume pressed twice waits once; a step that died stands in nobody's way.
            identity_key=f"hostel_booking.approval:{self.id}:{bool(eta)}",
        )._apply_step()

    def _apply_step(self):
        """Job: let the next rows take effect, then leave the rest to the next job."""
        self.ensure_one()
        if not self.try_lock_for_update(allow_referencing=True):
            raise RetryableJobError("another step is at work", seconds=2, ignore_retry=True)
        if self.state not in ("waiting", "running"):
            return "stopped"
        if self.due_at > self.env.cr.now():
            # Resumed while it could still be withdrawn.
            self._enqueue(self.due_at)
            return "too early"
        rows = self._get_left(STEP)
        outcomes = [self._apply_row(row) for row in rows]
        self.write(
            {
                "state": "running",
                "done_count": self.done_count + outcomes.count("done"),
                "moved_at": self.env.cr.now(),
            }
        )
        if not self._get_left(1):
            self.state = "done"
        else:
            # Whose beds others work on right now come again in a moment.
            stuck = outcomes and set(outcomes) == {"busy"}
            self._enqueue(self.env.cr.now() + timedelta(seconds=2) if stuck else None)
        self._tell()
        return f"{self.done_count} / {self.total}"

    def _apply_row(self, row):
        """:return: ``done``, ``busy`` or ``failed``"""
        try:
            with self.env.cr.savepoint():
                row._transition("allocated", approval_due=False)
        except HostelError as exc:
            if exc.code == "BED_BUSY":
                return "busy"
            _logger.info("batch %s: row %s refused: %s", self.id, row.id, exc.code)
            row.write({"approval_due": False, "approved_by_id": False})
            failure = {"id": row.id, "name": row.name, "code": exc.code, "text": str(exc)}
            self.failures = [*(self.failures or ()), failure]
            return "failed"
        return "done"

    # ------------------------------------------------------------------
    # What the desk shows
    # ------------------------------------------------------------------

    def _tell(self):
        """Bring the numbers to the open desks of whoever approved."""
        for batch in self.sudo():
            batch.user_id.partner_id._bus_send("hostel.approval/progress", batch._describe())

    def _describe(self):
        """The batch for the desk; times are what is left, in ms."""
        self.ensure_one()
        left = (self.due_at - self.env.cr.now()).total_seconds()
        return {
            "id": self.id,
            "state": self.state,
            "total": self.total,
            "done": self.done_count,
            "failed": self.failed_count,
            "failures": (self.failures or [])[:MAX_FAILURES],
            "progress": self.progress,
            "due_in_ms": max(0, int(left * 1000)),
            "stalled": self.is_stalled,
        }

    @api.model
    def _get_of_user(self):
        """What the user approved a moment ago or is still at work, newest first."""
        recent = self.env.cr.now() - timedelta(minutes=10)
        return self.search(
            [
                ("user_id", "=", self.env.uid),
                "|",
                ("state", "in", ("waiting", "running")),
                "&",
                ("state", "=", "done"),
                ("moved_at", ">", recent),
            ],
            limit=5,
        )

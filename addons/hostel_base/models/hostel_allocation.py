import logging
import secrets
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from odoo.addons.queue_job.exception import RetryableJobError

from ..const import GENDERS, LIVE_STATES, TRANSITIONS, UNPAID_STATES
from ..errors import HostelError

_logger = logging.getLogger(__name__)

LIVE_SQL = f"state IN {LIVE_STATES}"

# What only the transitions may write.
PROTECTED_FIELDS = {
    "name",
    "state",
    "bed_id",
    "room_id",
    "floor_id",
    "hostel_id",
    "company_id",
    "room_type_id",
    "student_id",
    "gender",
    "term_id",
    "date_from",
    "date_to",
    "is_block",
    "fence",
    "hold_until",
    "hold_started_at",
    "hold_extensions",
    "payment_ref",
    "price",
    "paid_at",
    "origin_id",
    "approval_due",
    "approved_by_id",
}
# Stored on the row, because its constraints and rules look at them.
COPIED_FROM_BED = ("room_id", "floor_id", "hostel_id", "company_id", "room_type_id")
PLACED_STATES = ("awaiting_approval", "allocated", "checked_in")
MAX_PAYING_MINUTES = 30
UNREACHABLE_EXTENSIONS = 2
EXTENSION_MINUTES = 5
EQUAL_BEDS_TO_TRY = 20


class HostelAllocation(models.Model):
    """Who has which bed from when to when; PostgreSQL is the judge.

    Rows change through :meth:`_reserve`, :meth:`_block` and :meth:`_transition`
    only. Ranges are half-open: ``date_to`` is the leaving day.
    """

    _name = "hostel.allocation"
    _description = "Bed Allocation"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    name = fields.Char(string="Reference", readonly=True, required=True, default="/", copy=False)
    bed_id = fields.Many2one(
        "hostel.bed", required=True, readonly=True, ondelete="restrict", index=True, tracking=True
    )
    room_id = fields.Many2one(related="bed_id.room_id", store=True, index=True)
    floor_id = fields.Many2one(related="bed_id.floor_id", store=True, index=True)
    hostel_id = fields.Many2one(related="bed_id.hostel_id", store=True, index=True)
    company_id = fields.Many2one(related="bed_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    student_id = fields.Many2one(
        "hostel.student", readonly=True, ondelete="restrict", index=True, tracking=True
    )
    gender = fields.Selection(GENDERS, readonly=True)
    is_block = fields.Boolean(string="Closed bed", readonly=True)
    term_id = fields.Many2one("hostel.term", readonly=True, ondelete="restrict", index=True)
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(
        string="Until", required=True, readonly=True, help="The leaving day.", tracking=True
    )
    state = fields.Selection(
        [
            ("offered", "Offered"),
            ("paying", "Paying"),
            ("awaiting_approval", "Awaiting approval"),
            ("allocated", "Allocated"),
            ("checked_in", "Checked in"),
            ("blocked", "Closed"),
            ("expired", "Expired"),
            ("cancelled", "Cancelled"),
            ("vacated", "Vacated"),
            ("transferred", "Transferred"),
            ("unplaced", "Paid, without a bed"),
            ("reassigned", "Given another bed"),
            ("refund_due", "Refund due"),
            ("refunded", "Refunded"),
        ],
        required=True,
        readonly=True,
        tracking=True,
        index=True,
    )
    fence = fields.Integer(
        readonly=True, copy=False, help="Grows with every transition; an older one is refused."
    )
    hold_until = fields.Datetime(string="Reserved until", readonly=True, copy=False)
    hold_started_at = fields.Datetime(readonly=True, copy=False)
    hold_extensions = fields.Integer(
        readonly=True, copy=False, help="How often the payer's side could not be reached."
    )
    payment_ref = fields.Char(string="Payment reference", readonly=True, copy=False)
    price = fields.Monetary(readonly=True, help="Frozen when the bed was held.")
    paid_at = fields.Datetime(readonly=True, copy=False, tracking=True)
    approval_due = fields.Datetime(
        string="Takes effect at",
        readonly=True,
        copy=False,
        help="An approval can be withdrawn until then.",
    )
    approved_by_id = fields.Many2one("res.users", string="Approved by", readonly=True, copy=False)
    origin_id = fields.Many2one(
        "hostel.allocation", string="Instead of", readonly=True, index="btree_not_null"
    )
    reason = fields.Char(tracking=True)
    roll_number = fields.Char(related="student_id.roll_number")
    room_type_id = fields.Many2one(related="bed_id.room_type_id", store=True)

    _bed_free = models.Constraint(
        "EXCLUDE USING gist (bed_id WITH =, daterange(date_from, date_to, '[)') WITH &&)"
        f" WHERE ({LIVE_SQL})",
        "This bed is taken for these dates.",
    )
    _student_once = models.Constraint(
        "EXCLUDE USING gist (student_id WITH =, daterange(date_from, date_to, '[)') WITH &&)"
        f" WHERE ({LIVE_SQL})",
        "This student has a bed for these dates.",
    )
    _room_one_gender = models.Constraint(
        "EXCLUDE USING gist (room_id WITH =, gender WITH <>,"
        " daterange(date_from, date_to, '[)') WITH &&)"
        f" WHERE ({LIVE_SQL})",
        "The room is taken by students of another gender for these dates.",
    )
    _dates_ordered = models.Constraint(
        "CHECK (date_to > date_from)", "A stay must end after it starts."
    )
    _student_unless_block = models.Constraint(
        "CHECK ((student_id IS NULL) = (is_block IS TRUE))",
        "A stay needs a student; a closed bed has none.",
    )
    _payment_ref_uniq = models.UniqueIndex(
        "(payment_ref) WHERE payment_ref IS NOT NULL", "A payment reference is used once."
    )
    _hold_idx = models.Index("(hold_until) WHERE state IN ('offered', 'paying')")

    def init(self):
        self.env.cr.execute("CREATE SEQUENCE IF NOT EXISTS hostel_allocation_fence_seq")

    @api.depends("name", "bed_id", "student_id")
    def _compute_display_name(self):
        for row in self:
            # Whoever may see the row may know its bed, which students can't read.
            known = row.sudo()
            who = known.student_id.display_name if known.student_id else known.reason or ""
            row.display_name = f"{known.name} · {known.bed_id.display_name} · {who}"

    # ------------------------------------------------------------------
    # CRUD: everything else goes through the transitions
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(
                self.env._("Beds are given through the booking or “Allocate a bed”, not by hand.")
            )
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                vals["name"] = self.env["ir.sequence"].next_by_code("hostel.allocation") or "/"
            # Copied here rather than computed: one INSERT, and no UPDATE after it.
            bed = self.env["hostel.bed"].browse(vals["bed_id"])
            vals |= {name: bed[name].id for name in COPIED_FROM_BED}
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and PROTECTED_FIELDS & vals.keys():
            raise AccessError(self.env._("An allocation changes through its buttons only."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise HostelError(
            "ALLOCATION_KEPT", self.env._("Allocations are never deleted; cancel them."), 422
        )

    # ------------------------------------------------------------------
    # Small helpers
    # ------------------------------------------------------------------

    @api.model
    def _live_on(self, day):
        """Domain of the rows that take a bed on a day."""
        return [
            ("state", "in", LIVE_STATES),
            ("date_from", "<=", day),
            ("date_to", ">", day),
        ]

    @api.model
    def _live_between(self, date_from, date_to):
        """Domain of the rows that take a bed on any day of ``[date_from, date_to)``."""
        return [
            ("state", "in", LIVE_STATES),
            ("date_from", "<", date_to),
            ("date_to", ">", date_from),
        ]

    @api.model
    def _next_fence(self):
        [[fence]] = self.env.execute_query(SQL("SELECT nextval('hostel_allocation_fence_seq')"))
        return fence

    @api.model
    def _get_minutes(self, parameter, default):
        value = self.env["ir.config_parameter"].sudo().get_param(parameter)
        return int(value) if value else default

    @api.model
    def _new_payment_ref(self):
        """A reference that can't be guessed, short enough for a payment slip."""
        return f"HB-{secrets.token_hex(6).upper()}"

    def _get_bed_label(self):
        """Where it is, in words: ``Kaveri · 214 · B``."""
        self.ensure_one()
        return self.bed_id._get_full_label()

    def _lock_bed(self, bed):
        """Take the right to change who has a bed, or refuse at once.

        :raises HostelError: ``BED_BUSY`` if another transaction has it
        """
        # FOR NO KEY UPDATE: rows that refer to the bed don't wait for us.
        if not bed.sudo().try_lock_for_update(allow_referencing=True):
            raise HostelError(
                "BED_BUSY",
                self.env._("Someone is booking %(bed)s right now.", bed=bed.display_name),
                details={"retry_after": 1},
            )

    # ------------------------------------------------------------------
    # Taking a bed
    # ------------------------------------------------------------------

    @api.model
    def _reserve(self, bed, student, term, state, *, price=None, hold_seconds=None, origin=None):
        """Give a bed to a student for a term.

        A second call for a bed that the student is already paying returns that row.

        :param bed: one ``hostel.bed``
        :param student: one ``hostel.student``
        :param term: one ``hostel.term``
        :param state: ``offered``, ``paying`` or ``awaiting_approval``
        :param price: amount in the company's currency, as frozen at the hold
        :param hold_seconds: for how long an unpaid row keeps the bed, from
            PostgreSQL's clock
        :param origin: the row that this one replaces
        :return: one ``hostel.allocation``
        :raises HostelError: ``STUDENT_INACTIVE``, ``GENDER_MISMATCH``, ``ROOM_CLOSED``,
            ``BED_RETIRED``, ``YEAR_CLOSED``, ``BED_BUSY``, ``BED_TAKEN``, ``DUPLICATE_ENTRY``,
            ``INVALID_ALLOCATION``
        """
        bed, student = bed.sudo(), student.sudo()
        term.sudo().year_id._check_open()
        self._check_bed_suits(bed, student)
        self._lock_bed(bed)
        existing = self.sudo().search(
            [
                ("bed_id", "=", bed.id),
                ("student_id", "=", student.id),
                ("state", "in", UNPAID_STATES),
                *self._live_between(term.date_from, term.date_to),
            ],
            limit=1,
        )
        if existing:
            return existing
        now = self.env.cr.now()
        vals = {
            "bed_id": bed.id,
            "student_id": student.id,
            "gender": student.gender,
            "term_id": term.id,
            "date_from": term.date_from,
            "date_to": term.date_to,
            "price": bed._get_price(term) if price is None else price,
            "payment_ref": self._new_payment_ref(),
            "origin_id": origin.id if origin else False,
        }
        if hold_seconds:
            vals |= {"hold_started_at": now, "hold_until": now + timedelta(seconds=hold_seconds)}
        return self._insert_row(vals, state)

    @api.model
    def _block(self, bed, date_from, date_to, reason):
        """Take a bed out of use for ``[date_from, date_to)``.

        :raises HostelError: ``BED_BUSY``, ``BED_TAKEN``, ``ROOM_CLOSED``, ``INVALID_DATES``
        """
        if date_to <= date_from:
            raise HostelError(
                "INVALID_DATES", self.env._("The last day must come after the first."), 422
            )
        self._lock_bed(bed)
        vals = {
            "bed_id": bed.id,
            "is_block": True,
            "date_from": date_from,
            "date_to": date_to,
            "reason": reason,
        }
        return self._insert_row(vals, "blocked")

    def _insert_row(self, vals, state):
        """Insert a live row; the constraints decide whether it may exist."""
        bed = self.env["hostel.bed"].browse(vals["bed_id"]).sudo()
        try:
            with self.env.cr.savepoint():
                row = self.sudo().create({**vals, "state": state, "fence": self._next_fence()})
                row.flush_recordset()
        except IntegrityError as exc:
            raise self._conflict_error(exc, bed, vals) from None
        row._after_transition(False)
        return row.sudo(self.env.su)

    @api.model
    def _check_bed_suits(self, bed, student):
        """Refuse what no race can change: status, gender, retired beds."""
        if student.status != "active" or not student.active:
            raise HostelError(
                "STUDENT_INACTIVE",
                self.env._("Only an active student can have a bed; ask the hostel office."),
                403,
            )
        if not bed.active or not bed.room_id.active:
            raise HostelError(
                "BED_RETIRED", self.env._("Bed %(bed)s is no longer used.", bed=bed.display_name)
            )
        wanted = bed.room_id.gender or bed.hostel_id._get_required_gender()
        if not wanted or wanted != student.gender:
            raise HostelError(
                "GENDER_MISMATCH",
                self.env._("Room %(room)s is for others.", room=bed.room_id.name),
                403,
            )

    @api.model
    def _conflict_error(self, exc, bed, vals):
        """Translate a violated constraint into the refusal the person sees."""
        constraint = exc.diag.constraint_name or ""
        mine = {
            "hostel_allocation_bed_free": self._bed_conflict_error,
            "hostel_allocation_student_once": self._student_conflict_error,
        }
        if constraint in mine:
            return mine[constraint](bed, vals)
        if constraint == "hostel_allocation_room_one_gender":
            return HostelError(
                "GENDER_MISMATCH",
                self.env._("Room %(room)s is for others.", room=bed.room_id.name),
                403,
            )
        return HostelError("INVALID_ALLOCATION", self._sql_error_to_message(exc), 422)

    def _bed_conflict_error(self, bed, vals):
        overlap = self.sudo().search(
            [
                ("bed_id", "=", bed.id),
                *self._live_between(vals["date_from"], vals["date_to"]),
            ],
            limit=1,
        )
        if overlap.is_block:
            return HostelError(
                "ROOM_CLOSED",
                self.env._("Bed %(bed)s is closed for these dates.", bed=bed.display_name),
            )
        if overlap and overlap.student_id.id == vals.get("student_id"):
            return HostelError(
                "DUPLICATE_ENTRY",
                self.env._("You have bed %(bed)s already.", bed=bed.display_name),
            )
        return HostelError(
            "BED_TAKEN", self.env._("Someone took bed %(bed)s.", bed=bed.display_name)
        )

    def _student_conflict_error(self, bed, vals):
        """The student has a bed: this very one (a double click), or another."""
        same = self.sudo().search_count(
            [
                ("bed_id", "=", bed.id),
                ("student_id", "=", vals["student_id"]),
                *self._live_between(vals["date_from"], vals["date_to"]),
            ],
            limit=1,
        )
        if same:
            return HostelError(
                "DUPLICATE_ENTRY", self.env._("You have bed %(bed)s already.", bed=bed.display_name)
            )
        return HostelError(
            "INVALID_ALLOCATION", self.env._("The student has another bed for these dates.")
        )

    # ------------------------------------------------------------------
    # Transitions
    # ------------------------------------------------------------------

    def _transition(self, state, **vals):
        """Move the row to another state, under the bed's lock and a new fence.

        :raises HostelError: ``INVALID_TRANSITION``, ``BED_BUSY`` or a conflict
        """
        self.ensure_one()
        row = self.sudo()
        old_state = row.state
        if state not in TRANSITIONS[old_state]:
            raise HostelError(
                "INVALID_TRANSITION",
                self.env._(
                    "%(name)s can't become “%(state)s” any more.",
                    name=row.name,
                    state=dict(self._fields["state"]._description_selection(self.env))[state],
                ),
            )
        self._lock_bed(row.bed_id)
        row.write({**vals, "state": state, "fence": self._next_fence()})
        # Another transition that won the race shows here, as a retried conflict.
        row.flush_recordset()
        row._after_transition(old_state)

    def _after_transition(self, old_state):
        """Extension point: called after every change of state, in its transaction.

        :param old_state: the state before, or False for a new row
        """

    # ------------------------------------------------------------------
    # Money that arrives
    # ------------------------------------------------------------------

    def _payment_received(self, paid_at):
        """Act on a verified payment; a repeated call changes nothing.

        :param datetime paid_at: when the payer's bank says it happened, naive UTC
        """
        self.ensure_one()
        if self.state in UNPAID_STATES:
            self._transition("awaiting_approval", paid_at=paid_at, hold_until=False)
        elif self.state in PLACED_STATES and not self.paid_at:
            # Confirmed without money, and paid all the same: a refusal must find it.
            self.sudo().paid_at = paid_at
        elif self.state in ("expired", "cancelled") and not self.paid_at:
            self.sudo().paid_at = paid_at
            self._place_late_payment()

    def _place_late_payment(self):
        """Find a bed for money whose own row is dead: same, equal, or refund."""
        self.ensure_one()
        self._transition("unplaced")
        new = self._find_replacement()
        if new:
            self._transition("reassigned")
        else:
            self._transition("refund_due")
        return new

    def _find_replacement(self):
        """Reserve the same bed, else an equal one; empty if there is none."""
        busy = self.sudo().search_count(
            [
                ("student_id", "=", self.student_id.id),
                *self._live_between(self.date_from, self.date_to),
            ],
            limit=1,
        )
        if busy:
            return self.browse()
        for bed in self.bed_id.sudo() | self._get_equal_beds():
            try:
                new = self._reserve(
                    bed,
                    self.student_id,
                    self.term_id,
                    "awaiting_approval",
                    price=self.price,
                    origin=self,
                )
            except HostelError as exc:
                _logger.info("late payment of %s: bed %s refused: %s", self.id, bed.id, exc.code)
                continue
            new.sudo().paid_at = self.paid_at
            return new
        return self.browse()

    def _get_equal_beds(self):
        """Free beds of the same hostel, room type and price, nearest floor first."""
        beds = (
            self.env["hostel.bed"]
            .sudo()
            .search(
                [
                    ("hostel_id", "=", self.hostel_id.id),
                    ("room_type_id", "=", self.room_type_id.id),
                    ("id", "!=", self.bed_id.id),
                    "!",
                    (
                        "allocation_ids",
                        "any",
                        self._live_between(self.date_from, self.date_to),
                    ),
                ]
            )
            .filtered(lambda bed: bed._get_price(self.term_id) == self.price)
        )
        floor = self.floor_id.sudo().number
        return beds.sorted(lambda bed: abs(bed.floor_id.number - floor))[:EQUAL_BEDS_TO_TRY]

    # ------------------------------------------------------------------
    # Money that doesn't arrive
    # ------------------------------------------------------------------

    def _ask_payment_status(self):
        """Extension point: what the payer's side says about an unpaid row.

        :return: ``paid`` (and recorded), ``confirmed`` (paid, but it can't be recorded at
            the moment), ``pending``, ``unpaid`` or ``unreachable``
        """
        self.ensure_one()
        return "unpaid"

    def _extend_hold(self, minutes):
        """Keep an unpaid row alive a little longer, never beyond the longest hold.

        :return: whether it was extended
        """
        self.ensure_one()
        now = self.env.cr.now()
        limit = (self.hold_started_at or now) + timedelta(minutes=MAX_PAYING_MINUTES)
        until = min(now + timedelta(minutes=minutes), limit)
        if until <= now:
            return False
        self.sudo().hold_until = until
        return True

    def _settle_unpaid(self):
        """Decide about a row whose time to pay is over.

        :return: the state afterwards
        """
        self.ensure_one()
        status = self._ask_payment_status()
        if status == "paid":
            self._payment_received(self.env.cr.now())
        elif status == "confirmed":
            # Whatever keeps the books from it, a paid bed is not given away.
            self.sudo().hold_until = self.env.cr.now() + timedelta(minutes=EXTENSION_MINUTES)
        elif status == "pending" and self._extend_hold(EXTENSION_MINUTES):
            pass
        elif (
            status == "unreachable"
            and self.hold_extensions < UNREACHABLE_EXTENSIONS
            and self._extend_hold(EXTENSION_MINUTES)
        ):
            self.sudo().hold_extensions += 1
        else:
            self._transition("expired", hold_until=False)
        return self.state

    @api.model
    def _cron_settle_unpaid(self, limit=200):
        """Free the beds whose time to pay is over, one transaction a row."""
        domain = [
            ("state", "in", UNPAID_STATES),
            ("hold_until", "<", self.env.cr.now()),
        ]
        rows = self.search(domain, limit=limit, order="hold_until")
        for done, row in enumerate(rows, 1):
            try:
                with self.env.cr.savepoint():
                    row._settle_unpaid()
            except HostelError as exc:
                # Its bed is being worked on; the next run comes back to it.
                _logger.info("allocation %s not settled: %s", row.id, exc.code)
            except Exception:
                # One row that fails must not keep the others from their beds.
                _logger.exception("allocation %s not settled", row.id)
            self.env["ir.cron"]._commit_progress(1, remaining=len(rows) - done)

    # ------------------------------------------------------------------
    # Approval, which takes effect a little later
    # ------------------------------------------------------------------

    def action_approve(self):
        """Approve what waits among the rows; it can be withdrawn for a while."""
        self.check_access("write")
        rows = self.filtered(lambda row: row.state == "awaiting_approval" and not row.approval_due)
        if not rows:
            raise HostelError(
                "NOTHING_TO_APPROVE", self.env._("None of these rows waits for an approval."), 422
            )
        delay = self._get_minutes("hostel_base.approval_delay", 60)
        due = self.env.cr.now() + timedelta(seconds=delay)
        rows.sudo().write({"approval_due": due, "approved_by_id": self.env.uid})
        for row in rows.sudo():
            row.with_delay(
                eta=due, description=row.env._("Approve %(name)s", name=row.name)
            )._apply_approval(due)
        return self._notify(
            self.env._("%(count)s approved", count=len(rows)),
            self.env._("You can withdraw it for %(seconds)s seconds.", seconds=delay),
        )

    def _apply_approval(self, due):
        """Job: let an approval take effect unless it was withdrawn meanwhile."""
        self.ensure_one()
        if self.state != "awaiting_approval" or self.approval_due != due:
            return "withdrawn"
        try:
            self._transition("allocated", approval_due=False)
        except HostelError as exc:
            if exc.code != "BED_BUSY":
                raise
            self._retry_later(exc)
        return "allocated"

    @api.model
    def _retry_later(self, exc):
        raise RetryableJobError(str(exc), seconds=2, ignore_retry=True) from exc

    def action_withdraw_approval(self):
        """Take back approvals that have not taken effect yet."""
        self.check_access("write")
        rows = self.filtered(lambda row: row.state == "awaiting_approval" and row.approval_due)
        if not rows:
            raise HostelError(
                "NOTHING_TO_WITHDRAW", self.env._("None of these approvals can be withdrawn."), 422
            )
        rows.sudo().write({"approval_due": False, "approved_by_id": False})
        return self._notify(self.env._("%(count)s withdrawn", count=len(rows)), "")

    def action_reject(self):
        """Refuse the bed; what was paid waits for another bed or a refund."""
        self.check_access("write")
        for row in self:
            row._transition("cancelled", approval_due=False, approved_by_id=False)
            if row.paid_at:
                row._transition("unplaced")

    def action_give_other_bed(self):
        """Give a paid row without a bed the same or an equal one."""
        self.check_access("write")
        for row in self:
            if not row._find_replacement():
                raise HostelError("NO_EQUAL_BED", self.env._("No equal bed is free."))
            row._transition("reassigned")

    def action_refund_due(self):
        self.check_access("write")
        for row in self:
            row._transition("refund_due")

    def action_check_in(self):
        self.check_access("write")
        for row in self:
            row._transition("checked_in")

    def action_vacate(self):
        self.check_access("write")
        for row in self:
            row._transition("vacated")

    def action_cancel(self):
        """Cancel unpaid, closed or allocated rows."""
        self.check_access("write")
        for row in self:
            row._transition("cancelled")
            if row.paid_at and not row.is_block:
                row._transition("unplaced")

    @api.model
    def _notify(self, title, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": title,
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

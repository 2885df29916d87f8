import secrets

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..const import GENDERS, LIVE_STATES, TRANSITIONS
from ..errors import HostelError

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
    "is_first_day_agreed",
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
    "vacate_reason",
    "vacate_note",
    "vacated_on",
    "notice_date",
    "planned_date_to",
    "block_kind",
}
# Stored on the row, because its constraints and rules look at them.
COPIED_FROM_BED = ("room_id", "floor_id", "hostel_id", "company_id", "room_type_id")


class HostelAllocation(models.Model):
    """Who has which bed from when to when; PostgreSQL is the judge.

    Rows change through :meth:`_reserve`, :meth:`_block` and :meth:`_transition`
    only. Ranges are half-open: ``date_to`` is the leaving day.
    """

    _name = "hostel.allocation"
    _description = "Bed Allocation"
    _inherit = ["mail.thread", "mail.activity.mixin", "hostel.known.mixin"]
    _order = "id desc"
    _rec_names_search = ["name", "student_id.roll_number", "student_id.name", "bed_id.room_id.name"]

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
    is_first_day_agreed = fields.Boolean(
        string="First day agreed",
        readonly=True,
        help="Somebody said from which day the bed is the student's; an approval does not move it.",
    )
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
        readonly=True,
        copy=False,
        tracking=True,
        help="Grows with every change; an older one is refused.",
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
        unnamed = [vals for vals in vals_list if vals.get("name", "/") == "/"]
        for vals, name in zip(unnamed, self._next_names(len(unnamed)), strict=True):
            vals["name"] = name
        # Copied here rather than computed: one INSERT, and no UPDATE after it.
        beds = self.env["hostel.bed"].browse(dict.fromkeys(vals["bed_id"] for vals in vals_list))
        copied = {bed.id: {name: bed[name].id for name in COPIED_FROM_BED} for bed in beds}
        for vals in vals_list:
            vals |= copied[vals["bed_id"]]
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
        [fence] = self._next_fences(1)
        return fence

    @api.model
    def _next_fences(self, count):
        """So many new fences, in order, in one query."""
        rows = self.env.execute_query(
            SQL("SELECT nextval('hostel_allocation_fence_seq') FROM generate_series(1, %s)", count)
        )
        return [fence for [fence] in rows]

    @api.model
    def _next_names(self, count):
        """So many new references; in one query where the sequence is PostgreSQL's own."""
        sequence = (
            self.env["ir.sequence"]
            .sudo()
            .search(
                [
                    ("code", "=", "hostel.allocation"),
                    ("company_id", "in", (self.env.company.id, False)),
                ],
                order="company_id",
                limit=1,
            )
            if count
            else None
        )
        if not sequence:
            return ["/"] * count
        if sequence.implementation != "standard" or sequence.use_date_range:
            return [sequence.next_by_id() for _row in range(count)]
        numbers = self.env.execute_query(
            SQL(
                "SELECT nextval(%s::regclass) FROM generate_series(1, %s)",
                f"ir_sequence_{sequence.id:03d}",
                count,
            )
        )
        return [sequence.get_next_char(number) for [number] in numbers]

    @api.model
    def _get_minutes(self, parameter, default):
        """A setting in whole minutes, seconds or days; 0 is 0, only a missing one is the default.

        Saving 0 in the settings deletes nothing here: see ``res.config.settings``.
        """
        value = self.env["ir.config_parameter"].sudo().get_param(parameter)
        return default if value in (False, None, "") else int(value)

    @api.model
    def _new_payment_ref(self):
        """A reference that can't be guessed, short enough for a payment slip."""
        return f"HB-{secrets.token_hex(6).upper()}"

    def _get_bed_label(self):
        """Where it is, in words: ``Kaveri · 214 · B``."""
        self.ensure_one()
        return self.bed_id._get_full_label()

    def _lock_bed(self, beds):
        """Take the right to change who has these beds, or refuse at once.

        :raises HostelError: ``BED_BUSY`` if another transaction has it
        """
        busy = self._try_lock_beds(beds)
        if busy:
            raise self._busy_error(busy[0])

    def _try_lock_beds(self, beds):
        """Lock as many of these beds as nobody else works on, in one query.

        :return: the others
        """
        # FOR NO KEY UPDATE: rows that refer to the bed don't wait for us.
        # Nobody waits for a lock, so two who want the same beds can't block each other.
        beds = beds.sudo().sorted("id")
        return beds - beds.try_lock_for_update(allow_referencing=True)

    def _busy_error(self, bed):
        return HostelError(
            "BED_BUSY",
            self.env._("Someone is booking %(bed)s right now.", bed=bed.display_name),
            details={"retry_after": 1},
        )

    def _get_asked_price(self):
        """Extension point: what the days of this stay cost; the price of the term unless it is
        billed by days.

        :return: float, without taxes
        """
        self.ensure_one()
        return self.price

    # ------------------------------------------------------------------
    # Transitions
    # ------------------------------------------------------------------

    def _transition(self, state, **vals):
        """Move the row to another state, under the bed's lock and a new fence.

        :raises HostelError: ``INVALID_TRANSITION``, ``BED_BUSY`` or a conflict
        """
        self.ensure_one()
        row = self.sudo()
        if state not in TRANSITIONS[row.state]:
            raise HostelError(
                "INVALID_TRANSITION",
                self.env._(
                    "%(name)s can't become “%(state)s” any more.",
                    name=row.name,
                    state=dict(self._fields["state"]._description_selection(self.env))[state],
                ),
            )
        row._change(**{"state": state, **row._prepare_transition_vals(state), **vals})

    def _prepare_transition_vals(self, state):
        """What changes with a state: in a term that runs, the days begin when the bed is the
        student's, not when it was offered or asked for.
        """
        if state == "allocated" or (self.state == "offered" and state in LIVE_STATES):
            first = self._get_first_day(self.term_id) if self.term_id else self.date_from
            if self.date_from < first < self.date_to and not self.is_first_day_agreed:
                return {"date_from": first}
        return {}

    def _change(self, **vals):
        """Write protected facts of the row: the one door for states and dates.

        Taking a vacated stay or a swap back goes through here too, and not through the table
        of transitions: nothing but the year-end's undo and a cancelled swap may do that.

        :raises HostelError: ``BED_BUSY``, ``BED_RETIRED`` where a dead row would live again, or a
            conflict where the row takes more days than before
        """
        self.ensure_one()
        row = self.sudo()
        old_state, old_dates = row.state, (row.date_from, row.date_to)
        self._lock_bed(row.bed_id)
        vals = {**vals, "fence": self._next_fence()}
        if row._takes_more(vals):
            if row.state not in LIVE_STATES:
                self._check_bed_used(row.bed_id)
            row._write_judged(vals)
        else:
            row.write(vals)
            # Another transition that won the race shows here, as a retried conflict.
            row.flush_recordset()
        if row.state != old_state:
            row._after_transition(old_state)
        if (row.date_from, row.date_to) != old_dates:
            row._after_dates_changed(*old_dates)

    def _takes_more(self, vals):
        """Whether a change may meet another row: a dead one never does."""
        if vals.get("state", self.state) not in LIVE_STATES:
            return False
        return self.state not in LIVE_STATES or bool(vals.keys() & {"date_from", "date_to"})

    def _write_judged(self, vals):
        """Write what the constraints may refuse, and refuse it in words."""
        wanted = {
            "id": self.id,
            "student_id": self.student_id.id,
            "date_from": self.date_from,
            "date_to": self.date_to,
            **vals,
        }
        bed = self.bed_id
        try:
            with self.env.cr.savepoint():
                self.write(vals)
                self.flush_recordset()
        except IntegrityError as exc:
            raise self._conflict_error(exc, bed, wanted) from None

    def _after_transition(self, old_state):
        """Extension point: called after every change of state, in its transaction.

        Called with one row, or with many new ones that are all in the same state.

        :param old_state: the state before, or False for new rows
        """

    def _after_dates_changed(self, old_from, old_to):
        """Extension point: called after the days of a row changed, in their transaction.

        :param date old_from: first day before the change
        :param date old_to: leaving day before the change
        """

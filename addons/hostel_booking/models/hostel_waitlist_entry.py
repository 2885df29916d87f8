import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from odoo.addons.hostel_base.const import UNPAID_STATES
from odoo.addons.hostel_base.errors import HostelError

_logger = logging.getLogger(__name__)

OPEN_STATES = ("waiting", "offered")
DEFAULT_PRIORITY = 10
OFFER_HOURS = 24
MAX_OFFERS = 2
MAX_LISTS = 3
# What the office changes by hand; everything else goes through the methods.
OFFICE_FIELDS = {"priority", "note"}


class HostelWaitlistEntry(models.Model):
    """One who waits: a student, or a cohort that takes all its beds or none.

    The order is priority, then time. An offer keeps the beds until ``offer_until``; whoever
    lets two offers go by leaves the list, so that a bed does not wander from hand to hand.
    """

    _name = "hostel.waitlist.entry"
    _description = "Waitlist Entry"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _hostel_audit = True
    _order = "priority, joined_at, id"

    waitlist_id = fields.Many2one(
        "hostel.waitlist", required=True, readonly=True, ondelete="cascade", index=True
    )
    window_id = fields.Many2one(related="waitlist_id.window_id", store=True, precompute=True)
    round_id = fields.Many2one(
        related="waitlist_id.round_id", store=True, index=True, precompute=True
    )
    term_id = fields.Many2one(related="waitlist_id.term_id", store=True, precompute=True)
    hostel_id = fields.Many2one(
        related="waitlist_id.hostel_id", store=True, index=True, precompute=True
    )
    room_type_id = fields.Many2one(related="waitlist_id.room_type_id", store=True, precompute=True)
    student_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="restrict", index=True
    )
    roll_number = fields.Char(related="student_id.roll_number")
    size = fields.Integer(string="Beds", readonly=True, default=1, required=True)
    priority = fields.Integer(
        default=DEFAULT_PRIORITY,
        required=True,
        tracking=True,
        aggregator=False,
        help="Smaller comes first; among equals who joined first.",
    )
    joined_at = fields.Datetime(
        string="Joined", required=True, readonly=True, default=lambda self: self.env.cr.now()
    )
    position = fields.Integer(compute="_compute_position", aggregator=False)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("offered", "Offered a bed"),
            ("accepted", "Accepted"),
            ("declined", "Declined"),
            ("expired", "Did not answer"),
            ("left", "Left"),
            ("removed", "Removed"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        tracking=True,
        index=True,
        group_expand=True,
    )
    offer_until = fields.Datetime(string="Answer until", readonly=True, copy=False, tracking=True)
    offered_at = fields.Datetime(readonly=True, copy=False)
    offer_count = fields.Integer(
        string="Offers", readonly=True, copy=False, help="Also those that were not answered."
    )
    offer_reason = fields.Char(
        string="Offered out of turn because",
        readonly=True,
        copy=False,
        tracking=True,
        help="Only where the office offered a bed by hand.",
    )
    ended_at = fields.Datetime(readonly=True, copy=False)
    end_reason = fields.Char(string="Ended because", readonly=True, copy=False)
    allocation_ids = fields.One2many("hostel.allocation", "waitlist_entry_id", string="Beds kept")
    note = fields.Text(string="Note of the office")
    wait_days = fields.Float(
        string="Days waited", compute="_compute_wait_days", store=True, aggregator="avg"
    )

    _once = models.UniqueIndex(
        "(waitlist_id, student_id) WHERE state IN ('waiting', 'offered')",
        "You are on this list already.",
    )
    _line_idx = models.Index("(round_id, priority, joined_at, id) WHERE state = 'waiting'")
    _size_positive = models.Constraint("CHECK (size >= 1)", "Somebody waits for a bed.")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("student_id", "waitlist_id")
    def _compute_display_name(self):
        for entry in self:
            known = entry.sudo()
            entry.display_name = (
                f"{known.student_id.display_name} · {known.waitlist_id.display_name}"
            )

    @api.depends("state", "priority", "joined_at", "waitlist_id")
    def _compute_position(self):
        places = self._get_positions()
        for entry in self:
            entry.position = places.get(entry.id, 0)

    @api.depends("joined_at", "ended_at", "offered_at")
    def _compute_wait_days(self):
        for entry in self:
            end = entry.offered_at or entry.ended_at
            entry.wait_days = (end - entry.joined_at).total_seconds() / 86400 if end else 0.0

    def _get_positions(self):
        """Place in line of those who wait, the first is 1.

        :return: ``{entry id: place}``
        """
        self.flush_model()
        if not self.waitlist_id:
            return {}
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, row_number() OVER (PARTITION BY waitlist_id"
                    " ORDER BY priority, joined_at, id) FROM hostel_waitlist_entry"
                    " WHERE state = 'waiting' AND waitlist_id IN %s",
                    tuple(self.sudo().waitlist_id.ids),
                )
            )
        )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Students join a waitlist themselves, on the portal."))
        return super().create(vals_list)

    def write(self, vals):
        own = {name for name, field in self._fields.items() if field._module == "hostel_booking"}
        if not self.env.su and (vals.keys() & own) - OFFICE_FIELDS:
            raise AccessError(self.env._("A waitlist entry changes through its buttons only."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # Facts
    # ------------------------------------------------------------------

    def _get_students(self):
        """Who gets a bed each. Extension point for cohorts."""
        self.ensure_one()
        return self.sudo().student_id

    def _get_setting(self, name, default):
        return self.env["hostel.allocation"]._get_minutes(f"hostel_booking.{name}", default)

    def _get_live_rows(self, students):
        """Rows by which these students have a bed in the term, those of this entry left out."""
        self.ensure_one()
        term = self.sudo().term_id
        Allocation = self.env["hostel.allocation"].sudo()
        return Allocation.search(
            [
                ("student_id", "in", students.ids),
                ("waitlist_entry_id", "!=", self.id),
                *Allocation._live_between(term.date_from, term.date_to),
            ]
        )

    def _get_obstacle(self):
        """Why nobody can offer anything now: a code, or empty."""
        self.ensure_one()
        entry = self.sudo()
        if entry.round_id.state != "open" or entry.round_id.is_practice:
            return "WINDOW_CLOSED"
        for student in self._get_students():
            if student.status != "active" or not student.active:
                return "STUDENT_INACTIVE"
            if not entry.window_id._suits(student):
                return "NOT_ELIGIBLE"
        rows = self._get_live_rows(self._get_students())
        if rows.filtered(lambda row: row.state not in UNPAID_STATES):
            return "HAS_ALLOCATION"
        return ""

    def _choose_beds(self, bed):
        """The beds to offer, one for each, if this one is among them.

        :return: ``hostel.bed``, empty if the entry can't use it
        """
        self.ensure_one()
        if not self._can_use(bed):
            return bed.browse()
        students = self._get_students()
        if len(students) == 1:
            return bed
        return self._choose_together(bed, len(students))

    def _can_use(self, bed):
        """Whether a bed is for them, and was not offered to them before."""
        self.ensure_one()
        if bed in self.sudo().allocation_ids.bed_id:
            # It was offered once and not wanted.
            return False
        wanted = bed.room_id.gender or bed.hostel_id._get_required_gender()
        return set(self._get_students().mapped("gender")) == {wanted}

    def _choose_together(self, bed, count):
        """As many beds of the kind as a cohort has members: those that are kept for it already,
        then free ones, of the same room first, then the same floor, then the hostel; none if
        there are too few."""
        entry = self.sudo()
        kept = entry._get_gathered().bed_id.filtered(lambda one: one.hostel_id == bed.hostel_id)
        free = self.env["hostel.waitlist"]._find_free(
            entry.window_id, bed.hostel_id, entry.room_type_id, self._get_students()[:1]
        )
        near = (free - bed - entry.allocation_ids.bed_id).sorted(
            lambda one: (one.room_id != bed.room_id, one.floor_id != bed.floor_id, one.id)
        )
        beds = (bed | kept | near)[:count]
        return beds if len(beds) == count else bed.browse()

    def _get_zone(self):
        """The time zone in which letters about this entry give times."""
        self.ensure_one()
        return self.student_id.tz or self.env.company._get_college_tz()

    # ------------------------------------------------------------------
    # Offers
    # ------------------------------------------------------------------

    def _offer(self, beds, *, reason=False):
        """Keep beds for the entry for some hours and tell who waits.

        :param beds: one for each student
        :param reason: why it is offered by hand, out of turn
        :return: whether it was offered; not if somebody else serves or served the entry
        :raises HostelError: whatever refuses one of the beds
        """
        self.ensure_one()
        entry = self.sudo()
        # Whoever serves the entry holds its row: a second one goes on to the next in line.
        if not entry.try_lock_for_update(allow_referencing=True) or entry.state != "waiting":
            return False
        obstacle = entry._get_obstacle()
        if obstacle == "HAS_ALLOCATION":
            entry._end("removed", self.env._("Has a bed for the term."))
            return False
        if obstacle:
            # May pass: the entry keeps its place and the bed goes to the next.
            entry._note_passed_over(entry._get_obstacle_text(obstacle))
            return False
        seconds = 3600 * self._get_setting("waitlist_hours", OFFER_HOURS)
        now = self.env.cr.now()
        with self.env.cr.savepoint():
            entry._release_gathered()
            entry._keep_beds(beds, seconds)
            entry.write(
                {
                    "state": "offered",
                    "passed_over": False,
                    "passed_over_at": False,
                    "offered_at": now,
                    "offer_until": now + timedelta(seconds=seconds),
                    "offer_count": entry.offer_count + 1,
                    "offer_reason": reason,
                }
            )
            entry.flush_recordset()
        entry._tell_offer()
        return True

    def _keep_beds(self, beds, seconds):
        """Give each student a bed of the offer for a while, all or none."""
        Allocation = self.env["hostel.allocation"].sudo()
        students = self._get_students()
        unpaid = self._get_live_rows(students).student_id
        term = self.term_id
        Allocation = Allocation.with_context(
            booking_source="waitlist", booking_window_id=self.window_id.id
        )
        for student, bed in zip(students.sorted("id"), beds.sorted("id"), strict=True):
            Allocation._check_bed_suits(bed, student)
            if student in unpaid:
                # One row a student: what is not paid yet goes only if the offer is accepted.
                row = Allocation._block(
                    bed,
                    term.date_from,
                    term.date_to,
                    self.env._("Kept for an offer of the waitlist"),
                    "reserved",
                )
            else:
                row = Allocation._reserve(bed, student, term, "offered", hold_seconds=seconds)
            row.sudo().write({"waitlist_entry_id": self.id})

    def _get_kept(self):
        """Rows that keep a bed for the offer now."""
        self.ensure_one()
        return self.sudo().allocation_ids.filtered(lambda row: row.state in ("offered", "blocked"))

    def _accept(self):
        """Take the offer: every student gets the bed, and lets an unpaid other one go.

        :return: the new rows
        :raises HostelError: ``OFFER_OVER``, ``ALREADY_PAID``, ``BED_BUSY``, conflicts
        """
        self.ensure_one()
        entry = self.sudo()
        entry._check_offer_open()
        kept = entry._get_kept()
        students = entry._get_students().sorted("id")
        for other in entry._get_live_rows(students):
            if other.state not in UNPAID_STATES or not other._let_go():
                raise entry._get_paid_refusal(other.student_id)
        rows = self.env["hostel.allocation"].sudo()
        free_students = students - kept.student_id
        for row in kept.sorted("bed_id"):
            if row.is_block:
                student, free_students = free_students[:1], free_students[1:]
                row = entry._turn_into_booking(row, student)
            rows |= row
        entry._end("accepted")
        for row in rows:
            # In a group everybody pays the own bed, within the time that they were told.
            if row.student_id == entry.student_id or not row._needs_payment():
                row._checkout()
        return rows

    def _get_paid_refusal(self, student):
        """What whoever accepts reads if one of them has paid for another bed."""
        return HostelError(
            "ALREADY_PAID",
            self.env._("You have paid for another bed meanwhile, so you keep that one."),
        )

    def _turn_into_booking(self, block, student):
        """The bed that was kept closed becomes the student's."""
        bed = block.bed_id
        block._transition("cancelled")
        seconds = 60 * self.env["hostel.allocation"]._get_minutes("hostel_base.payment_minutes", 15)
        block = block.with_context(booking_source="waitlist", booking_window_id=self.window_id.id)
        row = block._reserve(bed, student, self.term_id, "paying", hold_seconds=seconds).sudo()
        row.write({"waitlist_entry_id": self.id})
        return row

    def _check_offer_open(self):
        """Lock the entry; refuse what is no open offer any more.

        :raises HostelError: ``OFFER_OVER``, ``BED_BUSY``
        """
        if not self.try_lock_for_update(allow_referencing=True):
            raise HostelError(
                "BED_BUSY",
                self.env._("Your offer is being worked on; try again in a second."),
                details={"retry_after": 1},
            )
        if self.state != "offered" or not self.offer_until > self.env.cr.now():
            raise HostelError(
                "OFFER_OVER",
                self.env._("This offer is over. If your place in line is left, it goes on."),
                410,
            )

    def _decline(self):
        """Let an offer go; the place in line is kept once."""
        self.ensure_one()
        entry = self.sudo()
        entry._check_offer_open()
        entry._pass_on("declined")

    def _pass_on(self, final_state):
        """Give the beds of an offer back; whoever let too many go leaves the list."""
        self._release_beds()
        if self.offer_count >= self._get_setting("waitlist_offers", MAX_OFFERS):
            self._end(final_state)
        else:
            self.write({"state": "waiting", "offer_until": False, "offer_reason": False})
            self._notify()

    def _release_beds(self, rows=None):
        """Give beds of the offer back.

        :param rows: those of them that are not wanted; all if not given
        """
        rows = self._get_kept() if rows is None else rows
        for row in rows.with_context(hostel_waitlist_releases=True):
            row._transition("cancelled", **({} if row.is_block else {"hold_until": False}))

    def _row_lost(self, row):
        """A bed of the entry is gone: it ran out, or somebody cancelled it."""
        self.ensure_one()
        entry = self.sudo()
        if entry.state == "offered":
            entry._pass_on("expired")
        elif entry.state == "accepted" and not row.paid_at:
            entry._end("expired", self.env._("Accepted, but not confirmed in time."))

    def _end(self, state, reason=False):
        self.write(
            {
                "state": state,
                "offer_until": False,
                "ended_at": self.env.cr.now(),
                "end_reason": reason,
            }
        )
        self._notify()

    def _leave(self):
        """Go, at any time."""
        self.ensure_one()
        entry = self.sudo()
        if entry.state not in OPEN_STATES:
            raise HostelError(
                "INVALID_TRANSITION", self.env._("You are not on this list any more.")
            )
        entry._release_beds()
        entry._end("left")

    @api.model
    def _expire_due(self, limit=200):
        """Pass offers on that nobody answered in time, by PostgreSQL's clock."""
        due = self.sudo().search(
            [("state", "=", "offered"), ("offer_until", "<=", self.env.cr.now())],
            order="offer_until",
            limit=limit,
        )
        for entry in due:
            try:
                with self.env.cr.savepoint():
                    if entry.try_lock_for_update(allow_referencing=True):
                        entry._pass_on("expired")
            except HostelError as exc:
                # A bed is being worked on; the next run comes back to it.
                _logger.info("waitlist entry %s not expired: %s", entry.id, exc.code)

    # ------------------------------------------------------------------
    # Telling people
    # ------------------------------------------------------------------

    def _notify(self):
        """Open pages look again; nothing about anybody goes over the bus."""
        for entry in self.sudo():
            entry._get_students()._notify_booking("waitlist")

    def _tell_offer(self):
        self._notify()
        template = self.env.ref("hostel_booking.mail_template_waitlist_offer", False)
        for student in self.sudo()._get_students() if template else ():
            partner = student.partner_id
            template.sudo().with_context(
                student_lang=partner.lang, student_partner=partner.id
            ).send_mail(self.id)

    # ------------------------------------------------------------------
    # The office
    # ------------------------------------------------------------------

    def action_offer(self):
        """Open the dialog in which the office offers a bed out of turn."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Offer a bed"),
            "res_model": "hostel.waitlist.offer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_entry_id": self.id},
        }

    def action_withdraw_offer(self):
        """Take an offer back; the entry waits again in its old place."""
        self.check_access("write")
        for entry in self.sudo().filtered(lambda one: one.state == "offered"):
            entry._release_beds()
            entry.write({"state": "waiting", "offer_until": False, "offer_reason": False})
            entry._notify()

    def action_remove(self):
        """Take people off the list."""
        self.check_access("write")
        for entry in self.sudo().filtered(lambda one: one.state in OPEN_STATES):
            entry._release_beds()
            entry._end("removed", self.env._("By the hostel office."))

    def action_open_beds(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_allocation_action"
        )
        return {**action, "domain": [("waitlist_entry_id", "=", self.id)], "context": {}}

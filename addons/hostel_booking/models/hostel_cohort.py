import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.orm.models import NO_ACCESS
from odoo.tools import SQL

from odoo.addons.hostel_base.const import GENDERS, LIVE_STATES, OCCUPIED_STATES, UNPAID_STATES
from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.reservation import Wanted

from ..const import (
    COHORT_OPEN_STATES,
    COHORT_PLACED_STATES,
    COHORT_SUBMITTED_STATES,
    COHORT_TRANSITIONS,
    INVITE_DAYS,
    MAX_COHORT_SIZE,
)

# What the office changes by hand; everything else goes through buttons and the students' page.
FREE_FIELDS = {"is_strict", "note"}
ENDED_STATES = ("vacated", "transferred")


class HostelCohort(models.Model):
    """Students who want to live together in a round; one person with wishes is one as well.

    Rows change through the methods here, called by the students' desk, by the office's buttons
    and by the allocation; :meth:`_move` is the one door for states.
    """

    _name = "hostel.cohort"
    _description = "Cohort"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _mail_post_access = "read"

    name = fields.Char(string="Reference", readonly=True, required=True, default="/", copy=False)
    round_id = fields.Many2one(
        "hostel.booking.round", required=True, readonly=True, ondelete="cascade", index=True
    )
    term_id = fields.Many2one(related="round_id.term_id", store=True, index=True, precompute=True)
    window_id = fields.Many2one(
        "hostel.booking.window", readonly=True, ondelete="set null", index=True
    )
    leader_id = fields.Many2one(
        "hostel.student",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
        tracking=True,
    )
    gender = fields.Selection(GENDERS, required=True, readonly=True)
    is_solo = fields.Boolean(
        string="One person", readonly=True, help="One student who ranks wishes."
    )
    is_strict = fields.Boolean(
        string="All or none",
        tracking=True,
        help="If one of them does not confirm in time, nobody keeps the bed.",
    )
    size_min = fields.Integer(string="At least", readonly=True, default=2)
    size_max = fields.Integer(string="Places", readonly=True, default=2, tracking=True)
    invite_token = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    invite_expires_at = fields.Datetime(string="Invite link ends", readonly=True, copy=False)
    member_ids = fields.One2many("hostel.cohort.member", "cohort_id", string="Members")
    wish_ids = fields.One2many("hostel.cohort.wish", "cohort_id", string="Wishes")
    allocation_ids = fields.One2many("hostel.allocation", "cohort_id", string="Beds")
    state = fields.Selection(
        [
            ("forming", "Forming"),
            ("complete", "Complete"),
            ("awaiting_financial_clearance", "Awaiting clearance"),
            ("cleared", "Cleared"),
            ("allocated", "Allocated"),
            ("confirmed", "Confirmed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="forming",
        tracking=True,
        index=True,
        group_expand=True,
    )
    submitted_at = fields.Datetime(string="Submitted", readonly=True, copy=False)
    cleared_at = fields.Datetime(string="All cleared", readonly=True, copy=False)
    revision = fields.Integer(
        readonly=True, copy=False, default=0, help="Grows with every change of members or wishes."
    )
    note = fields.Text(string="Note of the office")
    member_count = fields.Integer(
        string="Students", compute="_compute_member_count", store=True, aggregator="sum"
    )
    wish_count = fields.Integer(
        string="Number of wishes", compute="_compute_wish_count", store=True, aggregator="avg"
    )
    missing_count = fields.Integer(
        string="Not cleared yet", compute="_compute_missing_count", compute_sudo=True
    )
    bed_count = fields.Integer(string="Beds held", compute="_compute_bed_count", compute_sudo=True)

    _sizes_ordered = models.Constraint(
        f"CHECK (1 <= size_min AND size_min <= size_max AND size_max <= {MAX_COHORT_SIZE})",
        "A cohort has at least one place and not more than the rooms allow.",
    )
    _solo_is_one = models.Constraint(
        "CHECK (is_solo IS NOT TRUE OR size_max = 1)", "One person is a cohort of one place."
    )
    _token_uniq = models.UniqueIndex(
        "(invite_token) WHERE invite_token IS NOT NULL", "Invite links are unique."
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("member_ids.state")
    def _compute_member_count(self):
        for cohort in self:
            cohort.member_count = len(cohort._get_members())

    @api.depends("wish_ids")
    def _compute_wish_count(self):
        for cohort in self:
            cohort.wish_count = len(cohort.wish_ids)

    def _compute_missing_count(self):
        missing = self._get_missing_by_cohort()
        for cohort in self:
            cohort.missing_count = len(missing[cohort.id])

    def _compute_bed_count(self):
        counts = dict(
            self.env["hostel.allocation"]._read_group(
                [("cohort_id", "in", self.ids), ("state", "in", LIVE_STATES)],
                ["cohort_id"],
                ["__count"],
            )
        )
        for cohort in self:
            cohort.bed_count = counts.get(cohort, 0)

    @api.constrains("window_id", "round_id")
    def _check_window(self):
        for cohort in self:
            if cohort.window_id and cohort.window_id.round_id != cohort.round_id:
                raise ValidationError(self.env._("The window belongs to another round."))

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                vals["name"] = self.env["ir.sequence"].next_by_code("hostel.cohort") or "/"
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and not self._fields_are_free(vals):
            raise AccessError(self.env._("A cohort changes through its buttons only."))
        return super().write(vals)

    def _fields_are_free(self, vals):
        own = {name for name, field in self._fields.items() if field._module == "hostel_booking"}
        return not (vals.keys() & own) - FREE_FIELDS

    # ------------------------------------------------------------------
    # Facts
    # ------------------------------------------------------------------

    def _get_members(self):
        """Rows of those who joined, in the order of their places."""
        return self.member_ids.filtered(lambda row: row.state == "joined").sorted("seat")

    def _get_students(self):
        """Those who joined."""
        return self.sudo()._get_members().student_id

    def _get_missing_by_cohort(self):
        """Students without clearance for the term.

        :return: ``{cohort id: hostel.student}``
        """
        cohorts = self.sudo()
        Clearance = self.env["hostel.clearance"].sudo()
        rows = Clearance.search(
            [
                ("student_id", "in", cohorts.member_ids.student_id.ids),
                ("term_id", "in", cohorts.term_id.ids),
            ]
        )
        cleared = {(row.student_id.id, row.term_id.id) for row in rows}
        return {
            cohort.id: cohort._get_students().filtered(
                lambda student, term=cohort.term_id: (student.id, term.id) not in cleared
            )
            for cohort in cohorts
        }

    def _get_missing(self):
        """Members who are not cleared for the term yet."""
        self.ensure_one()
        return self._get_missing_by_cohort()[self.id]

    def _takes_wishes(self):
        """Whether the window places people by ranked wishes, not by live picking only."""
        self.ensure_one()
        return self._get_window().mode in ("ranked", "both")

    def _picks_live(self):
        """Whether the window lets people pick beds on the map."""
        self.ensure_one()
        return self._get_window().mode in ("live", "both")

    def _get_window(self):
        """The window that the group is in: its own, or, once that has closed and nothing is
        handed in, the next one of the round."""
        self.ensure_one()
        cohort = self.sudo()
        if cohort.state in COHORT_OPEN_STATES and not cohort._is_own_window_running():
            return cohort._get_next_window() or cohort.window_id
        return cohort.window_id

    def _get_next_window(self):
        """A window of the round in which an undecided group could go on, or an empty recordset."""
        self.ensure_one()
        cohort = self.sudo()
        return self.env["hostel.cohort.desk"]._pick_window(cohort.leader_id, cohort.round_id)

    def _is_own_window_running(self):
        self.ensure_one()
        window = self.sudo().window_id
        return bool(window) and window.closes_at > self.env.cr.now()

    def _is_before_deadline(self):
        """Whether the group's window still runs, by PostgreSQL's clock."""
        self.ensure_one()
        window = self._get_window()
        return bool(window) and window.closes_at > self.env.cr.now()

    def _is_being_placed(self):
        """Whether an allocation works on the group right now, which must not change meanwhile."""
        self.ensure_one()
        cohort = self.sudo()
        if cohort.state not in COHORT_SUBMITTED_STATES:
            return False
        return bool(
            self.env["hostel.allocation.run"]
            .sudo()
            .search_count(
                [
                    ("round_id", "=", cohort.round_id.id),
                    ("window_id", "in", (False, cohort.window_id.id)),
                    ("is_simulation", "=", False),
                    ("state", "in", ("solving", "applying")),
                ],
                limit=1,
            )
        )

    def _was_left_out(self):
        """Whether it is handed in still, and the last allocation gave it no beds."""
        self.ensure_one()
        if self.sudo().state not in COHORT_SUBMITTED_STATES:
            return False
        Line = self.env["hostel.allocation.run.line"].sudo()
        return bool(
            Line.search_count(
                [
                    *Line._get_shown_domain(),
                    ("cohort_id", "=", self.id),
                    ("state", "!=", "done"),
                ],
                limit=1,
            )
        )

    def _can_be_left(self):
        """Whether a member may go and the leader may end the group."""
        self.ensure_one()
        return (
            self.sudo().state in (*COHORT_OPEN_STATES, *COHORT_SUBMITTED_STATES)
            and not self._is_being_placed()
        )

    def _can_be_withdrawn(self):
        """Whether what was handed in may be taken back: there must be time for something else."""
        self.ensure_one()
        return (
            self.sudo().state in COHORT_SUBMITTED_STATES
            and (self._is_own_window_running() or bool(self._get_next_window()))
            and not self._is_being_placed()
        )

    def _get_room_domain(self):
        """Domain of the rooms that could take this cohort at all: hostels, gender, size."""
        self.ensure_one()
        cohort = self.sudo()
        hostels = cohort._get_window().hostel_ids.filtered(
            lambda hostel: hostel._get_required_gender() in (False, cohort.gender)
        )
        return [
            ("hostel_id", "in", hostels.ids),
            ("gender", "in", (False, cohort.gender)),
            ("room_type_id.sharing", ">=", max(cohort.member_count, 1)),
        ]

    # ------------------------------------------------------------------
    # Changes
    # ------------------------------------------------------------------

    def _lock(self):
        """Take turns with everybody else who changes these cohorts.

        The row itself is written: whoever comes second with an older picture of the members
        is played again by Odoo, and so never decides on what is no longer true.
        """
        if not self:
            return
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "UPDATE hostel_cohort SET revision = revision + 1 WHERE id IN ("
                " SELECT id FROM hostel_cohort WHERE id IN %s ORDER BY id FOR NO KEY UPDATE"
                ") RETURNING id",
                tuple(self.ids),
            )
        )
        self.invalidate_recordset()
        self.member_ids.invalidate_recordset()

    def _move(self, state, **vals):
        """Go to another state, if that leads there.

        :raises HostelError: ``INVALID_TRANSITION``
        """
        cohorts = self.sudo()
        for cohort in cohorts:
            cohort._check_leads_to(state)
        cohorts.write({"state": state, **vals})
        cohorts._notify_members()

    def _check_leads_to(self, state):
        """:raises HostelError: ``INVALID_TRANSITION``"""
        self.ensure_one()
        if state not in COHORT_TRANSITIONS[self.state]:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise HostelError(
                "INVALID_TRANSITION",
                self.env._(
                    "The group %(name)s can't become “%(state)s” any more.",
                    name=self.name,
                    state=labels[state],
                ),
            )

    def _check_open(self):
        """Members and wishes change before the submission only.

        :raises HostelError: ``COHORT_LOCKED``, ``WINDOW_CLOSED``
        """
        self.ensure_one()
        if self.sudo().state not in COHORT_OPEN_STATES:
            raise HostelError(
                "COHORT_LOCKED",
                self.env._("Your wishes are handed in. Take them back first to change something."),
            )
        self._check_deadline()

    def _check_can_be_left(self):
        """:raises HostelError: ``COHORT_LOCKED``, ``BEING_PLACED``"""
        self.ensure_one()
        if self.sudo().state not in (*COHORT_OPEN_STATES, *COHORT_SUBMITTED_STATES):
            raise HostelError(
                "COHORT_LOCKED",
                self.env._("Your group has beds. To give yours up, open the page of your stay."),
            )
        self._check_not_being_placed()

    def _check_not_being_placed(self):
        """:raises HostelError: ``BEING_PLACED``"""
        if self._is_being_placed():
            raise HostelError(
                "BEING_PLACED",
                self.env._("Beds are being given right now. Look again once you have the result."),
            )

    def _bind_window(self):
        """Take the group on into the window that it is in now."""
        self.ensure_one()
        cohort, window = self.sudo(), self._get_window()
        if cohort.window_id != window:
            cohort.window_id = window

    def _check_deadline(self):
        if not self._is_before_deadline():
            raise HostelError(
                "WINDOW_CLOSED", self.env._("The time for changes is over: the window closed."), 403
            )

    def _renew_token(self):
        """A new invite link; the old one stops working."""
        self.ensure_one()
        self.sudo().write(
            {
                "invite_token": secrets.token_urlsafe(18),
                "invite_expires_at": self.env.cr.now() + timedelta(days=INVITE_DAYS),
            }
        )

    def _settle_size(self):
        """Complete once every place is taken, forming again when one is free."""
        self.ensure_one()
        cohort = self.sudo()
        full = len(cohort._get_members()) == cohort.size_max
        if cohort.state == "forming" and full:
            cohort._move("complete")
        elif cohort.state == "complete" and not full:
            cohort._move("forming")
        else:
            cohort._notify_members()

    def _cancel(self):
        """End the cohort; everybody is free to join another."""
        self.ensure_one()
        cohort = self.sudo()
        people = cohort._get_members().student_id
        cohort._move("cancelled", invite_token=False)
        cohort.member_ids.filtered(lambda row: row.state in ("joined", "invited")).write(
            {"state": "left", "left_at": self.env.cr.now()}
        )
        cohort._notify(people)

    def _submit(self):
        """Hand the wishes in; from here on they wait for the clearance of everybody."""
        self.ensure_one()
        self._check_deadline()
        cohort = self.sudo()
        if cohort.state != "complete":
            raise HostelError(
                "COHORT_NOT_COMPLETE",
                self.env._("There are free places. Wait for the others, or close the places."),
            )
        if not cohort.wish_ids:
            raise HostelError(
                "NO_WISHES", self.env._("Add at least one wish before you hand them in.")
            )
        cohort._move("awaiting_financial_clearance", submitted_at=self.env.cr.now())
        cohort._clearance_changed()

    def _withdraw(self):
        """Take what was handed in back: until the window closes, or to go on in another one.

        :raises HostelError: ``INVALID_TRANSITION``, ``WINDOW_CLOSED``, ``BEING_PLACED``
        """
        self.ensure_one()
        if self.sudo().state not in COHORT_SUBMITTED_STATES:
            raise HostelError(
                "INVALID_TRANSITION", self.env._("There is nothing to take back at the moment.")
            )
        if not self._is_own_window_running() and not self._get_next_window():
            self._check_deadline()
        self._check_not_being_placed()
        self._move("complete", submitted_at=False, cleared_at=False)

    def _clearance_changed(self):
        """Go to cleared when every member is, and back when one is no longer."""
        for cohort in self.sudo():
            # Two members may be cleared at once, each unseen by the other's transaction.
            cohort._lock()
            missing = cohort._get_missing()
            if cohort.state == "awaiting_financial_clearance" and not missing:
                cohort._move("cleared", cleared_at=self.env.cr.now())
            elif cohort.state == "cleared" and missing:
                cohort._move("awaiting_financial_clearance", cleared_at=False)
            else:
                cohort._notify_members()

    @api.model
    def _cron_check_clearance(self):
        """Catch up with clearances that came past the ORM."""
        cohorts = self.sudo().search([("state", "in", COHORT_SUBMITTED_STATES)])
        missing = cohorts._get_missing_by_cohort()
        cohorts.filtered(
            lambda cohort: bool(missing[cohort.id]) == (cohort.state == "cleared")
        )._clearance_changed()

    # ------------------------------------------------------------------
    # Beds
    # ------------------------------------------------------------------

    def _give_beds(self, pairs, state, prices=None, **kwargs):
        """Reserve a bed for every member, or none at all.

        :param pairs: list of ``(hostel.student, hostel.bed)``, one for each member
        :param state: ``offered`` or ``awaiting_approval``
        :param prices: ``{bed id: price}`` as frozen when the beds were held
        :param kwargs: as of ``hostel.allocation._reserve``
        :return: the rows
        :raises HostelError: ``COHORT_CHANGED``, or whatever refuses one of the beds
        """
        self.ensure_one()
        [outcome] = self._give_many([(self, pairs)], state, prices, **kwargs)
        if isinstance(outcome, HostelError):
            raise outcome
        return outcome

    @api.model
    def _give_many(self, plans, state, prices=None, values=None, **kwargs):
        """Reserve beds for many cohorts at once, each for every member or not at all.

        :param plans: list of ``(hostel.cohort, pairs)``, as of :meth:`_give_beds`
        :param values: further values of a cohort's rows: function of the cohort, or None
        :return: for each cohort its rows, or the ``HostelError`` that refuses it
        """
        cohorts = self.sudo().browse().union(*(cohort for cohort, _pairs in plans))
        cohorts._lock()
        outcomes = [
            cohort.sudo().with_prefetch(cohorts.ids)._get_give_refusal(pairs)
            for cohort, pairs in plans
        ]
        left = [index for index, outcome in enumerate(outcomes) if outcome is None]
        groups = []
        for index in left:
            cohort, pairs = plans[index][0].sudo(), plans[index][1]
            # The rows are the group's from the start: no second write, no second audit.
            extra = {"cohort_id": cohort.id, **(values(cohort) if values else {})}
            # In the order of the beds, as everybody who locks several does.
            groups.append(
                [
                    Wanted(bed, student, cohort.term_id, (prices or {}).get(bed.id), values=extra)
                    for student, bed in sorted(pairs, key=lambda pair: pair[1].id)
                ]
            )
        given = self.env["hostel.allocation"]._reserve_many(groups, state, **kwargs)
        placed = cohorts.browse()
        for index, outcome in zip(left, given, strict=True):
            outcomes[index] = outcome
            if not isinstance(outcome, HostelError):
                cohort, outcomes[index] = plans[index][0].sudo(), outcome.sudo()
                # One that a member had been paying before is taken over.
                others = outcome.sudo().filtered(lambda row, mine=cohort: row.cohort_id != mine)
                if others:
                    others.cohort_id = cohort
                placed |= cohort
        if placed:
            placed._move("allocated")
        return outcomes

    def _get_give_refusal(self, pairs):
        """Why the cohort can't have beds now, whichever they are, or None."""
        students = [student.id for student, _bed in pairs]
        if sorted(students) != sorted(self._get_students().ids):
            return HostelError(
                "COHORT_CHANGED", self.env._("The group has changed meanwhile. Look again.")
            )
        try:
            self._check_leads_to("allocated")
        except HostelError as exc:
            return exc
        return None

    def _found_bed(self, member):
        """A member took a bed alone: the others go on without, and hand in again.

        :param member: one ``hostel.cohort.member`` of this cohort
        """
        self.ensure_one()
        cohort = self.sudo()
        cohort._lock()
        if cohort.state not in (*COHORT_OPEN_STATES, *COHORT_SUBMITTED_STATES):
            return
        cohort._go_on_without(member)

    def _go_on_without(self, member):
        """One goes; the last one ends the group.

        What was handed in comes back while there is time to hand it in again. After that the
        others stay handed in, in a group that is as large as they are.

        :param member: one ``hostel.cohort.member`` of this cohort
        """
        self.ensure_one()
        cohort = self.sudo()
        if cohort.member_count == 1:
            cohort._cancel()
            return
        was_submitted = cohort.state in COHORT_SUBMITTED_STATES
        if was_submitted and cohort._is_own_window_running():
            cohort._move("complete", submitted_at=False, cleared_at=False)
        member.write({"state": "left", "left_at": self.env.cr.now()})
        if cohort.leader_id == member.student_id:
            cohort.leader_id = cohort._get_members()[:1].student_id
        if cohort.state in COHORT_SUBMITTED_STATES:
            cohort._close_places()
            cohort._clearance_changed()
        else:
            cohort._settle_size()
        if was_submitted:
            cohort._tell_one_left()

    def _close_places(self):
        """Make the group as large as there are people in it."""
        self.ensure_one()
        cohort = self.sudo()
        cohort._number_seats()
        count = len(cohort._get_members())
        vals = {"size_min": min(count, cohort.size_min), "size_max": count}
        if count == 1:
            vals |= {"is_solo": True, "invite_token": False}
        cohort.write(vals)

    def _number_seats(self):
        """Number the places from one without gaps, so that the last ones can go."""
        for seat, member in enumerate(self._get_members(), 1):
            if member.seat != seat:
                member.seat = seat
                member.flush_recordset()

    def _rows_changed(self):
        """A bed of the cohort changed its state: follow it."""
        for cohort in self.sudo():
            if cohort.state not in COHORT_PLACED_STATES:
                continue
            # A stay that ended as it should is no bed that was lost.
            live = cohort.allocation_ids.filtered(
                lambda row: row.state in (*LIVE_STATES, *ENDED_STATES)
            )
            if not live:
                cohort._lose_beds()
            elif all(row.state in (*OCCUPIED_STATES, *ENDED_STATES) for row in live):
                if cohort.state != "confirmed":
                    cohort._move("confirmed")
                cohort._release_without_bed(live)
            elif cohort.state == "confirmed":
                cohort._move("allocated")
            else:
                cohort._notify_members()

    def _lose_beds(self):
        """Nobody has a bed any more: they may try again while there is time."""
        self.ensure_one()
        if self.submitted_at:
            self._move("awaiting_financial_clearance", cleared_at=False)
            self._clearance_changed()
        else:
            self._move("complete")

    def _release_without_bed(self, live):
        """Who let the bed go is free for something else."""
        self.ensure_one()
        lost = self._get_members().filtered(lambda row: row.student_id not in live.student_id)
        if not lost:
            return
        lost.write({"state": "left", "left_at": self.env.cr.now()})
        if self.leader_id in lost.student_id:
            self.leader_id = self._get_members()[:1].student_id

    def _bed_was_lost(self, row):
        """A row of the cohort ran out or was let go: a strict cohort keeps none.

        All in the transaction in which the row was lost: a bed that is being worked on refuses
        that, too.

        :raises HostelError: ``BED_BUSY``
        """
        self.ensure_one()
        cohort = self.sudo()
        if not cohort.is_strict or self.env.context.get("hostel_cohort_falls"):
            return
        others = (cohort.allocation_ids - row).with_context(hostel_cohort_falls=True)
        # In the order of the beds, as everybody who locks several does.
        others = others.filtered(lambda one: one._can_fall_with_group()).sorted("bed_id")
        for_wardens = others.filtered(lambda one: one.state not in UNPAID_STATES)
        for other in others:
            other._fall_with_group()
        for rows in for_wardens.grouped("hostel_id").values():
            rows[0]._tell_wardens_of_fall(cohort, rows)

    # ------------------------------------------------------------------
    # Telling people
    # ------------------------------------------------------------------

    def _notify_members(self):
        """Open pages of the members look again; nothing about anybody goes over the bus."""
        for cohort in self.sudo():
            cohort._notify(cohort._get_members().student_id)

    def _notify(self, students):
        for partner in students.partner_id:
            partner._bus_send("hostel.cohort/me", {"state": self.state})

    # ------------------------------------------------------------------
    # The office
    # ------------------------------------------------------------------

    def action_cancel(self):
        """End cohorts that nobody can use any more."""
        self.check_access("write")
        for cohort in self:
            cohort._cancel()

    def action_reopen(self):
        """Give what was handed in back to the students."""
        self.check_access("write")
        for cohort in self:
            cohort._move("complete", submitted_at=False, cleared_at=False)

    def action_open_beds(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_allocation_action"
        )
        return {**action, "domain": [("cohort_id", "=", self.id)], "context": {}}

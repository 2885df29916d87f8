import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.orm.models import NO_ACCESS
from odoo.tools import SQL

from odoo.addons.hostel_base.const import GENDERS, LIVE_STATES
from odoo.addons.hostel_base.errors import HostelError

from ..const import (
    COHORT_OPEN_STATES,
    COHORT_SUBMITTED_STATES,
    COHORT_TRANSITIONS,
    INVITE_DAYS,
    MAX_COHORT_SIZE,
)

# What the office changes by hand; everything else goes through buttons and the students' page.
FREE_FIELDS = {"is_strict", "note"}


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

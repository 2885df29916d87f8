from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.hostel_base.const import CATEGORIES, GENDERS

from ..const import HOLD_MINUTES, WISHES_URL
from ..tools.eligibility import Rules, judge
from ..tools.round_card import WindowCard, find_window_state

CATEGORY_FIELDS = {key: f"for_{key}" for key, _label in CATEGORIES}
# Whom a window is meant for.
RULE_FIELDS = (
    "gender",
    "year_from",
    "year_to",
    "programme_ids",
    "needs_clearance",
    "needs_undertaking",
    *CATEGORY_FIELDS.values(),
)


class HostelBookingWindow(models.Model):
    """A door into a round: who may book which hostels from when to when."""

    _name = "hostel.booking.window"
    _description = "Booking Window"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "opens_at desc, id desc"

    name = fields.Char(required=True)
    round_id = fields.Many2one(
        "hostel.booking.round", required=True, ondelete="cascade", index=True
    )
    term_id = fields.Many2one(related="round_id.term_id", store=True, index=True)
    is_practice = fields.Boolean(related="round_id.is_practice", store=True)
    mode = fields.Selection(
        [
            ("live", "Live: students pick a bed on the map"),
            ("ranked", "Ranked: students state wishes, the allocation gives the beds"),
            ("both", "Both: wishes first, what is left on the map"),
        ],
        required=True,
        default="live",
        tracking=True,
    )
    hostel_ids = fields.Many2many("hostel.hostel", string="Hostels", required=True)
    opens_at = fields.Datetime(string="Opens", required=True, tracking=True)
    closes_at = fields.Datetime(string="Closes", required=True, tracking=True)
    hold_minutes = fields.Integer(
        string="A hold lasts", default=HOLD_MINUTES, required=True, help="In minutes."
    )
    gender = fields.Selection(GENDERS, help="Empty: all.", tracking=True)
    year_from = fields.Integer(string="From year", default=1, tracking=True)
    year_to = fields.Integer(string="To year", default=9, tracking=True)
    programme_ids = fields.Many2many(
        "hostel.programme", string="Programmes", help="Empty: all programmes."
    )
    # What category somebody has is looked at with all rights and told to nobody.
    for_general = fields.Boolean(string="General", tracking=True)
    for_ews = fields.Boolean(string="EWS", tracking=True)
    for_obc = fields.Boolean(string="OBC", tracking=True)
    for_sc = fields.Boolean(string="SC", tracking=True)
    for_st = fields.Boolean(string="ST", tracking=True)
    needs_clearance = fields.Boolean(
        string="Dues must be cleared",
        tracking=True,
        help="Only students who are cleared for the round's term.",
    )
    dues_place = fields.Char(
        string="Dues are cleared at",
        translate=True,
        help="Told to students whose dues are open, such as: the accounts office, counter 3.",
    )
    needs_undertaking = fields.Boolean(
        string="Undertaking must be given",
        tracking=True,
        help="Only students whose anti-ragging undertaking for the academic year is complete.",
    )
    who = fields.Char(compute="_compute_who", help="Whom the window is meant for, in words.")
    eligible_count = fields.Integer(string="Students", compute="_compute_eligible_count")
    active = fields.Boolean(default=True)

    _dates_ordered = models.Constraint(
        "CHECK (closes_at > opens_at)", "A window must close after it opens."
    )
    _hold_positive = models.Constraint(
        "CHECK (hold_minutes BETWEEN 1 AND 60)", "A hold lasts between 1 and 60 minutes."
    )

    @api.depends(*RULE_FIELDS)
    def _compute_who(self):
        genders = dict(self._fields["gender"]._description_selection(self.env))
        for window in self:
            parts = [genders[window.gender]] if window.gender else []
            if (window.year_from, window.year_to) != (1, 9):
                parts.append(window._get_years_label())
            parts += window.programme_ids.mapped("code")
            labels = dict(CATEGORIES)
            parts += [labels[key] for key in sorted(window._get_categories())]
            if window.needs_clearance:
                parts.append(self.env._("dues cleared"))
            if window.needs_undertaking:
                parts.append(self.env._("undertaking given"))
            window.who = " · ".join(parts) or self.env._("All students")

    @api.depends("hostel_ids", "round_id.term_id", *RULE_FIELDS)
    def _compute_eligible_count(self):
        Student = self.env["hostel.student"].sudo()
        for window in self:
            # One query, whatever the number of students.
            window.eligible_count = Student.search_count(window._get_student_domain())

    @api.constrains("year_from", "year_to")
    def _check_years(self):
        for window in self:
            if window.year_from > window.year_to:
                raise ValidationError(self.env._("The first year must not be after the last."))

    @api.model_create_multi
    def create(self, vals_list):
        windows = super().create(vals_list)
        windows._windows_changed()
        return windows

    def write(self, vals):
        rounds = self.round_id
        result = super().write(vals)
        # What a button changes is told with its reason; see hostel_booking_window_changes.
        news = self if self.env.context.get("hostel_tell_windows") else self.browse()
        for booking_round in rounds | self.round_id:
            booking_round._doors_changed(news & booking_round.window_ids)
        return result

    def _update_field_translations(self, *args, **kwargs):
        result = super()._update_field_translations(*args, **kwargs)
        self._windows_changed()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_drop_eligibility(self):
        self._windows_changed()

    def _windows_changed(self):
        """A door moved: nobody may use what was worked out before."""
        self.round_id._doors_changed()

    # ------------------------------------------------------------------
    # Who
    # ------------------------------------------------------------------

    def _get_categories(self):
        """Keys of the admission categories the window is for; empty means all."""
        self.ensure_one()
        return {key for key, name in CATEGORY_FIELDS.items() if self[name]}

    def _get_rules(self):
        self.ensure_one()
        return Rules(
            gender=self.gender or "",
            year_from=self.year_from,
            year_to=self.year_to,
            programmes=frozenset(self.programme_ids.ids),
            categories=frozenset(self._get_categories()),
            needs_clearance=self.needs_clearance,
            needs_undertaking=self.needs_undertaking,
        )

    def _judge(self, facts):
        """Codes of what speaks against a student, whatever the hour; empty if nothing does.

        :param facts: of ``hostel.student._get_booking_facts``
        """
        return judge(self._get_rules(), facts)

    def _suits(self, student):
        """Whether the window is meant for a student, whatever the hour."""
        self.ensure_one()
        return not self._judge(student._get_booking_facts(self.round_id))

    def _get_student_domain(self):
        """The students whom :meth:`_suits` lets in, as a domain to be used with all rights."""
        self.ensure_one()
        domain = Domain("status", "=", "active") & Domain("year_of_study", ">=", self.year_from)
        domain &= Domain("year_of_study", "<=", self.year_to)
        if self.gender:
            domain &= Domain("gender", "=", self.gender)
        if self.programme_ids:
            domain &= Domain("programme_id", "in", self.programme_ids.ids)
        if categories := self._get_categories():
            domain &= Domain("category", "in", sorted(categories))
        term = self.round_id.term_id
        if self.needs_clearance:
            domain &= Domain(
                "clearance_ids", "any", [("term_id", "=", term.id), ("active", "=", True)]
            )
        if self.needs_undertaking:
            domain &= Domain(
                "undertaking_ids",
                "any",
                [("year_id", "=", term.year_id.id), ("is_complete", "=", True)],
            )
        return domain

    # ------------------------------------------------------------------
    # When
    # ------------------------------------------------------------------

    def _takes_holds(self):
        """Whether beds can be picked on the map at all in this window."""
        self.ensure_one()
        return self.mode != "ranked"

    def _get_opening(self, student):
        """When the door opens for one student, or for the first if none is given.

        :return: naive UTC moment
        """
        self.ensure_one()
        return self.opens_at

    def _get_state(self, student):
        """How the window stands for a student now, by PostgreSQL's clock.

        :return: ``open``, ``soon``, ``closed``, ``paused``, ``ranked``, or ``pending`` while the
            slots are not published
        """
        self.ensure_one()
        return find_window_state(
            self.env.cr.now(),
            self._get_opening(student),
            self.closes_at,
            is_paused=self.is_paused,
            takes_holds=self._takes_holds(),
        )

    def _prepare_card(self, **vals):
        """The window as its round's card has it. Extension point.

        :param vals: more fields of :class:`~..tools.round_card.WindowCard`
        """
        self.ensure_one()
        return WindowCard(
            id=self.id,
            name=self.name,
            hostels=frozenset(self.hostel_ids.ids),
            rules=self._get_rules(),
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            hold_minutes=self.hold_minutes,
            is_paused=self.is_paused,
            takes_holds=self._takes_holds(),
            wishes_url=self._get_wishes_url(),
            message=self.change_reason or "",
            reasons=self._get_reason_texts(),
            **vals,
        )

    def _get_wishes_url(self):
        """Where a student states wishes, or None if this window asks for none."""
        self.ensure_one()
        return WISHES_URL if self.mode in ("ranked", "both") else None

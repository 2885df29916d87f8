import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools.sql import escape_psql

from odoo.addons.hostel_base.const import OCCUPIED_STATES
from odoo.addons.hostel_base.errors import HostelError

from ..tools.masking import references

OPEN_STATES = ("asked", "to_approve", "to_pay")
# What the office decides about, and may still refuse.
DECIDED_STATES = ("to_approve", "to_pay")
ANSWER_HOURS = 72
MOVES_A_TERM = 2
# Also what nobody answered counts: who asks at random learns nothing and is stopped.
ASKS_A_TERM = 6
OFFICE_FIELDS = {"note"}
REFERENCE = re.compile(r"(?P<room>.{1,32}?)\s*#\s*(?P<ref>\d{4})")


class HostelMoveRequest(models.Model):
    """A student asks for another bed: changes places, moves, or takes a better room.

    Whoever is asked to swap is told nothing about the other before agreeing, and the one who
    asks never learns whether the other exists: an unknown number and a silent student look the
    same until the request runs out. Everything is checked again when it is done, in the one
    transaction that changes both beds.
    """

    _name = "hostel.move.request"
    _description = "Move Request"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _hostel_audit = True
    _order = "id desc"

    name = fields.Char(string="Reference", required=True, readonly=True, default="/", copy=False)
    kind = fields.Selection(
        [("swap", "Swap"), ("transfer", "Transfer"), ("upgrade", "Upgrade")],
        required=True,
        readonly=True,
    )
    student_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="restrict", index=True
    )
    allocation_id = fields.Many2one(
        "hostel.allocation",
        string="Present bed",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    term_id = fields.Many2one(related="allocation_id.term_id", store=True, precompute=True)
    hostel_id = fields.Many2one(
        related="allocation_id.hostel_id", store=True, index=True, precompute=True
    )
    partner_student_id = fields.Many2one(
        "hostel.student",
        string="Changes places with",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    partner_allocation_id = fields.Many2one(
        "hostel.allocation", string="The other's bed", readonly=True, ondelete="restrict"
    )
    partner_hostel_id = fields.Many2one(
        related="partner_allocation_id.hostel_id", string="The other's hostel", store=True
    )
    consented_at = fields.Datetime(string="The other agreed", readonly=True, tracking=True)
    target_bed_id = fields.Many2one(
        "hostel.bed", string="Wanted bed", readonly=True, ondelete="restrict"
    )
    target_hostel_id = fields.Many2one(
        related="target_bed_id.hostel_id", string="Wanted hostel", store=True
    )
    reason = fields.Text(readonly=True)
    currency_id = fields.Many2one(related="allocation_id.currency_id")
    old_price = fields.Monetary(readonly=True)
    new_price = fields.Monetary(readonly=True, help="Frozen when it was asked for.")
    price_difference = fields.Monetary(
        readonly=True, help="To pay; below zero: to be credited. Frozen when it was asked for."
    )
    state = fields.Selection(
        [
            ("asked", "Waits for the other student"),
            ("to_approve", "To approve"),
            ("to_pay", "Waits for payment"),
            ("done", "Done"),
            ("declined", "Declined by the other"),
            ("refused", "Refused"),
            ("expired", "Ran out"),
            ("cancelled", "Taken back"),
        ],
        required=True,
        readonly=True,
        tracking=True,
        index=True,
        group_expand=True,
    )
    expires_at = fields.Datetime(string="Runs out", required=True, readonly=True)
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True, copy=False)
    decided_at = fields.Datetime(string="Decided", readonly=True, copy=False)
    is_automatic = fields.Boolean(string="By the rule", readonly=True)
    refusal = fields.Char(string="Refused because", readonly=True, tracking=True)
    obstacle = fields.Char(
        string="In the way", compute="_compute_obstacle", help="What would refuse it now."
    )
    kept_block_id = fields.Many2one(
        "hostel.allocation",
        string="Kept until it is paid",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    result_ids = fields.One2many(
        "hostel.allocation", "move_request_id", string="New beds", readonly=True
    )
    note = fields.Text(string="Note of the office")

    _one_open = models.UniqueIndex(
        "(allocation_id) WHERE state IN ('asked', 'to_approve', 'to_pay')",
        "There is an open request for this bed already.",
    )

    @api.depends("name", "student_id")
    def _compute_display_name(self):
        for request in self:
            request.display_name = f"{request.name} · {request.sudo().student_id.display_name}"

    @api.depends("state")
    def _compute_obstacle(self):
        for request in self:
            request.obstacle = False
            if request.state in DECIDED_STATES:
                try:
                    request.sudo()._check_possible()
                except HostelError as exc:
                    request.obstacle = str(exc)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(
                self.env._("Students ask on the portal; the office moves them from the bed itself.")
            )
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                vals["name"] = self.env["ir.sequence"].next_by_code("hostel.move.request") or "/"
        return super().create(vals_list)

    def write(self, vals):
        own = {
            name
            for name, field in self._fields.items()
            if (field._module or "").startswith("hostel_")
        }
        if not self.env.su and (vals.keys() & own) - OFFICE_FIELDS:
            raise AccessError(self.env._("A move request changes through its buttons only."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _get_setting(self, name, default):
        return self.env["hostel.allocation"]._get_minutes(f"hostel_booking.{name}", default)

    @api.model
    def _get_movable(self, student, stay_id=None):
        """The bed that a student could move from: the one that is meant, else where they live,
        else what they have booked.

        :param stay_id: one of :meth:`_get_all_movable`
        :return: ``hostel.allocation``, empty if there is none
        """
        rows = self._get_all_movable(student)
        return (rows.filtered(lambda row: row.id == stay_id) if stay_id else rows)[:1]

    @api.model
    def _get_all_movable(self, student):
        """Where a student lives and what is booked for later, in this order."""
        today = self.env.company._get_college_day()
        rows = (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("student_id", "=", student.id),
                    ("state", "in", OCCUPIED_STATES),
                    ("date_to", ">", today),
                ],
                order="date_from, id",
            )
        )
        # The second half of a planned move is no stay of its own.
        rows -= rows.filtered(lambda row: row.origin_id in rows)
        return rows.sorted(lambda row: row.state != "checked_in")

    @api.model
    def _check_may_ask(self, student, row):
        """Refuse who has no bed, an open request, or has moved or asked too often.

        :raises HostelError: ``NO_BED``, ``REQUEST_OPEN``, ``TOO_MANY_MOVES``, ``MOVE_PLANNED``
        """
        if not row:
            raise HostelError(
                "NO_BED", self.env._("You have no confirmed bed that you could change."), 403
            )
        mine = self.sudo().search(
            [("student_id", "=", student.id), ("term_id", "=", row.term_id.id)]
        )
        now = self.env.cr.now()
        # A no is open to whoever asked, as silence is, until it runs out.
        if mine.filtered(
            lambda request: (
                request.state in OPEN_STATES
                or (request.state == "declined" and request.expires_at > now)
            )
        ):
            raise HostelError(
                "REQUEST_OPEN", self.env._("You have an open request. Take it back first.")
            )
        done = mine.filtered(lambda request: request.state == "done")
        if len(done) >= self._get_setting("moves_per_term", MOVES_A_TERM) or len(
            mine
        ) >= self._get_setting("asks_per_term", ASKS_A_TERM):
            raise HostelError(
                "TOO_MANY_MOVES",
                self.env._("You have changed or asked as often as a term allows; ask the office."),
                403,
            )
        row._check_no_move_planned()

    @api.model
    def _ask_swap(self, student, number, reason="", stay_id=None):
        """Ask another student to change places.

        The answer is the same whether there is such a student or not.

        :param str number: what names the other, see :meth:`_find_partner`
        :param stay_id: which of the student's beds, see :meth:`_get_movable`
        :return: the request
        :raises HostelError: as :meth:`_check_may_ask`
        """
        row = self._get_movable(student, stay_id)
        self._check_may_ask(student, row)
        other = self._find_partner(student, row, number)
        request = self._open("swap", student, row, reason, partner=other)
        if other:
            other.student_id._notify_booking("swap")
        return request

    @api.model
    def _find_partner(self, student, row, number):
        """The bed of the student who is meant, if the two could change places at all.

        :param number: a roll number, or room and reference as the map shows them: ``214 #4920``
        """
        none = self.env["hostel.allocation"].sudo()
        found = self._find_by_reference(student, row, number) or self._find_by_roll_number(number)
        if found == student or found.gender != student.gender or found.status != "active":
            return none
        other = self._get_all_movable(found).filtered(lambda one: one.term_id == row.term_id)[:1]
        return none if other.bed_id == row.bed_id else other

    def _find_by_roll_number(self, number):
        return (
            self.env["hostel.student"]
            .sudo()
            .search([("roll_number", "=ilike", escape_psql(number.strip()))], limit=1)
        )

    def _find_by_reference(self, student, row, number):
        """Who has the reference on this student's map; nobody if two rooms would fit."""
        match = REFERENCE.fullmatch(number)
        booking_round = self.env["hostel.booking.round"].sudo()
        booking_round = booking_round.search(
            [("term_id", "=", row.term_id.id), ("is_practice", "=", False)], limit=1
        )
        none = self.env["hostel.student"].sudo()
        if not match or not booking_round:
            return none
        Occupants = self.env["hostel.booking.occupants"].sudo()
        found = self.env["hostel.allocation"].sudo()
        for room in (
            self.env["hostel.room"].sudo().search([("name", "=ilike", escape_psql(match["room"]))])
        ):
            rows = Occupants._get_rows(booking_round, room) - Occupants._own(student)
            refs = references(Occupants._get_secret(), student.id, rows.ids)
            found |= rows.filtered(lambda one, refs=refs: refs[one.id] == match["ref"])
        return found.student_id if len(found) == 1 else none

    @api.model
    def _ask_transfer(self, student, bed, reason="", stay_id=None):
        """Ask for another bed that is free; a dearer one is an upgrade.

        :param bed: one ``hostel.bed``
        :param stay_id: which of the student's beds, see :meth:`_get_movable`
        :return: the request
        :raises HostelError: as :meth:`_check_may_ask`, ``SAME_BED``, ``BED_TAKEN``,
            ``GENDER_MISMATCH``
        """
        row = self._get_movable(student, stay_id)
        self._check_may_ask(student, row)
        if bed == row.bed_id:
            raise HostelError("SAME_BED", self.env._("This is your present bed."), 422)
        self.env["hostel.allocation"].sudo()._check_bed_suits(bed.sudo(), student)
        new_price = bed.sudo()._get_price(row.term_id)
        kind = "upgrade" if new_price > row.price else "transfer"
        request = self._open(kind, student, row, reason, bed=bed, new_price=new_price)
        request._check_possible()
        request._submit()
        return request

    @api.model
    def _open(self, kind, student, row, reason, *, partner=None, bed=None, new_price=None):
        hours = self._get_setting("move_hours", ANSWER_HOURS)
        new_price = row.price if new_price is None else new_price
        # What was just closed must not stand in the way of the new one.
        self.flush_model(["state"])
        return self.sudo().create(
            {
                "kind": kind,
                "student_id": student.id,
                "allocation_id": row.id,
                "partner_student_id": partner.student_id.id if partner else False,
                "partner_allocation_id": partner.id if partner else False,
                "target_bed_id": bed.id if bed else False,
                "reason": (reason or "").strip()[:1000],
                "old_price": row.price,
                "new_price": new_price,
                "price_difference": new_price - row.price,
                "state": "asked",
                "expires_at": self.env.cr.now() + timedelta(hours=hours),
            }
        )

    # ------------------------------------------------------------------
    # The other student
    # ------------------------------------------------------------------

    @api.model
    def _get_asked_of(self, student):
        """Open requests that wait for this student's answer."""
        return self.sudo().search(
            [
                ("partner_student_id", "=", student.id),
                ("state", "=", "asked"),
                ("expires_at", ">", self.env.cr.now()),
            ]
        )

    def _consent(self, student):
        """The other student agrees; from here on both know each other.

        :raises HostelError: ``NOT_FOUND``, ``REQUEST_OVER``, or what makes it impossible now
        """
        request = self._get_own_question(student)
        request._lock()
        request._check_possible()
        request.write({"consented_at": self.env.cr.now()})
        request._submit()

    def _decline(self, student):
        """The other student says no; the one who asked sees no difference to silence."""
        request = self._get_own_question(student)
        request._lock()
        request.write({"state": "declined", "decided_at": self.env.cr.now()})

    def _get_own_question(self, student):
        request = self.sudo().filtered(
            lambda one: one.partner_student_id == student and one.kind == "swap"
        )
        if not request:
            raise HostelError("NOT_FOUND", self.env._("There is nothing here for you."), 404)
        if request.state != "asked" or not request.expires_at > self.env.cr.now():
            raise HostelError("REQUEST_OVER", self.env._("This request is over."), 410)
        return request

    def _withdraw(self, student):
        """The one who asked takes it back.

        :raises HostelError: ``NOT_FOUND``, ``REQUEST_OVER``
        """
        request = self.sudo().filtered(lambda one: one.student_id == student)
        if not request:
            raise HostelError("NOT_FOUND", self.env._("There is nothing here for you."), 404)
        # A silent no is still open in the eyes of the one who asked.
        if request.state not in (*OPEN_STATES, "declined"):
            raise HostelError("REQUEST_OVER", self.env._("This request is over."), 410)
        request._lock()
        request._close("cancelled")

    def _lock(self):
        """Take turns with everybody else who decides about this request."""
        if not self.try_lock_for_update(allow_referencing=True):
            raise HostelError(
                "REQUEST_BUSY",
                self.env._("Somebody is deciding about this request; try again in a second."),
                details={"retry_after": 1},
            )

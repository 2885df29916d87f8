import logging
import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools.sql import escape_psql

from odoo.addons.hostel_base.const import OCCUPIED_STATES
from odoo.addons.hostel_base.errors import HostelError

from ..tools.masking import references

_logger = logging.getLogger(__name__)

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
    def _get_movable(self, student):
        """The bed that a student could move from: where they live, or what they have booked."""
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
        living = rows.filtered(lambda row: row.state == "checked_in")
        return (living or rows)[:1]

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
    def _ask_swap(self, student, number, reason=""):
        """Ask another student to change places.

        The answer is the same whether there is such a student or not.

        :param str number: what names the other, see :meth:`_find_partner`
        :return: the request
        :raises HostelError: as :meth:`_check_may_ask`
        """
        row = self._get_movable(student)
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
        other = self._get_movable(found)
        if other.term_id != row.term_id or other.bed_id == row.bed_id:
            return none
        return other

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
        booking_round = booking_round.search([("term_id", "=", row.term_id.id)], limit=1)
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
    def _ask_transfer(self, student, bed, reason=""):
        """Ask for another bed that is free; a dearer one is an upgrade.

        :param bed: one ``hostel.bed``
        :return: the request
        :raises HostelError: as :meth:`_check_may_ask`, ``SAME_BED``, ``BED_TAKEN``,
            ``GENDER_MISMATCH``
        """
        row = self._get_movable(student)
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

    # ------------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------------

    def _submit(self):
        """Do it at once where the rule says so, else bring it to the warden."""
        self.ensure_one()
        if self._follows_rule():
            self._execute(automatic=True)
            return
        self.write({"state": "to_approve"})
        self._ask_warden()
        self._notify()

    def _follows_rule(self):
        """Whether no warden has to look: a swap within a hostel, of equal rooms, if the college
        wants that."""
        self.ensure_one()
        wanted = self.env["ir.config_parameter"].sudo().get_param("hostel_booking.swap_automatic")
        if self.kind != "swap" or wanted not in ("True", "1", "true"):
            return False
        row, other = self.allocation_id, self.partner_allocation_id
        return (
            row.hostel_id == other.hostel_id
            and row.room_type_id == other.room_type_id
            and row.price == other.price
        )

    def _check_possible(self):
        """Everything that would refuse it at this moment.

        :raises HostelError: ``INVALID_TRANSITION``, ``MOVE_PLANNED``, ``GENDER_MISMATCH``,
            ``OUTSTANDING_FEES``, ``VIOLATION_UNRESOLVED``, ``ROOM_NOT_AVAILABLE``, ``BED_TAKEN``
        """
        self.ensure_one()
        for row, bed in self._get_moves():
            row._check_may_move(self._get_day(row))
            row._check_bed_suits(bed, row.student_id)
            row._check_student_may_live(row.student_id, row.term_id)
            row._check_room_ready(bed, row.term_id)
            self._check_dues(row)
        if self.kind != "swap":
            self._check_target_free()

    def _get_moves(self):
        """Which row goes to which bed."""
        self.ensure_one()
        row = self.allocation_id
        if self.kind != "swap":
            return [(row, self.target_bed_id)]
        other = self.partner_allocation_id
        return [(row, other.bed_id), (other, row.bed_id)]

    def _get_day(self, row):
        """Today for who lives here; who has not moved in takes the bed for the whole stay."""
        return max(self.env.company._get_college_day(), row.date_from)

    def _check_dues(self, row):
        """Refuse who moves while something is owed: neither paid for the bed nor cleared.

        :raises HostelError: ``OUTSTANDING_FEES``
        """
        if row.price and not row.paid_at and not row.student_id._is_cleared(row.term_id):
            raise HostelError(
                "OUTSTANDING_FEES",
                self.env._("The fee of the present bed is not paid; pay it before you move."),
                403,
            )

    def _check_target_free(self):
        row, bed = self.allocation_id, self.target_bed_id
        Allocation = self.env["hostel.allocation"].sudo()
        taken = Allocation.search(
            [
                ("bed_id", "=", bed.id),
                ("id", "!=", self.kept_block_id.id),
                *Allocation._live_between(self._get_day(row), row.date_to),
            ],
            limit=1,
        )
        if taken.is_block:
            raise HostelError("ROOM_NOT_AVAILABLE", self.env._("The wanted bed is closed."))
        if taken:
            raise HostelError("BED_TAKEN", self.env._("Somebody has the wanted bed by now."))

    def _approve(self):
        """Move the student; where the difference is to be paid first, keep the bed until then.

        :raises HostelError: as :meth:`_check_possible`, ``BED_BUSY``
        """
        self.ensure_one()
        request = self.sudo()
        if request._is_difference_settled():
            request._execute()
            return
        request._lock()
        request._check_possible()
        now = self.env.cr.now()
        hours = self._get_setting("move_hours", ANSWER_HOURS)
        row = request.allocation_id
        request.write(
            {
                "state": "to_pay",
                "decided_at": now,
                "decided_by_id": self.env.uid,
                "expires_at": now + timedelta(hours=hours),
                "kept_block_id": row._block(
                    request.target_bed_id,
                    request._get_day(row),
                    row.date_to,
                    self.env._("Kept for %(request)s until it is paid", request=request.name),
                    "other",
                ).id,
            }
        )
        request._ask_difference()
        request.activity_unlink(["mail.mail_activity_data_todo"])
        request._notify()

    def _execute(self, automatic=False):
        """Change the beds, all checks again, in this transaction; or nobody moves.

        :raises HostelError: as :meth:`_check_possible`, ``DIFFERENCE_UNPAID``
        """
        self.ensure_one()
        request = self.sudo()
        request._lock()
        request._check_possible()
        if not request._is_difference_settled():
            raise HostelError(
                "DIFFERENCE_UNPAID", self.env._("The difference of the price is not paid yet.")
            )
        request._release_bed()
        row = request.allocation_id
        reason = self.env._("Move request %(name)s", name=request.name)
        if request.kind == "swap":
            other = request.partner_allocation_id
            # One day for both: who has not moved in takes the other bed for the whole stay.
            day = max(request._get_day(row), request._get_day(other))
            new = row._swap(other, day, reason=reason)
        else:
            new = row._transfer(
                request.target_bed_id,
                request._get_day(row),
                reason=reason,
                price=request.new_price,
            )
        new.sudo().write({"move_request_id": request.id})
        request._settle_difference(new)
        vals = {"state": "done", "is_automatic": automatic}
        if request.state != "to_pay":
            # Else the warden decided when the student was asked to pay.
            vals |= {
                "decided_at": self.env.cr.now(),
                "decided_by_id": False if automatic else self.env.uid,
            }
        request.write(vals)
        request.activity_unlink(["mail.mail_activity_data_todo"])
        request._notify()

    def _release_bed(self):
        """Give back the bed that was kept while the student paid."""
        block = self.kept_block_id
        if block.state == "blocked":
            block._transition("cancelled")

    def _close(self, state, **vals):
        """End what is not done: the kept bed is free, and nothing more is to be paid."""
        self.ensure_one()
        self._release_bed()
        self.write({"state": state, "decided_at": self.env.cr.now(), **vals})
        self._give_up_difference()
        self.activity_unlink(["mail.mail_activity_data_todo"])
        self._notify()

    # ------------------------------------------------------------------
    # Money: what billing fills
    # ------------------------------------------------------------------

    def _get_difference(self):
        """Extension point: what the wanted bed costs this student more; below zero: less."""
        self.ensure_one()
        return self.price_difference

    def _is_difference_settled(self):
        """Extension point: whether a dearer bed may be given already.

        Without billing nothing has to be paid; the frozen difference stands on the request.
        """
        self.ensure_one()
        return True

    def _ask_difference(self):
        """Extension point: ask the student to pay the difference of a move that is approved.

        Called in the transaction of the approval, where :meth:`_is_difference_settled` is not true.
        """

    def _give_up_difference(self):
        """Extension point: the request ended without a move; nothing of it is to be paid."""

    def _may_run_out(self):
        """Extension point: whether an overdue request ends now; not while a bank decides."""
        self.ensure_one()
        return True

    def _settle_difference(self, new):
        """Extension point: bill or credit the frozen difference of the price.

        Called in the transaction that moves the student.

        :param new: the row in the new bed, or both of a swap
        """

    # ------------------------------------------------------------------
    # The office
    # ------------------------------------------------------------------

    def action_approve(self):
        """Do what was asked for, if nothing is in the way and nothing is to be paid first."""
        self._check_wardens_business()
        for request in self:
            if request.state != "to_approve":
                raise HostelError(
                    "INVALID_TRANSITION",
                    self.env._("%(name)s does not wait for you any more.", name=request.name),
                )
            request._approve()

    def action_refuse(self):
        """Open the dialog that asks for the reason."""
        self._check_wardens_business()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refuse"),
            "res_model": "hostel.move.refuse",
            "view_mode": "form",
            "target": "new",
            "context": {"default_request_ids": self.ids},
        }

    def _check_wardens_business(self):
        """The beds of both students must be the user's to change.

        :raises AccessError: if one is in another's hostel
        """
        self.check_access("write")
        requests = self.sudo()
        rows = requests.allocation_id | requests.partner_allocation_id
        rows.with_env(self.env).check_access("write")
        beds = requests.target_bed_id
        beds.with_env(self.env).check_access("read")

    def _refuse(self, reason):
        """Say no, with the reason."""
        for request in self.sudo():
            if request.state not in DECIDED_STATES:
                raise HostelError(
                    "INVALID_TRANSITION",
                    self.env._("%(name)s does not wait for you any more.", name=request.name),
                )
            request._lock()
            request._close("refused", refusal=reason, decided_by_id=self.env.uid)

    def _ask_warden(self):
        """A to-do for the warden of the hostel."""
        today = self.env.company._get_college_day()
        posts = (self.hostel_id | self.partner_hostel_id | self.target_hostel_id).staff_ids
        wardens = posts.filtered(
            lambda post: (
                post.role == "warden"
                and post.date_from <= today
                and (not post.date_to or post.date_to > today)
            )
        ).user_id
        for user in wardens[:2]:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=self.env._("Decide about a move"),
            )

    @api.model
    def _cron_expire(self, limit=500):
        """Close what ran out, by PostgreSQL's clock."""
        due = self.sudo().search(
            Domain("state", "in", OPEN_STATES) & Domain("expires_at", "<=", self.env.cr.now()),
            limit=limit,
        )
        # A row that somebody decides about just now is left to them.
        due = due.try_lock_for_update(allow_referencing=True)
        for request in due.filtered(lambda one: one._may_run_out()):
            try:
                with self.env.cr.savepoint():
                    request._close("expired")
            except HostelError as exc:
                # Somebody works on the kept bed just now: the next run ends it.
                _logger.info("%s is not closed yet: %s", request.name, exc.code)

    def _notify(self):
        """Open pages of those concerned look again."""
        for request in self:
            request.student_id._notify_booking("move")
            if request.consented_at:
                request.partner_student_id._notify_booking("move")

import logging
from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain

from odoo.addons.hostel_base.errors import HostelError

from .hostel_move_request import ANSWER_HOURS, DECIDED_STATES, OPEN_STATES

_logger = logging.getLogger(__name__)


class HostelMoveRequest(models.Model):
    """How a move is decided, and how it is done: by rule, by a warden, after its payment."""

    _inherit = "hostel.move.request"

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
        """Refuse who moves while something is owed.

        :raises HostelError: ``OUTSTANDING_FEES``
        """
        if row.price and not row._are_dues_settled():
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

    @api.model
    def _get_difference_rule(self, row):
        """Extension point: how a difference of prices becomes what one student pays or gets back.

        :param row: the student's bed now
        :return: function of a difference (float; below zero the other bed is cheaper) to a float
        """
        return lambda difference: difference

    def _get_difference(self):
        """What the wanted bed costs this student more; below zero: less."""
        self.ensure_one()
        return self._get_difference_rule(self.allocation_id)(self.price_difference)

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

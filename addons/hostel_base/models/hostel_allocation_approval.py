from datetime import timedelta

from odoo import api, models

from odoo.addons.queue_job.exception import RetryableJobError

from ..errors import HostelError


class HostelAllocation(models.Model):
    """Decisions about a bed; an approval takes effect a little later."""

    _inherit = "hostel.allocation"

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

    def action_cancel(self):
        """Cancel unpaid, closed or allocated rows."""
        self.check_access("write")
        planned = self.filtered(lambda row: row.origin_id.sudo().state == "checked_in")
        # Together, as one cancelled half of a swap takes the other along.
        planned.origin_id.action_cancel_move()
        for row in self - planned:
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

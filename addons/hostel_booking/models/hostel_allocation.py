from odoo import fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.const import LIVE_STATES, UNPAID_STATES


class HostelAllocation(models.Model):
    _inherit = "hostel.allocation"

    cohort_id = fields.Many2one(
        "hostel.cohort",
        string="Cohort",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        default=lambda self: self.env.context.get("hostel_cohort_id"),
    )

    def write(self, vals):
        if "cohort_id" in vals and not self.env.su:
            raise AccessError(self.env._("An allocation changes through its buttons only."))
        return super().write(vals)

    def _after_transition(self, old_state):
        """Let every map that shows the bed know, and the student's own pages."""
        super()._after_transition(old_state)
        if old_state in LIVE_STATES or self.state in LIVE_STATES:
            # A dead row says nothing about its bed, which may be another's by now.
            self._post_to_maps()
        if self.student_id:
            self.student_id._notify_booking(self.state)
        if self.sudo().cohort_id:
            self._tell_cohort(old_state)
        elif not old_state and not self.env.context.get("hostel_cohort_gives"):
            self._leave_cohort()

    def _leave_cohort(self):
        """Who took a bed alone no longer waits for one with a group."""
        if not self.student_id:
            return
        member = (
            self.env["hostel.cohort.member"]
            .sudo()
            .search(
                [
                    ("student_id", "=", self.student_id.id),
                    ("state", "=", "joined"),
                    ("cohort_id.term_id", "=", self.term_id.id),
                ],
                limit=1,
            )
        )
        if member:
            member.cohort_id._found_bed(member)

    def _tell_cohort(self, old_state):
        """The cohort follows its beds; a strict one gives all up when one is lost."""
        cohort = self.sudo().cohort_id
        if old_state in UNPAID_STATES and self.state in ("expired", "cancelled"):
            cohort._bed_was_lost(self)
        cohort._rows_changed()

    def _after_dates_changed(self, old_from, old_to):
        """A round that the row has left sees the bed free again."""
        super()._after_dates_changed(old_from, old_to)
        self._post_to_maps(min(old_from, self.date_from), max(old_to, self.date_to))

    def _post_to_maps(self, date_from=None, date_to=None):
        """Bring the bed's present state to the maps of every round in a range of days.

        :param date_from: first day; that of the row if not given
        :param date_to: day after the last; the leaving day of the row if not given
        """
        self.ensure_one()
        maps = (
            self.env["hostel.booking.map"]
            .sudo()
            .search(
                [
                    ("floor_id", "=", self.floor_id.id),
                    ("round_id.state", "=", "open"),
                    ("round_id.is_practice", "=", False),
                    ("round_id.date_from", "<", date_to or self.date_to),
                    ("round_id.date_to", ">", date_from or self.date_from),
                ]
            )
        )
        if not maps:
            return
        self.env["hostel.booking.outbox"]._post(
            [
                {
                    "round_id": floor_map.round_id.id,
                    "floor_id": floor_map.floor_id.id,
                    "map_index": self.bed_id.map_index,
                    "state": self.bed_id._get_map_state(floor_map.round_id),
                    "fence": self.fence,
                    "student_id": self.student_id.id or 0,
                }
                for floor_map in maps
            ]
        )

    # ------------------------------------------------------------------
    # Checkout: without billing nothing has to be paid
    # ------------------------------------------------------------------

    def _needs_payment(self):
        """Extension point: whether money must arrive before an approval."""
        self.ensure_one()
        return False

    def _checkout(self):
        """Go on with a row that was just reserved.

        :return: ``{"redirect": path on this site or None}``
        """
        self.ensure_one()
        if self.state in ("offered", "paying"):
            self._transition("awaiting_approval", hold_until=False)
        return {"redirect": None}

    def _get_pay_url(self):
        """Extension point: where an unpaid row can be paid, or None."""
        return None

    def _let_go(self):
        """The student gives up an unpaid row; what was paid meanwhile stays.

        :raises HostelError: ``ALREADY_PAID``, ``INVALID_TRANSITION``
        """
        self.ensure_one()
        status = self._ask_payment_status() if self._needs_payment() else "unpaid"
        if status == "paid":
            self._payment_received(self.env.cr.now())
        if status in ("paid", "confirmed"):
            return False
        self._transition("cancelled", hold_until=False)
        return True

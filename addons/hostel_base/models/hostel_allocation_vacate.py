from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError

from ..const import BLOCK_KINDS, VACATE_REASONS
from ..errors import HostelError

# What leaving changes, and what the year-end's undo therefore puts back.
STAY_FIELDS = (
    "state",
    "date_to",
    "vacate_reason",
    "vacate_note",
    "vacated_on",
    "notice_date",
    "planned_date_to",
)
DATES = {"date_to", "vacated_on", "notice_date", "planned_date_to"}


class HostelAllocation(models.Model):
    """Leaving a bed: at once, or on a day that was announced; and opening a closed one."""

    _inherit = "hostel.allocation"

    vacate_reason = fields.Selection(
        VACATE_REASONS, string="Left because of", readonly=True, copy=False, tracking=True
    )
    vacate_note = fields.Char(string="Note about leaving", readonly=True, copy=False)
    vacated_on = fields.Date(string="Left on", readonly=True, copy=False, tracking=True)
    notice_date = fields.Date(
        string="Notice given on",
        readonly=True,
        copy=False,
        tracking=True,
        help="The student said on this day that the bed is free from the leaving day on.",
    )
    planned_date_to = fields.Date(
        string="Until, as first planned",
        readonly=True,
        copy=False,
        help="The leaving day before the student announced an earlier one.",
    )
    block_kind = fields.Selection(BLOCK_KINDS, string="Kind of closure", readonly=True, copy=False)

    def action_vacate(self):
        """Open the dialog in which one or several students leave their beds."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Leave the bed"),
            "res_model": "hostel.bed.vacate",
            "view_mode": "form",
            "target": "new",
            "context": {"default_allocation_ids": self.ids},
        }

    def _vacate(self, reason, leaving_day, *, note=False, uncleared=False, **handover):
        """Let the student leave the bed for good, today or earlier, or announce it.

        The bed is free from the leaving day on, whether that has come or not.

        :param str reason: key of ``VACATE_REASONS``
        :param date leaving_day: first day on which the bed is free
        :param bool uncleared: whoever decides may let the student go whatever is still owed
        :param handover: fields of ``hostel.check.in.out`` that are known by now
        :raises HostelError: ``CHECKOUT_WITHOUT_CHECKIN``, ``INVALID_TRANSITION``,
            ``MOVE_PLANNED``, ``INVALID_DATE_RANGE``, ``BED_BUSY``, those of
            :meth:`_check_may_leave`
        """
        self.ensure_one()
        row = self.sudo()
        row._check_lives_here()
        row._check_no_move_planned()
        today = self.env.company._get_college_day()
        # Who stays longer than agreed keeps no right to the bed; the days are past.
        last = max(row.planned_date_to or row.date_to, today)
        if not row.date_from <= leaving_day <= last:
            raise HostelError(
                "INVALID_DATE_RANGE",
                self.env._(
                    "The leaving day lies between %(first)s and %(last)s.",
                    first=row.date_from,
                    last=last,
                ),
                422,
            )
        planned = row.planned_date_to or row.date_to
        vals = {
            "vacate_reason": reason,
            "vacate_note": note,
            "planned_date_to": planned,
            "date_to": max(min(leaving_day, planned), row.date_from + timedelta(days=1)),
        }
        if leaving_day > today:
            row._change(**vals, notice_date=row.notice_date or today)
        else:
            if not uncleared:
                row._check_may_leave()
            # The row is past, and judged no more: its days say how long the stay was.
            row._transition("vacated", **vals, vacated_on=leaving_day)
            row._close_check_record(**handover)

    def _check_may_leave(self):
        """Extension point: refuse to let a student go who still owes something.

        Asked when somebody leaves, not when the day is announced.

        :raises HostelError: ``NO_DUES_MISSING``
        """

    def _check_lives_here(self):
        """Refuse to end a stay that has not begun or is over."""
        self.ensure_one()
        if self.state in ("vacated", "transferred"):
            raise HostelError(
                "INVALID_TRANSITION",
                self.env._("%(name)s is over already.", name=self.name),
            )
        if self.state != "checked_in":
            raise HostelError(
                "CHECKOUT_WITHOUT_CHECKIN",
                self.env._(
                    "%(student)s has not moved in, so there is nothing to leave. A booking is"
                    " cancelled instead.",
                    student=self.student_id.display_name or self.name,
                ),
            )

    def action_withdraw_notice(self):
        """The students stay after all, as long as was first planned, if the beds are free."""
        self.check_access("write")
        for row in self:
            if row.state != "checked_in" or not row.notice_date:
                raise HostelError(
                    "NO_NOTICE", self.env._("%(name)s has no notice.", name=row.name), 422
                )
            row._change(
                date_to=row.planned_date_to,
                planned_date_to=False,
                notice_date=False,
                vacate_reason=False,
                vacate_note=False,
            )

    # ------------------------------------------------------------------
    # Taking it back, for the year-end only
    # ------------------------------------------------------------------

    def _get_stay_snapshot(self):
        """State, days and reasons of the stay, as JSON."""
        self.ensure_one()
        row = self.sudo()
        snapshot = {
            name: fields.Date.to_string(row[name]) if name in DATES else row[name]
            for name in STAY_FIELDS
        }
        record = row.check_ids[:1]
        snapshot["record"] = record._get_snapshot() if record else {}
        return snapshot

    def _undo_vacate(self, snapshot, fence):
        """Put a stay back to what it was, under the bed's lock and a new fence.

        ``vacated`` leads nowhere in the table of transitions; the year-end alone may take its
        own work back, and only while nobody touched the row. The constraints judge whether
        the bed is still free and the student still without another.

        :param dict snapshot: see :meth:`_get_stay_snapshot`
        :param int fence: of the row when the year-end had changed it
        :raises HostelError: ``CHANGED_SINCE``, ``BED_TAKEN``, ``INVALID_ALLOCATION``, ``BED_BUSY``
        """
        self.ensure_one()
        row = self.sudo()
        if row.fence != fence:
            raise HostelError(
                "CHANGED_SINCE", self.env._("%(name)s was changed since then.", name=row.name)
            )
        row._change(**{name: snapshot[name] for name in STAY_FIELDS})
        if snapshot["record"]:
            row.check_ids[:1].write(snapshot["record"])

    # ------------------------------------------------------------------
    # Closed beds
    # ------------------------------------------------------------------

    def _reopen(self):
        """End closures today; what is past stays in the history as it was."""
        today = self.env.company._get_college_day()
        for row in self:
            row._transition("cancelled", **({"date_to": today} if row.date_from < today else {}))

    def action_reopen(self):
        """Open closed beds again."""
        self.check_access("write")
        if not all(self.mapped("is_block")):
            raise AccessError(self.env._("Only closed beds can be opened."))
        self._reopen()

from datetime import timedelta

from odoo import fields, models

from odoo.addons.hostel_base.const import VACATE_REASONS
from odoo.addons.hostel_base.errors import HostelError

# What a student may say; the others are said by the office.
STUDENT_REASONS = ("graduation", "year_end", "transfer", "opted_out", "other")
MAX_NOTE = 200


class HostelAllocation(models.Model):
    """Moving out: the notice, the clearance, the departure."""

    _inherit = "hostel.allocation"

    no_dues_ids = fields.One2many("hostel.no.dues", "allocation_id", string="No-dues clearance")

    # ------------------------------------------------------------------
    # The student's notice
    # ------------------------------------------------------------------

    def _get_notice_days(self):
        return self._get_minutes("hostel_booking.notice_days", 7)

    def _get_first_leaving_day(self):
        """The earliest day on which a student who gives notice now may leave."""
        return self.env.company._get_college_day() + timedelta(days=self._get_notice_days())

    def _give_notice(self, leaving_day, reason, note=""):
        """The student of this stay says when the bed is free.

        :param date leaving_day: first day on which the bed is free
        :param str reason: one of ``STUDENT_REASONS``
        :raises HostelError: ``INVALID`` for another reason, ``NOTICE_TOO_SHORT``, and what
            ``_vacate`` raises
        """
        self.ensure_one()
        row = self.sudo()
        if reason not in STUDENT_REASONS:
            raise HostelError("INVALID", self.env._("Choose one of the reasons."), 422)
        row._check_lives_here()
        first = row._get_first_leaving_day()
        planned = row.planned_date_to or row.date_to
        # Whoever leaves on the planned day needs no notice at all.
        if leaving_day < min(first, planned):
            raise HostelError(
                "NOTICE_TOO_SHORT",
                self.env._(
                    "A notice is given %(days)s days ahead: you can leave on %(day)s at the"
                    " earliest. If it is urgent, talk to the warden.",
                    days=row._get_notice_days(),
                    day=first,
                ),
                422,
                {"first_day": str(first)},
            )
        row._vacate(reason, leaving_day, note=(note or "").strip()[:MAX_NOTE] or False)
        row._start_move_out()

    def _withdraw_own_notice(self):
        """The student stays after all, if the bed is still free."""
        self.ensure_one()
        self.sudo().action_withdraw_notice()

    def action_withdraw_notice(self):
        super().action_withdraw_notice()
        self.sudo().no_dues_ids._withdraw()

    # ------------------------------------------------------------------
    # The clearance
    # ------------------------------------------------------------------

    def action_start_move_out(self):
        """Begin the clearance of students who leave or have left, and open it."""
        self._check_desk()
        clearances = self.env["hostel.no.dues"]
        for row in self:
            if row.state != "vacated":
                row.sudo()._check_lives_here()
            clearances |= row._start_move_out()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_booking.hostel_no_dues_action"
        )
        if len(clearances) == 1:
            return clearances.sudo(False).get_formview_action()
        return action | {"domain": [("id", "in", clearances.ids)], "context": {}}

    def _start_move_out(self):
        return self.env["hostel.no.dues"]._open_for(self)

    def _no_dues_changed(self):
        """Something that a station answers by itself may have another answer now."""
        self.sudo().no_dues_ids._refresh()

    def _is_no_dues_required(self):
        return self._is_on("hostel_booking.require_no_dues")

    def _check_no_dues(self):
        """Refuse to let somebody go who owes something.

        :raises HostelError: ``NO_DUES_MISSING`` with ``details.stations``
        """
        self.ensure_one()
        names = self._get_not_cleared()
        if names is not None:
            raise HostelError(
                "NO_DUES_MISSING",
                self.env._(
                    "%(student)s can't move out yet. These have not cleared: %(stations)s.",
                    student=self.sudo().student_id.display_name,
                    stations=self._get_stations_text(names),
                ),
                details={"stations": names},
            )

    def _get_not_cleared(self, refresh=True):
        """Names of the stations that still wait; empty before the clearance, None if all clear.

        :param bool refresh: ask those that answer by themselves first
        """
        self.ensure_one()
        clearance = self.sudo().no_dues_ids
        if refresh:
            clearance._refresh()
        waiting = clearance.line_ids.filtered(lambda line: line.state != "clear")
        if clearance.state == "cleared" and not waiting:
            return None
        return waiting.mapped("station_id.name")

    def _get_stations_text(self, names):
        return ", ".join(names) or self.env._("the clearance has not begun")

    def _check_may_leave(self):
        super()._check_may_leave()
        if self._is_no_dues_required():
            self._check_no_dues()

    def action_check_out(self):
        """Where a clearance is wanted, nobody leaves without it; with it comes the certificate."""
        if self._is_no_dues_required():
            # Said first, and of everybody before anybody leaves.
            self._check_desk()
            for row in self:
                row._check_no_dues()
        result = super().action_check_out()
        self._finish_clearances()
        return result

    def _finish_clearances(self):
        """Who has left cleared gets the certificate."""
        for clearance in self.sudo().no_dues_ids.filtered(lambda one: one.state == "cleared"):
            if clearance.allocation_id._has_left_for_good():
                clearance._finish()

    def _has_left_for_good(self):
        """Whether the stay is over, and no year-end can take that back."""
        self.ensure_one()
        return self.state == "vacated" and not (
            self.env["hostel.rollover.line"]
            .sudo()
            .search_count(
                [
                    ("allocation_id", "=", self.id),
                    ("rollover_id.state", "in", ("running", "done", "undoing")),
                ],
                limit=1,
            )
        )

    # ------------------------------------------------------------------
    # Extension points
    # ------------------------------------------------------------------

    def _deposit_refund_due(self):
        """Extension point: the student left, owes nothing, and gets the deposit back."""

    def _get_student_reasons(self):
        """Reasons that the portal offers: list of ``(key, label)``."""
        labels = dict(self._fields["vacate_reason"]._description_selection(self.env))
        return [(key, labels[key]) for key, _label in VACATE_REASONS if key in STUDENT_REASONS]

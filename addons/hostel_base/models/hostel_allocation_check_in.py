from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..errors import HostelError

DESK = "hostel_base.group_hostel_supervisor"


class HostelAllocation(models.Model):
    """The check-in desk: arrivals, breaks between terms, departures.

    Supervisors work at the desk although they only read allocations; the methods here check
    the group and the record rules, then act with all rights.
    """

    _inherit = "hostel.allocation"

    check_ids = fields.One2many("hostel.check.in.out", "allocation_id", string="Check-in record")
    check_count = fields.Integer(compute="_compute_check_count", compute_sudo=True)
    stay_status = fields.Selection(
        [
            ("not_arrived", "Not arrived"),
            ("in_hostel", "In the hostel"),
            ("on_leave", "Away"),
            ("left", "Left"),
        ],
        string="Presence",
        compute="_compute_stay_status",
        compute_sudo=True,
    )
    student_name = fields.Char(related="student_id.name", string="Name")
    student_phone = fields.Char(related="student_id.phone", string="Phone")
    late_days = fields.Integer(
        string="Days late",
        compute="_compute_late_days",
        help="Since the day on which the student should have come or gone.",
    )

    @api.depends("state", "check_ids.last_check_out_at", "check_ids.last_check_in_at")
    def _compute_stay_status(self):
        away = self._get_away()
        per_state = {
            "allocated": "not_arrived",
            "checked_in": "in_hostel",
            "vacated": "left",
            "transferred": "left",
        }
        for row in self:
            row.stay_status = "on_leave" if row in away else per_state.get(row.state)

    @api.depends("check_ids")
    def _compute_check_count(self):
        for row in self:
            row.check_count = len(row.check_ids)

    def _get_away(self):
        """Extension point: the rows whose students live here but are away at the moment.

        :return: a subset of these rows
        """
        return self.filtered(
            lambda row: row.state == "checked_in" and row.sudo().check_ids[:1]._is_away()
        )

    @api.depends("state", "date_from", "date_to")
    def _compute_late_days(self):
        today = self.env.company._get_college_day()
        for row in self:
            due = {"allocated": row.date_from, "checked_in": row.date_to}.get(row.state)
            row.late_days = max((today - due).days, 0) if due else 0

    def _check_desk(self):
        """Refuse whoever does not work at the desk of these rows' hostels.

        :raises AccessError: if the user is no supervisor or warden, or can't read the rows
        """
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(DESK)):
            raise AccessError(self.env._("Only supervisors and wardens work at the check-in desk."))

    # ------------------------------------------------------------------
    # Arrivals
    # ------------------------------------------------------------------

    def action_check_in(self):
        """The students arrived: for the first time, or back from a break."""
        self._check_desk()
        for row in self:
            row._check_in()
        return self._notify(self.env._("%(count)s checked in", count=len(self)), "")

    def _check_in(self, **handover):
        """Let the student move in, and record it.

        :param handover: fields of ``hostel.check.in.out`` that are known by now
        :raises HostelError: ``DUPLICATE_CHECKIN``, ``EARLY_CHECKIN``, ``INVALID_DATE_RANGE``,
            ``INVALID_TRANSITION``, ``BED_BUSY``, and the conflicts of an earlier arrival
        """
        self.ensure_one()
        row = self.sudo()
        if row.state == "checked_in":
            return row._return_from_break()
        if row.state == "allocated":
            row._check_arrival_day()
            row._close_origin()
        row._transition("checked_in", **row._prepare_arrival_vals())
        return row._open_check_record(**handover)

    def _check_arrival_day(self):
        today = self.env.company._get_college_day()
        if today >= self.date_to:
            raise HostelError(
                "INVALID_DATE_RANGE",
                self.env._("%(name)s ended on %(day)s.", name=self.name, day=self.date_to),
                422,
            )
        allowed = self._get_minutes("hostel_base.early_arrival_days", 0)
        if today < self.date_from - timedelta(days=allowed):
            raise HostelError(
                "EARLY_CHECKIN",
                self.env._(
                    "%(student)s has the bed from %(day)s on, and may come %(allowed)s days"
                    " earlier at most.",
                    student=self.student_id.display_name,
                    day=self.date_from,
                    allowed=allowed,
                ),
                details={"date_from": str(self.date_from), "early_days": allowed},
            )

    def _prepare_arrival_vals(self):
        """Who comes early takes the bed for more days; the constraints judge them."""
        today = self.env.company._get_college_day()
        return {"date_from": today} if today < self.date_from else {}

    def _open_check_record(self, **handover):
        vals = {
            "allocation_id": self.id,
            "check_in_at": self.env.cr.now(),
            "checked_in_by_id": self.env.uid,
            **handover,
        }
        return self.env["hostel.check.in.out"].sudo().create(vals)

    def _return_from_break(self):
        record = self.check_ids[:1]
        if not self._get_away() or not record.last_check_out_at:
            raise HostelError(
                "DUPLICATE_CHECKIN",
                self.env._(
                    "%(student)s is checked in already.", student=self.student_id.display_name
                ),
            )
        record.write({"last_check_in_at": self.env.cr.now(), "checked_in_by_id": self.env.uid})
        return record

    # ------------------------------------------------------------------
    # Departures
    # ------------------------------------------------------------------

    def action_check_out(self):
        """The students whose leaving day has come are gone."""
        self._check_desk()
        today = self.env.company._get_college_day()
        for row in self.sudo():
            row._check_lives_here()
            if row.date_to > today:
                raise HostelError(
                    "LEAVING_DAY_AHEAD",
                    self.env._(
                        "%(student)s has the bed until %(day)s. A warden can let the student"
                        " leave earlier, with a reason.",
                        student=row.student_id.display_name,
                        day=row.date_to,
                    ),
                    details={"date_to": str(row.date_to)},
                )
            row._vacate(row.vacate_reason or "year_end", today, note=row.vacate_note)
        return self._notify(self.env._("%(count)s checked out", count=len(self)), "")

    def action_leave_for_break(self):
        """The students go home for some weeks and keep their beds."""
        self._check_desk()
        now = self.env.cr.now()
        for row in self.sudo():
            row._check_lives_here()
            if row._get_away():
                raise HostelError(
                    "CHECKOUT_WITHOUT_CHECKIN",
                    self.env._("%(student)s is away already.", student=row.student_id.display_name),
                )
            record = row.check_ids[:1] or row._open_check_record(check_in_at=False)
            record.write({"last_check_out_at": now, "checked_out_by_id": self.env.uid})
        return self._notify(self.env._("%(count)s away", count=len(self)), "")

    def _close_check_record(self, **handover):
        """Record that the stay is over; a stay from before these records has none."""
        record = self.check_ids[:1]
        if record:
            vals = {"check_out_at": self.env.cr.now(), "checked_out_by_id": self.env.uid}
            record.write(vals | handover)
        return record

    def action_open_check_record(self):
        self.ensure_one()
        return self.check_ids[:1].get_formview_action()

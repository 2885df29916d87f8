import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.hostel_base.errors import HostelError

_logger = logging.getLogger(__name__)


class HostelAllocation(models.Model):
    """A bed waits for a student who does not come, until a day; then it is another's."""

    _inherit = "hostel.allocation"

    late_arrival_ids = fields.One2many(
        "hostel.late.arrival", "allocation_id", string="Late arrivals"
    )
    no_show_on = fields.Date(
        string="Given back on",
        compute="_compute_no_show_on",
        help="If the student has not come by then.",
    )
    is_no_show = fields.Boolean(
        string="Did not come",
        compute="_compute_no_show_on",
        search="_search_is_no_show",
        help="The day until which the bed waited is over.",
    )

    allotted_on = fields.Date(
        readonly=True, copy=False, help="The day on which the bed became the student's."
    )

    def _change(self, **vals):
        if vals.get("state") == "allocated":
            day = self.env.company._get_college_day(self.env.cr.now())
            vals.setdefault("allotted_on", day)
        return super()._change(**vals)

    # ------------------------------------------------------------------
    # The deadline
    # ------------------------------------------------------------------

    @api.depends("state", "date_from", "late_arrival_ids.state", "late_arrival_ids.arrives_on")
    def _compute_no_show_on(self):
        days = self._get_no_show_days()
        today = self._get_college_today() if self.ids else None
        for row in self:
            row.no_show_on = days.get(row._origin.id, False)
            row.is_no_show = bool(row.no_show_on) and row.no_show_on <= today

    def _search_is_no_show(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self._get_college_today()
        deadlines = self._get_no_show_days(everybody=True)
        ids = [row_id for row_id, day in deadlines.items() if day <= today]
        return Domain("id", "in" if True in value else "not in", ids)

    @api.model
    def _get_no_show_sql(self):
        """Days on which beds are given back: the hostel's number of days, else the round's,
        after the first day; who gets the bed later has as many days from then on. A later arrival
        that a warden allowed moves it to the day after that."""
        return SQL(
            """
            SELECT a.id,
                   greatest(
                       greatest(
                           a.date_from,
                           a.allotted_on,
                           -- Who was given the bed at once, by a run or a move.
                           (a.create_date AT TIME ZONE 'UTC' AT TIME ZONE %s)::date
                       ) + COALESCE(NULLIF(h.no_show_days, 0), r.no_show_days),
                       (SELECT max(l.arrives_on) + 1 FROM hostel_late_arrival l
                         WHERE l.allocation_id = a.id AND l.state = 'approved')
                   ) AS day,
                   r.no_show_warning_days AS warning, r.no_show_auto AS auto
              FROM hostel_allocation a
              JOIN hostel_hostel h ON h.id = a.hostel_id
              JOIN hostel_booking_round r
                ON r.term_id = a.term_id AND r.is_practice IS NOT TRUE
             WHERE a.state = 'allocated'
               AND COALESCE(NULLIF(h.no_show_days, 0), r.no_show_days) > 0
               AND NOT EXISTS (SELECT FROM hostel_allocation o
                                WHERE o.id = a.origin_id AND o.state = 'checked_in')
            """,
            self.env.company._get_college_tz(),
        )

    def _get_no_show_days(self, everybody=False):
        """``{row id: day}`` of those rows that are waited for."""
        if not everybody and not self.ids:
            return {}
        self._flush_for_no_shows()
        mine = SQL("TRUE") if everybody else SQL("id IN %s", tuple(self.ids))
        rows = self.env.execute_query(
            SQL("SELECT id, day FROM (%s) AS waiting WHERE %s", self._get_no_show_sql(), mine)
        )
        return dict(rows)

    def _flush_for_no_shows(self):
        self.env["hostel.allocation"].flush_model(
            ["state", "date_from", "allotted_on", "hostel_id", "term_id", "origin_id"]
        )
        self.env["hostel.late.arrival"].flush_model()
        self.env["hostel.booking.round"].flush_model()
        self.env["hostel.hostel"].flush_model(["no_show_days"])

    def _format_day(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {"format": "d MMM y"})

    # ------------------------------------------------------------------
    # Coming later
    # ------------------------------------------------------------------

    def _ask_late_arrival(self, day, reason):
        """The student says when they come; the warden decides.

        :raises HostelError: ``INVALID_TRANSITION``, ``INVALID_DATE_RANGE``, ``REASON_MISSING``,
            ``ALREADY_ASKED``
        """
        self.ensure_one()
        row = self.sudo()
        if row.state != "allocated":
            raise HostelError(
                "INVALID_TRANSITION",
                self.env._("This is for a bed that is yours and in which you don't live yet."),
            )
        first = max(row.date_from, row._get_college_today())
        if not first < day < row.date_to:
            raise HostelError(
                "INVALID_DATE_RANGE",
                self.env._(
                    "Choose a day after %(first)s and before %(last)s.",
                    first=row._format_day(first),
                    last=row._format_day(row.date_to),
                ),
                422,
            )
        if not reason:
            raise HostelError("REASON_MISSING", self.env._("Say in a few words why."), 422)
        if row.late_arrival_ids.filtered(lambda one: one.state == "requested"):
            raise HostelError(
                "ALREADY_ASKED",
                self.env._("You have asked already. Withdraw that first to ask for another day."),
            )
        request = (
            self.env["hostel.late.arrival"]
            .sudo()
            .create({"allocation_id": row.id, "arrives_on": day, "reason": reason})
        )
        office = row._in_office_language()
        office._tell_wardens(
            office.env._("Comes later: %(student)s", student=row.student_id.display_name),
            office.env._(
                "%(student)s asks to keep bed %(bed)s until %(day)s.",
                student=row.student_id.display_name,
                bed=office._get_bed_label(),
                day=office._format_day(day),
            ),
            reason,
        )
        return request

    def _withdraw_late_arrival(self):
        """:raises HostelError: ``ALREADY_DECIDED``"""
        self.ensure_one()
        request = self.sudo().late_arrival_ids.filtered(lambda one: one.state == "requested")
        if not request:
            raise HostelError(
                "ALREADY_DECIDED", self.env._("The warden has decided already; look below.")
            )
        request.state = "withdrawn"

    # ------------------------------------------------------------------
    # Reminders, and the end of waiting
    # ------------------------------------------------------------------

    @api.model
    def _cron_no_shows(self):
        """Remind who has not come; give beds back where the round says so."""
        today = self._get_college_today()
        self._flush_for_no_shows()
        rows = self.env.execute_query(self._get_no_show_sql())
        for done, (row_id, day, warning, auto) in enumerate(rows, 1):
            row = self.sudo().browse(row_id)
            try:
                with self.env.cr.savepoint():
                    row._do_no_show_step(today, day, warning, auto)
            except HostelError as exc:
                # Its bed is being worked on, or the student has just come.
                _logger.info("no-show %s: %s", row_id, exc.code)
            except Exception:
                # One row that fails must not keep the others waiting.
                _logger.exception("no-show %s failed", row_id)
            self.env["ir.cron"]._commit_progress(1, remaining=len(rows) - done)

    def _do_no_show_step(self, today, day, warning, auto):
        self.ensure_one()
        if day <= today:
            if not auto:
                return
            told = self.env["hostel.no.show.notice"]._get_told_day(self, day)
            if told and told <= today:
                self._release_no_show()
            elif not told:
                # Nobody loses a bed unwarned.
                self._remind_to_come("last", today + timedelta(days=1))
            return
        if day - timedelta(days=1) <= today:
            self._remind_to_come("last", day)
        elif day - timedelta(days=warning) <= today and warning > 1:
            self._remind_to_come("early", day)

    def _remind_to_come(self, kind, day):
        if not self.env["hostel.no.show.notice"]._take(self, kind, day):
            return
        row = self._in_student_language()
        row._tell_student(
            row.env._("Bed %(bed)s waits for you", bed=row._get_bed_label()),
            row.env._(
                "Your stay began on %(first)s and you have not moved in. On %(day)s the bed is"
                " given to somebody else.",
                first=row._format_day(row.date_from),
                day=row._format_day(day),
            ),
            row.env._(
                "If you come later, say on which day: open your stay and choose “I come later”."
            ),
        )

    def _release_no_show(self, note=False):
        """Give the bed of a student who did not come to others.

        :raises HostelError: ``NOT_OVERDUE`` while the bed still waits, and the refusals of
            :meth:`_cancel_booking`
        """
        self.ensure_one()
        row = self.sudo()
        if not row.is_no_show:
            raise HostelError(
                "NOT_OVERDUE",
                self.env._(
                    "The bed of %(student)s still waits; the day is not over.",
                    student=row.student_id.display_name,
                ),
            )
        row.late_arrival_ids.filtered(lambda one: one.state == "requested").state = "withdrawn"
        return row._cancel_booking("no_show", "no_show", note)

    def action_open_release(self):
        """Open the dialog that gives beds of absent students back."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Give the beds back"),
            "res_model": "hostel.no.show.release",
            "view_mode": "form",
            "target": "new",
            "context": {"default_allocation_ids": self.ids},
        }

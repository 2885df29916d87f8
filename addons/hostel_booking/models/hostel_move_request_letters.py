from odoo import api, fields, models
from odoo.fields import Domain

PAGE = "/my/moves"


class HostelMoveRequest(models.Model):
    """What both students read by mail about a move.

    Who is asked to change places learns nothing of who asks, and who asks never learns from a
    mail whether there is such a student: a no and silence end with the same words at the same
    time.
    """

    _inherit = "hostel.move.request"

    end_told_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="When the one who asked read that nobody agreed, after a no that looked like silence.",
    )

    @api.model
    def _ask_swap(self, student, number, reason="", stay_id=None):
        request = super()._ask_swap(student, number, reason, stay_id)
        # A job in any case: how long the answer takes must not tell whether somebody was asked.
        request.with_delay(description=self.env._("Mail about a swap"))._tell_question()
        return request

    def _tell_question(self):
        """Job: write to the student who is asked, if there is one."""
        request = self.sudo().exists()
        if not request.partner_allocation_id or request.state != "asked":
            return
        row = request.partner_allocation_id._in_student_language()
        row._tell_student(
            row.env._("Somebody would like to change places with you"),
            row.env._(
                "A student asks whether you would change beds. Sign in to see which kind of bed it"
                " is, and answer by %(until)s.",
                until=row._format_moment(request.expires_at),
            ),
            row.env._("If you don't want to, you need not answer: nobody learns of you."),
            path=PAGE,
            label=row.env._("See the question"),
        )

    # ------------------------------------------------------------------
    # How it went on
    # ------------------------------------------------------------------

    def _notify(self):
        super()._notify()
        for request in self.sudo():
            for row in request._get_rows_to_tell():
                request._tell_news(row._in_student_language())

    def _get_rows_to_tell(self):
        """Beds of those whom the present state is news to."""
        self.ensure_one()
        rows = self.allocation_id
        if self.consented_at:
            rows |= self.partner_allocation_id
        return {
            # The other has just agreed, and knows it.
            "to_approve": self.allocation_id if self.kind == "swap" else rows.browse(),
            "done": self.result_ids,
            "refused": rows,
            "expired": rows,
            # Who took it back knows it.
            "cancelled": rows - self.allocation_id,
        }.get(self.state, rows.browse())

    def _tell_news(self, row):
        """Write to one of the students.

        :param row: the student's bed, in the student's language
        """
        self.ensure_one()
        names = {"name": self.name, "bed": row._get_bed_label()}
        if self.state == "done":
            row._tell_student(
                row.env._("You have another bed: %(bed)s", **names),
                row.env._(
                    "Your request is done. Bed %(bed)s is yours from %(day)s.",
                    day=row._format_day(row.date_from),
                    **names,
                ),
            )
            return
        news = {
            "to_approve": row.env._(
                "The other student agrees to change places. The warden decides next."
            ),
            "refused": row.env._("The warden refused the request %(name)s.", **names),
            "expired": self._get_end_words(row),
            "cancelled": row.env._("The other student no longer wants to change places."),
        }[self.state]
        self._tell_in_short(row, news, self.refusal if self.state == "refused" else "")

    def _tell_in_short(self, row, *lines):
        if self.state != "to_approve":
            lines += (row.env._("You keep bed %(bed)s.", bed=row._get_bed_label()),)
        row._tell_student(
            row.env._("Your request for another bed"),
            *filter(None, lines),
            path=PAGE,
            label=row.env._("Open my requests"),
        )

    def _get_end_words(self, row):
        """Why a request ran out; the same for a silent student, a no, and an unknown number."""
        if self.kind == "swap" and not self.consented_at:
            return row.env._("Nobody agreed in time to change places with you.")
        return row.env._("Nobody decided about the request in time. You may ask again.")

    @api.model
    def _cron_expire(self, limit=500):
        """Close what ran out; also say so where a no has looked like silence until now."""
        super()._cron_expire(limit)
        declined = self.sudo().search(
            Domain("state", "=", "declined")
            & Domain("expires_at", "<=", self.env.cr.now())
            & Domain("end_told_at", "=", False),
            limit=limit,
        )
        for request in declined.try_lock_for_update(allow_referencing=True):
            request.end_told_at = self.env.cr.now()
            row = request.allocation_id._in_student_language()
            request._tell_in_short(row, request._get_end_words(row))

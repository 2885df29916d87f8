from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.hostel_base.errors import HostelError

UNPAID = ("offered", "paying")
CANCELLABLE = (*UNPAID, "awaiting_approval", "allocated")


class HostelAllocation(models.Model):
    """Cancelling a booking: by the student before a day, by the office at any time."""

    _inherit = "hostel.allocation"

    cancellation_ids = fields.One2many("hostel.cancellation", "allocation_id", string="Cancelled")

    # ------------------------------------------------------------------
    # What goes back
    # ------------------------------------------------------------------

    def _get_college_today(self):
        """The day that it is at the college, by PostgreSQL's clock."""
        zone = self.env.company._get_college_tz()
        [[day]] = self.env.execute_query(
            SQL("SELECT (transaction_timestamp() AT TIME ZONE %s)::date", zone)
        )
        return day

    def _get_paid_amount(self):
        """Extension point: what was paid for this booking, in its currency."""
        self.ensure_one()
        row = self.sudo()
        return row.price if row.paid_at else 0.0

    def _get_refund_amount(self, percent=None):
        """What goes back if the booking were cancelled today.

        :param percent: share that a person decided on, or None for the policy's
        """
        self.ensure_one()
        if percent is None:
            percent = self._get_cancellation_terms()["percent"]
        return self.sudo().currency_id.round(self._get_paid_amount() * percent / 100.0)

    def _get_cancellation_terms(self):
        """The policy of the booking as it applies today.

        :return: dict of ``policy``, ``days_before``, ``percent``, ``last_day`` (the last on which
            the student can cancel alone)
        """
        self.ensure_one()
        row = self.sudo()
        policy = self.env["hostel.cancellation.policy"]._get_for(row)
        days = (row.date_from - row._get_college_today()).days
        last = row.date_from.fromordinal(row.date_from.toordinal() - policy.office_days)
        return {
            "policy": policy,
            "days_before": days,
            "percent": policy._get_percent(days) if policy else 100.0 * (days > 0),
            "last_day": last,
        }

    # ------------------------------------------------------------------
    # Who may
    # ------------------------------------------------------------------

    def _check_can_be_cancelled(self):
        """:raises HostelError: ``ALREADY_CANCELLED``, ``INVALID_TRANSITION``, ``MOVE_PLANNED``"""
        self.ensure_one()
        if self.state in ("cancelled", "unplaced", "refund_due", "refunded", "expired"):
            raise HostelError(
                "ALREADY_CANCELLED",
                self.env._("This booking is cancelled already; nothing more is to do."),
            )
        if self.is_block or self.state not in CANCELLABLE:
            raise HostelError(
                "INVALID_TRANSITION",
                self.env._(
                    "This stay has begun or is over. Tell the hostel office on which day the bed"
                    " gets free."
                ),
            )
        # A planned move ends by giving the stay its days back, not as a booking.
        self._check_no_move_planned()

    def _check_student_can_cancel(self):
        """Refuse what only the office does.

        :raises HostelError: also ``CANCEL_AT_OFFICE``
        """
        self.ensure_one()
        row = self.sudo()
        if row.state == "allocated" and row.origin_id.state == "checked_in":
            raise HostelError(
                "MOVE_PLANNED",
                self.env._("This is your move to another bed. The hostel office can cancel it."),
            )
        row._check_can_be_cancelled()
        if row.state in UNPAID:
            return
        last = row._get_cancellation_terms()["last_day"]
        if row._get_college_today() > last:
            raise HostelError(
                "CANCEL_AT_OFFICE",
                self.env._(
                    "Since %(day)s only the hostel office can cancel this booking. Call it or go"
                    " there.",
                    day=self.env["ir.qweb.field.date"].value_to_html(last, {"format": "d MMM y"}),
                ),
                403,
                {"last_day": str(last)},
            )

    # ------------------------------------------------------------------
    # Cancelling
    # ------------------------------------------------------------------

    def _cancel_booking(self, kind, reason, note=False, percent=None):
        """Cancel the booking; what goes back is owed from now on. The bed is free at once.

        :param str kind: ``student``, ``office`` or ``no_show``
        :param str reason: key of ``CANCEL_REASONS``
        :param note: what the person added
        :param percent: share of the payment that a person decided on, or None for the policy's
        :return: the ``hostel.cancellation``
        :raises HostelError: ``ALREADY_CANCELLED``, ``INVALID_TRANSITION``, ``MOVE_PLANNED``,
            ``BED_BUSY``
        """
        self.ensure_one()
        row = self.sudo()
        row._check_can_be_cancelled()
        terms = row._get_cancellation_terms()
        share = terms["percent"] if percent is None else percent
        vals = {
            "allocation_id": row.id,
            "kind": kind,
            "reason": reason,
            "note": note,
            "old_state": row.state,
            "days_before": terms["days_before"],
            "policy_id": terms["policy"].id,
            "percent": share,
            "paid_amount": row._get_paid_amount(),
            "refund_amount": row._get_refund_amount(share),
            "cancelled_at": self.env.cr.now(),
            "cancelled_by_id": self.env.uid,
        }
        batch = row.approval_batch_id if row.approval_due else row.approval_batch_id.browse()
        row._transition("cancelled", approval_due=False, hold_until=False)
        batch._rows_withdrawn()
        cancellation = self.env["hostel.cancellation"].sudo().create(vals)
        if vals["refund_amount"] > 0:
            row._transition("unplaced")
            row._transition("refund_due")
        row._tell_cancelled(cancellation)
        return cancellation

    def _tell_cancelled(self, cancellation):
        row = self._in_student_language()
        bed = row._get_bed_label()
        back = row._get_refund_sentence(cancellation)
        words = {
            "student": row.env._("You cancelled your booking of bed %(bed)s.", bed=bed),
            "office": row.env._(
                "The hostel office cancelled your booking of bed %(bed)s.", bed=bed
            ),
            "no_show": row.env._(
                "You did not come, so bed %(bed)s was given back. If this is a mistake, call the"
                " hostel office today.",
                bed=bed,
            ),
        }
        note = cancellation.note if cancellation.kind == "office" else ""
        row._tell_student(
            row.env._("Your booking of bed %(bed)s is cancelled", bed=bed),
            *filter(None, [words[cancellation.kind], note, back]),
        )
        if cancellation.kind == "student":
            self._in_office_language()._tell_wardens_of_cancellation(cancellation)

    def _tell_wardens_of_cancellation(self, cancellation):
        reasons = dict(cancellation._fields["reason"]._description_selection(self.env))
        self._tell_wardens(
            self.env._("Cancelled: bed %(bed)s", bed=self._get_bed_label()),
            self.env._(
                "%(student)s cancelled the booking. The bed is free again.",
                student=self.student_id.display_name,
            ),
            " · ".join(filter(None, [reasons[cancellation.reason], cancellation.note])),
        )

    def _get_refund_sentence(self, cancellation):
        desk = self.env["hostel.booking.desk"]
        if not cancellation.paid_amount:
            return ""
        if not cancellation.refund_amount:
            return self.env._("By the rules of the refund, nothing of your payment goes back.")
        return self.env._(
            "%(back)s of the %(paid)s that you paid goes back to you.",
            back=desk._format_money(cancellation.refund_amount),
            paid=desk._format_money(cancellation.paid_amount),
        )

    def action_open_cancel(self):
        """Open the dialog in which the office cancels a booking."""
        self.ensure_one()
        self.check_access("write")
        self.sudo()._check_can_be_cancelled()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel the booking"),
            "res_model": "hostel.booking.cancel",
            "view_mode": "form",
            "target": "new",
            "context": {"default_allocation_id": self.id},
        }

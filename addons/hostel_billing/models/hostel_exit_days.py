from odoo import api, fields, models
from odoo.fields import Command

from odoo.addons.hostel_base.errors import HostelError

from ..tools.fee_math import share_out


class HostelExit(models.Model):
    """Days that were billed and are not lived any more: finance credits them, or does not."""

    # One subject a file.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.exit"

    unlived_amount = fields.Monetary(
        string="Billed and not lived",
        compute="_compute_unlived",
        help="Before taxes; nothing of it is credited yet.",
    )
    unlived_why = fields.Text(string="Which days", compute="_compute_unlived")
    unlived_note_ids = fields.Many2many(
        "account.move",
        "hostel_exit_unlived_note_rel",
        string="Credited days",
        readonly=True,
        copy=False,
    )

    @api.depends("state", "allocation_id", "line_ids", "unlived_note_ids")
    def _compute_unlived(self):
        for one in self:
            found = one.sudo()._get_unlived()
            one.unlived_amount = float(sum(found.values()))
            one.unlived_why = "\n".join(
                one._explain_unlived(bill, amount) for bill, amount in found.items()
            )

    def _get_unlived(self):
        """What may be credited: ``{account.move: Decimal}``, before taxes."""
        self.ensure_one()
        stay = self.allocation_id
        if self.state != "draft" or stay.state != "vacated":
            return {}
        return stay._get_unlived()

    def _explain_unlived(self, bill, amount):
        bill = bill.sudo()
        all_days = (bill.period_to - bill.period_from).days
        return self.env._(
            "%(bill)s: %(days)s of its %(all)s days from %(first)s on, %(amount)s",
            bill=bill.name,
            days=all_days - self.sudo().allocation_id._count_lived_days(bill),
            all=all_days,
            first=bill._hostel_format_day(bill.period_from),
            amount=self.currency_id.format(float(amount)),
        )

    def _is_to_settle(self):
        return super()._is_to_settle() or bool(self._get_unlived())

    def action_credit_unlived(self):
        """Credit the days after the student has left.

        :raises HostelError: ``INVALID_TRANSITION``, ``STAY_NOT_OVER``, ``NOTHING_TO_CREDIT``
        """
        self._check_finance()
        for one in self:
            one._check_may_settle()
            one.sudo()._credit_unlived()

    def _credit_unlived(self):
        self.ensure_one()
        if not self.try_lock_for_update():
            raise HostelError("BUSY", self.env._("Please try again in a moment."), 503)
        found = self._get_unlived()
        if not found:
            raise HostelError(
                "NOTHING_TO_CREDIT",
                self.env._("No bill asks for days after %(day)s.", day=self.allocation_id.date_to),
                422,
            )
        notes = self.env["account.move"].sudo()
        for bill, amount in found.items():
            notes |= self._credit_days(bill, amount)
        self.unlived_note_ids |= notes
        self.message_post(
            body=self.env._(
                "Days after leaving were credited: %(notes)s", notes=", ".join(notes.mapped("name"))
            )
        )
        self._refresh()

    def _credit_days(self, bill, amount):
        """A credit note over what a bill asked for days after leaving, under its heads."""
        reason = self.env._(
            "Not lived there from %(day)s on", day=bill._hostel_format_day(self.vacated_on)
        )
        asked = {
            head: of_head
            for head, of_head in self.allocation_id._get_asked_by_head(bill).items()
            if of_head > 0
        }
        shares = share_out(amount, list(asked.values()))
        note = bill._hostel_post_credit_note(
            [
                Command.create(
                    bill._prepare_hostel_line_vals(
                        head,
                        share,
                        bill.company_id,
                        why=self._explain_unlived(bill, amount),
                    )
                )
                for head, share in zip(asked, shares, strict=True)
                if share
            ],
            reason,
        )
        bill._hostel_reconcile_with(note)
        return note

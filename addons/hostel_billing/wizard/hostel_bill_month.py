from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError


class HostelBillMonth(models.TransientModel):
    """The bill of one stay for a month, looked at before it is posted."""

    _name = "hostel.bill.month"
    _description = "Bill a Month of a Stay"
    _inherit = ["hostel.strict.wizard"]
    _strict_fields = {"allocation_id": "read"}

    allocation_id = fields.Many2one("hostel.allocation", string="Stay", required=True)
    student_id = fields.Many2one(related="allocation_id.student_id")
    currency_id = fields.Many2one(related="allocation_id.currency_id")
    month = fields.Date(
        compute="_compute_month",
        store=True,
        readonly=False,
        help="Any day of the month. A stay that pays once a term or quarter has one bill for it.",
    )
    period_from = fields.Date(string="From", compute="_compute_period")
    period_to = fields.Date(string="Until", compute="_compute_period")
    amount = fields.Monetary(compute="_compute_period", help="With taxes.")
    why = fields.Text(string="Why this amount", compute="_compute_period")
    problem = fields.Char(compute="_compute_period")
    move_id = fields.Many2one("account.move", string="Its bill", compute="_compute_period")

    @api.depends("allocation_id")
    def _compute_month(self):
        """The first month that has no bill yet."""
        for dialog in self:
            stay = dialog.allocation_id.sudo()
            periods = [period for _index, period in stay._get_own_periods()] if stay.term_id else []
            unbilled = (
                period.date_from
                for period in periods
                if not stay._get_period_bill(period.date_from)
            )
            last = periods[-1].date_from if periods else False
            dialog.month = next(unbilled, last)

    @api.depends("allocation_id", "month")
    def _compute_period(self):
        Run = self.env["hostel.bill.run"]
        for dialog in self:
            dialog.update(
                dict.fromkeys(("period_from", "period_to", "amount", "why", "problem", "move_id"))
            )
            if not dialog.month:
                continue
            try:
                stay, index, period = Run._find_billable(
                    dialog.allocation_id.id, dialog.month.month, dialog.month.year
                )
            except HostelError as exc:
                dialog.problem = str(exc)
                bill = (exc.details or {}).get("bill_id")
                dialog.move_id = bill
                continue
            lines = stay._get_fee_lines(index, period)
            dialog.period_from, dialog.period_to = period.date_from, period.date_to
            dialog.amount, dialog.why = Run._price_bill(lines, (), stay.company_id)

    def _check_given(self, vals):
        try:
            super()._check_given(vals)
        except HostelError as exc:
            raise HostelError("ALLOCATION_NOT_FOUND", str(exc), 404) from exc

    def action_bill(self):
        """Post the bill and show it.

        :raises HostelError: ``ALLOCATION_NOT_FOUND``, ``INVALID_BILLING_MONTH``,
            ``DUPLICATE_BILL``, ``NOTHING_TO_BILL``
        """
        self.ensure_one()
        self.check_access("write")
        month = self.month
        bill = self.env["hostel.bill.run"]._bill_one(
            self.allocation_id.id, month and month.month, month and month.year
        )
        return self._open_bill(bill)

    def action_open_bill(self):
        """The bill that the month has already."""
        self.ensure_one()
        self.check_access("read")
        return self._open_bill(self.move_id)

    def _open_bill(self, bill):
        form = self.env.ref("hostel_billing.hostel_bill_view_form")
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": bill.id,
            "views": [(form.id, "form")],
        }

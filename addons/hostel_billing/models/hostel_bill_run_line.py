import logging

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.exception import RetryableJobError

_logger = logging.getLogger(__name__)

PERIOD_ONCE = "account_move_hostel_period_once"


class HostelBillRunLine(models.Model):
    _name = "hostel.bill.run.line"
    _description = "Bill of a Run"
    _order = "run_id, id"
    _rec_name = "student_id"

    run_id = fields.Many2one("hostel.bill.run", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="run_id.company_id", store=True)
    currency_id = fields.Many2one(related="run_id.currency_id")
    kind = fields.Selection(
        [("period", "Fees"), ("charge", "Charges")],
        string="For",
        required=True,
        readonly=True,
        default="period",
        help="Charges have a bill of their own where the student gets no other in this run.",
    )
    allocation_id = fields.Many2one(
        "hostel.allocation", string="Stay", readonly=True, ondelete="restrict"
    )
    student_id = fields.Many2one(
        "hostel.student",
        compute="_compute_student_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        ondelete="restrict",
    )
    hostel_id = fields.Many2one(related="allocation_id.hostel_id", store=True)
    period_from = fields.Date(string="From", readonly=True)
    period_to = fields.Date(string="Until", readonly=True)
    charge_ids = fields.Many2many("hostel.charge", string="Charges", readonly=True)
    amount = fields.Monetary(readonly=True)
    why = fields.Text(string="Why this amount", readonly=True)
    state = fields.Selection(
        [
            ("todo", "To post"),
            ("posted", "Posted"),
            ("skipped", "Left out"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="todo",
        index=True,
    )
    code = fields.Char(readonly=True)
    message = fields.Char(readonly=True)
    move_id = fields.Many2one("account.move", string="Bill", readonly=True)

    _once = models.Constraint(
        "UNIQUE (run_id, allocation_id, period_from)", "A run bills a period of a stay once."
    )
    _charges_once = models.UniqueIndex(
        "(run_id, student_id, COALESCE(allocation_id, 0)) WHERE kind = 'charge'",
        "A run bills the charges of a stay once.",
    )
    _period_of_a_stay = models.Constraint(
        "CHECK (kind = 'charge' OR allocation_id IS NOT NULL AND period_from IS NOT NULL"
        " AND period_to IS NOT NULL)",
        "Fees are billed for the days of a stay.",
    )

    @api.depends("allocation_id")
    def _compute_student_id(self):
        for line in self:
            line.student_id = line.allocation_id.student_id or line.student_id

    def action_leave_out(self):
        """Leave these out of their run; what is not “To post” stays as it is.

        :raises HostelError: ``RUN_STARTED``
        """
        lines = self._get_choosable().filtered(lambda line: line.state == "todo")
        lines.write(
            {
                "state": "skipped",
                "code": "LEFT_OUT",
                "message": self.env._("Left out by hand"),
            }
        )

    def action_take_in(self):
        """Take in again what was left out; what is billed already stays left out.

        :raises HostelError: ``RUN_STARTED``
        """
        lines = self._get_choosable().filtered(
            lambda line: line.state == "skipped" and not line.move_id
        )
        lines.write({"state": "todo", "code": False, "message": False})

    def _get_choosable(self):
        """These with all rights, if their runs wait for somebody who looks at them.

        :raises HostelError: ``RUN_STARTED``
        """
        self.check_access("read")
        self.run_id.check_access("write")
        lines = self.sudo()
        for run in lines.run_id:
            if run.state != "ready":
                raise HostelError(
                    "RUN_STARTED",
                    self.env._(
                        "Bills of %(run)s are left out or taken in only while the run is “To look"
                        " at”.",
                        run=run.name,
                    ),
                    422,
                )
        return lines

    def _post(self, with_charges):
        """Post these lines together; where one is refused, each on its own."""
        try:
            with self.env.cr.savepoint():
                self._post_together(with_charges)
        except (IntegrityError, HostelError, UserError, RedirectWarning):
            for line in self:
                line._post_alone(with_charges)

    def _post_together(self, with_charges):
        # The bill of a period takes the charges of its student; what is left has its own.
        self.filtered(lambda line: line.kind == "period")._post_periods(with_charges)
        self.filtered(lambda line: line.kind == "charge")._post_charges()

    def _post_periods(self, with_charges):
        Allocation = self.env["hostel.allocation"]
        stays = self.allocation_id.sudo()
        # Nobody cancels or moves a stay while it is billed.
        if stays.try_lock_for_update(allow_referencing=True) != stays:
            raise RetryableJobError("a stay is being changed", seconds=2, ignore_retry=True)
        todo = self.browse()
        for line in self:
            bill = line.allocation_id.sudo()._get_period_bill(line.period_from)
            if bill:
                line._mark_duplicate(bill)
            elif line._is_wanted_still():
                todo |= line
            else:
                line._mark_changed()
        if not todo:
            return
        posted = Allocation._post_period_bills(
            [(line.allocation_id.sudo(), line.period_from) for line in todo], with_charges
        )
        for line in todo:
            line._mark_posted(posted[line.allocation_id.sudo()])

    def _post_charges(self):
        """Bill the charges that were looked at, as far as they still wait."""
        pending = self.charge_ids.sudo().filtered(lambda charge: charge.state == "pending")
        # Whoever bills or cancels one of them now comes first.
        if pending.try_lock_for_update() != pending:
            raise RetryableJobError("a charge is being changed", seconds=2, ignore_retry=True)
        pending._bill(self.env.context.get("hostel_bill_day"))
        for line in self:
            bill = (line.charge_ids.sudo() & pending).move_id
            if bill:
                line._mark_posted(bill)
            else:
                line._mark_charges_gone()

    def _is_wanted_still(self):
        """Whether the stay has the period that was counted: it may have moved or ended since."""
        self.ensure_one()
        stay = self.allocation_id.sudo()
        found = stay._find_own_period(self.period_from)
        return bool(found and found[1].date_from == self.period_from and stay._needs_period_bill())

    def _post_alone(self, with_charges):
        try:
            with self.env.cr.savepoint():
                self._post_together(with_charges)
        except IntegrityError as exc:
            if exc.diag.constraint_name == PERIOD_ONCE:
                # Posted by somebody else since our snapshot.
                self._mark_duplicate(self.env["account.move"])
            else:
                self._mark_failed("INVOICE_CREATION_FAILED", str(exc.diag.message_primary))
        except HostelError as exc:
            self._mark_failed(exc.code, str(exc))
        except (UserError, RedirectWarning) as exc:
            # The books refuse: a journal, an account or a lock date.
            self._mark_failed("FINANCE_SYNC_FAILED", str(exc.args[0]))

    def _mark_posted(self, bill):
        self.write({"state": "posted", "move_id": bill.id, "amount": bill.amount_total})

    def _mark_charges_gone(self):
        self.write(
            {
                "state": "skipped",
                "code": "CHARGES_GONE",
                "message": self.env._("Billed, cancelled or made less by somebody else"),
            }
        )

    def _mark_duplicate(self, bill):
        self.write(
            {
                "state": "skipped",
                "code": "DUPLICATE_BILL",
                "move_id": bill.id,
                "message": self.env._("Billed by somebody else in the meantime"),
            }
        )

    def _mark_changed(self):
        self.write(
            {
                "state": "skipped",
                "code": "STAY_CHANGED",
                "message": self.env._("The stay ended or changed since it was counted"),
            }
        )

    def _mark_stopped(self):
        self.write(
            {
                "state": "skipped",
                "code": "RUN_STOPPED",
                "message": self.env._("The run was stopped before this bill"),
            }
        )

    def _mark_failed(self, code, message):
        _logger.info("bill of line %s of a run failed: %s", self.id, code)
        self.write({"state": "failed", "code": code, "message": message})

import logging

from psycopg2 import IntegrityError

from odoo import fields, models
from odoo.exceptions import RedirectWarning, UserError

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.exception import RetryableJobError

_logger = logging.getLogger(__name__)

PERIOD_ONCE = "account_move_hostel_period_once"


class HostelBillRunLine(models.Model):
    _name = "hostel.bill.run.line"
    _description = "Bill of a Run"
    _order = "run_id, id"
    _rec_name = "allocation_id"

    run_id = fields.Many2one("hostel.bill.run", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="run_id.company_id", store=True)
    currency_id = fields.Many2one(related="run_id.currency_id")
    allocation_id = fields.Many2one(
        "hostel.allocation", string="Stay", required=True, readonly=True, ondelete="restrict"
    )
    student_id = fields.Many2one(related="allocation_id.student_id", store=True)
    hostel_id = fields.Many2one(related="allocation_id.hostel_id", store=True)
    period_from = fields.Date(string="From", required=True, readonly=True)
    period_to = fields.Date(string="Until", required=True, readonly=True)
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

    def action_skip(self):
        """Leave these out of the run, or take them in again."""
        self.run_id.check_access("write")
        for line in self.sudo():
            if line.run_id.state != "ready" or line.move_id:
                continue
            line.state = "skipped" if line.state == "todo" else "todo"

    def _post(self, with_charges):
        """Post these lines together; where one is refused, each on its own."""
        try:
            with self.env.cr.savepoint():
                self._post_together(with_charges)
        except (IntegrityError, HostelError, UserError, RedirectWarning):
            for line in self:
                line._post_alone(with_charges)

    def _post_together(self, with_charges):
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
            bill = posted[line.allocation_id.sudo()]
            line.write({"state": "posted", "move_id": bill.id, "amount": bill.amount_total})

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

    def _mark_failed(self, code, message):
        _logger.info("bill of allocation %s failed: %s", self.allocation_id.id, code)
        self.write({"state": "failed", "code": code, "message": message})

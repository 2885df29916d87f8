import logging
from calendar import monthrange
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command, Domain

from odoo.addons.hostel_base.const import LIVE_STATES
from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.college_day import college_today
from odoo.addons.queue_job.exception import RetryableJobError

from ..tools.fee_math import add_months

_logger = logging.getLogger(__name__)

COUNT_STEP = 400
POST_STEP = 100
STALLED_AFTER = timedelta(minutes=5)
# What the lines of a run depend on.
COUNTED_BY = {"month", "hostel_ids", "catch_up", "with_charges"}
BILLED_STATES = ("allocated", "checked_in", "vacated", "transferred")


class HostelBillRun(models.Model):
    """The bills of a month: counted first, looked at, then posted in steps.

    A step that dies is done again from its first line; a stay that has its bill is left alone.
    """

    _name = "hostel.bill.run"
    _description = "Bill Run"
    _inherit = ["mail.thread"]
    _order = "month desc, id desc"

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(
        required=True,
        default=lambda self: college_today(self).replace(day=1),
        help="Bills are made for the periods that begin in this month.",
    )
    hostel_ids = fields.Many2many("hostel.hostel", string="Hostels", help="Empty: all.")
    catch_up = fields.Boolean(
        string="Earlier months too",
        help="Also periods of the same terms that began before and have no bill.",
    )
    with_charges = fields.Boolean(
        string="With charges",
        default=True,
        help="Electricity, damage, fines and late fees that wait go on the same bill, or on one of"
        " their own where the student gets no other.",
    )
    bill_date = fields.Date(
        string="Date of the bills", help="Empty: the day on which they are posted."
    )
    is_auto = fields.Boolean(string="By itself", readonly=True, copy=False)
    state = fields.Selection(
        [
            ("draft", "New"),
            ("counting", "Counting"),
            ("ready", "To look at"),
            ("posting", "Posting"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
        index=True,
    )
    last_allocation_id = fields.Integer(readonly=True, copy=False)
    last_student_id = fields.Integer(readonly=True, copy=False)
    # Stays, and then students with charges.
    stay_total = fields.Integer(string="Stays to look at", readonly=True, copy=False)
    stay_count = fields.Integer(string="Stays looked at", readonly=True, copy=False)
    moved_at = fields.Datetime(readonly=True, copy=False)
    line_ids = fields.One2many("hostel.bill.run.line", "run_id", string="Bills", copy=False)
    todo_count = fields.Integer(string="To post", compute="_compute_counts")
    posted_count = fields.Integer(string="Posted", compute="_compute_counts")
    failed_count = fields.Integer(string="Failed", compute="_compute_counts")
    skipped_count = fields.Integer(string="Left out", compute="_compute_counts")
    amount_total = fields.Monetary(string="Amount", compute="_compute_counts")
    progress = fields.Float(compute="_compute_counts")
    is_stalled = fields.Boolean(compute="_compute_is_stalled")

    _one_auto = models.UniqueIndex(
        "(company_id, month) WHERE is_auto IS TRUE", "This month has its automatic run already."
    )

    @api.depends("month", "hostel_ids")
    def _compute_name(self):
        Date = self.env["ir.qweb.field.date"]
        for run in self:
            month = Date.value_to_html(run.month, {"format": "MMMM y"}) if run.month else ""
            run.name = " · ".join([month, *run.hostel_ids.mapped("name")])

    @api.depends("line_ids.state", "line_ids.amount", "state", "stay_count", "stay_total")
    def _compute_counts(self):
        groups = self.env["hostel.bill.run.line"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count", "amount:sum"]
        )
        found = {(run.id, state): (count, amount) for run, state, count, amount in groups}
        for run in self:
            counts = {
                state: found.get((run.id, state), (0, 0))
                for state in ("todo", "posted", "failed", "skipped")
            }
            run.todo_count = counts["todo"][0]
            run.posted_count = counts["posted"][0]
            run.failed_count = counts["failed"][0]
            run.skipped_count = counts["skipped"][0]
            run.amount_total = counts["todo"][1] + counts["posted"][1]
            settled = run.posted_count + run.failed_count
            if run.state in ("draft", "counting"):
                done, total = run.stay_count, run.stay_total
            else:
                done, total = settled, settled + run.todo_count
            run.progress = 100.0 * done / total if total else 100.0 * (run.state == "done")

    @api.depends("state", "moved_at")
    def _compute_is_stalled(self):
        now = self.env.cr.now()
        for run in self:
            busy = run.state in ("counting", "posting")
            run.is_stalled = busy and (run.moved_at or now) + STALLED_AFTER < now

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.get("state", "draft") != "draft" for vals in vals_list):
            raise AccessError(self.env._("A run begins as a new one."))
        for vals in vals_list:
            if vals.get("month"):
                vals["month"] = fields.Date.to_date(vals["month"]).replace(day=1)
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            if {"state", "is_auto", "company_id"} & vals.keys():
                raise AccessError(self.env._("A run changes through its buttons."))
            if COUNTED_BY & vals.keys() and any(run.state != "draft" for run in self):
                raise HostelError(
                    "RUN_STARTED", self.env._("What was counted stays. Make a new run."), 422
                )
        if vals.get("month"):
            vals = {**vals, "month": fields.Date.to_date(vals["month"]).replace(day=1)}
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_unposted_only(self):
        if any(line.state == "posted" for line in self.line_ids):
            raise HostelError("RUN_STARTED", self.env._("A run that posted bills is kept."), 422)

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_count(self):
        """Look at every stay and list the bills that would be posted.

        :raises HostelError: ``INVALID_BILLING_MONTH``, ``RUN_STARTED``
        """
        self.check_access("write")
        for run in self:
            if run.state not in ("draft", "ready"):
                raise HostelError("RUN_STARTED", self.env._("This run is on its way already."), 422)
            run._check_month()
            run = run.sudo()
            run.line_ids.filtered(lambda line: line.state != "posted").unlink()
            run.write(
                {
                    "state": "counting",
                    "last_allocation_id": 0,
                    "last_student_id": 0,
                    "stay_count": 0,
                    "stay_total": run._count_to_look_at(),
                    "moved_at": self.env.cr.now(),
                }
            )
            run._enqueue()

    def action_post(self):
        """Post what was counted.

        :raises HostelError: ``NOTHING_TO_BILL``
        """
        self.check_access("write")
        for run in self:
            if run.state not in ("ready", "done") or not run.todo_count:
                raise HostelError("NOTHING_TO_BILL", self.env._("There is no bill to post."), 422)
            if run.bill_date and run.bill_date > run.company_id._get_college_day():
                raise HostelError(
                    "INVALID_BILLING_MONTH", self.env._("A bill has no date to come."), 422
                )
            run.sudo().write({"state": "posting", "moved_at": self.env.cr.now()})
            run.sudo()._enqueue()

    def action_resume(self):
        """Go on where a killed process stopped; what is posted is not posted again."""
        self.check_access("write")
        for run in self:
            if run.state in ("counting", "posting"):
                run.sudo()._enqueue()

    def action_retry_failed(self):
        """Try again what failed, after its cause is mended; of a stopped run nothing else."""
        self.check_access("write")
        for run in self:
            lines = run.sudo().line_ids
            failed = lines.filtered(lambda line: line.state == "failed")
            if failed and run.state == "cancelled":
                lines.filtered(lambda line: line.state == "todo")._mark_stopped()
            failed.write({"state": "todo", "code": False, "message": False})
            if failed:
                run.sudo().write({"state": "posting", "moved_at": self.env.cr.now()})
                run.sudo()._enqueue()

    def action_cancel(self):
        """Stop: what is posted stays, the rest is not posted."""
        self.check_access("write")
        for run in self:
            if run.state != "done":
                run.sudo().state = "cancelled"

    def action_refresh(self):
        """Read the numbers again."""
        self.check_access("read")
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_open_bills(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("hostel_billing.hostel_bill_action")
        return action | {"domain": [("id", "in", self.line_ids.move_id.ids)], "context": {}}

    def action_open_lines(self):
        """All lines in a list of their own, to search, group and choose many at once."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_bill_run_line_action"
        )
        # What is still to be decided first.
        context = {"search_default_todo": 1} if self.state == "ready" else {}
        return action | {"domain": [("run_id", "=", self.id)], "context": context}

    # ------------------------------------------------------------------
    # Which stays
    # ------------------------------------------------------------------

    def _get_month_end(self):
        return add_months(self.month, 1)

    def _check_month(self):
        """:raises HostelError: ``INVALID_BILLING_MONTH``"""
        self.ensure_one()
        next_month = add_months(self.company_id._get_college_day().replace(day=1), 1)
        terms = self.env["hostel.term"].search_count(
            [("date_from", "<", self._get_month_end()), ("date_to", ">", self.month)], limit=1
        )
        if not terms or self.month > next_month:
            raise HostelError(
                "INVALID_BILLING_MONTH",
                self.env._(
                    "%(month)s can't be billed: no term has days in it, or it is too far ahead.",
                    month=self.env["ir.qweb.field.date"].value_to_html(
                        self.month, {"format": "MMMM y"}
                    ),
                ),
                422,
            )

    def _get_stay_domain(self):
        domain = [
            ("company_id", "=", self.company_id.id),
            ("state", "in", BILLED_STATES),
            ("student_id", "!=", False),
            ("price", ">", 0),
            ("term_id.date_from", "<", self._get_month_end()),
            ("term_id.date_to", ">", self.month),
            ("date_from", "<", self._get_month_end()),
            *~self.env["hostel.allocation"]._get_moved_on_domain(),
        ]
        if not self.catch_up:
            domain.append(("date_to", ">", self.month))
        if self.hostel_ids:
            domain.append(("hostel_id", "in", self.hostel_ids.ids))
        return domain

    def _get_charge_domain(self):
        """Charges that this run may bill, whoever takes them."""
        domain = Domain(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "pending"),
                ("day", "<=", self.company_id._get_college_day()),
            ]
        )
        if not self.hostel_ids:
            return domain
        # What was charged without a stay goes with the bed that the student has now.
        lives_there = [("hostel_id", "in", self.hostel_ids.ids), ("state", "in", LIVE_STATES)]
        return domain & (
            Domain("hostel_id", "in", self.hostel_ids.ids)
            | (
                Domain("allocation_id", "=", False)
                & Domain("student_id.allocation_ids", "any", lives_there)
            )
        )

    def _get_charged_domain(self):
        """Students who have such charges."""
        charges = self.env["hostel.charge"].sudo()._search(self._get_charge_domain())
        return Domain("id", "in", charges.subselect("student_id"))

    def _count_to_look_at(self):
        run = self.sudo().with_context(active_test=False)
        stays = run.env["hostel.allocation"].search_count(run._get_stay_domain())
        if not run.with_charges:
            return stays
        return stays + run.env["hostel.student"].search_count(run._get_charged_domain())

    def _get_periods_of(self, stay):
        """First days of a stay's periods that this run bills."""
        end = self._get_month_end()
        return [
            period.date_from
            for _index, period in stay._get_own_periods()
            if period.date_from < end and (self.catch_up or period.date_from >= self.month)
        ]

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _enqueue(self):
        self.ensure_one()
        self.with_user(SUPERUSER_ID).with_delay(
            description=self.env._("Bills: next step"),
            # Resume pressed twice waits once; a step that died stands in nobody's way.
            identity_key=f"hostel_billing.run:{self.id}",
        )._step()

    def _step(self):
        """Job: count or post the next ones, then leave the rest to the next job."""
        self.ensure_one()
        if not self.try_lock_for_update(allow_referencing=True):
            raise RetryableJobError("another step is at work", seconds=2, ignore_retry=True)
        if self.state == "counting":
            self._count_step()
        elif self.state == "posting":
            self._post_step()
        else:
            return "stopped"
        self.moved_at = self.env.cr.now()
        if self.state in ("counting", "posting"):
            self._enqueue()
        return f"{self.state} {self.progress:.0f} %"

    def _count_step(self):
        left = COUNT_STEP - self._count_stays(COUNT_STEP)
        if left and self.with_charges:
            left -= self._count_charged(left)
        if left:
            # Nobody looks at a run that was made by itself; what fails in it stays to be seen.
            self.state = "posting" if self.is_auto else "ready"

    def _count_stays(self, limit):
        """:return: how many stays were looked at"""
        stays = (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [*self._get_stay_domain(), ("id", ">", self.last_allocation_id)],
                order="id",
                limit=limit,
            )
        )
        if stays:
            self.env["hostel.bill.run.line"].create(self._prepare_lines(stays))
            self.last_allocation_id = stays[-1].id
            self.stay_count += len(stays)
        return len(stays)

    def _count_charged(self, limit):
        """List the charges that no bill of this run takes: of who pays once a term and has that
        bill, and of who paid the rent in the college's own books.

        :return: how many students were looked at
        """
        students = (
            self.env["hostel.student"]
            .sudo()
            .with_context(active_test=False)
            .search(
                self._get_charged_domain() & Domain("id", ">", self.last_student_id),
                order="id",
                limit=limit,
            )
        )
        if students:
            self.env["hostel.bill.run.line"].create(self._prepare_charge_lines(students))
            self.last_student_id = students[-1].id
            self.stay_count += len(students)
        return len(students)

    def _prepare_charge_lines(self, students):
        without_bill = students - self._get_bills_of(students).student_id
        charges = (
            self.env["hostel.charge"]
            .sudo()
            .search(
                self._get_charge_domain() & Domain("student_id", "in", without_bill.ids),
                order="student_id, day, id",
            )
        )
        vals_list = []
        for together in charges._get_bill_groups():
            amount, why = self._price_bill([], together, self.company_id)
            vals_list.append(
                {
                    "run_id": self.id,
                    "kind": "charge",
                    "student_id": together.student_id.id,
                    "allocation_id": together.allocation_id.id,
                    "charge_ids": [Command.set(together.ids)],
                    "amount": amount,
                    "why": why,
                }
            )
        return vals_list

    def _get_bills_of(self, students):
        """Lines of this run that bill fees of these students, and their charges with them."""
        return self.line_ids.search(
            [
                ("run_id", "=", self.id),
                ("kind", "=", "period"),
                ("state", "=", "todo"),
                ("student_id", "in", students.ids),
            ]
        )

    def _get_waiting_charges(self, stays):
        """Charges that the next bill of these students may take, whatever they are for.

        :return: ``{hostel.student: hostel.charge}``, without what a bill of this run takes already
        """
        if not self.with_charges:
            return {}
        students = stays.student_id
        pending = self.env["hostel.charge"]._get_pending(
            students, self.company_id._get_college_day()
        )
        return (pending - self._get_bills_of(students).charge_ids).grouped("student_id")

    def _prepare_lines(self, stays):
        billed = self._get_billed(stays)
        waiting = self._get_waiting_charges(stays)
        vals_list = []
        for stay in stays:
            if not stay._needs_period_bill():
                continue
            for first_day in self._get_periods_of(stay):
                bill = billed.get((stay.id, first_day)) or (
                    (stay.origin_id or stay.continued_ids) and stay._get_period_bill(first_day)
                )
                vals_list.append(self._prepare_line(stay, first_day, bill, waiting))
        return vals_list

    def _get_billed(self, stays):
        """Bills that are there already: ``{(stay id, first day): account.move}``"""
        bills = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("hostel_allocation_id", "in", stays.ids),
                    ("hostel_kind", "=", "period"),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                    ("payment_state", "!=", "reversed"),
                ]
            )
        )
        return {(bill.hostel_allocation_id.id, bill.period_from): bill for bill in bills}

    def _prepare_line(self, stay, first_day, bill, waiting):
        """:param dict waiting: of :meth:`_get_waiting_charges`; loses what this bill takes"""
        index, period = stay._find_own_period(first_day)
        vals = {
            "run_id": self.id,
            "allocation_id": stay.id,
            "period_from": period.date_from,
            "period_to": period.date_to,
        }
        if bill:
            return {
                **vals,
                "state": "skipped",
                "code": "DUPLICATE_BILL",
                "move_id": bill.id,
                "message": self.env._("Billed with %(bill)s", bill=bill.name),
            }
        lines = stay._get_fee_lines(index, period)
        charges = self.env["hostel.charge"]
        if stay.student_id in waiting:
            charges = stay._choose_charges(waiting[stay.student_id], first_day)
            waiting[stay.student_id] -= charges
        amount, why = self._price_bill(lines, charges, self.company_id)
        return {
            **vals,
            "charge_ids": [Command.set(charges.ids)] if charges else False,
            "amount": amount,
            "why": why,
        }

    @api.model
    def _price_bill(self, lines, charges, company):
        """What a bill asks of the student, with taxes, and why.

        :param list lines: ``FeeLine``
        :param charges: ``hostel.charge`` that it takes
        :return: (float, text with a line for each part)
        """
        parts = [
            *(
                (line.name or line.head.name, line.head, float(line.amount), line.why)
                for line in lines
            ),
            *((charge.name, charge.head_id, charge.amount, "") for charge in charges),
        ]
        total, why = 0.0, []
        for name, head, amount, reason in parts:
            gross = head._get_gross(amount, company)
            total += gross
            why.append(self._explain_part(name, amount, gross, reason, company.currency_id))
        return company.currency_id.round(total), "\n".join(why)

    @api.model
    def _explain_part(self, name, amount, gross, reason, currency):
        reasons = [reason] if reason else []
        if currency.compare_amounts(amount, gross):
            reasons.insert(0, self.env._("%(amount)s before taxes", amount=currency.format(amount)))
        text = f"{name}: {currency.format(gross)}"
        return f"{text} ({' · '.join(reasons)})" if reasons else text

    def _post_step(self):
        lines = self.line_ids.search(
            [("run_id", "=", self.id), ("state", "=", "todo")], order="id", limit=POST_STEP
        )
        # Two periods of one stay are billed one after the other, and so are a stay and the one
        # that continues it: its bill sees what was asked before. Charges without a stay wait for
        # nobody.
        first, seen = lines.browse(), self.env["hostel.allocation"].sudo()
        for line in lines:
            if not line.allocation_id._get_origin_chain() & seen:
                seen |= line.allocation_id.sudo()
                first |= line
        first.with_context(hostel_bill_day=self.bill_date)._post(self.with_charges)
        if not self.line_ids.search_count(
            [("run_id", "=", self.id), ("state", "=", "todo")], limit=1
        ):
            self.state = "done"

    # ------------------------------------------------------------------
    # One bill, and the month's own run
    # ------------------------------------------------------------------

    @api.model
    def _bill_one(self, allocation_id, month, year):
        """Bill one stay for the period of a month, as a program asks for it.

        :param int month: 1 to 12
        :return: the posted ``account.move``
        :raises HostelError: ``ALLOCATION_NOT_FOUND``, ``INVALID_BILLING_MONTH``,
            ``DUPLICATE_BILL``, ``NOTHING_TO_BILL``, ``BUSY``
        """
        stay, _index, period = self._find_billable(allocation_id, month, year)
        try:
            bill = stay._create_period_bill(period.date_from)
        except RetryableJobError as exc:
            # No job that would come again: a person waits for the answer.
            raise HostelError("BUSY", self.env._("Please try again in a moment."), 503) from exc
        if not bill:
            raise HostelError(
                "NOTHING_TO_BILL",
                self.env._("Somebody else changed this stay in the meantime."),
                422,
            )
        return bill

    @api.model
    def _find_billable(self, allocation_id, month, year):
        """The period of a stay that a month's bill would be for, if it can be posted.

        :return: (``hostel.allocation`` with all rights, index in its plan, ``Period``)
        :raises HostelError: as :meth:`_bill_one`
        """
        stay = self.env["hostel.allocation"].search(
            [("id", "=", allocation_id), ("is_block", "=", False)]
        )
        if not stay:
            raise HostelError(
                "ALLOCATION_NOT_FOUND", self.env._("There is no such stay to bill."), 404
            )
        stay = stay.sudo()
        found = stay._find_month_period(month, year)
        if not found:
            raise HostelError(
                "INVALID_BILLING_MONTH",
                self.env._("The stay has no days in this month."),
                422,
                {"month": month, "year": year},
            )
        existing = stay._get_period_bill(found[1].date_from)
        if existing:
            raise HostelError(
                "DUPLICATE_BILL",
                self.env._("Billed already with %(bill)s.", bill=existing.name),
                details={"bill": existing.name, "bill_id": existing.id},
            )
        if stay.state not in BILLED_STATES:
            raise HostelError(
                "NOTHING_TO_BILL", self.env._("A stay is billed once it is approved."), 422
            )
        if stay._has_moved_on():
            raise HostelError(
                "NOTHING_TO_BILL",
                self.env._("The student took another bed before moving in; bill that one."),
                422,
            )
        if not stay._needs_period_bill():
            raise HostelError(
                "NOTHING_TO_BILL",
                self.env._("This stay costs nothing, or is paid in the college's own books."),
                422,
            )
        return stay, *found

    @api.model
    def _cron_run_month(self):
        """Count and post the present month's bills once, where the settings say so."""
        day = self._get_auto_day()
        if not day:
            return
        hostels = self.env["hostel.hostel"]._read_group([], ["company_id"])
        for [company] in hostels:
            today = company._get_college_day()
            # The 31st of a month that has 30 days is its last one.
            if today.day < min(day, monthrange(today.year, today.month)[1]):
                continue
            month = today.replace(day=1)
            if self.search_count(
                [("company_id", "=", company.id), ("month", "=", month), ("is_auto", "=", True)]
            ):
                continue
            try:
                # A run that can't be counted is not kept: it would stand in the way of tomorrow's,
                # when the term may be there.
                with self.env.cr.savepoint():
                    self.create(
                        {"company_id": company.id, "month": month, "is_auto": True}
                    ).action_count()
            except HostelError as exc:
                _logger.info("no bills of %s: %s", month, exc.code)

    @api.model
    def _get_auto_day(self):
        """:return: day of a month on which its run is made, 0 for never"""
        param = self.env["ir.config_parameter"].sudo().get_param("hostel_billing.auto_bill_day")
        try:
            return max(int(param or 0), 0)
        except ValueError:
            _logger.warning("hostel_billing.auto_bill_day is no number")
            return 0

from datetime import datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.college_day import college_today

BATCH = 50
# Lines that nobody is charged for until somebody looks.
OPEN_STATES = ("missing", "odd", "elsewhere")


class HostelElectricityRun(models.Model):
    """The electricity of one hostel and month: readings, cost, and who pays which part.

    It is prepared as often as wanted and changes nothing until it is posted. Posting goes on in
    batches, each a job of its own; what was posted is not posted again.
    """

    _name = "hostel.electricity.run"
    _description = "Electricity of a Month"
    _inherit = ["mail.thread"]
    _order = "month desc, hostel_id"

    hostel_id = fields.Many2one("hostel.hostel", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="hostel_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(
        required=True,
        default=lambda self: college_today(self) + relativedelta(months=-1, day=1),
        help="Any day of it.",
    )
    date_to = fields.Date(string="Until", compute="_compute_date_to")
    state = fields.Selection(
        [
            ("draft", "New"),
            ("ready", "Prepared"),
            ("posting", "Being posted"),
            ("posted", "Posted"),
        ],
        required=True,
        readonly=True,
        default="draft",
        tracking=True,
        copy=False,
    )
    line_ids = fields.One2many("hostel.electricity.line", "run_id", string="Meters", copy=False)
    share_ids = fields.One2many("hostel.electricity.share", "run_id", string="Students")
    meter_count = fields.Integer(string="Meters", compute="_compute_figures")
    open_count = fields.Integer(string="Need a look", compute="_compute_figures")
    posted_count = fields.Integer(compute="_compute_figures")
    progress = fields.Float(compute="_compute_figures")
    units = fields.Float(digits=(14, 3), compute="_compute_figures")
    amount = fields.Monetary(compute="_compute_figures")
    shared_amount = fields.Monetary(string="Paid by students", compute="_compute_figures")

    _once = models.Constraint(
        "UNIQUE (hostel_id, month)", "This month of the hostel is there already."
    )
    _first_of_month = models.Constraint(
        "CHECK (EXTRACT(DAY FROM month) = 1)", "A month starts on its first day."
    )

    @api.depends("month")
    def _compute_date_to(self):
        for run in self:
            run.date_to = run.month and run.month + relativedelta(months=1, day=1)

    @api.depends("hostel_id", "month")
    def _compute_display_name(self):
        for run in self:
            month = format_date(self.env, run.month, date_format="MMMM y") if run.month else ""
            run.display_name = f"{run.hostel_id.name or ''}, {month}"

    @api.depends("line_ids.state", "line_ids.amount", "line_ids.units", "line_ids.shared_amount")
    def _compute_figures(self):
        for run in self:
            lines = run.line_ids
            posted = lines.filtered(lambda line: line.state == "posted")
            due = lines.filtered(lambda line: line.state in ("ready", "posted"))
            run.meter_count = len(lines)
            run.open_count = len(lines.filtered(lambda line: line.state in OPEN_STATES))
            run.posted_count = len(posted)
            run.progress = 100 * len(posted) / len(due) if due else 0.0
            run.units = sum(lines.mapped("units"))
            run.amount = sum(lines.mapped("amount"))
            run.shared_amount = sum(lines.mapped("shared_amount"))

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._set_first_of_month(vals)
        runs = super().create(vals_list)
        if not self.env.su and any(run.state != "draft" or run.line_ids for run in runs):
            raise AccessError(self.env._("A run begins as a new one."))
        return runs

    def write(self, vals):
        if not self.env.su and {"state", "line_ids", "share_ids"} & vals.keys():
            raise AccessError(self.env._("A run changes through its buttons."))
        self._set_first_of_month(vals)
        if {"hostel_id", "month"} & vals.keys() and self.line_ids:
            raise HostelError(
                "RUN_STARTED", self.env._("Start another one for another month."), 422
            )
        return super().write(vals)

    @staticmethod
    def _set_first_of_month(vals):
        if vals.get("month"):
            vals["month"] = fields.Date.to_date(vals["month"]).replace(day=1)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_posted(self):
        if any(line.state == "posted" for line in self.line_ids):
            raise HostelError(
                "RUN_POSTED", self.env._("What was posted stays. Take its lines back first."), 422
            )

    # ------------------------------------------------------------------
    # Days and moments
    # ------------------------------------------------------------------

    def _get_midnight(self, day):
        """The start of a day where the college is, as naive UTC."""
        zone = pytz.timezone(self.company_id._get_college_tz())
        start = zone.localize(datetime.combine(day, time.min))
        return start.astimezone(pytz.utc).replace(tzinfo=None)

    # ------------------------------------------------------------------
    # Preparing
    # ------------------------------------------------------------------

    def action_prepare(self):
        """Read the meters, price and split; lines that are posted stay as they are.

        :raises HostelError: ``MONTH_NOT_OVER``, ``NO_TARIFF``, ``NO_METERS``, ``RUN_BUSY``
        """
        self.check_access("write")
        for run in self:
            run._prepare()

    def _prepare(self):
        self.ensure_one()
        if self.state == "posting":
            raise HostelError("RUN_BUSY", self.env._("It is being posted; wait a moment."), 409)
        today = self.company_id._get_college_day()
        if self.date_to > today:
            raise HostelError(
                "MONTH_NOT_OVER",
                self.env._(
                    "This month is over on %(day)s.", day=format_date(self.env, self.date_to)
                ),
                422,
            )
        tariff = self.env["hostel.tariff"]._get_for(self.hostel_id, self.month)
        if not tariff:
            raise HostelError(
                "NO_TARIFF", self.env._("No tariff is valid in this month; add one first."), 422
            )
        meters = self._get_meters()
        if not meters:
            raise HostelError("NO_METERS", self.env._("This hostel has no meters."), 422)
        self.line_ids.filtered(lambda line: line.state != "posted").sudo().unlink()
        meters -= self.line_ids.meter_id
        self.env["hostel.electricity.line"].sudo()._prepare_lines(self, meters, tariff)
        left = self.line_ids.filtered(lambda line: line.state != "posted")
        self.sudo().state = "ready" if left or not self.line_ids else "posted"

    def _get_meters(self):
        return self.env["hostel.meter"].sudo().search([("hostel_id", "=", self.hostel_id.id)])

    def _get_occupants(self, rooms):
        """Who lived in these rooms in this month: ``hostel.allocation``, with all rights."""
        return (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("room_id", "in", rooms.ids),
                    ("student_id", "!=", False),
                    ("state", "in", ("checked_in", "vacated", "transferred")),
                    ("date_from", "<", self.date_to),
                    ("date_to", ">", self.month),
                    *~self.env["hostel.allocation"]._get_moved_on_domain(),
                ],
                order="date_from, id",
            )
        )

    # ------------------------------------------------------------------
    # Posting
    # ------------------------------------------------------------------

    def action_post(self):
        """Charge the students, in the background. Again it goes on where it stopped.

        :raises HostelError: ``NOTHING_TO_POST``
        """
        self.check_access("write")
        for run in self:
            if not run._get_postable():
                raise HostelError(
                    "NOTHING_TO_POST",
                    self.env._("There is nothing to post; prepare it first."),
                    422,
                )
            run.sudo().state = "posting"
            run._delay_post()

    def _get_postable(self, limit=None):
        return (
            self.env["hostel.electricity.line"]
            .sudo()
            .search([("run_id", "=", self.id), ("state", "=", "ready")], limit=limit, order="id")
        )

    def _delay_post(self):
        self.ensure_one()
        left = len(self._get_postable())
        self.with_user(SUPERUSER_ID).with_delay(
            description=self.env._("Electricity of %(name)s", name=self.display_name),
            identity_key=f"hostel_billing.electricity:{self.id}:{left}",
        )._post_batch()

    def _post_batch(self):
        """Job: charge the next lines, then leave the rest to another job.

        :return: number of lines that are left
        """
        self.ensure_one()
        run = self.sudo()
        run._get_postable(BATCH)._post()
        left = len(run._get_postable())
        if left:
            run._delay_post()
        else:
            run.state = "posted"
        return left

    @api.model
    def _cron_resume(self):
        """Give a new job to runs whose job was lost."""
        before = self.env.cr.now() - timedelta(minutes=15)
        for run in self.sudo().search([("state", "=", "posting"), ("write_date", "<", before)]):
            run._delay_post()

    def action_open_shares(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_electricity_share_action"
        )
        return action | {"domain": [("run_id", "=", self.id)], "context": {}}

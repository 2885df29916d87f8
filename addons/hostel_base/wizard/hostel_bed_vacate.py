from odoo import api, fields, models

from ..const import VACATE_REASONS
from ..tools.college_day import college_today


class HostelBedVacate(models.TransientModel):
    """One or several students leave their beds, now or on a day to come."""

    _name = "hostel.bed.vacate"
    _description = "Leave the Bed"
    _inherit = ["hostel.strict.wizard"]
    _strict_fields = {"allocation_ids": "write"}

    allocation_ids = fields.Many2many("hostel.allocation", string="Stays", required=True)
    count = fields.Integer(compute="_compute_count")
    is_notice = fields.Boolean(compute="_compute_is_notice")
    reason = fields.Selection(VACATE_REASONS, required=True)
    leaving_day = fields.Date(
        required=True,
        default=college_today,
        help="First day on which the bed is free for others.",
    )
    note = fields.Char()
    key_returned = fields.Boolean(string="Keys returned")
    condition_out = fields.Char(string="State of the room")

    @api.depends("allocation_ids")
    def _compute_count(self):
        for wizard in self:
            wizard.count = len(wizard.allocation_ids)

    @api.depends("leaving_day")
    def _compute_is_notice(self):
        today = self.env.company._get_college_day()
        for wizard in self:
            wizard.is_notice = wizard.leaving_day and wizard.leaving_day > today

    def _prepare_vacate(self):
        """Further arguments of ``_vacate``, the same for all."""
        return {
            "note": self.note,
            "key_returned": self.key_returned,
            "condition_out": self.condition_out,
        }

    def action_vacate(self):
        """All of them leave, or none: a refusal names the student."""
        self.ensure_one()
        rows = self.sudo().allocation_ids.sudo(self.env.su)
        rows.check_access("write")
        for row in rows.sorted("bed_id"):
            row._vacate(self.reason, self.leaving_day, **self._prepare_vacate())
        title = (
            self.env._("%(count)s will leave on %(day)s", count=len(rows), day=self.leaving_day)
            if self.is_notice
            else self.env._("%(count)s left", count=len(rows))
        )
        return rows._notify(title, self.env._("The beds are free from then on."))

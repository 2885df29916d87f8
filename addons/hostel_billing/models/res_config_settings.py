from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .hostel_charge import DAYS_TO_PAY


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    hostel_auto_bill_day = fields.Integer(
        string="Bills by themselves",
        config_parameter="hostel_billing.auto_bill_day",
        help="From this day of a month on its bills are counted and posted without a click; in a"
        " shorter month from its last day. 0: a person makes the run.",
    )
    hostel_charge_due_days = fields.Integer(
        string="Days to pay a charge",
        config_parameter="hostel_billing.charge_due_days",
        default=DAYS_TO_PAY,
        help="From the day of the bill, for charges that are billed without a period: electricity,"
        " damage, fines. Then it is overdue.",
    )
    hostel_reminder_days = fields.Char(
        string="Reminders",
        config_parameter="hostel_billing.reminder_days",
        default="-3,1,7,21",
        help="Days from the due day, with commas; those before it are negative.",
    )
    hostel_remind_by_sms = fields.Boolean(
        string="Remind by SMS",
        config_parameter="hostel_billing.remind_by_sms",
        help="With Odoo's SMS gateway, which costs credits.",
    )
    hostel_has_sms = fields.Boolean(compute="_compute_hostel_has_sms")

    @api.depends_context("uid")
    def _compute_hostel_has_sms(self):
        self.hostel_has_sms = "sms.sms" in self.env

    @api.constrains("hostel_charge_due_days")
    def _check_hostel_charge_due_days(self):
        if any(not 1 <= settings.hostel_charge_due_days <= 365 for settings in self):
            raise ValidationError(self.env._("Days to pay a charge: 1 to 365."))

    @api.constrains("hostel_auto_bill_day")
    def _check_hostel_auto_bill_day(self):
        if any(not 0 <= settings.hostel_auto_bill_day <= 31 for settings in self):
            raise ValidationError(
                self.env._("Bills by themselves: the day of the month is 1 to 31, or 0 for never.")
            )

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    hostel_approval_delay = fields.Integer(
        string="Time to withdraw an approval",
        config_parameter="hostel_base.approval_delay",
        default=60,
        help="Seconds between a warden's approval and the moment when it takes effect.",
    )
    hostel_payment_minutes = fields.Integer(
        string="Time to pay",
        config_parameter="hostel_base.payment_minutes",
        default=15,
        help="Minutes for which a bed stays reserved once the student went to pay.",
    )
    hostel_early_arrival_days = fields.Integer(
        string="Early arrival",
        config_parameter="hostel_base.early_arrival_days",
        default=0,
        help="So many days before the first day of the stay a student may be checked in.",
    )
    hostel_require_undertaking = fields.Boolean(
        string="Anti-ragging undertaking",
        config_parameter="hostel_base.require_undertaking",
        help="No bed without the undertaking of student and guardian for the academic year.",
    )

    def set_values(self):
        """Keep a 0 that somebody chose: the framework deletes such settings, which means default.

        A deleted delay would come back as a minute, where 0 says "at once".
        """
        super().set_values()
        parameters = self.env["ir.config_parameter"].sudo()
        for name in ("hostel_approval_delay", "hostel_payment_minutes"):
            if not self[name]:
                parameters.set_param(self._fields[name].config_parameter, "0")

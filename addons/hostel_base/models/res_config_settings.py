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
    hostel_id_card_blood_group = fields.Boolean(
        string="Blood group on the ID card",
        config_parameter="hostel_base.id_card_blood_group",
        help="Whoever finds the card reads it; print it only if the college wants that.",
    )
    hostel_require_consent = fields.Boolean(
        string="Ask for consent",
        config_parameter="hostel_base.require_consent",
        default=True,
        help="Students see their personal pages after they, or a minor's guardian, agreed to the "
        "privacy notice in force.",
    )
    hostel_grievance_name = fields.Char(
        string="Grievance officer", config_parameter="hostel_base.grievance_name"
    )
    hostel_grievance_email = fields.Char(
        string="Mail of the grievance officer", config_parameter="hostel_base.grievance_email"
    )
    hostel_grievance_phone = fields.Char(
        string="Phone of the grievance officer", config_parameter="hostel_base.grievance_phone"
    )
    hostel_keep_documents = fields.Integer(
        string="Identity documents",
        config_parameter="hostel_base.keep_documents",
        default=3,
        help="Months after a student left; 0 keeps them for ever.",
    )
    hostel_keep_private = fields.Integer(
        string="Private fields of former students",
        config_parameter="hostel_base.keep_private",
        default=12,
        help="Months after a student left; 0 keeps them for ever.",
    )
    hostel_keep_access_log = fields.Integer(
        string="Access log", config_parameter="hostel_base.keep_access_log", default=24
    )
    hostel_keep_audit_log = fields.Integer(
        string="Audit log", config_parameter="hostel_base.keep_audit_log", default=36
    )
    hostel_event_days = fields.Integer(
        string="Events",
        config_parameter="hostel_base.event_days",
        default=30,
        help="Days for which it is kept what was told to other parts of the system.",
    )

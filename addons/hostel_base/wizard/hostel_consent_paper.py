from datetime import datetime, time

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..const import OPTIONAL_PURPOSES
from ..errors import HostelError
from ..tools.college_day import college_today


class HostelConsentPaper(models.TransientModel):
    _name = "hostel.consent.paper"
    _description = "Record a Consent on Paper"

    student_id = fields.Many2one("hostel.student", required=True)
    is_minor = fields.Boolean(compute="_compute_is_minor", compute_sudo=True)
    guardian_id = fields.Many2one(
        "hostel.guardian", domain="[('student_id', '=', student_id)]", string="Signed by"
    )
    date = fields.Date(string="Signed on", required=True, default=college_today)
    reference = fields.Char(string="Where the paper is", required=True)
    guard_photo = fields.Boolean(string="Photo for the guards")
    lifestyle = fields.Boolean(string="Matching of roommates")
    roommates = fields.Boolean(string="First name for roommates")
    push = fields.Boolean(string="Messages on the phone")

    @api.depends("student_id")
    def _compute_is_minor(self):
        for wizard in self:
            wizard.is_minor = wizard.student_id.is_minor

    @api.constrains("date")
    def _check_date(self):
        today = self.env.company._get_college_day()
        if any(wizard.date > today for wizard in self):
            raise ValidationError(self.env._("Nobody signs in the future."))

    def _check_after_notice(self):
        """Nobody agreed to a notice before there was one."""
        notice = self.env["hostel.privacy.notice"].sudo()._get_current()
        published = notice.published_at and fields.Datetime.context_timestamp(
            self, notice.published_at
        )
        if published and self.date < published.date():
            raise HostelError(
                "BEFORE_NOTICE",
                self.env._(
                    "The notice in force is of %(day)s; an older paper agrees to an older one.",
                    day=published.date(),
                ),
                422,
            )

    def action_record(self):
        """Keep what stands on the paper; the consent says who recorded it."""
        self.ensure_one()
        self.student_id.check_access("write")
        self._check_after_notice()
        giver = self.guardian_id.sudo().partner_id or self.student_id.sudo().partner_id
        now = self.env.cr.now()
        signed = datetime.combine(self.date, time.min)
        self.student_id._give_consent(
            giver,
            channel="paper",
            optional=[code for code, _label in OPTIONAL_PURPOSES if self[code]],
            reference=self.reference,
            given_at=min(signed, now),
        )
        return {"type": "ir.actions.act_window_close"}

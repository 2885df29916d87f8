import logging
from urllib.parse import urljoin

from odoo import api, fields, models

from odoo.addons.hostel_base.tools.letters import LAYOUT, letter_body

_logger = logging.getLogger(__name__)

DEFAULT_DAYS = "-3,1,7,21"
# A reminder that could not go out is not sent any more when it is so many days old.
STALE_DAYS = 4


class AccountMove(models.Model):
    """Reminders before and after a due day: by mail, to the phone, and by SMS where it is on."""

    _inherit = "account.move"

    hostel_reminder_ids = fields.One2many(
        "hostel.bill.reminder", "move_id", string="Reminders", readonly=True
    )

    @api.model
    def _get_reminder_days(self):
        """Days from the due day on which is reminded, in order; those before are negative."""
        text = self.env["ir.config_parameter"].sudo().get_param("hostel_billing.reminder_days")
        words = (DEFAULT_DAYS if text is False else text or "").replace(";", ",").split(",")
        return sorted({int(word) for word in words if word.strip().lstrip("+-").isdigit()})

    @api.model
    def _cron_remind(self, limit=200):
        """Remind of every open instalment whose turn it is, each reminder once."""
        days = self._get_reminder_days()
        if not days:
            return
        today = self.env.company._get_college_day()
        bills = self.sudo().search(
            [
                ("hostel_kind", "!=", False),
                ("hostel_status", "in", ("pending", "partial", "overdue")),
                ("hostel_student_id", "!=", False),
                ("move_type", "=", "out_invoice"),
            ],
            order="id",
        )
        owed = bills._hostel_get_owed()
        todo = [
            (bill, due, stage)
            for bill in bills
            if owed[bill] > 0
            for due, stage in bill._get_reminders_due(days, today)
        ]
        for done, (bill, due, stage) in enumerate(todo[:limit], 1):
            try:
                with self.env.cr.savepoint():
                    bill._remind(due, stage)
            except Exception:
                # One bill that can't be told of must not silence the others.
                _logger.exception("reminder of bill %s not sent", bill.id)
            self.env["ir.cron"]._commit_progress(1, remaining=len(todo) - done)

    def _get_reminders_due(self, days, today):
        """``(due day, stage)`` of the instalments to remind of today."""
        self.ensure_one()
        sent = {(one.due_on, one.stage) for one in self.hostel_reminder_ids}
        found = []
        for due in sorted(self._get_open_instalments()):
            age = (today - due).days
            reached = [day for day in days if day <= age]
            if reached and age - reached[-1] < STALE_DAYS and (due, reached[-1]) not in sent:
                found.append((due, reached[-1]))
        return found

    def _get_open_instalments(self):
        """What is open, by the day on which it is due: ``{date: amount}``"""
        self.ensure_one()
        lines = self.line_ids.filtered(
            lambda line: (
                line.account_type == "asset_receivable"
                and not line.reconciled
                and line.amount_residual > 0
                and line.date_maturity
            )
        )
        return {
            due: sum(of_day.mapped("amount_residual_currency"))
            for due, of_day in lines.grouped("date_maturity").items()
        }

    def _remind(self, due, stage):
        """Write to the student, and once it is overdue to the guardians who may know.

        :param date due: of the instalment
        :param int stage: days from the due day
        :return: whether it was this call that reminded
        """
        self.ensure_one()
        bill = self.sudo()
        if not self.env["hostel.bill.reminder"]._take(bill, due, stage):
            return False
        for partner in bill._get_reminder_partners(stage):
            bill.with_context(lang=partner.lang)._remind_partner(partner, due)
        return True

    def _get_reminder_partners(self, stage):
        student = self.hostel_student_id
        if self.partner_id != student.partner_id:
            # A lender's bill is the lender's business.
            return self.partner_id
        partners = student.partner_id
        return partners | student._get_informed_guardians() if stage > 0 else partners

    def _remind_partner(self, partner, due):
        part = min(self._get_open_instalments().get(due, 0), self._hostel_get_owed()[self])
        amount = self.currency_id.format(part)
        day = self._hostel_format_day(due)
        if due < self.env.company._get_college_day():
            subject = self.env._("%(amount)s is overdue since %(day)s", amount=amount, day=day)
        else:
            subject = self.env._("%(amount)s is due on %(day)s", amount=amount, day=day)
        text = self.env._(
            "Bill %(bill)s of %(student)s: %(amount)s is open. Pay it on your hostel pages or at"
            " the accounts office.",
            bill=self.name,
            student=self.hostel_student_id.name,
            amount=amount,
        )
        url = urljoin(self.get_base_url(), self._get_reminder_path())
        body = letter_body(text, url=url, label=self.env._("Open the bill"))
        # Into Odoo's queue: a slow mail server holds nobody up. Odoo also tells the phone.
        self.with_context(mail_notify_force_send=False).message_notify(
            partner_ids=partner.ids,
            subject=subject,
            body=body,
            email_layout_xmlid=LAYOUT,
        )
        self._remind_by_sms(partner, f"{subject}. {url}")

    def _get_reminder_path(self):
        """Where the student sees the bill."""
        return f"/my/invoices/{self.id}"

    def _remind_by_sms(self, partner, text):
        """Extension point: by SMS, with Odoo's gateway where the settings say so."""
        wanted = self.env["ir.config_parameter"].sudo().get_param("hostel_billing.remind_by_sms")
        if wanted in ("True", "1", "true") and partner.phone and "sms.sms" in self.env:
            # Into the gateway's queue, as the mail: it may be slow, or out of credits.
            self._message_sms(text, partner_ids=partner.ids, sms_content=text, put_in_queue=True)

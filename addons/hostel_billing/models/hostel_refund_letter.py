from odoo import SUPERUSER_ID, models

from odoo.addons.hostel_base.tools.letters import LAYOUT, letter_body


class HostelRefund(models.Model):
    """What students are told about their refunds."""

    _inherit = "hostel.refund"

    def _tell_payee(self):
        if not self.student_id:
            return
        partner = self.student_id.partner_id
        told = self.with_user(SUPERUSER_ID).with_context(
            lang=partner.lang, mail_notify_force_send=False
        )
        told.message_notify(
            partner_ids=partner.ids,
            subject=told.env._("Your refund is on its way"),
            body=letter_body(
                told.env._(
                    "%(amount)s was paid out on %(day)s: %(reason)s. Number of the transfer:"
                    " %(reference)s.",
                    amount=self.currency_id.format(self.amount),
                    day=self.env["account.move"]._hostel_format_day(self.paid_on),
                    reason=self.reason,
                    reference=self.reference or "–",
                )
            ),
            email_layout_xmlid=LAYOUT,
        )

    def _get_letter_lines(self):
        """What the letter says: list of ``(label, value)``."""
        self.ensure_one()
        known = self.sudo()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        methods = dict(self._fields["method"]._description_selection(self.env))
        day = self.env["account.move"]._hostel_format_day
        rows = [
            (self.env._("Number"), known.name),
            (self.env._("For"), known.student_id.name or known.partner_id.name),
            (self.env._("Roll number"), known.student_id.roll_number),
            (self.env._("Goes to"), known.partner_id.name),
            (self.env._("What for"), kinds[known.kind]),
            (self.env._("Reason"), known.reason),
            (
                self.env._("Stay"),
                known.allocation_id._get_bed_label() if known.allocation_id else False,
            ),
            (self.env._("Term"), known.term_id.name),
            (self.env._("Paid with"), known.transaction_id.provider_reference),
            (self.env._("Account"), known.bank_label),
            (self.env._("How"), methods.get(known.method)),
            (self.env._("Paid out on"), known.paid_on and day(known.paid_on)),
            (self.env._("Number of the transfer"), known.reference),
        ]
        return [(label, value) for label, value in rows if value]

    def action_print_letter(self):
        self.check_access("read")
        return self.env.ref("hostel_billing.hostel_refund_report").report_action(self)

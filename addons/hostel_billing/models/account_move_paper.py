from odoo import fields, models

BILL_REPORT = "hostel_billing.hostel_bill_report"


class AccountMove(models.Model):
    """A bill on paper, with a code under which anybody can check it."""

    _inherit = "account.move"

    def _get_hostel_document(self):
        """The bill's code; the one it has as long as its number and amount stay.

        :return: one ``hostel.verification``, with all rights
        """
        self.ensure_one()
        bill = self.sudo()
        Verification = self.env["hostel.verification"]
        known = Verification._get_valid(bill, "bill")
        facts = bill._prepare_hostel_facts()
        if known and known.facts.get("amount") == facts["amount"]:
            return known
        return Verification._issue(bill, "bill", facts)

    def _prepare_hostel_facts(self):
        Verification = self.env["hostel.verification"]
        return {
            **Verification._prepare_student_facts(self.hostel_student_id),
            "hostel": self.hostel_id.name,
            "term": self.hostel_term_id.name,
            "date_from": self.period_from,
            "date_to": self.period_to,
            "number": self.name,
            "amount": self.currency_id.format(self.amount_total),
        }

    def _get_hostel_taxes(self):
        """The taxes of this bill as its paper shows them, such as CGST and SGST apart.

        :return: list of dict ``name``, ``base`` (what it is of) and ``amount``, in the bill's
            currency; without groups that come to nothing
        """
        self.ensure_one()
        return [
            {
                "name": group["group_name"],
                "base": group["base_amount_currency"],
                "amount": group["tax_amount_currency"],
            }
            for subtotal in (self.tax_totals or {}).get("subtotals", ())
            for group in subtotal["tax_groups"]
            if not self.currency_id.is_zero(group["tax_amount_currency"])
        ]

    def action_open_hostel_pay(self):
        """The dialog in which finance takes money for these bills."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_bill_pay_action"
        )
        return action | {
            "context": {
                "default_student_id": self[:1].hostel_student_id.id,
                "default_move_ids": [fields.Command.set(self.ids)],
            }
        }

    def action_print_hostel_bill(self):
        """The bills as one PDF."""
        self.check_access("read")
        return self.env.ref(BILL_REPORT).report_action(self)

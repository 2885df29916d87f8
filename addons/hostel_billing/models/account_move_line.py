from odoo import fields, models

from ..tools.fee_math import money

# Heads about which guardians learn that there is a charge, and no more.
PRIVATE_HEADS = {"FINE"}


class AccountMoveLine(models.Model):
    """A line of a hostel bill says which head it is of and why it is so much."""

    _inherit = "account.move.line"

    hostel_head_id = fields.Many2one(
        "hostel.fee.head", string="Fee head", readonly=True, index="btree_not_null"
    )
    hostel_why = fields.Text(string="Why this amount", readonly=True)
    hostel_charge_id = fields.Many2one(
        "hostel.charge", string="Charge", readonly=True, copy=False, index="btree_not_null"
    )
    hostel_concession_id = fields.Many2one(
        "hostel.concession", string="Concession", readonly=True, index="btree_not_null"
    )

    def _hostel_get_asked(self):
        """What the line asks in the terms of its head's amount: with the taxes that are in it.

        :return: ``Decimal``
        """
        self.ensure_one()
        return money(self.quantity * self.price_unit * (1 - self.discount / 100))

    def _hostel_is_taken_off(self):
        """Whether the line takes off what a bill of the bed before asked for too many days."""
        self.ensure_one()
        # Fees are never negative themselves; concessions and charges say what they are.
        return (
            self.price_subtotal < 0 and not self.hostel_charge_id and not self.hostel_concession_id
        )

    def _get_fee_text(self, for_guardian=False):
        """What the line is for and why it is so much.

        Guardians are told of a fine that there is one: what it is for is between the student and
        the hostel.

        :return: (text, text or empty)
        """
        self.ensure_one()
        head = self.hostel_head_id
        if for_guardian and head.code in PRIVATE_HEADS:
            return head.name, ""
        return self.name, self.hostel_why or ""

    def _get_sac(self):
        """The code of the service under GST, where India's accounting is installed and somebody
        gave the head's product one.

        :return: str, empty without one
        """
        self.ensure_one()
        # The field is of `l10n_in`, which a college outside India does not have.
        return ("l10n_in_hsn_code" in self._fields and self.l10n_in_hsn_code) or ""

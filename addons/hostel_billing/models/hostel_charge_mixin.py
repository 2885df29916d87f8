from odoo import fields, models

from odoo.addons.hostel_base.errors import HostelError


class HostelChargeMixin(models.AbstractModel):
    """A record that makes somebody owe something: a meter's split, a fine, damage, a guest."""

    _name = "hostel.charge.mixin"
    _description = "Makes Charges"

    charge_ids = fields.One2many(
        "hostel.charge",
        string="Charges",
        compute="_compute_charge_ids",
        groups="hostel_base.group_hostel_finance,hostel_base.group_hostel_admin,"
        "hostel_base.group_hostel_warden",
    )

    def _compute_charge_ids(self):
        charges = self.env["hostel.charge"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        by_record = charges.grouped("res_id")
        for record in self:
            record.charge_ids = by_record.get(record.id, charges.browse())

    def _get_charge_source(self):
        """What the bill says about where the amount comes from."""
        self.ensure_one()
        return self.display_name

    def _charge(
        self, student, head, amount, *, day, quantity=1, note="", allocation=None, key=None
    ):
        """Make a student owe an amount; it waits for the next bill.

        A second call with the same student and key changes nothing and returns the first charge.
        Whoever calls has checked that the user may; the charge is written with all rights.

        :param student: one ``hostel.student``
        :param head: one ``hostel.fee.head``, or its code
        :param float amount: the whole amount before taxes, in the company's currency; below 0 is
            a rebate
        :param date day: when it happened
        :param float quantity: told on the bill, not multiplied
        :param str note: told on the bill
        :param allocation: the ``hostel.allocation`` it is about; by default the one that the
            student has on that day
        :param str key: what makes this charge of this record unique; by default the head's code
        :return: one ``hostel.charge``, with all rights
        :raises HostelError: ``INVALID_CHARGE_AMOUNT``, ``UNKNOWN_FEE_HEAD``
        """
        self.ensure_one()
        if isinstance(head, str):
            head = self.env["hostel.fee.head"]._get_by_code(head)
        key = key or head.code
        found = self._find_charge(student, key)
        if found:
            return found
        student = student.sudo()
        if allocation is None:
            allocation = self._find_charge_stay(student, day)
        company = allocation.sudo().company_id or self.env.company
        amount = company.currency_id.round(amount)
        if not amount:
            raise HostelError(
                "INVALID_CHARGE_AMOUNT",
                self.env._("There is nothing to charge: the amount is 0."),
                422,
            )
        return (
            self.env["hostel.charge"]
            .sudo()
            .create(
                {
                    "student_id": student.id,
                    "allocation_id": allocation.id,
                    "company_id": company.id,
                    "head_id": head.id,
                    "amount": amount,
                    "quantity": quantity,
                    "day": day,
                    "note": note or False,
                    "res_model": self._name,
                    "res_id": self.id,
                    "key": key,
                    "source": self._get_charge_source(),
                }
            )
        )

    def _find_charge(self, student, key):
        """The charge that this record made with a key, unless it was cancelled."""
        self.ensure_one()
        return (
            self.env["hostel.charge"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("student_id", "=", student.id),
                    ("key", "=", key),
                    ("state", "!=", "cancelled"),
                ],
                limit=1,
            )
        )

    def _find_charge_stay(self, student, day):
        """The bed that a student has on a day, else the last one before it."""
        return (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("student_id", "=", student.id),
                    ("date_from", "<=", day),
                    (
                        "state",
                        "in",
                        ("allocated", "checked_in", "vacated", "transferred"),
                    ),
                ],
                order="date_from desc, id desc",
                limit=1,
            )
        )

    def _uncharge(self, reason=None):
        """Take back what these records charged: pending charges are cancelled, billed ones
        get a credit note.

        :return: the posted credit notes
        """
        charges = (
            self.env["hostel.charge"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("state", "!=", "cancelled"),
                ]
            )
        )
        return charges._cancel(reason or self.env._("Taken back"))

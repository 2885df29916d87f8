import re

from odoo import api, fields, models

from ..errors import HostelError
from ..fields import EncryptedChar

# Reserve Bank of India: four letters of the bank, a zero, six characters of the branch.
IFSC = re.compile(r"^[A-Z]{4}0[A-Z0-9]{6}$")
# Indian banks use 9 to 18 digits.
ACCOUNT_NUMBER = re.compile(r"^[0-9]{9,18}$")


class HostelStudentBank(models.Model):
    """The account to which a student's refunds go."""

    _name = "hostel.student.bank"
    _description = "Bank Account for Refunds"
    _inherit = ["hostel.personal.mixin", "hostel.encrypted.mixin"]
    _rec_name = "label"
    _order = "id desc"

    student_id = fields.Many2one("hostel.student", required=True, ondelete="cascade", index=True)
    holder = EncryptedChar(
        string="Account holder", required=True, help="Name as the bank knows it."
    )
    number = EncryptedChar(string="Account number", required=True, copy=False)
    ifsc = fields.Char(string="IFSC", required=True, help="Such as SBIN0001234.")
    last_four = fields.Char(readonly=True, copy=False)
    label = fields.Char(compute="_compute_label")

    _student_uniq = models.Constraint(
        "UNIQUE (student_id)", "This student has an account for refunds already: change that one."
    )

    @api.depends("last_four", "ifsc")
    def _compute_label(self):
        for account in self:
            account.label = f"{account.ifsc or ''} ••••{account.last_four or ''}"

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._clean(dict(vals)) for vals in vals_list])

    def write(self, vals):
        return super().write(self._clean(dict(vals)))

    def _clean(self, vals):
        """Write numbers the way banks do, and refuse what is none.

        :raises HostelError: ``BAD_IFSC`` or ``BAD_ACCOUNT_NUMBER``
        """
        if "ifsc" in vals:
            vals["ifsc"] = (vals["ifsc"] or "").replace(" ", "").upper()
            if not IFSC.match(vals["ifsc"]):
                raise HostelError(
                    "BAD_IFSC",
                    self.env._(
                        "An IFSC has four letters, a zero and six more characters, such as "
                        "SBIN0001234. It is printed on the cheque book."
                    ),
                    422,
                )
        if "number" in vals:
            number = re.sub(r"[\s-]", "", vals["number"] or "")
            if not ACCOUNT_NUMBER.match(number):
                raise HostelError(
                    "BAD_ACCOUNT_NUMBER",
                    self.env._("An account number has 9 to 18 digits."),
                    422,
                )
            vals |= {"number": number, "last_four": number[-4:]}
        return vals

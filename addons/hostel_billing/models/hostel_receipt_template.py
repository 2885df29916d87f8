from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.receipt_parser import Template

LABEL_FIELDS = {
    "labels_student_no": "student_no",
    "labels_receipt_no": "receipt_no",
    "labels_date": "date",
    "labels_amount": "amount",
    "labels_words": "amount_words",
    "labels_balance": "balance",
}


class HostelReceiptTemplate(models.Model):
    """How a college prints its receipts, so that the machine can read them.

    A college that prints several kinds, or a company of several colleges, has several.
    """

    _name = "hostel.receipt.template"
    _description = "Receipt Template"
    _inherit = ["mail.thread"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10, help="Of templates that fit a receipt equally well, the first counts."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    college_names = fields.Text(
        string="Names of the college",
        required=True,
        tracking=True,
        help="As printed on receipts, one a line. A receipt with another name goes to a person.",
    )
    number_mask = fields.Char(
        string="Form of a student's number",
        tracking=True,
        help="# a digit, @ a letter, * either, all else itself: ##@@####. Empty: any form.",
    )
    receipt_mask = fields.Char(string="Form of a receipt's number", tracking=True)
    needs_words = fields.Boolean(
        string="Amount in words",
        default=True,
        tracking=True,
        help="Receipts say the amount in words too; one without them goes to a person.",
    )
    days_before = fields.Integer(
        string="Days before the term",
        default=120,
        tracking=True,
        help="A receipt that is older than this when the term begins does not count.",
    )
    is_approving = fields.Boolean(
        string="The machine may approve",
        # A college decides this after it has seen how its own receipts are read.
        default=False,
        tracking=True,
        help="Otherwise each receipt is read, and goes to a person.",
    )
    labels_student_no = fields.Char(string="Student's number", help="Further labels, by comma.")
    labels_receipt_no = fields.Char(string="Receipt's number")
    labels_date = fields.Char(string="Date")
    labels_amount = fields.Char(string="Amount paid")
    labels_words = fields.Char(string="Amount in words ")
    labels_balance = fields.Char(string="Balance")

    _days_positive = models.Constraint(
        "CHECK (days_before BETWEEN 0 AND 1000)", "A receipt counts for at most 1000 days."
    )

    @api.constrains("college_names")
    def _check_college_names(self):
        for template in self:
            if not any(len(name) >= 5 for name in template._get_college_names()):
                raise ValidationError(
                    self.env._("Write the college's name as it is printed on its receipts.")
                )

    def _get_college_names(self):
        self.ensure_one()
        return [line.strip() for line in (self.college_names or "").splitlines() if line.strip()]

    @api.model
    def _find_all(self, company):
        """The templates by which receipts of a company's students are read; may be empty."""
        return self.sudo().search([("company_id", "=", company.id)])

    def _get_tool(self):
        """The same for ``tools/``; an empty record gives one that no receipt fits."""
        if not self:
            return Template(colleges=())
        self.ensure_one()
        labels = {
            name: tuple(
                label.strip().casefold() for label in self[field].split(",") if label.strip()
            )
            for field, name in LABEL_FIELDS.items()
            if self[field]
        }
        return Template(
            colleges=tuple(self._get_college_names()),
            labels=labels,
            number_mask=self.number_mask or "",
            receipt_mask=self.receipt_mask or "",
            needs_words=self.needs_words,
        )

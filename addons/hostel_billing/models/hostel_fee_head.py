from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError


class HostelFeeHead(models.Model):
    """What money is asked for: rent, deposit, a fine. Taxes and accounts are the product's."""

    _name = "hostel.fee.head"
    _description = "Fee Head"
    _order = "sequence, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short name that programs and files use, such as RENT.")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        ondelete="restrict",
        help="Its taxes and its income account are taken for each bill.",
    )
    refundable = fields.Boolean(
        help="The money stays the student's, such as a deposit: it is booked as a liability, and"
        " no concession or late fee touches it."
    )
    account_id = fields.Many2one(
        "account.account",
        company_dependent=True,
        groups="account.group_account_invoice",
        help="Where the money is booked; empty: the product's income account. For refundable heads"
        " a liability account is made at the first use.",
    )
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE (code)", "Another fee head has this code.")

    @api.model
    def _get_by_code(self, code):
        """The head with a code.

        :raises HostelError: ``UNKNOWN_FEE_HEAD``
        """
        head = self.sudo().with_context(active_test=False).search([("code", "=", code)], limit=1)
        if not head:
            raise HostelError(
                "UNKNOWN_FEE_HEAD",
                self.env._("There is no fee head “%(code)s”.", code=code),
                422,
                {"code": code},
            )
        return head

    def _get_account(self, company):
        """Where this head's money is booked in a company; empty: wherever its product says.

        A refundable head gets its liability account the first time it is asked for.
        """
        self.ensure_one()
        head = self.sudo().with_company(company)
        if not head.account_id and head.refundable:
            head.account_id = head._create_liability_account(company)
        return head.account_id

    def _create_liability_account(self, company):
        Account = self.env["account.account"].sudo().with_company(company)
        return Account.create(
            {
                "name": self.env._("Held for students: %(head)s", head=self.name),
                "code": Account._search_new_account_code("252100"),
                "account_type": "liability_current",
                "company_ids": [fields.Command.link(company.id)],
            }
        )

    def _get_gross(self, amount, company, partner=None):
        """What a student pays for an amount of this head: with the product's taxes.

        :param float amount: before taxes, in the company's currency
        :return: float, rounded to the currency
        """
        self.ensure_one()
        taxes = self._get_taxes(company)
        if not taxes:
            return company.currency_id.round(amount)
        return taxes.compute_all(
            amount, currency=company.currency_id, product=self.sudo().product_id, partner=partner
        )["total_included"]

    def _get_taxes(self, company):
        self.ensure_one()
        return self.sudo().product_id.taxes_id._filter_taxes_by_company(company)

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

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
        help="Its taxes and its income account are taken for each bill. A new head makes its own.",
    )
    tax_ids = fields.Many2many(
        "account.tax",
        string="Taxes",
        compute="_compute_tax_ids",
        inverse="_inverse_tax_ids",
        domain=lambda self: [
            ("type_tax_use", "=", "sale"),
            ("company_id", "parent_of", self.env.company.id),
        ],
        help="Those of the product in this company. None: what an educational institution gives its"
        " own students is exempt from GST.",
    )
    sac_code = fields.Char(
        string="SAC",
        compute="_compute_sac_code",
        inverse="_inverse_sac_code",
        help="Code of the service under GST, printed on the bills that are made from now on.",
    )
    has_sac_code = fields.Boolean(compute="_compute_sac_code")
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

    @api.depends("product_id.taxes_id")
    @api.depends_context("company")
    def _compute_tax_ids(self):
        for head in self:
            head.tax_ids = head._get_taxes(self.env.company)

    def _inverse_tax_ids(self):
        company = self.env.company
        # India's chart brings most taxes archived: choosing one is taking it into use.
        for head in self.with_context(active_test=False):
            wanted = head.tax_ids.sudo()
            if wanted and head.refundable:
                raise ValidationError(
                    self.env._(
                        "%(head)s goes back to the student; it bears no tax.", head=head.name
                    )
                )
            if any(tax.type_tax_use != "sale" for tax in wanted) or wanted != (
                wanted._filter_taxes_by_company(company)
            ):
                raise ValidationError(
                    self.env._("Choose taxes on sales of %(company)s.", company=company.name)
                )
            # One of archived parts would come to nothing.
            (wanted | wanted.children_tax_ids).active = True
            # Other companies keep theirs.
            product = head.sudo().product_id
            product.taxes_id = product.taxes_id - head._get_taxes(company) | wanted

    @api.depends("product_id")
    def _compute_sac_code(self):
        """The product has a field for it where India's accounting is installed."""
        has_field = "l10n_in_hsn_code" in self.env["product.product"]._fields
        for head in self:
            head.has_sac_code = has_field
            head.sac_code = has_field and head.sudo().product_id.l10n_in_hsn_code

    def _inverse_sac_code(self):
        # Read before the product is written, from which the code would be computed anew.
        codes = {head: head.sac_code for head in self}
        if "l10n_in_hsn_code" in self.env["product.product"]._fields:
            for head, code in codes.items():
                head.sudo().product_id.l10n_in_hsn_code = code

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        return super().create(
            [
                vals
                if vals.get("product_id")
                else {**vals, "product_id": self._create_product(vals).id}
                for vals in vals_list
            ]
        )

    @api.model
    def _create_product(self, vals):
        """The product of a new head; finance keeps heads and need not keep a catalogue."""
        return (
            self.env["product.product"]
            .sudo()
            .create(
                {
                    "name": vals.get("name"),
                    "default_code": f"HOSTEL-{vals.get('code')}",
                    "type": "service",
                    "list_price": 0,
                    "sale_ok": True,
                    "purchase_ok": False,
                    "taxes_id": [Command.clear()],
                    "supplier_taxes_id": [Command.clear()],
                }
            )
        )

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
                "company_ids": [Command.link(company.id)],
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

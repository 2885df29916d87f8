from odoo import fields, models

HEAD = "WALLET"


class ResCompany(models.Model):
    """Where the books keep what students have put into their wallets."""

    _inherit = "res.company"

    hostel_wallet_journal_id = fields.Many2one(
        "account.journal",
        string="Journal of the wallets",
        check_company=True,
        domain=[("type", "=", "general")],
    )

    def _get_hostel_wallet_books(self):
        """The liability account and the journal of the wallets; made when first needed.

        :return: (``account.account``, ``account.journal``)
        """
        self.ensure_one()
        company = self.sudo().with_company(self)
        account = company.env["hostel.fee.head"]._get_by_code(HEAD)._get_account(company)
        if not company.hostel_wallet_journal_id:
            company.hostel_wallet_journal_id = company.env["account.journal"].create(
                {
                    "name": self.env._("Wallets of students"),
                    "code": "WALET",
                    "type": "general",
                    "company_id": company.id,
                    "show_on_dashboard": False,
                }
            )
        return account, company.hostel_wallet_journal_id

from odoo import fields, models


class AuthOauthProvider(models.Model):
    _inherit = "auth.oauth.provider"

    hostel_sign_in = fields.Boolean(
        string="People of the hostels",
        help="Whoever the hostels know by this mail signs in, in the role they have there. "
        "Nobody else gets an account.",
    )
    hostel_mail_domains = fields.Char(
        string="Mail domains",
        help="Of the college, separated by commas. Empty: any domain.",
    )
    hostel_mails_verified = fields.Boolean(
        string="Mails are verified",
        help="The college gives the addresses itself, so they need no sign of verification. "
        "Without it an answer that doesn't say email_verified is refused.",
    )
    hostel_audience_unknown = fields.Boolean(
        string="Tokens without an audience",
        help="The provider doesn't say for whom a token is; only safe if nobody else may "
        "register applications there.",
    )

    def _accepts_mail(self, mail):
        """Whether an address belongs to one of the college's domains.

        :param str mail: a normalised address
        """
        self.ensure_one()
        domains = [domain.strip().lower() for domain in (self.hostel_mail_domains or "").split(",")]
        domains = [domain for domain in domains if domain]
        return not domains or mail.rpartition("@")[2] in domains

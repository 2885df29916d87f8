import logging

from odoo import api, models
from odoo.exceptions import AccessDenied
from odoo.tools import email_normalize

_logger = logging.getLogger(__name__)

# Who holds the token says for whom it was made; OpenID Connect Core 1.0, section 2.
AUDIENCE_CLAIMS = ("aud", "azp")


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model
    def _auth_oauth_signin(self, provider, validation, params):
        """Sign in people whom the hostels know by their mail; nobody else gets an account."""
        record = self.env["auth.oauth.provider"].sudo().browse(provider)
        if not record.hostel_sign_in:
            return super()._auth_oauth_signin(provider, validation, params)
        self._check_oauth_audience(record, validation)
        user = self.sudo().search(
            [("oauth_uid", "=", validation["user_id"]), ("oauth_provider_id", "=", provider)]
        )
        if not user:
            user = self._find_hostel_user(record, validation)
            user.write({"oauth_provider_id": provider, "oauth_uid": validation["user_id"]})
        user.write({"oauth_access_token": params["access_token"]})
        return user.login

    @api.model
    def _check_oauth_audience(self, provider, validation):
        """Refuse a token that another application got from the same provider.

        :raises AccessDenied: if the answer names an audience that is not this client, or none
            while the provider is expected to name it
        """
        named = []
        for claim in AUDIENCE_CLAIMS:
            value = validation.get(claim) or []
            named += value if isinstance(value, list) else [value]
        if not named and provider.hostel_audience_unknown:
            return
        if not provider.client_id or provider.client_id not in named:
            _logger.warning(
                "sign-on by provider %s: the token is for %s",
                provider.id,
                "somebody else" if named else "nobody in particular",
            )
            raise AccessDenied()

    @api.model
    def _find_hostel_user(self, provider, validation):
        """The one active user whom the hostels know by a verified address.

        Students and guardians without an account get one in their role.

        :raises AccessDenied: for an unverified or foreign address, for one that nobody or more
            than one person has, and for accounts that were switched off
        """
        mail = email_normalize(validation.get("email") or "")
        verified = provider.hostel_mails_verified or validation.get("email_verified") in (
            True,
            "true",
        )
        if not mail or not verified or not provider._accepts_mail(mail):
            raise AccessDenied()
        partners = self._find_hostel_partners(mail)
        if len(partners) != 1:
            _logger.info("sign-on by provider %s: %s people", provider.id, len(partners))
            raise AccessDenied()
        users = partners.with_context(active_test=False).user_ids
        if not users:
            return self._create_hostel_portal_user(partners)
        if len(users) != 1 or not users.active or users.oauth_uid:
            raise AccessDenied()
        return users

    @api.model
    def _find_hostel_partners(self, mail):
        """Students, guardians and staff with an address."""
        partners = self.env["res.partner"].sudo().search([("email_normalized", "=", mail)])
        return partners.filtered(
            lambda partner: (
                partner.hostel_student_ids.filtered(lambda student: student.status == "active")
                or partner.hostel_ward_ids
                or partner.user_ids.filtered(lambda user: not user.share)
            )
        )

    @api.model
    def _create_hostel_portal_user(self, partner):
        """A portal account in the role that the hostels know for a person."""
        role = "student" if partner.hostel_student_ids else "guardian"
        group = self.env.ref(f"hostel_base.group_hostel_{role}")
        return (
            self.sudo()
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": partner.email_normalized,
                    "partner_id": partner.id,
                    "group_ids": [(6, 0, group.ids)],
                }
            )
        )

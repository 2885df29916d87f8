"""Students sign in with what they know by heart: roll number, application number or mail."""

import logging
import secrets

from odoo import api, models, tools
from odoo.exceptions import AccessDenied
from odoo.tools import SQL, email_normalize

_logger = logging.getLogger(__name__)

MAX_LOGIN = 254
# Nobody's login: what is unknown or ambiguous is looked up under it and not found.
NOBODY = ""


class ResUsers(models.Model):
    _inherit = "res.users"

    # ------------------------------------------------------------------
    # Finding the account
    # ------------------------------------------------------------------

    @api.model
    def _get_login_domain(self, login):
        return super()._get_login_domain(self._find_login(login))

    @api.model
    def _find_login(self, typed):
        """Login of the account that somebody means.

        Staff and others are found by their login only, as before. A portal account of a student
        is also found by roll number, application number or mail, whatever the case; of a guardian
        by mail. What fits several accounts fits none.

        :return: a login; ``NOBODY`` when nothing or too much fits
        """
        if not isinstance(typed, str) or not typed or len(typed) > MAX_LOGIN or "\x00" in typed:
            return NOBODY
        exact = self.sudo().search([("login", "=", typed)], limit=1)
        if exact and not exact._is_hostel_student():
            return typed
        if exact:
            # One's own login, to the letter, is nobody else's.
            return typed
        ids = self._find_portal_ids(typed.strip())
        return self.sudo().browse(ids).login if len(ids) == 1 else NOBODY

    @api.model
    def _get_finance_officer(self, company):
        """Who in finance gets the tasks of a company, with all rights; may be empty."""
        return self._get_officers("hostel_base.group_hostel_finance", company)[:1]

    @api.model
    def _get_administrator(self, company, other_than=None):
        """Which administrator gets the tasks of a company, with all rights; may be empty.

        :param other_than: ``res.users`` who may not do it
        """
        administrators = self._get_officers("hostel_base.group_hostel_admin", company)
        return (administrators - (other_than or self.browse()))[:1]

    @api.model
    def _get_officers(self, group, company):
        officers = self.env.ref(group).sudo().all_user_ids
        return officers.filtered(lambda user: user.active and company in user.company_ids)

    def _is_hostel_student(self):
        """Whether the account is a student's portal account."""
        self.ensure_one()
        return self.share and bool(self.env["hostel.student"].sudo()._get_id_of_user(self.id))

    @api.model
    def _find_portal_ids(self, key):
        """Ids of the active portal accounts that a number or a mail means."""
        self.env["hostel.student"].flush_model(["roll_number", "application_number", "partner_id"])
        self.env["res.partner"].flush_model(["email_normalized"])
        self.flush_model(["active", "share", "partner_id"])
        mail = email_normalize(key) or None
        rows = self.env.execute_query(
            SQL(
                """
                SELECT u.id FROM res_users u
                  JOIN hostel_student s ON s.partner_id = u.partner_id
                 WHERE u.active AND u.share
                   AND (lower(s.roll_number) = lower(%(key)s)
                        OR lower(s.application_number) = lower(%(key)s))
                 UNION
                SELECT u.id FROM res_users u
                  JOIN res_partner p ON p.id = u.partner_id
                 WHERE u.active AND u.share AND p.email_normalized = %(mail)s
                   AND (EXISTS (SELECT 1 FROM hostel_student s WHERE s.partner_id = p.id)
                        OR EXISTS (SELECT 1 FROM hostel_guardian g WHERE g.partner_id = p.id))
                """,
                key=key,
                mail=mail,
            )
        )
        return {user_id for (user_id,) in rows}

    # ------------------------------------------------------------------
    # Nobody learns who has an account
    # ------------------------------------------------------------------

    def _login(self, credential, user_agent_env):
        waits = self._is_on_cooldown()
        try:
            return super()._login(credential, user_agent_env)
        except AccessDenied:
            if credential.get("type") == "password" and not waits:
                self._spend_a_password_check(credential)
            raise

    @api.model
    def _is_on_cooldown(self):
        """Whether the sender's attempts are not even looked at for the moment."""
        from odoo.http import request

        failures = getattr(self.env.registry, "_login_failures", None)
        if not request or not failures:
            return False
        source = request.httprequest.remote_addr
        return source in failures and self._on_login_cooldown(*failures[source])

    @api.model
    def _spend_a_password_check(self, credential):
        """Take as long for an unknown name, or one without a password, as for a wrong password.

        The slow part of a sign-in is the password's hash; without an account there is none.
        """
        login = self._find_login(credential.get("login"))
        self.env.cr.execute(
            SQL("SELECT 1 FROM res_users WHERE login = %s AND active AND password <> ''", login)
        )
        if not self.env.cr.rowcount:
            self._crypt_context().verify(credential.get("password") or "", self._get_spare_hash())

    @api.model
    @tools.ormcache()
    def _get_spare_hash(self):
        return self._crypt_context().hash(secrets.token_hex(16))

    @api.model
    def reset_password(self, login):
        """Mail a link to whoever is meant, if anybody is.

        The caller learns nothing: known and unknown names take the same way, and the mail leaves
        in a job of its own.
        """
        users = self.sudo().search(self._get_login_domain(login))
        if not users and (mail := email_normalize(login or "")):
            # As Odoo does it for staff: by mail, when just one account has it.
            users = self.sudo().search([("email_normalized", "=", mail), ("share", "=", False)])
        user = users if len(users) == 1 and users.email else self.browse()
        self.env["res.users"].sudo().with_delay(description="Password reset")._send_password_reset(
            user.id or 0
        )

    @api.model
    def _send_password_reset(self, user_id):
        """Job: mail the link that sets a new password."""
        user = self.sudo().browse(user_id).exists()
        if not user.active:
            return "nobody"
        user._action_reset_password(signup_type="reset")
        return "sent"

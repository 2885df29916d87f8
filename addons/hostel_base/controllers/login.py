"""Sign-in pages that tell nobody who has an account."""

from odoo import http
from odoo.http import request

from odoo.addons.auth_signup.controllers.main import AuthSignupHome


class HostelLogin(AuthSignupHome):
    def get_auth_signup_qcontext(self):
        qcontext = super().get_auth_signup_qcontext()
        if not qcontext.get("token") or qcontext.get("invalid_token"):
            # Odoo would answer a mail address with the login that belongs to it.
            qcontext.pop("signup_email", None)
        return qcontext

    @http.route()
    def web_auth_reset_password(self, *args, **kw):
        response = super().web_auth_reset_password(*args, **kw)
        if request.httprequest.method == "POST" and not response.qcontext.get("token"):
            qcontext = response.qcontext
            # Known and unknown names, and whatever went wrong on the way, read the same.
            qcontext.pop("error", None)
            qcontext["message"] = request.env._(
                "If there is an account for what you typed, a mail with a link is on its way. "
                "Look into your spam folder too, or ask the hostel office."
            )
        return response

import werkzeug.exceptions
import werkzeug.urls

from odoo import models
from odoo.http import request

from ..errors import HostelError

CONSENT_PAGE = "/my/privacy"


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """The texts of our scripts come to the pages in the visitor's language."""
        return [*super()._get_translation_frontend_modules_name(), "hostel_base"]

    @classmethod
    def _pre_dispatch(cls, rule, args):
        super()._pre_dispatch(rule, args)
        if cls._is_personal_route(rule.endpoint):
            cls._ask_for_consent(rule.endpoint)

    @classmethod
    def _is_personal_route(cls, endpoint):
        """Whether a student needs a consent for a route.

        Every signed-in route of a hostel addon does, unless it says ``hostel_consent=False``: a new
        page that nobody thought about is closed, not open.
        """
        return (
            endpoint.routing["auth"] == "user"
            and endpoint.routing.get("hostel_consent", True)
            and endpoint.func.__module__.startswith("odoo.addons.hostel_")
        )

    @classmethod
    def _ask_for_consent(cls, endpoint):
        """Lead a student without consent to the privacy page; JSON calls get a code."""
        student = request.env["hostel.student"]._get_current()
        if not student or student._has_consent():
            return
        if not student._is_consent_required():
            return
        if not request.env["hostel.privacy.notice"]._get_current():
            # Nobody can agree to a notice that isn't there.
            return
        refusal = HostelError(
            "CONSENT_REQUIRED",
            request.env._("Read the privacy notice first, and say whether you agree."),
            403,
            {"url": CONSENT_PAGE},
        )
        if endpoint.routing["type"] == "jsonrpc":
            raise refusal
        if endpoint.routing.get("hostel_json"):
            # Imported late: controllers import the models' helpers.
            from ..controllers.json_api import error_response

            werkzeug.exceptions.abort(error_response(refusal))
        path = request.httprequest.full_path.rstrip("?")
        query = werkzeug.urls.url_encode({"next": path})
        werkzeug.exceptions.abort(request.redirect(f"{CONSENT_PAGE}?{query}", 303))

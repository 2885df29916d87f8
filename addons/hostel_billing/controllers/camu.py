import logging

from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.controllers.json_api import error_response
from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from .. import const
from ..tools import camu_payload, camu_signature

_logger = logging.getLogger(__name__)


class CamuController(http.Controller):
    _return_url = "/payment/camu/return"
    _webhook_url = "/payment/camu/webhook"

    @http.route(
        _return_url,
        type="http",
        auth="public",
        methods=["GET", "POST"],
        csrf=False,
        save_session=False,
        sitemap=False,
    )
    def camu_return(self, **_data):
        """Take the payer home. What the query claims is not read: the webhook decides."""
        if request.httprequest.method == "POST":
            # A browser sends no session with another site's POST, but with the GET it leads to.
            return request.redirect(self._return_url, code=303)
        tx = PaymentPostProcessing()._get_monitored_transaction()
        if tx.hostel_allocation_id and tx.landing_route:
            return request.redirect(tx._hostel_get_landing_route(request.env.user.partner_id))
        return request.redirect("/payment/status" if tx else "/my")

    @http.route(
        _webhook_url,
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        sitemap=False,
    )
    def camu_webhook(self, **_form):
        """Store an authentic message and answer; a job acts on it.

        Refusals write nothing. The answer's ``code`` says what was wrong.
        """
        try:
            return self._accept()
        except HostelError as exc:
            _logger.warning("camu webhook refused: %s", exc.code)
            return error_response(exc)

    def _accept(self):
        body = self._read_body()
        provider, signed = self._authenticate(body)
        try:
            event = provider._camu_parse(body)
        except camu_payload.PayloadError as exc:
            raise HostelError(
                "BAD_PAYLOAD",
                request.env._("The message can't be read: %(problem)s", problem=exc),
                400,
                {"field": exc.field},
            ) from exc
        entry, new = request.env["hostel.camu.event"]._receive(
            provider,
            event,
            "webhook",
            raw=body.decode(),
            signed=signed,
        )
        return self._answer(entry, new, signed.stale)

    @staticmethod
    def _answer(entry, new, stale):
        """200 in any case: the message is stored, sending it again would not help."""
        if stale and entry.reason_code == "STALE_SIGNATURE":
            answer = {
                "success": False,
                "error": request.env._("The message came too late; it is being checked."),
                "code": "STALE_SIGNATURE",
                "details": {"stored": True},
            }
        else:
            answer = {"success": True, "duplicate": not new}
        return request.make_json_response(answer, headers={"Cache-Control": "no-store"})

    @staticmethod
    def _read_body():
        if (request.httprequest.content_length or 0) > const.MAX_WEBHOOK_BYTES:
            raise HostelError("TOO_LARGE", request.env._("The message is too large."), 413)
        return request.httprequest.get_data()

    @staticmethod
    def _authenticate(body):
        """Return (provider, signature) of the first provider whose secret signed the body."""
        providers = request.env["payment.provider"]._get_live_camu_providers()
        if not providers:
            raise HostelError(
                "NOT_CONFIGURED", request.env._("Payments through Camu are not set up."), 503
            )
        refusal = camu_signature.BAD_SIGNATURE
        for provider in providers:
            try:
                return provider, provider._camu_verify(request.httprequest.headers, body)
            except camu_signature.SignatureError as exc:
                if exc.code == camu_signature.FUTURE_SIGNATURE:
                    refusal = exc.code
        raise HostelError(
            refusal, request.env._("The message was not signed by Camu just now."), 401
        )

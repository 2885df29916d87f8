"""The own credit score on the portal, with its reasons."""

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.hostel_base.controllers.json_api import as_form_text
from odoo.addons.hostel_base.controllers.portal import HostelPortal, get_own_student

from ..models.hostel_credit_event import MAX_APPEAL
from ..tools.credit_score import HIGHEST, LOWEST

OWN = {"type": "http", "auth": "user", "website": True, "sitemap": False}
SHOWN = 60
# Half a circle of radius 80, as the page draws it.
ARC = 251.3


class CreditScorePortal(HostelPortal):
    SCORE_ROUTE = "/my/credit-score"
    OBJECT_ROUTE = "/my/credit-score/<int:event_id>/object"

    def _get_my_score(self):
        """The score of the signed-in student; guardians and staff have no such page."""
        student = get_own_student()
        return request.env["hostel.credit.score"]._find(student)

    @http.route(SCORE_ROUTE, methods=["GET"], **OWN)
    def my_credit_score(self, **_kwargs):
        return self._render_score(self._get_my_score())

    def _render_score(self, score, refusal=None, status=200):
        share = (score.score - LOWEST) / (HIGHEST - LOWEST)
        bands = request.env["hostel.credit.band"].sudo().search([])
        response = request.render(
            "hostel_billing.portal_my_credit_score",
            {
                **self._prepare_portal_layout_values(),
                "score": score,
                "events": score.event_ids[:SHOWN],
                "lowest": LOWEST,
                "highest": HIGHEST,
                "arc": ARC,
                "filled": round(ARC * share, 1),
                "bands": bands,
                "concessions": score.student_id._get_fee_concessions().filtered(
                    lambda one: one.kind == "good_credit"
                ),
                "rules": score._get_rules(),
                "refusal": refusal,
                "page_name": "my_credit_score",
            },
            status=status,
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @http.route(OBJECT_ROUTE, methods=["POST"], **OWN)
    def object(self, event_id, reason="", **_kwargs):
        """Say why an entry should not count."""
        score = self._get_my_score()
        event = score.event_ids.filtered(lambda one: one.id == event_id)
        if not event:
            raise request.not_found()
        try:
            with request.env.cr.savepoint():
                event._object(as_form_text(reason, MAX_APPEAL))
        except UserError as refusal:
            return self._render_score(score, str(refusal), getattr(refusal, "http_status", 422))
        return request.redirect(self.SCORE_ROUTE, 303)

"""The page on which anybody checks a document of the college."""

from math import ceil

from odoo import http
from odoo.http import request

from ..tools.token_buckets import TokenBuckets

# A college sits behind one address, so some impatience is normal; guessing 55 bits is not.
BUCKETS = TokenBuckets(burst=40, per_second=0.5)
OPEN = {"type": "http", "auth": "public", "website": True, "sitemap": False}
MAX_CODE = 60


class HostelVerify(http.Controller):
    VERIFY_ROUTE = "/verify"
    CODE_ROUTE = "/verify/<string:code>"

    @http.route(VERIFY_ROUTE, methods=["GET"], **OPEN)
    def verify(self, code=None, **_kwargs):
        """Ask for a code; a form without a script comes back here with it."""
        if code:
            return request.redirect(f"{self.VERIFY_ROUTE}/{self._clean(code)}", 303)
        return self._render("empty")

    @http.route(CODE_ROUTE, methods=["GET"], **OPEN)
    def verify_code(self, code, **_kwargs):
        """Say what became of a document; whoever asks too often waits."""
        wait = BUCKETS.take(request.httprequest.remote_addr or "")
        if wait:
            response = self._render("wait", typed=code, status=429)
            response.headers["Retry-After"] = str(ceil(wait))
            return response
        document = request.env["hostel.verification"]._find(code)
        if not document:
            return self._render("unknown", typed=code, status=404)
        return self._render(document.state, typed=document.printed_code, document=document)

    @staticmethod
    def _clean(code):
        """What can stand in an address; nothing else is a code anyway."""
        letters = "".join(letter for letter in code if letter.isascii() and letter.isalnum())
        return letters[:MAX_CODE] or "-"

    def _render(self, outcome, *, typed="", document=None, status=200):
        """
        :param str outcome: state of the document, or ``empty``, ``unknown``, ``wait``
        :param document: one ``hostel.verification`` with all rights
        """
        response = request.render(
            "hostel_base.verify_page",
            {
                "outcome": outcome,
                "typed": typed[:MAX_CODE],
                "document": document,
                "college": (document.company_id if document else request.env.company).sudo(),
            },
            status=status,
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

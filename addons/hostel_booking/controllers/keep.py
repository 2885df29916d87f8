from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.controllers.json_api import as_form_text, as_int
from odoo.addons.hostel_base.controllers.portal import HostelPortal, get_own_student
from odoo.addons.hostel_base.errors import HostelError

MAX_NUMBERS_TEXT = 500


class HostelKeepPortal(HostelPortal):
    """The page on which a resident keeps the bed, and asks roommates into the room."""

    KEEP_ROUTE = "/my/keep"

    @http.route()
    def home(self, **kw):
        response = super().home(**kw)
        if request.env["hostel.student"]._get_current():
            response.qcontext["my_keep"] = request.env["hostel.keep.desk"]._get_page()
        return response

    def _render_keep(self, refusal=None, done=None, numbers=""):
        return request.render(
            "hostel_booking.portal_my_keep",
            {
                **self._prepare_portal_layout_values(),
                **request.env["hostel.keep.desk"]._get_page(),
                "refusal": refusal,
                "done": done,
                "numbers": numbers,
                "page_name": "my_keep",
            },
        )

    @http.route(KEEP_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_keep(self, done=None):
        get_own_student()
        return self._render_keep(done=done)

    @http.route(
        f"{KEEP_ROUTE}/<string:act>",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def act_on_keep(self, act, **post):
        """One form of the page; a refusal comes back as a sentence on it."""
        get_own_student()
        desk = request.env["hostel.keep.desk"]
        numbers = as_form_text(post.get("numbers"), MAX_NUMBERS_TEXT)
        acts = {
            "take": lambda: desk._answer(True),
            "decline": lambda: desk._answer(False),
            "ask": lambda: desk._ask(numbers) and None,
            "withdraw": lambda: desk._withdraw(as_int(post.get("id"), "id")),
        }
        if act not in acts:
            raise request.not_found()
        try:
            with request.env.cr.savepoint():
                result = acts[act]() or {}
                request.env.flush_all()
        except HostelError as exc:
            if exc.code == "NOT_FOUND":
                raise request.not_found() from None
            return self._render_keep(refusal=exc, numbers=numbers)
        return request.redirect(result.get("redirect") or f"{self.KEEP_ROUTE}?done={act}", 303)

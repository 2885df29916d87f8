from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.controllers.json_api import as_form_text, as_int
from odoo.addons.hostel_base.controllers.portal import HostelPortal, get_own_student
from odoo.addons.hostel_base.errors import HostelError

MAX_REASON = 1000


class HostelMovesPortal(HostelPortal):
    """The page on which a student asks for another bed, or answers who asks to swap."""

    MOVES_ROUTE = "/my/moves"

    @property
    def desk(self):
        return request.env["hostel.move.desk"]

    def _render_moves(self, stay_id=None, error=None, done=None, number=""):
        return request.render(
            "hostel_booking.portal_my_moves",
            {
                **self._prepare_portal_layout_values(),
                **self.desk._get_page(stay_id),
                "error": error,
                "done": done,
                "number": number,
                "page_name": "my_moves",
            },
        )

    @http.route(MOVES_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_moves(self, done=None, stay=None):
        get_own_student()
        try:
            return self._render_moves(as_int(stay, "stay") if stay else None, done=done)
        except HostelError:
            raise request.not_found() from None

    @http.route(
        f"{MOVES_ROUTE}/<string:act>",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def act_on_moves(self, act, **post):
        """One form of the page; a refusal comes back as a sentence on it."""
        get_own_student()
        acts = {
            "swap": lambda: self.desk._ask_swap(
                as_form_text(post.get("number")), self._get_reason(post), self._get_stay(post)
            ),
            "transfer": lambda: self.desk._ask_transfer(
                as_int(post.get("bed_id"), "bed_id"), self._get_reason(post), self._get_stay(post)
            ),
            "agree": lambda: self.desk._answer(as_int(post.get("id"), "id"), True),
            "decline": lambda: self.desk._answer(as_int(post.get("id"), "id"), False),
            "withdraw": lambda: self.desk._withdraw(as_int(post.get("id"), "id")),
        }
        if act not in acts:
            raise request.not_found()
        try:
            with request.env.cr.savepoint():
                acts[act]()
                request.env.flush_all()
        except HostelError as exc:
            if exc.code == "NOT_FOUND":
                raise request.not_found() from None
            return self._render_moves(
                self.desk._find_stay_id(post.get("stay")),
                str(exc),
                number=as_form_text(post.get("number")),
            )
        return request.redirect(f"{self.MOVES_ROUTE}?done={act}", 303)

    def _get_stay(self, post):
        """Which of the student's beds a form is about; the page names none where there is one."""
        return as_int(post["stay"], "stay") if post.get("stay") else None

    def _get_reason(self, post):
        return as_form_text(post.get("reason"), MAX_REASON)

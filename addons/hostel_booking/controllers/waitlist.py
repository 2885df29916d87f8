from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.controllers.json_api import as_form_text, as_int, json_route
from odoo.addons.hostel_base.controllers.portal import HostelPortal, get_own_student
from odoo.addons.hostel_base.errors import HostelError


class HostelWaitlistApi(http.Controller):
    """JSON calls about waitlists; ``docs/subsystems/waitlist.md`` describes them."""

    @property
    def desk(self):
        return request.env["hostel.waitlist.desk"]

    @json_route("/hostel/waitlist/me", readonly=True)
    def me(self):
        return self.desk._get_mine()

    @json_route("/hostel/waitlist/classes", readonly=True)
    def classes(self):
        return {"classes": self.desk._get_classes()}

    @json_route("/hostel/waitlist/join", methods=["POST"], writes=True)
    def join(self, hostel_id=None, room_type_id=None, with_cohort=False):
        join = self.desk._join_with_cohort if with_cohort is True else self.desk._join
        entry = join(
            as_int(hostel_id, "hostel_id") if hostel_id is not None else None,
            as_int(room_type_id, "room_type_id") if room_type_id is not None else None,
        )
        return {"entry": self.desk._describe(entry, self.desk._get_student())}

    @json_route("/hostel/waitlist/leave", methods=["POST"], writes=True)
    def leave(self, id):  # noqa: A002 - the name in the JSON
        self.desk._leave(as_int(id, "id"))

    @json_route("/hostel/waitlist/accept", methods=["POST"], writes=True)
    def accept(self, id):  # noqa: A002 - the name in the JSON
        return self.desk._accept(as_int(id, "id"))

    @json_route("/hostel/waitlist/decline", methods=["POST"], writes=True)
    def decline(self, id):  # noqa: A002 - the name in the JSON
        self.desk._decline(as_int(id, "id"))


class HostelWaitlistPortal(HostelPortal):
    """The page on which a student sees the places in line."""

    WAITLIST_ROUTE = "/my/waitlist"

    @http.route()
    def home(self, **kw):
        response = super().home(**kw)
        if request.env["hostel.student"]._get_current():
            response.qcontext.update(
                my_line=request.env["hostel.waitlist.desk"]._get_card(),
                my_moves=request.env["hostel.move.desk"]._get_card(),
            )
        return response

    def _render_waitlist(self, error=None, done=None):
        desk = request.env["hostel.waitlist.desk"]
        return request.render(
            "hostel_booking.portal_my_waitlist",
            {
                **self._prepare_portal_layout_values(),
                **desk._get_mine(),
                "classes": desk._get_classes(),
                "currency": request.env.company.currency_id,
                "cohort_size": desk._get_led_size(),
                "error": error,
                "done": done,
                "page_name": "my_waitlist",
            },
        )

    @http.route(WAITLIST_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_waitlist(self, done=None):
        get_own_student()
        return self._render_waitlist(done=done)

    @http.route(
        f"{WAITLIST_ROUTE}/<string:act>",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def act_on_waitlist(self, act, **post):
        """One button of the page; a refusal comes back as a sentence on it."""
        get_own_student()
        acts = {
            "join": self._join,
            "leave": self._leave,
            "accept": self._accept,
            "decline": self._decline,
        }
        if act not in acts:
            raise request.not_found()
        try:
            with request.env.cr.savepoint():
                target = acts[act](post)
                request.env.flush_all()
        except HostelError as exc:
            if exc.code == "NOT_FOUND":
                raise request.not_found() from None
            return self._render_waitlist(error=str(exc))
        return request.redirect(target or f"{self.WAITLIST_ROUTE}?done={act}", 303)

    def _join(self, post):
        hostel_id, _sep, room_type_id = as_form_text(post.get("kind")).partition("-")
        desk = request.env["hostel.waitlist.desk"]
        join = desk._join_with_cohort if post.get("with_cohort") else desk._join
        join(as_int(hostel_id, "hostel_id") or None, as_int(room_type_id, "room_type_id") or None)

    def _leave(self, post):
        request.env["hostel.waitlist.desk"]._leave(as_int(post.get("id"), "id"))

    def _decline(self, post):
        request.env["hostel.waitlist.desk"]._decline(as_int(post.get("id"), "id"))

    def _accept(self, post):
        answer = request.env["hostel.waitlist.desk"]._accept(as_int(post.get("id"), "id"))
        return answer["redirect"] or "/hostel/booking"

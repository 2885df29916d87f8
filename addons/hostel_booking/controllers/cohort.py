from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.controllers.json_api import as_int, as_text, json_route
from odoo.addons.hostel_base.controllers.portal import get_own_student
from odoo.addons.hostel_base.errors import HostelError

MAX_TOKEN = 64
MAX_IDS = 50


def as_ids(value, name):
    """Read a short list of ids.

    :raises HostelError: ``BAD_REQUEST`` if it is not one
    """
    if not isinstance(value, list) or len(value) > MAX_IDS:
        raise HostelError(
            "BAD_REQUEST", request.env._("%(name)s must be a short list.", name=name), 400
        )
    return [as_int(item, name) for item in value]


def as_bool(value, name):
    if not isinstance(value, bool):
        raise HostelError(
            "BAD_REQUEST", request.env._("%(name)s must be true or false.", name=name), 400
        )
    return value


class HostelCohortApi(http.Controller):
    """JSON calls of the page “Live together”; ``docs/subsystems/cohorts.md`` describes them."""

    @property
    def desk(self):
        return request.env["hostel.cohort.desk"]

    @json_route("/hostel/cohort/me", readonly=True)
    def me(self):
        return self.desk._get_page()

    @json_route("/hostel/cohort/choices", readonly=True)
    def choices(self):
        return self.desk._get_choices()

    # People ------------------------------------------------------------------

    @json_route("/hostel/cohort/create", methods=["POST"], writes=True)
    # pylint: disable-next=method-required-super
    def create(self, size, solo=False):
        self.desk._create(as_int(size, "size"), as_bool(solo, "solo"))
        return self.desk._get_page()

    @json_route("/hostel/cohort/join", methods=["POST"], writes=True)
    def join(self, token):
        self.desk._join(as_text(token, "token", MAX_TOKEN))
        return self.desk._get_page()

    @json_route("/hostel/cohort/answer", methods=["POST"], writes=True)
    def answer(self, id, accept):  # noqa: A002 - the name in the JSON
        self.desk._answer(as_int(id, "id"), as_bool(accept, "accept"))
        return self.desk._get_page()

    @json_route("/hostel/cohort/leave", methods=["POST"], writes=True)
    def leave(self):
        self.desk._leave()
        return self.desk._get_page()

    @json_route("/hostel/cohort/remove", methods=["POST"], writes=True)
    def remove(self, id):  # noqa: A002
        self.desk._remove(as_int(id, "id"))
        return self.desk._get_page()

    @json_route("/hostel/cohort/hand-over", methods=["POST"], writes=True)
    def hand_over(self, id):  # noqa: A002
        self.desk._hand_over(as_int(id, "id"))
        return self.desk._get_page()

    @json_route("/hostel/cohort/disband", methods=["POST"], writes=True)
    def disband(self):
        self.desk._disband()
        return self.desk._get_page()

    @json_route("/hostel/cohort/link", methods=["POST"], writes=True)
    def renew_link(self):
        self.desk._renew_link()
        return self.desk._get_page()

    @json_route("/hostel/cohort/size", methods=["POST"], writes=True)
    def set_size(self, size):
        self.desk._set_size(as_int(size, "size"))
        return self.desk._get_page()

    @json_route("/hostel/cohort/strict", methods=["POST"], writes=True)
    def set_strict(self, strict):
        self.desk._set_strict(as_bool(strict, "strict"))
        return self.desk._get_page()

    # Wishes ------------------------------------------------------------------

    @json_route("/hostel/cohort/wish", methods=["POST"], writes=True)
    def add_wish(self, hostel_id=0, room_type_id=0, floor_id=0, room_id=0, amenity_ids=None):
        values = {
            "hostel_id": as_int(hostel_id, "hostel_id"),
            "room_type_id": as_int(room_type_id, "room_type_id"),
            "floor_id": as_int(floor_id, "floor_id"),
            "room_id": as_int(room_id, "room_id"),
            "amenity_ids": as_ids(amenity_ids or [], "amenity_ids"),
        }
        self.desk._add_wish(values)
        return self.desk._get_page()

    @json_route("/hostel/cohort/wish/remove", methods=["POST"], writes=True)
    def remove_wish(self, id):  # noqa: A002
        self.desk._remove_wish(as_int(id, "id"))
        return self.desk._get_page()

    @json_route("/hostel/cohort/wish/order", methods=["POST"], writes=True)
    def order_wishes(self, ids):
        self.desk._order_wishes(as_ids(ids, "ids"))
        return self.desk._get_page()

    @json_route("/hostel/cohort/submit", methods=["POST"], writes=True)
    def submit(self):
        self.desk._submit()
        return self.desk._get_page()

    @json_route("/hostel/cohort/withdraw", methods=["POST"], writes=True)
    def withdraw(self):
        self.desk._withdraw()
        return self.desk._get_page()

    # Beds --------------------------------------------------------------------

    @json_route("/hostel/cohort/hold", methods=["POST"], writes=True)
    def hold(self, key, beds):
        return self.desk._hold_beds(as_text(key, "key", MAX_TOKEN), as_ids(beds, "beds"))

    @json_route("/hostel/cohort/release", methods=["POST"], writes=True)
    def release(self, token):
        self.desk._release_beds(as_text(token, "token", MAX_TOKEN))
        return self.desk._get_page()

    @json_route("/hostel/cohort/take", methods=["POST"], writes=True)
    def take(self, token):
        self.desk._take_beds(as_text(token, "token", MAX_TOKEN))
        return self.desk._get_page()


class HostelCohortPages(http.Controller):
    """The page itself, and where an invite link leads."""

    @http.route("/my/cohort", type="http", auth="user", website=True, sitemap=False)
    def cohort(self):
        student = get_own_student()
        result = request.env["hostel.allocation.run"]._get_result(student)
        return request.render(
            "hostel_booking.portal_cohort",
            {"page_name": "my_cohort", "allocation_result": result},
        )

    @http.route(
        "/my/cohort/join/<string:token>", type="http", auth="user", website=True, sitemap=False
    )
    def join(self, token):
        get_own_student()
        values = {"page_name": "my_cohort", "token": token, "preview": None, "refusal": None}
        try:
            values["preview"] = request.env["hostel.cohort.desk"]._preview(token[:MAX_TOKEN])
        except HostelError as exc:
            values["refusal"] = exc
        response = request.render("hostel_booking.portal_cohort_join", values)
        # The address is the secret: it must not travel on to other sites.
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

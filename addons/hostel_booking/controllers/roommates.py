from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.controllers.json_api import as_int, as_text, json_route
from odoo.addons.hostel_base.errors import HostelError

from .cohort import as_bool

MAX_KEY = 64
MAX_REF = 8
MAX_MESSAGE = 1000
MAX_REPORT = 1000


def as_free_text(value, name, max_length):
    """Read a text that may be empty."""
    return as_text(value, name, max_length) if value else ""


class HostelRoommatesApi(http.Controller):
    """JSON calls about people one might live with; see ``docs/subsystems/cohorts.md``."""

    @property
    def pings(self):
        return request.env["hostel.ping.desk"]

    @property
    def suggestions(self):
        return request.env["hostel.suggestion.desk"]

    @json_route("/hostel/pings", readonly=True)
    def get_pings(self):
        return self.pings._get_page()

    @json_route("/hostel/pings/phrases", readonly=True)
    def phrases(self):
        return self.pings._get_phrases()

    @json_route("/hostel/pings/send", methods=["POST"], writes=True)
    def send(self, key, room, ref, phrase, message="", mail=False, phone=False):
        self.pings._send(
            as_text(key, "key", MAX_KEY),
            as_int(room, "room"),
            as_text(ref, "ref", MAX_REF),
            phrase=as_text(phrase, "phrase", 20),
            message=as_free_text(message, "message", MAX_MESSAGE),
            mail=as_bool(mail, "mail"),
            phone=as_bool(phone, "phone"),
        )

    @json_route("/hostel/pings/accept", methods=["POST"], writes=True)
    def accept(self, id, mail=False, phone=False):  # noqa: A002 - the name in the JSON
        self.pings._accept(as_int(id, "id"), as_bool(mail, "mail"), as_bool(phone, "phone"))
        return self.pings._get_page()

    @json_route("/hostel/pings/decline", methods=["POST"], writes=True)
    def decline(self, id):  # noqa: A002
        self.pings._decline(as_int(id, "id"))
        return self.pings._get_page()

    @json_route("/hostel/pings/block", methods=["POST"], writes=True)
    def block(self, id):  # noqa: A002
        self.pings._block(as_int(id, "id"))
        return self.pings._get_page()

    @json_route("/hostel/pings/unblock", methods=["POST"], writes=True)
    def unblock(self):
        self.pings._unblock_all()
        return self.pings._get_page()

    @json_route("/hostel/pings/report", methods=["POST"], writes=True)
    def report(self, id, text):  # noqa: A002
        self.pings._report(as_int(id, "id"), as_text(text, "text", MAX_REPORT))
        return self.pings._get_page()

    @json_route("/hostel/pings/takes", methods=["POST"], writes=True)
    def takes(self, takes):
        self.pings._set_takes_pings(as_bool(takes, "takes"))
        return self.pings._get_page()

    @json_route("/hostel/suggestions", methods=["POST"], writes=True)
    def get_suggestions(self):
        # The first look freezes the own answers, so this writes.
        return self.suggestions._get_suggestions()

    @json_route("/hostel/suggestions/look", methods=["POST"], writes=True)
    def look(self, looks):
        self.suggestions._set_looking(as_bool(looks, "looks"))
        return self.suggestions._get_suggestions()

    @json_route("/hostel/suggestions/invite", methods=["POST"], writes=True)
    def invite(self, handle):
        self.suggestions._invite(as_text(handle, "handle", MAX_KEY))
        return self.suggestions._get_suggestions()

    @http.route("/my/roommates", type="http", auth="user", website=True, sitemap=False)
    def page(self):
        try:
            self.pings._get_student()
        except HostelError:
            raise request.not_found() from None
        return request.render("hostel_booking.portal_roommates", {"page_name": "my_roommates"})

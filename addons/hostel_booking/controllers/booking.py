from math import isfinite

from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.controllers.json_api import as_int, as_text, json_route
from odoo.addons.hostel_base.errors import HostelError

# A drawing never changes for a version; only the browser that may see it keeps it.
FOR_A_YEAR = f"private, max-age={365 * 24 * 3600}, immutable"
MAX_LIST = 50


class HostelBookingApi(http.Controller):
    """JSON calls of the live map; ``docs/subsystems/live-map.md`` describes them."""

    @property
    def desk(self):
        return request.env["hostel.booking.desk"]

    @json_route("/hostel/booking/hostels", readonly=True)
    def hostels(self, round_id=None):
        """Where a program begins: the hostels of the round."""
        choose_round(round_id)
        return self.desk._get_hostels()

    @json_route("/hostel/booking/boot", readonly=True)
    def boot(self, hostel_id, round_id=None):
        choose_round(round_id)
        return self.desk._boot(as_int(hostel_id, "hostel_id"))

    @json_route("/hostel/booking/window", readonly=True)
    def window(self, hostel_id, round_id=None):
        choose_round(round_id)
        return self.desk._get_doors(as_int(hostel_id, "hostel_id"))

    @json_route("/hostel/layout/<string:key>/<int:version>", readonly=True, cache=FOR_A_YEAR)
    def layout(self, key, version):
        return self.desk._get_layout(key, version)

    @json_route("/hostel/booking/room", methods=["POST"], writes=True)
    def room(self, key, room):
        """Who has the other beds of a room, masked; the first look freezes the own answers."""
        return request.env["hostel.booking.occupants"]._get_room(
            as_text(key, "key", 64), as_int(room, "room")
        )

    @json_route("/hostel/booking/best", methods=["POST"], writes=True)
    def best(
        self,
        hostel_id=None,
        sharing=(),
        amenities=(),
        floors=(),
        max_price=None,
        round_id=None,
    ):
        """The best free beds for the student; the first look freezes the own answers."""
        choose_round(round_id)
        return request.env["hostel.booking.best"]._get_best(
            hostel_id=hostel_id and as_int(hostel_id, "hostel_id"),
            sharing=[as_int(one, "sharing") for one in as_list(sharing, "sharing")],
            amenities=[as_text(one, "amenities", 64) for one in as_list(amenities, "amenities")],
            floors=[as_text(one, "floors", 64) for one in as_list(floors, "floors")],
            max_price=max_price and as_amount(max_price, "max_price"),
        )

    @json_route("/hostel/booking/me", readonly=True)
    def me(self, round_id=None):
        choose_round(round_id)
        return self.desk._get_me()

    @json_route("/hostel/booking/hold", methods=["POST"])
    def hold(self, key, i):
        hold = self.desk._hold(as_text(key, "key", 64), as_int(i, "i"))
        return {"hold": hold, **self.desk._get_action(hold)}

    @json_route("/hostel/booking/queue", methods=["POST"])
    def queue(self, ticket="", round_id=None):
        choose_round(round_id)
        if ticket:
            ticket = as_text(ticket, "ticket")
        return {"queue": self.desk._join_queue(ticket)}

    @json_route("/hostel/booking/queue/leave", methods=["POST"])
    def queue_leave(self, round_id=None):
        choose_round(round_id)
        self.desk._leave_queue()

    @json_route("/hostel/booking/release", methods=["POST"])
    def release(self, token):
        self.desk._release(as_text(token, "token", 64))

    @json_route("/hostel/booking/extend", methods=["POST"])
    def extend(self, token):
        return {"hold": self.desk._extend(as_text(token, "token", 64))}

    @json_route("/hostel/booking/pay", methods=["POST"], writes=True)
    def pay(self, token):
        return self.desk._pay(as_text(token, "token", 64))

    @json_route("/hostel/booking/confirm", methods=["POST"], writes=True)
    def confirm(self, id):  # noqa: A002 - the name in the JSON
        return self.desk._confirm(as_int(id, "id"))

    @json_route("/hostel/booking/cancel", methods=["POST"], writes=True)
    def cancel(self, id):  # noqa: A002 - the name in the JSON
        return self.desk._cancel(as_int(id, "id"))


def choose_round(round_id):
    """Let the rest of a call be about one of several open rounds."""
    if round_id:
        request.update_context(hostel_round_id=as_int(round_id, "round_id"))


def as_list(value, name):
    """Read a list that may be left out.

    :raises HostelError: ``BAD_REQUEST`` if it is none, or too long
    """
    if not isinstance(value, (list, tuple)) or len(value) > MAX_LIST:
        raise HostelError(
            "BAD_REQUEST", request.env._("%(name)s must be a short list.", name=name), 400
        )
    return value


def as_amount(value, name):
    """Read an amount of money.

    :raises HostelError: ``BAD_REQUEST`` if it is not one
    """
    try:
        amount = float(value)
        if not isfinite(amount):
            raise ValueError
        return amount
    except (TypeError, ValueError):
        raise HostelError(
            "BAD_REQUEST", request.env._("%(name)s must be a number.", name=name), 400
        ) from None

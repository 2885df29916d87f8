from odoo import http
from odoo.http import request

from odoo.addons.hostel_base.controllers.json_api import as_int, as_text, json_route

# A drawing never changes for a version; only the browser that may see it keeps it.
FOR_A_YEAR = f"private, max-age={365 * 24 * 3600}, immutable"


class HostelBookingApi(http.Controller):
    """JSON calls of the live map; ``docs/subsystems/live-map.md`` describes them."""

    @property
    def desk(self):
        return request.env["hostel.booking.desk"]

    @json_route("/hostel/booking/boot", readonly=True)
    def boot(self, hostel_id):
        return self.desk._boot(as_int(hostel_id, "hostel_id"))

    @json_route("/hostel/booking/window", readonly=True)
    def window(self, hostel_id):
        return self.desk._get_doors(as_int(hostel_id, "hostel_id"))

    @json_route("/hostel/layout/<string:key>/<int:version>", readonly=True, cache=FOR_A_YEAR)
    def layout(self, key, version):
        return self.desk._get_layout(key, version)

    @json_route("/hostel/booking/me", readonly=True)
    def me(self):
        return self.desk._get_me()

    @json_route("/hostel/booking/hold", methods=["POST"])
    def hold(self, key, i):
        hold = self.desk._hold(as_text(key, "key", 64), as_int(i, "i"))
        return {"hold": hold, **self.desk._get_action(hold)}

    @json_route("/hostel/booking/release", methods=["POST"])
    def release(self, token):
        self.desk._release(as_text(token, "token", 64))

    @json_route("/hostel/booking/extend", methods=["POST"])
    def extend(self, token):
        return {"hold": self.desk._extend(as_text(token, "token", 64))}

    @json_route("/hostel/booking/pay", methods=["POST"], writes=True)
    def pay(self, token):
        return self.desk._pay(as_text(token, "token", 64))

    @json_route("/hostel/booking/cancel", methods=["POST"], writes=True)
    def cancel(self, id):  # noqa: A002 - the name in the JSON
        return self.desk._cancel(as_int(id, "id"))

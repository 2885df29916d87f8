import json
import time

from odoo import http
from odoo.http import request

from ..hooks import is_allowed


class HostelTestPeers(http.Controller):
    """What the benchmarks compare with: the same answers made in the ordinary way."""

    @http.route("/hostel_test/live/<string:key>", type="http", auth="public", readonly=True)
    def live(self, key, v=None):
        """State of a floor from one search of its beds and one of what is taken."""
        floor_map = request.env["hostel.booking.map"].sudo().search([("key", "=", key)], limit=1)
        if not is_allowed() or not floor_map:
            raise request.not_found()
        beds = request.env["hostel.bed"].sudo().search([("floor_id", "=", floor_map.floor_id.id)])
        taken = floor_map._get_live_states(beds)
        states = ["5"] * (max(beds.mapped("map_index"), default=-1) + 1)
        for bed in beds:
            states[bed.map_index] = taken.get(bed.id, "0")
        body = {
            "e": floor_map.round_id.epoch,
            "n": 0,
            "lv": floor_map.layout_version,
            "s": "".join(states),
        }
        return request.make_response(
            json.dumps(body), headers=[("Content-Type", "application/json")]
        )

    @http.route("/hostel_test/clock", type="http", auth="public", readonly=True)
    def clock(self):
        """What Python of this worker takes for the time."""
        if not is_allowed():
            raise request.not_found()
        return request.make_json_response({"time": time.time()})

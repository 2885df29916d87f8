from odoo import models

from odoo.addons.bus.websocket import wsrequest

from ..const import BOARD_CHANNEL, FLOOR_CHANNEL
from ..relay import get_relay
from ..tools.board import DESK, PREFIX, WHOLE


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        # Floors don't go through the bus: their channels would cost SQL per socket.
        return super()._build_bus_channel_list([name for name in channels if not _is_ours(name)])

    def _subscribe(self, og_data):
        super()._subscribe(og_data)
        names = {name for name in og_data["channels"] if isinstance(name, str)}
        keys = {name[len(FLOOR_CHANNEL) :] for name in names if name.startswith(FLOOR_CHANNEL)}
        boards = {name[len(BOARD_CHANNEL) :] for name in names if name.startswith(BOARD_CHANNEL)}
        get_relay(self.env.cr.dbname).watch(
            wsrequest.ws, self._get_allowed_floor_keys(keys) | self._get_allowed_boards(boards)
        )

    def _get_allowed_floor_keys(self, keys):
        """Keep the floors that the person may look at."""
        if not keys or not self.env["hostel.booking.map"]._may_look():
            return set()
        maps = self.env["hostel.booking.map"].sudo().search([("key", "in", list(keys))])
        return set(maps.mapped("key"))

    def _get_allowed_boards(self, boards):
        """Keep the boards of the person's own hostels; asked once a subscription."""
        if not boards:
            return set()
        own = self.env["hostel.booking.board"]._get_own_hostel_ids()
        allowed = {str(key) for key in (WHOLE, *own)} if own else set()
        allowed |= {f"{DESK}{key}" for key in own}
        return {f"{PREFIX}{key}" for key in boards & allowed}


def _is_ours(name):
    return isinstance(name, str) and name.startswith((FLOOR_CHANNEL, BOARD_CHANNEL))

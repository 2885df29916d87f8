from odoo import models

from odoo.addons.bus.websocket import wsrequest

from ..const import FLOOR_CHANNEL
from ..relay import get_relay


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        # Floors don't go through the bus: their channels would cost SQL per socket.
        return super()._build_bus_channel_list([name for name in channels if not _is_floor(name)])

    def _subscribe(self, og_data):
        super()._subscribe(og_data)
        names = {name for name in og_data["channels"] if _is_floor(name)}
        keys = {name[len(FLOOR_CHANNEL) :] for name in names}
        get_relay(self.env.cr.dbname).watch(wsrequest.ws, self._get_allowed_floor_keys(keys))

    def _get_allowed_floor_keys(self, keys):
        """Keep the floors that the person may look at."""
        if not keys or not self.env["hostel.booking.map"]._may_look():
            return set()
        maps = self.env["hostel.booking.map"].sudo().search([("key", "in", list(keys))])
        return set(maps.mapped("key"))


def _is_floor(name):
    return isinstance(name, str) and name.startswith(FLOOR_CHANNEL)

from odoo import models

from ..tools.failpoints import reach


class HostelBookingOutbox(models.Model):
    _inherit = "hostel.booking.outbox"

    def _drain_after_commit(self):
        # The decision is committed, the map does not know it yet.
        reach("outbox.before_drain")
        return super()._drain_after_commit()

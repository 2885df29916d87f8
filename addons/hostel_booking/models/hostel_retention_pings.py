from odoo import api, models

from odoo.addons.hostel_base.models.hostel_retention import Policy


class HostelRetention(models.AbstractModel):
    """What students wrote to each other does not stay for ever."""

    _inherit = "hostel.retention"

    @api.model
    def _get_policies(self):
        return [
            *super()._get_policies(),
            Policy(
                "pings",
                self.env._("Messages between students"),
                "hostel_booking.keep_pings",
                6,
            ),
        ]

    def _pings_find(self, moment, limit=None):
        """Old messages; one whose report nobody has handled stays."""
        return self.env["hostel.roommate.ping"].search(
            [
                ("sent_at", "<", moment),
                ("report_state", "!=", "open"),
                ("sender_id.retention_hold", "=", False),
                ("recipient_id.retention_hold", "=", False),
            ],
            limit=limit,
        )

    def _pings_count(self, moment):
        return len(self._pings_find(moment))

    def _pings_apply(self, moment, limit):
        pings = self._pings_find(moment, limit)
        count = len(pings)
        pings.unlink()
        return count

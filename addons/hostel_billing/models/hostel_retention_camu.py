from odoo import api, models

from odoo.addons.hostel_base.models.hostel_retention import Policy


class HostelRetention(models.AbstractModel):
    """Messages from Camu don't stay for ever; the books that they led to do.

    A late copy of a message that went is no second payment: the payment knows its receipt.
    """

    _inherit = "hostel.retention"

    @api.model
    def _get_policies(self):
        env = self.env
        return [
            *super()._get_policies(),
            Policy(
                "camu_raw",
                env._("Camu's messages as received"),
                "hostel_billing.keep_camu_raw",
                12,
            ),
            Policy("camu_events", env._("Messages from Camu"), "hostel_billing.keep_camu", 36),
        ]

    def _camu_find(self, moment, limit=None, **wanted):
        """Messages that nobody has to look at any more."""
        return self.env["hostel.camu.event"].search(
            [
                ("create_date", "<", moment),
                ("state", "in", ("processed", "resolved")),
                *wanted.get("also", ()),
            ],
            limit=limit,
            order="id",
        )

    def _camu_raw_count(self, moment):
        return len(self._camu_find(moment, also=[("raw_payload", "!=", False)]))

    def _camu_raw_apply(self, moment, limit):
        entries = self._camu_find(moment, limit, also=[("raw_payload", "!=", False)])
        entries.write({"raw_payload": False})
        return len(entries)

    def _camu_events_count(self, moment):
        return len(self._camu_find(moment))

    def _camu_events_apply(self, moment, limit):
        entries = self._camu_find(moment, limit)
        count = len(entries)
        entries.unlink()
        return count

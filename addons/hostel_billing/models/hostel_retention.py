from odoo import api, models

from odoo.addons.hostel_base.models.hostel_retention import Policy


class HostelRetention(models.AbstractModel):
    """Pictures of receipts go after a while; what was read and decided stays."""

    _inherit = "hostel.retention"

    @api.model
    def _get_policies(self):
        label = self.env._("Pictures of receipts")
        return [
            *super()._get_policies(),
            Policy("receipts", label, "hostel_billing.keep_receipts", 6),
        ]

    def _receipts_find(self, moment, limit=None):
        return self.env["hostel.receipt"].search(
            [
                ("has_image", "=", True),
                ("state", "not in", ("waiting", "review")),
                ("read_at", "<=", moment),
                ("student_id.retention_hold", "=", False),
            ],
            limit=limit,
        )

    def _receipts_count(self, moment):
        return len(self._receipts_find(moment))

    def _receipts_apply(self, moment, limit):
        receipts = self._receipts_find(moment, limit)
        receipts.write({"image": False, "has_image": False})
        return len(receipts)

from odoo import api, fields, models


class HostelRetentionPreview(models.TransientModel):
    """What the retention job would remove if it ran now; one record a kind of data."""

    _name = "hostel.retention.preview"
    _description = "What Would Be Removed Today"
    _order = "id"

    label = fields.Char(string="What", readonly=True)
    moment = fields.Datetime(string="Older than", readonly=True)
    is_kept = fields.Boolean(string="Kept for ever", readonly=True)
    count = fields.Integer(string="Would go", readonly=True)

    @api.model
    def action_preview(self):
        """Count, and show; nothing is removed."""
        self.check_access("create")
        Retention = self.env["hostel.retention"]
        lines = self.create(
            [
                {
                    "label": policy.label,
                    "moment": Retention._get_moment(policy),
                    "is_kept": not Retention._get_moment(policy),
                    "count": Retention._count(policy),
                }
                for policy in Retention._get_policies()
            ]
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_retention_preview_action"
        )
        return action | {"domain": [("id", "in", lines.ids)]}

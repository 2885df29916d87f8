from odoo import fields, models
from odoo.tools import urls


class HostelMeterKey(models.TransientModel):
    """Shows the key of a meter's device once, with what the device has to send."""

    _name = "hostel.meter.key"
    _inherit = "hostel.strict.wizard"
    _description = "Key of a Meter's Device"
    _strict_fields = {"meter_id": "write"}

    meter_id = fields.Many2one("hostel.meter", required=True, readonly=True)
    device_key = fields.Char(string="Key", readonly=True)
    example = fields.Text(compute="_compute_example")

    def _compute_example(self):
        for dialog in self:
            address = urls.urljoin(dialog.get_base_url(), "/hostel/meter/reading")
            body = '{"id": "1", "taken_at": "2026-07-01T00:00:00+05:30", "reading": "1234.5"}'
            dialog.example = (
                f"curl {address} \\\n"
                f"  -H 'X-Meter-Serial: {dialog.meter_id.serial}' \\\n"
                f"  -H 'Authorization: Bearer {dialog.device_key}' \\\n"
                f"  -H 'Content-Type: application/json' -d '{body}'"
            )

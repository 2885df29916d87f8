import secrets

from odoo import fields, models

SECRET_BYTES = 32


class HostelCamuSecret(models.TransientModel):
    """A new secret for Camu: copied there first, then taken into use here.

    The one before it goes on proving messages until it is retired, so that no message is lost
    while Camu still signs with it.
    """

    _name = "hostel.camu.secret"
    _description = "New Secret for Camu"

    provider_id = fields.Many2one("payment.provider", required=True, readonly=True)
    secret = fields.Char(
        string="New secret",
        required=True,
        default=lambda self: secrets.token_urlsafe(SECRET_BYTES),
        groups="base.group_system",
    )

    def action_use(self):
        """Sign and prove with the new secret from now on."""
        self.ensure_one()
        self.provider_id._camu_rotate_secret(self.secret)
        # The secret stays in one place only.
        self.secret = "-"
        return {"type": "ir.actions.act_window_close"}

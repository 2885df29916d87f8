import base64
import json

from odoo import api, models

from ..errors import HostelError
from ..tools.push_session import PushRefusedError, check_endpoint

# A person has a phone or three; more is somebody who fills the table.
MAX_DEVICES = 10
# Sizes that RFC 8291 gives: an uncompressed point of P-256, and the authentication secret.
KEY_SIZES = {"p256dh": 65, "auth": 16}


class MailPushDevice(models.Model):
    _inherit = "mail.push.device"

    @api.constrains("endpoint")
    def _check_endpoint_is_public(self):
        """Every way into this table names a host to which the server will post."""
        for device in self:
            try:
                check_endpoint(device.endpoint)
            except PushRefusedError:
                raise self._endpoint_error() from None

    def _endpoint_error(self):
        return HostelError(
            "PUSH_ENDPOINT",
            self.env._("This browser's push service can't be used: it is not a public address."),
            422,
        )

    @api.model
    def _subscribe(self, endpoint, keys):
        """Let the signed-in person's browser be told.

        :param endpoint: address at the browser's push service
        :param keys: dict with ``p256dh`` and ``auth``, base64url
        :raises HostelError: ``PUSH_ENDPOINT``, ``PUSH_KEYS``
        """
        try:
            check_endpoint(endpoint)
        except PushRefusedError:
            raise self._endpoint_error() from None
        keys = self._read_keys(keys)
        student = self.env["hostel.student"]._get_current()
        if student and self.env["hostel.student"]._is_consent_required():
            self._check_agreed(student)
        partner = self.env.user.partner_id
        Device = self.sudo()
        vals = {"endpoint": endpoint, "keys": json.dumps(keys), "partner_id": partner.id}
        device = Device.search([("endpoint", "=", endpoint)])
        if device:
            # The browser belongs to whoever is signed in on it now.
            device.write(vals)
        else:
            device = Device.create(vals)
        mine = Device.search([("partner_id", "=", partner.id)], order="id desc")
        (mine - device)[MAX_DEVICES - 1 :].unlink()

    @api.model
    def _check_agreed(self, student):
        if not student._has_agreed("push"):
            raise HostelError(
                "CONSENT_REQUIRED",
                self.env._("Agree to messages on the phone under “Privacy” first."),
                403,
                {"url": "/my/privacy"},
            )

    @api.model
    def _unsubscribe(self, endpoint):
        """Forget a browser of the signed-in person; one of somebody else stays."""
        self.sudo().search(
            [
                ("endpoint", "=", endpoint),
                ("partner_id", "=", self.env.user.partner_id.id),
            ]
        ).unlink()

    @api.model
    def _read_keys(self, keys):
        """Check the browser's keys, which the encryption would stumble over later."""
        clean = {}
        for name, size in KEY_SIZES.items():
            value = keys.get(name) if isinstance(keys, dict) else None
            try:
                raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
            except (TypeError, ValueError):
                raw = b""
            if len(raw) != size or (size == KEY_SIZES["p256dh"] and raw[0] != 4):
                raise HostelError("PUSH_KEYS", self.env._("The browser's keys are not valid."), 422)
            clean[name] = value
        return clean

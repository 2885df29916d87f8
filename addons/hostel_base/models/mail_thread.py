from odoo import models

from ..tools.push_session import is_known_service


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _web_push_get_partners_parameters(self, partner_ids):
        """Odoo's own messages go to browser vendors only.

        They are sent by a session that follows redirects and looks at no address, so a browser
        of another make gets the notices, whose session does look, and nothing else.
        """
        devices, private_key, public_key = super()._web_push_get_partners_parameters(partner_ids)
        devices = devices.filtered(lambda device: is_known_service(device.endpoint))
        return devices, private_key, public_key

    def _get_push_parameters_of_all(self, partner_ids):
        """Devices at any public service, for senders that check the address themselves.

        :return: devices, private key, public key, as Odoo's method does
        """
        # pylint: disable-next=super-method-mismatch
        return super()._web_push_get_partners_parameters(partner_ids)

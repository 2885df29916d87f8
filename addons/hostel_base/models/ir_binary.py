from odoo import models

# Faces in lists and chatter are drawn all the time; a name without a face is no secret either.
PUBLIC_PREFIXES = ("image_", "avatar_")


class IrBinary(models.AbstractModel):
    _inherit = "ir.binary"

    def _get_stream_from(self, record, field_name="raw", *args, **kwargs):
        self._log_download(record, field_name)
        return super()._get_stream_from(record, field_name, *args, **kwargs)

    def _log_download(self, record, field_name):
        """Note who downloads what is attached to a student's records, or kept in them."""
        if field_name.startswith(PUBLIC_PREFIXES):
            return
        if record._name == "ir.attachment":
            attachment = record.sudo()
            if attachment.res_field and attachment.res_field.startswith(PUBLIC_PREFIXES):
                return
            model = self.env.get(attachment.res_model)
            record = model.browse(attachment.res_id) if model is not None else record
        if hasattr(record, "_note_access") and record.exists():
            record.with_user(self.env.user)._note_access("attachment", [field_name])

import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.photo import clean_photo

from .hostel_room_condition import OPEN_STATES

PER_LINE = 4
STAGE_STATES = {"in": OPEN_STATES, "out": ("leaving",)}


class HostelRoomConditionPhoto(models.Model):
    """A photo on a room-condition form, encoded anew: no place and no camera is in it."""

    _name = "hostel.room.condition.photo"
    _description = "Photo of a Room-Condition Form"
    _order = "stage, id"

    line_id = fields.Many2one(
        "hostel.room.condition.line", required=True, ondelete="cascade", index=True
    )
    condition_id = fields.Many2one(related="line_id.condition_id", store=True, index=True)
    stage = fields.Selection(
        [("in", "At arrival"), ("out", "At departure")],
        required=True,
        default="in",
    )
    image = fields.Image(required=True, attachment=True, max_width=1024, max_height=1024)

    @api.model_create_multi
    def create(self, vals_list):
        lines = self.env["hostel.room.condition.line"]
        for vals in vals_list:
            line = lines.browse(vals["line_id"])
            if "stage" not in vals:
                vals["stage"] = "out" if line.sudo().state == "leaving" else "in"
            self._check_room(line, vals["stage"])
            vals["image"] = self._clean(vals.get("image"))
        return super().create(vals_list)

    @api.model
    def _check_room(self, line, stage):
        form = line.sudo().condition_id
        if form.state not in STAGE_STATES[stage]:
            raise HostelError(
                "FORM_LOCKED", self.env._("This half of the form takes no photos any more.")
            )
        if self.sudo().search_count([("line_id", "=", line.id), ("stage", "=", stage)]) >= PER_LINE:
            raise HostelError(
                "TOO_MANY",
                self.env._("%(count)s photos of one thing are enough.", count=PER_LINE),
                422,
            )

    @api.model
    def _clean(self, image):
        """Base64 of a JPEG without hidden content.

        :raises HostelError: ``TOO_LARGE``, ``NOT_A_PHOTO``
        """
        try:
            return base64.b64encode(clean_photo(base64.b64decode(image or b"")))
        except ValueError as exc:
            if exc.args == ("too_large",):
                raise HostelError(
                    "TOO_LARGE",
                    self.env._("The photo is too large. Send one of at most 6 MB."),
                    413,
                ) from None
            raise HostelError(
                "NOT_A_PHOTO",
                self.env._("This is not a photo. Send a JPEG or PNG picture."),
                422,
            ) from None

    # pylint: disable-next=method-required-super
    def write(self, vals):
        raise AccessError(self.env._("A photo is not changed; take another."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_locked(self):
        for photo in self:
            if photo.sudo().condition_id.state not in STAGE_STATES[photo.stage]:
                raise HostelError("FORM_LOCKED", self.env._("Photos of an agreed form are kept."))
            if not self.env.su and photo.create_uid != self.env.user:
                raise HostelError(
                    "NOT_YOURS", self.env._("Only who took a photo can take it away again."), 403
                )

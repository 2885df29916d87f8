from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError

from .hostel_room_condition import OPEN_STATES

CONDITIONS = [
    ("ok", "Good"),
    ("worn", "Worn"),
    ("damaged", "Damaged"),
    ("missing", "Missing"),
]
RANK = {"ok": 0, "worn": 1, "damaged": 2, "missing": 3}
IN_FIELDS = {"condition_in", "note_in"}
OUT_FIELDS = {"condition_out", "note_out", "damage_amount"}
FIXED = {"condition_id", "item_id", "name", "scope"}


class HostelRoomConditionLine(models.Model):
    """One thing on a room-condition form, before and after."""

    _name = "hostel.room.condition.line"
    _description = "Line of a Room-Condition Form"
    _order = "scope, sequence, id"

    condition_id = fields.Many2one(
        "hostel.room.condition", required=True, readonly=True, ondelete="cascade", index=True
    )
    item_id = fields.Many2one("hostel.condition.item", readonly=True, ondelete="restrict")
    name = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(readonly=True)
    scope = fields.Selection(
        [("own", "Of the bed"), ("shared", "Of the room")], required=True, readonly=True
    )
    state = fields.Selection(related="condition_id.state")
    currency_id = fields.Many2one(related="condition_id.currency_id")
    condition_in = fields.Selection(CONDITIONS, string="At arrival", required=True, default="ok")
    note_in = fields.Char(string="Note at arrival")
    condition_out = fields.Selection(CONDITIONS, string="At departure")
    note_out = fields.Char(string="Note at departure")
    damage_amount = fields.Monetary(string="Charge")
    is_changed = fields.Boolean(string="Changed", compute="_compute_is_changed", store=True)
    photo_ids = fields.One2many("hostel.room.condition.photo", "line_id", string="Photos")

    _charge_not_negative = models.Constraint(
        "CHECK (damage_amount IS NULL OR damage_amount >= 0)", "A charge can't be negative."
    )

    @api.depends("condition_in", "condition_out")
    def _compute_is_changed(self):
        for line in self:
            line.is_changed = bool(
                line.condition_out and RANK[line.condition_out] > RANK[line.condition_in]
            )

    @api.onchange("condition_out")
    def _onchange_condition_out(self):
        """Propose the usual charge for what was broken during the stay."""
        for line in self:
            broken = line.condition_out in ("damaged", "missing") and line.is_changed
            line.damage_amount = line.item_id.sudo().damage_amount if broken else 0

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("The checklist of the room type says what is looked at."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and FIXED & vals.keys():
            raise AccessError(self.env._("The checklist of the room type says what is looked at."))
        # What both agreed to is final, whoever asks.
        if IN_FIELDS & vals.keys():
            self._check_open(OPEN_STATES)
            self.condition_id._take_back_answer()
        if OUT_FIELDS & vals.keys():
            self._check_open(("leaving",))
        return super().write(vals)

    def _check_open(self, states):
        if any(line.condition_id.sudo().state not in states for line in self):
            raise HostelError(
                "FORM_LOCKED",
                self.env._("Both sides agreed to this half of the form; it does not change."),
            )

    def action_open_photos(self):
        """The photos of one thing, before and after."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

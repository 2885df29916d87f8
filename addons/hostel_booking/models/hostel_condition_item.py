from odoo import api, fields, models


class HostelConditionItem(models.Model):
    """What is looked at when a student moves in or out: the checklist of a room type."""

    _name = "hostel.condition.item"
    _description = "Item of a Room"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    scope = fields.Selection(
        [("own", "Of the bed"), ("shared", "Of the room")],
        required=True,
        default="own",
        help="Things of the bed are one student's; things of the room are everybody's who lives"
        " in it.",
    )
    room_type_ids = fields.Many2many(
        "hostel.room.type", string="Room types", help="Leave it empty for all."
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    damage_amount = fields.Monetary(
        string="Usual charge", help="Proposed when the item is damaged or missing at departure."
    )
    active = fields.Boolean(default=True)

    _charge_not_negative = models.Constraint(
        "CHECK (damage_amount IS NULL OR damage_amount >= 0)", "A charge can't be negative."
    )

    @api.model
    def _get_for(self, room_type):
        """Items that rooms of a type have."""
        return self.sudo().search(
            ["|", ("room_type_ids", "=", False), ("room_type_ids", "in", room_type.ids)]
        )

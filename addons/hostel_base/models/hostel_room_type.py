from odoo import fields, models


class HostelRoomType(models.Model):
    _name = "hostel.room.type"
    _description = "Room Type"
    _order = "sharing, base_fee desc, name"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sharing = fields.Integer(
        string="Beds in the room", default=2, required=True, help="How many students share a room."
    )
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id", compute_sudo=True)
    base_fee = fields.Monetary(
        string="Fee per term", currency_field="currency_id", help="For one bed and one term."
    )
    amenity_ids = fields.Many2many("hostel.amenity", string="Amenities")
    room_ids = fields.One2many("hostel.room", "room_type_id", string="Rooms")
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE (company_id, code)", "Another room type has this code.")
    _sharing_positive = models.Constraint(
        "CHECK (sharing > 0)", "A room type needs at least one bed."
    )
    _fee_not_negative = models.Constraint("CHECK (base_fee >= 0)", "A fee can't be negative.")

    def _compute_currency_id(self):
        for room_type in self:
            room_type.currency_id = (room_type.company_id or self.env.company).currency_id

from odoo import fields, models


class HostelAmenity(models.Model):
    _name = "hostel.amenity"
    _description = "Amenity"
    _order = "sequence, name"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Stable code that filters and imports use, such as ac.")
    icon = fields.Char(default="fa-check", help="Font Awesome class of the icon.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE (code)", "Another amenity has this code.")

from odoo import api, fields, models


class HostelNoDuesStation(models.Model):
    """Somebody who says that a leaving student owes nothing: hostel, mess, library, accounts."""

    _name = "hostel.no.dues.station"
    _description = "No-Dues Station"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="By which another addon that answers for this station finds it.")
    sequence = fields.Integer(default=10)
    group_id = fields.Many2one(
        "res.groups", string="Signed by", required=True, help="Everybody in this group may sign."
    )
    hostel_ids = fields.Many2many("hostel.hostel", string="Hostels", help="Leave it empty for all.")
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex(
        "(code) WHERE code IS NOT NULL", "Another station has this code."
    )

    @api.model
    def _get_for(self, hostel):
        return self.sudo().search(
            ["|", ("hostel_ids", "=", False), ("hostel_ids", "in", hostel.ids)]
        )

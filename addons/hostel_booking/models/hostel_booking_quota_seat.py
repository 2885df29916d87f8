from odoo import fields, models


class HostelBookingQuotaSeat(models.Model):
    """A numbered seat of a quota that a stay has taken.

    Free seats have no row: the unique index over the live ones decides who gets a number.
    """

    _name = "hostel.booking.quota.seat"
    _description = "Seat of a Quota"
    _order = "quota_id, is_live desc, number, id desc"

    quota_id = fields.Many2one(
        "hostel.booking.quota", required=True, readonly=True, ondelete="cascade", index=True
    )
    number = fields.Integer(string="Seat", required=True, readonly=True, aggregator=None)
    allocation_id = fields.Many2one(
        "hostel.allocation", required=True, readonly=True, ondelete="cascade", index=True
    )
    hostel_id = fields.Many2one(
        related="allocation_id.hostel_id", store=True, precompute=True, index=True
    )
    is_live = fields.Boolean(string="Taken", default=True, readonly=True)
    freed_at = fields.Datetime(string="Free again", readonly=True)

    _number_once = models.UniqueIndex(
        "(quota_id, number) WHERE is_live IS TRUE", "Someone took this seat a second ago."
    )
    _one_each = models.UniqueIndex(
        "(quota_id, allocation_id) WHERE is_live IS TRUE", "The stay has a seat already."
    )

    def _get_live(self, rows):
        """Seats that these stays have taken."""
        return self.search([("allocation_id", "in", rows.ids), ("is_live", "=", True)])

    def _free(self):
        self.write({"is_live": False, "freed_at": self.env.cr.now()})

from odoo import api, fields, models
from odoo.exceptions import AccessError


class HostelKeyMovement(models.Model):
    """A key went from hand to hand. Rows are added, never changed and never deleted."""

    _name = "hostel.key.movement"
    _description = "Movement of a Key"
    _order = "id desc"
    _rec_name = "key_id"

    key_id = fields.Many2one(
        "hostel.key", required=True, readonly=True, ondelete="restrict", index=True
    )
    number = fields.Integer(required=True, readonly=True, help="Of this key, without gaps.")
    kind = fields.Selection(
        [
            ("handed_over", "Handed over"),
            ("returned", "Returned"),
            ("lost", "Lost"),
            ("found", "Found or replaced"),
        ],
        string="Movement",
        required=True,
        readonly=True,
    )
    allocation_id = fields.Many2one(
        "hostel.allocation", string="Stay", readonly=True, ondelete="restrict", index=True
    )
    student_id = fields.Many2one(related="allocation_id.student_id", store=True, index=True)
    hostel_id = fields.Many2one(related="key_id.hostel_id", store=True, index=True)
    room_id = fields.Many2one(related="key_id.room_id", store=True)
    floor_id = fields.Many2one(related="room_id.floor_id", store=True)
    company_id = fields.Many2one(related="key_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    at = fields.Datetime(string="When", required=True, readonly=True)
    by_id = fields.Many2one("res.users", required=True, readonly=True)
    note = fields.Char(readonly=True)
    amount = fields.Monetary(string="Charge", readonly=True)

    # The history of a key is one line: of two that move it at the same moment, one is refused.
    _number_uniq = models.Constraint(
        "UNIQUE (key_id, number)", "Somebody else has just moved this key."
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Movements are written by the key's buttons."))
        return super().create(vals_list)

    # pylint: disable-next=method-required-super
    def write(self, vals):
        raise AccessError(self.env._("What happened to a key is not rewritten."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("What happened to a key is not rewritten."))

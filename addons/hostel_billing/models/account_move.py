from odoo import fields, models


class AccountMove(models.Model):
    """Hostel bills are customer invoices; they know what they are for."""

    _inherit = "account.move"

    hostel_allocation_id = fields.Many2one(
        "hostel.allocation", string="Allocation", readonly=True, copy=False, index="btree_not_null"
    )
    hostel_term_id = fields.Many2one("hostel.term", string="Term", readonly=True, copy=False)
    hostel_kind = fields.Selection(
        [("period", "Rent of a period"), ("charge", "Other charge")],
        string="Hostel bill",
        readonly=True,
        copy=False,
        help="A stay has one rent bill per term, and any number of other charges.",
    )

    # Drafts and cancelled bills may repeat; a reversed bill makes room for its successor.
    _hostel_period_once = models.UniqueIndex(
        "(hostel_allocation_id, hostel_term_id) WHERE hostel_kind = 'period'"
        " AND move_type = 'out_invoice' AND state = 'posted' AND payment_state <> 'reversed'",
        "This stay has a posted bill for this term already.",
    )
    _hostel_period_complete = models.Constraint(
        "CHECK (hostel_kind IS DISTINCT FROM 'period' OR hostel_allocation_id IS NOT NULL"
        " AND hostel_term_id IS NOT NULL)",
        "A rent bill needs a stay and a term.",
    )

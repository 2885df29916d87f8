from odoo import models


class HostelBed(models.Model):
    """A bed costs what its fee structure says; a room with a fee of its own keeps it."""

    _inherit = "hostel.bed"

    def _get_fee_structure(self, term):
        """The structure that says what this bed costs in a term, or an empty recordset."""
        self.ensure_one()
        bed = self.sudo()
        if bed.room_id.fee:
            return self.env["hostel.fee.structure"].sudo()
        return self.env["hostel.fee.structure"]._get_for(bed.hostel_id, bed.room_type_id, term)

    def _get_price(self, term):
        structure = self._get_fee_structure(term)
        if not structure or not term:
            return super()._get_price(term)
        bed = self.sudo()
        return structure._get_term_price(bed.hostel_id, bed.room_type_id, term)

from odoo import fields, models


class HostelAllocation(models.Model):
    """Where a stay came from and what became of it."""

    _inherit = "hostel.allocation"

    continued_ids = fields.One2many("hostel.allocation", "origin_id", string="Continued as")
    chain_ids = fields.Many2many(
        "hostel.allocation", compute="_compute_chain_ids", string="Beds of this stay"
    )

    def _compute_chain_ids(self):
        for row in self:
            chain = row._get_chain()
            row.chain_ids = chain if len(chain) > 1 else False

    def _get_chain(self):
        """Every row that this one replaces or is replaced by, oldest first.

        Only what the reader may see: a bed in a foreign hostel stays hidden.
        """
        self.ensure_one()
        chain = todo = self.sudo()
        while todo:
            todo = (todo.origin_id | todo.continued_ids) - chain
            chain |= todo
        return chain.sudo(self.env.su)._filtered_access("read").sorted("id")

from odoo import api, fields, models
from odoo.exceptions import AccessError


class HostelExitLine(models.Model):
    """One line of an exit settlement: what was held, or what is kept of it and why."""

    _name = "hostel.exit.line"
    _description = "Line of an Exit Settlement"
    _order = "exit_id, sequence, id"

    exit_id = fields.Many2one(
        "hostel.exit", required=True, readonly=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(readonly=True)
    student_id = fields.Many2one(related="exit_id.student_id", store=True)
    company_id = fields.Many2one(related="exit_id.company_id", store=True)
    currency_id = fields.Many2one(related="exit_id.currency_id")
    kind = fields.Selection(
        [
            ("deposit", "Deposit held"),
            ("lender", "Deposit of a lender"),
            ("advance", "Paid ahead"),
            ("bill", "Open bill"),
            ("charge", "Charge"),
        ],
        string="What",
        required=True,
        readonly=True,
    )
    name = fields.Char(string="What for", required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True, help="Below 0 is owed.")
    partner_id = fields.Many2one("res.partner", string="Whose", readonly=True)
    move_id = fields.Many2one("account.move", string="Entry", readonly=True)
    charge_id = fields.Many2one("hostel.charge", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("The lines of a settlement follow from the books."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("The lines of a settlement follow from the books."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_by_the_program_only(self):
        if not self.env.su:
            raise AccessError(self.env._("The lines of a settlement follow from the books."))

from odoo import fields, models
from odoo.tools import SQL


class HostelVerification(models.Model):
    """Bills and statements of account carry a code too."""

    _inherit = "hostel.verification"

    kind = fields.Selection(
        selection_add=[
            ("bill", "Bill"),
            ("exit", "Exit settlement"),
            ("statement", "Statement of account"),
        ],
        ondelete={
            "bill": lambda papers: papers._become_other(),
            "exit": lambda papers: papers._become_other(),
            "statement": lambda papers: papers._become_other(),
        },
    )

    def _become_other(self):
        """When this addon goes, its papers stay; what was issued can't be written otherwise."""
        self.env.cr.execute(
            SQL("UPDATE hostel_verification SET kind = 'other' WHERE id IN %s", tuple(self.ids))
        )
        self.invalidate_recordset(["kind"])

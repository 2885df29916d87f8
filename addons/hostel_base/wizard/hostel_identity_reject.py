from odoo import fields, models


class HostelIdentityReject(models.TransientModel):
    _name = "hostel.identity.reject"
    _description = "Reject an Identity Document"

    document_ids = fields.Many2many("hostel.identity.document", required=True)
    preset = fields.Selection(
        [
            ("unreadable", "The picture is blurred or cut off"),
            ("wrong_person", "It is not this student's document"),
            ("expired", "The document has expired"),
            ("wrong_kind", "It is another kind of document"),
            ("other", "Another reason"),
        ],
        string="Reason",
        required=True,
        default="unreadable",
    )
    note = fields.Char(string="What to do", help="The student reads this.")

    def action_reject(self):
        self.ensure_one()
        reason = dict(self._fields["preset"]._description_selection(self.env))[self.preset]
        if self.preset == "other":
            reason = self.note or reason
        elif self.note:
            reason = f"{reason}. {self.note}"
        self.document_ids._reject(reason)
        return {"type": "ir.actions.act_window_close"}

from odoo import fields, models


class HostelRoommateBlock(models.Model):
    """A student who does not want to hear from another one; the other never learns it."""

    _name = "hostel.roommate.block"
    _description = "Blocked Student"
    _order = "id desc"

    _hostel_audit = True

    student_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="cascade", index=True
    )
    blocked_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="cascade", index=True
    )

    _once = models.Constraint("UNIQUE (student_id, blocked_id)", "This student is blocked already.")
    _not_oneself = models.Constraint("CHECK (student_id <> blocked_id)", "Nobody blocks oneself.")

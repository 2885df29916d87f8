from odoo import models


class HostelAllocation(models.Model):
    """Who gave, approved or took away a bed is audited with the other personal data."""

    _inherit = "hostel.allocation"

    _hostel_audit = True
    _hostel_student_field = "student_id"

from odoo import fields, models


class AuditlogLog(models.Model):
    """Whom a change was about stays known after the changed record is gone."""

    _inherit = "auditlog.log"

    # No foreign key: the log outlives the student.
    hostel_student_ref = fields.Integer(string="Student", readonly=True)

    _hostel_student_idx = models.Index("(hostel_student_ref) WHERE hostel_student_ref IS NOT NULL")
    _age_idx = models.Index("(create_date)")

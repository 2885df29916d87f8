from odoo import fields, models

from ..tools.college_day import college_today


class HostelStudentRollNumber(models.Model):
    """A number that a student had before.

    Papers, marks and mails carry it for years, so the student is found by it.
    """

    _name = "hostel.student.roll.number"
    _description = "Earlier Roll Number"
    _hostel_audit = True
    _order = "date_until desc, id desc"
    _rec_name = "roll_number"

    student_id = fields.Many2one("hostel.student", required=True, ondelete="cascade", index=True)
    roll_number = fields.Char(required=True, index="trigram")
    date_until = fields.Date(
        string="Until",
        required=True,
        default=college_today,
        help="Day of the change.",
    )

    _upper_idx = models.Index("(upper(roll_number))")

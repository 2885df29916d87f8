from odoo import models

from .hostel_personal_mixin import current_way

# Fields of the student that lists of stays show.
FIELDS_OF_THE_STUDENT = {"student_phone"}


class HostelAllocation(models.Model):
    """Who gave, approved or took away a bed is audited with the other personal data."""

    _inherit = "hostel.allocation"

    _hostel_audit = True
    _hostel_student_field = "student_id"

    def _read_format(self, fnames, load="_classic_read"):
        if not self.env.su and FIELDS_OF_THE_STUDENT.intersection(fnames):
            way = current_way.get()
            self.student_id._note_access("list" if way == "rpc" else way)
        return super()._read_format(fnames, load)

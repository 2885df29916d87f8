from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools.image import image_data_uri

from ..tools.qr_picture import qr_data_uri
from .page_scale import page_zoom

CARDS_ON_A_SHEET = 8


class ReportIdCard(models.AbstractModel):
    """ID cards as large as a bank card (ISO/IEC 7810 ID-1, 85.6 × 54 mm), eight on an A4 sheet."""

    _name = "report.hostel_base.report_id_card"
    _description = "Student ID Cards"

    @api.model
    def _get_report_values(self, docids, data=None):
        if not self.env.user.has_group("hostel_base.group_hostel_warden"):
            raise AccessError(self.env._("Only a warden prints ID cards."))
        students = self.env["hostel.student"].browse(docids)
        students.check_access("read")
        with_blood = bool(
            self.env["ir.config_parameter"].sudo().get_param("hostel_base.id_card_blood_group")
        )
        students._note_access("report", ["blood_group"] if with_blood else None)
        cards = [self._get_card(student, with_blood) for student in students]
        return {
            "doc_ids": docids,
            "docs": students,
            "company": self.env.company,
            "zoom": page_zoom(),
            "sheets": [
                cards[start : start + CARDS_ON_A_SHEET]
                for start in range(0, len(cards), CARDS_ON_A_SHEET)
            ],
        }

    @api.model
    def _get_card(self, student, with_blood):
        stay = student.current_allocation_id
        photo = student.image_256
        return {
            "student": student,
            "stay": stay,
            "photo": photo and image_data_uri(photo),
            "blood": student.blood_group if with_blood else False,
            "qr": self._get_qr(student.roll_number),
            "valid_until": stay.date_to,
        }

    @api.model
    def _get_qr(self, text):
        # Odoo's own barcodes need a drawing library that is not everywhere.
        return qr_data_uri(text)

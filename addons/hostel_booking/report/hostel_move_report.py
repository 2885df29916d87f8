from odoo import api, models

from odoo.addons.hostel_base.report.page_scale import page_zoom


class ReportLicenceAgreement(models.AbstractModel):
    _name = "report.hostel_booking.report_licence_agreement"
    _description = "Licence Agreement"
    _hostel_model = "hostel.licence.agreement"

    @api.model
    def _get_report_values(self, docids, data=None):
        docs = self.env[self._hostel_model].browse(docids)
        docs.check_access("read")
        return {"doc_ids": docids, "docs": docs.sudo(), "zoom": page_zoom()}


class ReportNoDues(models.AbstractModel):
    _name = "report.hostel_booking.report_no_dues"
    _inherit = ["report.hostel_booking.report_licence_agreement"]
    _description = "No-Dues Certificate"
    _hostel_model = "hostel.no.dues"


class ReportRoomCondition(models.AbstractModel):
    _name = "report.hostel_booking.report_room_condition"
    _inherit = ["report.hostel_booking.report_licence_agreement"]
    _description = "Room-Condition Form"
    _hostel_model = "hostel.room.condition"

from odoo import models
from odoo.exceptions import UserError


class HostelBookingDesk(models.AbstractModel):
    """Says on the map, and at a hold, that the places which are open to a student are full."""

    _inherit = "hostel.booking.desk"

    def _refusal_text(self, code):
        if code != "QUOTA_FULL":
            return super()._refusal_text(code)
        refusal = self.env["hostel.booking.quota"]._full_error()
        return refusal.http_status, str(refusal)

    def _refusal(self, exc, key=None, index=None):
        refusal = super()._refusal(exc, key, index)
        if exc.code == "QUOTA_FULL" and key:
            refusal.details = {"next": self._get_next_best(key, index)}
        return refusal

    def _describe_doors(self, card, hostel, viewer):
        """Each floor with the beds whose places are ``full`` for the viewer."""
        answer = super()._describe_doors(card, hostel, viewer)
        floor_ids = {one.key: one.floor_id for one in hostel.maps}
        full = self._get_full_places(card.key, floor_ids.values()) if viewer.student else {}
        for floor in answer["floors"]:
            floor["full"] = sorted(full.get(floor_ids[floor["key"]], ()))
        return answer

    def _get_full_places(self, round_key, floor_ids):
        """Beds whose places are full for the signed-in student, by floor; none while Redis is
        away."""
        student_id = self.env["hostel.student"]._get_id_of_user(self.env.uid)
        if not student_id:
            return {}
        try:
            return self._guard(lambda locks: locks.read_full(round_key, floor_ids, student_id))
        except UserError:
            # It is a hint: the map opens without it.
            return {}

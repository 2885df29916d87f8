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

    def _describe_doors(self, *args):
        """Each floor with the beds whose places are ``full`` for the viewer."""
        answer = super()._describe_doors(*args)
        places = {floor["key"]: self._resolve_key(floor["key"]) for floor in answer["floors"]}
        round_keys = {round_key for _round, round_key, _floor, _map in places.values()}
        floor_ids = [floor_id for _round, _key, floor_id, _map in places.values()]
        full = {}
        for round_key in round_keys:
            full |= self._get_full_places(round_key, floor_ids)
        for floor in answer["floors"]:
            _round, _key, floor_id, _map = places[floor["key"]]
            floor["full"] = sorted(full.get(floor_id, ()))
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

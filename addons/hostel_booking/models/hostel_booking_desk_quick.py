import redis

from odoo import api, models
from odoo.http import request

from ..quick import OUTCOME, get_passes
from ..tools.quick_hold import QUICK_REFUSALS, QuickPass, price_name, proof_of


class HostelBookingDesk(models.AbstractModel):
    """Prepares the holds that are answered without a cursor."""

    _inherit = "hostel.booking.desk"

    @api.model
    def _prepare_boot(self, booking_round, hostel, student):
        result = super()._prepare_boot(booking_round, hostel, student)
        if student and request and request.session.uid == self.env.uid:
            self._keep_quick_pass(booking_round, hostel, student)
        return result

    def _keep_quick_pass(self, booking_round, hostel, student):
        """Remember what a hold in this session has to know."""
        try:
            get_passes(self.env.cr.dbname).keep(
                self.env.uid,
                request.session.sid,
                QuickPass(
                    student_id=student.id,
                    gender=student.gender,
                    proof=proof_of(request.session.session_token or ""),
                    round_key=booking_round.key,
                    language=request.cookies.get("frontend_lang") or "",
                    actions=self._get_quick_actions(booking_round, hostel, student),
                    texts={code: self._refusal_text(code)[1] for code in QUICK_REFUSALS},
                ),
            )
        except redis.RedisError as exc:
            # Holds take the ordinary way.
            self._map_offline(exc)

    def _get_quick_actions(self, booking_round, hostel, student):
        """What the main button does and says, for each price of the hostel."""
        if booking_round.is_practice:
            return {price_name(price): self._get_practice_action() for price in hostel.prices}
        nothing = self.env["hostel.allocation"]
        return {
            price_name(price): self._get_checkout_action(
                student, {"hostel_id": hostel.id, "price": price}, nothing
            )
            for price in hostel.prices
        }

    def _try_hold(self, round_id, round_key, floor_id, index, student_id):
        outcome = request.httprequest.environ.pop(OUTCOME, None) if request else None
        if not outcome or outcome.student_id != student_id:
            return super()._try_hold(round_id, round_key, floor_id, index, student_id)
        if outcome.hold:
            return outcome.hold
        if outcome.refused.code in ("NO_ELIGIBILITY", "MAP_REBUILDING"):
            return super()._try_hold(round_id, round_key, floor_id, index, student_id)
        raise outcome.refused

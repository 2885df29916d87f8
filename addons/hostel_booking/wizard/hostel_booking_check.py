from odoo import api, fields, models


class HostelBookingCheck(models.TransientModel):
    """Who could not book and why: each window's verdict about one student."""

    _name = "hostel.booking.check"
    _description = "Who May Book"
    _inherit = ["hostel.strict.wizard"]
    _strict_fields = {"student_id": "read"}

    student_id = fields.Many2one("hostel.student", required=True)
    round_id = fields.Many2one(
        "hostel.booking.round", required=True, default=lambda self: self._default_round_id()
    )
    verdict = fields.Html(compute="_compute_verdict", sanitize=False)

    def _default_round_id(self):
        return self.env["hostel.booking.round"].search(
            [("state", "=", "open"), ("is_practice", "=", False)], order="date_from", limit=1
        )

    @api.depends("student_id", "round_id")
    def _compute_verdict(self):
        for dialog in self:
            dialog.verdict = dialog.student_id and self.env["ir.qweb"]._render(
                "hostel_booking.check_verdict", dialog._prepare_verdict()
            )

    def _prepare_verdict(self):
        """What the student would be told now, window by window."""
        self.ensure_one()
        student, booking_round = self.student_id._origin, self.round_id._origin
        if not student or not booking_round:
            return {"refusal": "", "windows": []}
        facts = student._get_booking_facts(booking_round)
        texts = self.env["hostel.booking.desk"]._refusal_text
        refusal = student.sudo()._get_booking_refusal(booking_round)
        return {
            "refusal": texts(refusal)[1] if refusal else "",
            "refusal_code": refusal,
            "windows": [
                self._describe_window(window, student, facts)
                for window in booking_round.window_ids.sorted("opens_at")
            ],
        }

    def _describe_window(self, window, student, facts):
        codes = window._judge(facts)
        state = window._get_state(student)
        hostels = window.hostel_ids.filtered(student._may_live_in)
        words = {
            "open": self.env._("Open to the student now"),
            "soon": self.env._("Opens to the student later"),
            "closed": self.env._("Closed"),
            "paused": self.env._("Paused"),
            "ranked": self.env._("Takes wishes, not beds"),
            "pending": self.env._("Slots are not published yet"),
        }
        return {
            "name": window.name,
            "suits": not codes and bool(hostels),
            "state": state,
            "state_label": words[state],
            # Whoever the window is not for has no slot in it.
            "opens_at": (not codes and window._get_opening(student)) or window.opens_at,
            "closes_at": window.closes_at,
            "hostels": ", ".join(hostels.mapped("name")),
            "reasons": [(code, window._get_reason_text(code)) for code in codes]
            or ([] if hostels else [("NOT_ELIGIBLE", self.env._("None of its hostels fits."))]),
        }

from odoo import fields, models
from odoo.tools.misc import hmac

from odoo.addons.hostel_base.const import LIFESTYLE, PRIVATE_GROUPS

from ..tools.matching import MIN_COMMON, QUESTIONS, Answers, score, shown_score

PREFIX = "lifestyle_"


class HostelStudent(models.Model):
    """How well students would share a room, without telling anybody's answers."""

    _inherit = "hostel.student"

    share_match_reasons = fields.Boolean(
        string="Says what fits",
        groups=PRIVATE_GROUPS,
        copy=False,
        help="Others who do the same see in words what they have in common with the student.",
    )
    match_answers = fields.Json(
        string="Answers in this round",
        groups=PRIVATE_GROUPS,
        copy=False,
        help="What the student's scores of a round are computed with. Frozen at the first look, "
        "so that nobody finds out another's answers by changing the own ones.",
    )
    match_round_id = fields.Many2one(
        "hostel.booking.round",
        string="Answers frozen for",
        groups=PRIVATE_GROUPS,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    def _stop_what_was_withheld(self):
        """Nothing of the answers stays, and no new ones count before the next round.

        Otherwise withdrawing and agreeing again would be a way around the freeze.
        """
        result = super()._stop_what_was_withheld()
        if not self._has_agreed("lifestyle"):
            if self.match_round_id:
                self.match_answers = {}
            self.share_match_reasons = False
        return result

    def _get_exported_fields(self):
        return [*super()._get_exported_fields(), "share_match_reasons", "match_answers"]

    def _get_given_answers(self):
        """What the student has answered by now: ``{question: answer}``."""
        self.ensure_one()
        student = self.sudo()
        values = {name: student[name] for name in LIFESTYLE}
        return Answers.read(values, PREFIX).given()

    def _get_match_answers(self, booking_round):
        """The answers that count for the student in a round, frozen ones first."""
        self.ensure_one()
        student = self.sudo()
        if booking_round and student.match_round_id == booking_round:
            return Answers.read(student.match_answers or {})
        return Answers.read(self._get_given_answers())

    def _freeze_match_answers(self, booking_round):
        """From the first score that the student sees, the own answers stand for the round."""
        self.ensure_one()
        student = self.sudo()
        if student.match_round_id == booking_round:
            return
        given = self._get_given_answers()
        # With fewer there is no score, and nothing to find out.
        if len(given) >= MIN_COMMON:
            student.write({"match_answers": given, "match_round_id": booking_round.id})

    def _match_with(self, others, booking_round):
        """Scores for the eyes of this student.

        Only of those who agreed to the matching, as the student must have; without it no score.

        :return: ``{student id: Match}`` with shown scores; those without a score are left out
        """
        self.ensure_one()
        others = others.sudo() - self
        agreed = (self | others)._get_agreed() if others else {}
        if "lifestyle" not in agreed.get(self.id, ()):
            return {}
        mine = self._get_match_answers(booking_round)
        secret, scope = self._get_match_secret(), str(booking_round.id)
        result = {}
        for other in others.filtered(lambda other: "lifestyle" in agreed[other.id]):
            match = score(
                mine,
                other._get_match_answers(booking_round),
                # Who wants to see reasons shows the own ones.
                QUESTIONS if self.sudo().share_match_reasons and other.share_match_reasons else (),
            )
            if match.score is not None:
                shown = shown_score(match.score, secret, self.id, other.id, scope)
                result[other.id] = type(match)(shown, match.reasons, match.common)
        return result

    def _get_match_secret(self):
        return hmac(self.env(su=True), "hostel-booking-match", "score")

    def _get_reason_words(self):
        """What students have in common, in words."""
        return {
            "early_sleepers": self.env._("Both go to bed early"),
            "late_sleepers": self.env._("Both go to bed late"),
            "tidy": self.env._("Both like it tidy"),
            "easy_going": self.env._("Both easy-going about order"),
            "quiet": self.env._("Both like it quiet"),
            "lively": self.env._("Both like it lively"),
            "no_guests": self.env._("Both want no guests in the room"),
            "many_guests": self.env._("Both often have guests"),
            "study_in_room": self.env._("Both study in the room"),
            "study_elsewhere": self.env._("Both study in the library"),
        }

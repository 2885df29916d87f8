import hashlib
import hmac as std_hmac

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import hmac

from odoo.addons.hostel_base.const import LIFESTYLE, LIVE_STATES
from odoo.addons.hostel_base.errors import HostelError

from ..const import COHORT_PLACED_STATES, COHORT_SUBMITTED_STATES
from ..tools.matching import MIN_COMMON, QUESTIONS, Answers, score, shown_score
from .hostel_student_matching import PREFIX

SHOWN = 10
OPEN_INVITATIONS = 5
NEEDED = ("lifestyle", "roommates")


class HostelSuggestionDesk(models.AbstractModel):
    """Whom the signed-in student might like to live with, out of those who look as well.

    Who comes into question is decided in SQL by what the rules of rooms and windows ask for;
    how well two fit is computed from the questionnaire alone. Both agreed to it, and neither is
    named before both said yes.
    """

    _name = "hostel.suggestion.desk"
    _description = "Suggestions of Roommates"

    # ------------------------------------------------------------------
    # Who comes into question
    # ------------------------------------------------------------------

    def _get_candidates(self, student, booking_round):
        """Students who look for roommates in the round and could share a room with the student.

        :return: ``{student id: Answers}``
        """
        rows = self._select_candidates(student, booking_round)
        agreed = self._filter_agreed([row[0] for row in rows])
        known = {}
        result = {}
        for student_id, frozen_for, frozen, *given in rows:
            if student_id not in agreed:
                continue
            if frozen_for == booking_round.id:
                values = frozen or {}
            else:
                values = dict(zip(LIFESTYLE, given, strict=True))
                values = {name.removeprefix(PREFIX): value for name, value in values.items()}
            # Many give the same answers: each set is read once.
            key = tuple(values.get(name) for name in QUESTIONS)
            if key not in known:
                known[key] = Answers(**dict(zip(QUESTIONS, key, strict=True)))
            result[student_id] = known[key]
        return result

    def _select_candidates(self, student, booking_round):
        """Rows of candidate, round of the frozen answers, those, and the present ones."""
        for name in (
            "res.partner",
            "hostel.student",
            "hostel.allocation",
            "hostel.cohort",
            "hostel.cohort.member",
            "hostel.roommate.block",
        ):
            self.env[name].flush_model()
        return self.env.execute_query(
            SQL(
                """
                SELECT s.id, s.match_round_id, s.match_answers, %(answers)s
                  FROM hostel_student s
                  JOIN res_partner p ON p.id = s.partner_id AND p.active
                 WHERE s.looking_round_id = %(round)s AND s.id <> %(student)s
                   AND s.gender = %(gender)s AND s.status = 'active'
                   AND NOT EXISTS (
                       SELECT FROM hostel_allocation a
                        WHERE a.student_id = s.id AND a.state IN %(live)s
                          AND a.date_from < %(date_to)s AND a.date_to > %(date_from)s)
                   AND NOT EXISTS (
                       SELECT FROM hostel_cohort_member m
                         JOIN hostel_cohort c ON c.id = m.cohort_id
                        WHERE m.student_id = s.id AND m.state = 'joined'
                          AND m.round_id = %(round)s AND c.state IN %(bound)s)
                   AND NOT EXISTS (
                       SELECT FROM hostel_cohort_member mine
                         JOIN hostel_cohort_member other ON other.cohort_id = mine.cohort_id
                        WHERE mine.student_id = %(student)s AND mine.state = 'joined'
                          AND mine.round_id = %(round)s AND other.student_id = s.id
                          AND other.state = 'joined')
                   AND NOT EXISTS (
                       SELECT FROM hostel_roommate_block b
                        WHERE (b.student_id = s.id AND b.blocked_id = %(student)s)
                           OR (b.student_id = %(student)s AND b.blocked_id = s.id))
                """,
                answers=SQL(", ").join(SQL.identifier("s", name) for name in LIFESTYLE),
                round=booking_round.id,
                student=student.id,
                gender=student.gender,
                live=LIVE_STATES,
                date_from=booking_round.date_from,
                date_to=booking_round.date_to,
                bound=(*COHORT_SUBMITTED_STATES, *COHORT_PLACED_STATES),
            )
        )

    def _filter_agreed(self, student_ids):
        """Of these, the ids of those whose standing consent covers what suggesting needs."""
        newest = self.env["hostel.student"].browse(student_ids)._get_standing_consents()
        if not newest:
            return set()
        field = self.env["hostel.consent"]._fields["purpose_ids"]
        rows = self.env.execute_query(
            SQL(
                """SELECT rel.%(consent)s FROM %(table)s rel
                     JOIN hostel_privacy_purpose p ON p.id = rel.%(purpose)s
                    WHERE rel.%(consent)s = ANY(%(ids)s) AND p.code IN %(codes)s
                    GROUP BY 1 HAVING count(DISTINCT p.code) = %(count)s""",
                consent=SQL.identifier(field.column1),
                purpose=SQL.identifier(field.column2),
                table=SQL.identifier(field.relation),
                ids=list(newest.values()),
                codes=NEEDED,
                count=len(NEEDED),
            )
        )
        fit = {consent_id for [consent_id] in rows}
        return {student_id for student_id, consent in newest.items() if consent in fit}

    # ------------------------------------------------------------------
    # How well they fit
    # ------------------------------------------------------------------

    def _rank(self, student, booking_round, candidates):
        """The best few: list of ``(student id, Match)`` with scores for a stranger's eyes."""
        mine = student._get_match_answers(booking_round)
        secret, scope = student._get_match_secret(), str(booking_round.id)
        scores, shown = {}, []
        for student_id, answers in candidates.items():
            if answers not in scores:
                scores[answers] = score(mine, answers).score
            if scores[answers] is not None:
                points = shown_score(scores[answers], secret, student.id, student_id, scope)
                shown.append((-points, self._get_handle(student, student_id), student_id))
        # Those with as many points come in an order that tells nothing about them.
        best = [student_id for _points, _handle, student_id in sorted(shown)[:SHOWN]]
        matches = student._match_with(self.env["hostel.student"].browse(best), booking_round)
        return [(one, matches[one]) for one in best if one in matches]

    def _get_handle(self, student, other_id):
        """A name for another student that means nothing to anybody but this one."""
        secret = hmac(self.env(su=True), "hostel-booking-suggestion", "handle")
        text = f"{student.id}:{other_id}".encode()
        return std_hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()[:24]

    def _get_standing(self, student, booking_round):
        """Why there are suggestions or not: ``on``, ``agree``, ``answer``, ``look``."""
        agreed = student._get_agreed()[student.id]
        if not agreed.issuperset(NEEDED):
            return "agree"
        if student.sudo().looking_round_id != booking_round:
            return "look"
        if len(student._get_match_answers(booking_round).given()) < MIN_COMMON:
            return "answer"
        return "on"

    # ------------------------------------------------------------------
    # The page
    # ------------------------------------------------------------------

    @api.model
    def _get_suggestions(self):
        """The best few for the signed-in student, with the score explained.

        :raises HostelError: ``NOT_A_STUDENT``, ``NO_ROUND``
        """
        cohort_desk = self.env["hostel.cohort.desk"]
        student, booking_round = cohort_desk._get_student(), cohort_desk._get_round()
        standing = self._get_standing(student, booking_round)
        result = {"standing": standing, "people": [], "can_invite": False}
        if standing != "on":
            return result
        student._freeze_match_answers(booking_round)
        cohort = cohort_desk._find_cohort(student, booking_round)
        asked = cohort.member_ids.filtered(
            lambda row: row.state in ("invited", "declined") and not row.is_taken_back
        )
        ranked = self._rank(student, booking_round, self._get_candidates(student, booking_round))
        Occupants = self.env["hostel.booking.occupants"]
        sizes = Occupants._get_group_sizes(student.gender)
        people = {one: self.env["hostel.student"].sudo().browse(one) for one, _match in ranked}
        return {
            **result,
            "can_invite": cohort.leader_id == student and cohort.state == "forming",
            "people": [
                {
                    "handle": self._get_handle(student, one),
                    **Occupants._describe_person(people[one], sizes),
                    **Occupants._describe_match(match),
                    "is_asked": one in asked.student_id.ids,
                }
                for one, match in ranked
            ],
        }

    @api.model
    def _set_looking(self, looks):
        """Look for roommates in the open round, or stop.

        :raises HostelError: ``CONSENT_REQUIRED``
        """
        cohort_desk = self.env["hostel.cohort.desk"]
        student, booking_round = cohort_desk._get_student(), cohort_desk._get_round()
        if looks and not student._get_agreed()[student.id].issuperset(NEEDED):
            raise HostelError(
                "CONSENT_REQUIRED",
                self.env._("Agree to the matching and to sharing your first name first."),
                403,
                {"url": "/my/privacy"},
            )
        student.sudo().looking_round_id = booking_round if looks else False

    @api.model
    def _invite(self, handle):
        """Ask somebody who was suggested to join the own group.

        :raises HostelError: ``NOT_FOUND``, ``NOT_LEADER``, ``NO_COHORT``, ``COHORT_LOCKED``,
            ``TOO_MANY_INVITATIONS``, ``COHORT_FULL``
        """
        cohort_desk = self.env["hostel.cohort.desk"]
        student, cohort = cohort_desk._get_own(lead=True)
        candidates = self._get_candidates(student, cohort.round_id)
        other_id = next(
            (one for one in candidates if self._get_handle(student, one) == handle), None
        )
        if not other_id or self._get_standing(student, cohort.round_id) != "on":
            raise self.env["hostel.booking.desk"]._not_found()
        if cohort.state != "forming":
            cohort._check_open()
            raise HostelError("COHORT_FULL", self.env._("There is no free place in your group."))
        other = self.env["hostel.student"].sudo().browse(other_id)
        # Counted with those who declined, or the count would tell of a no; and with those that
        # were taken back, or everybody could be asked, one after the other.
        asked = cohort_desk._get_asked(cohort).student_id
        if len(asked | other) > OPEN_INVITATIONS:
            raise HostelError(
                "TOO_MANY_INVITATIONS",
                self.env._("Wait for the answers of those whom you asked first."),
            )
        return cohort_desk._invite(cohort, other)

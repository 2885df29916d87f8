import redis

from odoo import api, models

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.reservation import Wanted

from ..tools.seat_lock import SeatRefused

OFFER_HOURS = 24
# What is said of a bed or a map, whoever of the group it was for.
BED_CODES = (
    "BED_TAKEN",
    "BED_BUSY",
    "BED_RETIRED",
    "ROOM_NOT_AVAILABLE",
    "PRE_ALLOCATION_INSPECTION_PENDING",
    "MAP_REBUILDING",
    "COHORT_CHANGED",
    "INVALID_TRANSITION",
)


class HostelCohortDesk(models.AbstractModel):
    """Taking beds on the live map for the whole group: all of them or none."""

    # One subject a file: people, wishes, beds, the page.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.cohort.desk"

    @api.model
    def _get_picking(self):
        """The cohort whose leader is signed in and may pick beds now.

        :raises HostelError: ``COHORT_NOT_COMPLETE``, ``RANKED_ONLY``, ``NOT_LEADER``,
            ``NO_COHORT``
        """
        _student, cohort = self._get_own(lead=True)
        if not cohort._picks_live():
            raise HostelError(
                "RANKED_ONLY",
                self.env._("In this window beds are given by wishes; hand them in instead."),
                422,
            )
        if cohort.state != "complete" or cohort.is_solo:
            raise HostelError(
                "COHORT_NOT_COMPLETE",
                self.env._("Beds are picked together once the group is complete."),
            )
        return cohort

    @api.model
    def _hold_beds(self, key, indexes):
        """Hold one bed of a floor for each member, in the order of their places.

        :param key: of the floor's map
        :param indexes: places of as many beds as there are members
        :raises HostelError: what refuses one of the members, ``COHORT_SIZE``, ``PRACTICE``
        """
        desk = self.env["hostel.booking.desk"]
        round_id, _round_key, floor_id, _map_id = desk._resolve_key(key)
        if self.env["hostel.booking.round"].sudo().browse(round_id).is_practice:
            raise HostelError(
                "PRACTICE",
                self.env._("On a practice map you try it alone. Your group's beds are real."),
                422,
            )
        cohort = self._get_picking()
        if round_id != cohort.round_id.id:
            raise self._not_found()
        members = cohort._get_members()
        if len(indexes) != len(members) or len(set(indexes)) != len(indexes):
            raise HostelError(
                "COHORT_SIZE",
                self.env._("Choose %(count)s different beds.", count=len(members)),
                422,
            )
        beds = [desk._get_bed(floor_id, index) for index in indexes]
        # Whoever acts comes first: the queue asks for the turn of that one.
        pairs = sorted(
            zip(members.student_id, beds, strict=True),
            key=lambda pair: pair[0] != cohort.leader_id,
        )
        try:
            holds = cohort.round_id._hold_many(pairs)
        except SeatRefused as exc:
            raise self._hold_refusal(exc) from None
        except redis.RedisError as exc:
            raise desk._map_offline(exc) from None
        cohort._notify_members()
        for student in members.student_id:
            student._notify_booking("held")
        return {
            "token": holds[0].token,
            "expires_in_ms": min(hold.ttl_ms for hold in holds),
            "beds": [
                {
                    "room": bed.room_id.name,
                    "label": bed.label,
                    "price": hold.price,
                    **self._describe_person(student),
                }
                for (student, bed), hold in zip(pairs, holds, strict=True)
            ],
        }

    def _hold_refusal(self, exc):
        """The refusal of one member's bed, in the leader's words.

        Whom it is about is said by first name only, and neither what the other one holds nor
        what speaks against them.
        """
        if exc.code == "QUEUE":
            return self.env["hostel.booking.desk"]._refusal(exc)
        student = self.env["hostel.student"].sudo().browse(exc.student_id or [])
        own = self.env["hostel.student"]._get_current()
        if student and student != own and exc.code not in BED_CODES:
            return self._refuse_for_another(student)
        status, message = self.env["hostel.booking.desk"]._refusal_text(exc.code)
        details = {}
        if exc.code == "TOO_MANY_REQUESTS":
            wait_ms = int(float(exc.extra[0]))
            details = {"wait_ms": wait_ms, "retry_after": max(1, -(-wait_ms // 1000))}
        return HostelError(exc.code, message, status, details)

    def _refuse_for_another(self, student=None):
        """One refusal for whatever speaks against another member: it is their own business.

        :param student: whom it is about, if that is known
        """
        name = student and self._describe_person(student)["name"]
        return HostelError(
            "NOT_ELIGIBLE",
            self.env._(
                "%(name)s can't hold a bed at the moment, so nobody does.",
                name=name or self.env._("One of your group"),
            ),
            403,
        )

    def _take_refusal(self, exc, cohort, pairs):
        """The refusal of the group's booking, in the leader's words.

        What stands in the leader's own way is said; what stands in another's is not.
        """
        if exc.code in BED_CODES:
            return exc
        own = [
            Wanted(bed, student, cohort.term_id)
            for student, bed in pairs
            if student == cohort.leader_id
        ]
        mine = self.env["hostel.allocation"].sudo()._get_refusal(own)
        return exc if mine and mine.code == exc.code else self._refuse_for_another()

    @api.model
    def _get_group_holds(self, cohort, token):
        """Pairs of member and bed that are held under a token, with the frozen prices.

        :return: (list of ``(hostel.student, hostel.bed)``, ``{bed id: price}``)
        """
        desk = self.env["hostel.booking.desk"]
        pairs, prices = [], {}
        for student in cohort._get_students():
            hold = desk._guard(
                lambda locks, student=student: locks.get_hold(cohort.round_id.key, student.id)
            )
            if hold and hold.token == token:
                bed = desk._get_bed(hold.floor_id, hold.index)
                pairs.append((student, bed))
                prices[bed.id] = hold.price
        return pairs, prices

    def _get_held(self, cohort, student):
        """What the group holds on the map at the moment, for one of it; None if nothing.

        :return: ``{"token", "ends_in_ms", "beds"}``; the token for the leader only
        """
        if cohort.state != "complete" or cohort.is_solo or not cohort._picks_live():
            return None
        locks, key = self.env["hostel.booking.desk"]._locks(), cohort.round_id.key
        try:
            holds = {one: locks.get_hold(key, one.id) for one in cohort._get_students()}
        except (SeatRefused, redis.RedisError):
            return None
        tokens = {hold.token for hold in holds.values() if hold}
        if len(tokens) != 1 or not all(holds.values()):
            return None
        desk = self.env["hostel.booking.desk"]
        agreed = cohort._get_students()._get_agreed()
        return {
            "token": tokens.pop() if cohort.leader_id == student else "",
            "ends_in_ms": min(hold.ttl_ms for hold in holds.values()),
            "beds": [
                {
                    **self._describe_person(one, agreed),
                    "is_mine": one == student,
                    "place": desk._get_bed(hold.floor_id, hold.index)._get_full_label(),
                    "price": desk._format_money(hold.price),
                }
                for one, hold in holds.items()
            ],
        }

    @api.model
    def _take_beds(self, token):
        """Turn the group's holds into offers, in one transaction; each member confirms the own.

        A second call answers with the offers that are there.

        :raises HostelError: ``HOLD_EXPIRED``, or what refuses one of the beds; then all are
            free again
        """
        _student, cohort = self._get_own(lead=True)
        if cohort.state == "allocated":
            return cohort
        cohort = self._get_picking()
        pairs, prices = self._get_group_holds(cohort, token)
        if len(pairs) != cohort.member_count:
            self._free_beds(cohort, token)
            raise HostelError(
                "HOLD_EXPIRED",
                self.env._("The time for these beds ran out. If they are free, hold them again."),
                410,
            )
        hours = self.env["hostel.allocation"]._get_minutes(
            "hostel_booking.cohort_offer_hours", OFFER_HOURS
        )
        try:
            group = cohort.with_context(booking_source="map", booking_window_id=cohort.window_id.id)
            group._give_beds(pairs, "offered", prices=prices, hold_seconds=hours * 3600)
        except HostelError as exc:
            self._free_beds(cohort, token)
            raise self._take_refusal(exc, cohort, pairs) from None
        for student in cohort._get_students() - cohort.leader_id:
            cohort._tell_offered(student, hours)
        return cohort

    def _free_beds(self, cohort, token):
        """Give every bed back that is held under the token."""
        key, student_ids = cohort.round_id.key, cohort._get_students().ids
        self.env["hostel.booking.desk"]._guard(
            lambda locks: locks.release_many(key, student_ids, token)
        )

    @api.model
    def _release_beds(self, token):
        _student, cohort = self._get_own(lead=True)
        self._free_beds(cohort, token)
        for student in cohort._get_students():
            student._notify_booking("released")
        cohort._notify_members()

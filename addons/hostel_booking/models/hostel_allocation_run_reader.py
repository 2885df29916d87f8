from odoo import api, models
from odoo.tools import SQL

from odoo.addons.hostel_base.const import HOSTEL_GENDER, LIVE_STATES

from ..tools.allocation import (
    Applicant,
    Bed,
    Member,
    Pool,
    Problem,
    Quota,
    Scope,
    Wish,
)
from .hostel_booking_quota import OPEN

CLEARED = ("cleared",)
HANDED_IN = ("complete", "awaiting_financial_clearance", "cleared")


class HostelAllocationRunReader(models.AbstractModel):
    """Reads a round into the engine's own words, in a fixed number of queries."""

    _name = "hostel.allocation.run.reader"
    _description = "Reader of an Allocation's Problem"

    @api.model
    def _read(self, run):
        """The problem of a run.

        :return: ``(problem, skipped)``; the second are ``{cohort id: code}`` of cohorts that
            can't take part
        """
        cohorts = self._find_cohorts(run)
        members = self._read_members(cohorts)
        skipped = self._find_skipped(run, cohorts, members)
        cohorts = cohorts.filtered(lambda cohort: cohort.id not in skipped)
        quotas, pools = self._read_quotas(run) if run.use_quotas else ((), ())
        task = Problem(
            beds=tuple(self._read_beds(run)),
            applicants=tuple(self._read_applicants(cohorts, members)),
            quotas=tuple(quotas),
            pools=tuple(pools),
            policy=run._get_policy(),
        )
        return task, skipped

    # ------------------------------------------------------------------
    # Who wants something
    # ------------------------------------------------------------------

    def _find_cohorts(self, run):
        states = HANDED_IN if run.is_simulation and run.take_uncleared else CLEARED
        return self.env["hostel.cohort"].search(
            [
                ("round_id", "=", run.round_id.id),
                ("window_id", "in", run._get_windows().ids),
                ("state", "in", states),
            ],
            order="id",
        )

    def _read_members(self, cohorts):
        """``{cohort id: [Member, …]}``"""
        rows = self.env["hostel.cohort.member"].search_fetch(
            [("cohort_id", "in", cohorts.ids), ("state", "=", "joined")],
            ["cohort_id", "student_id"],
        )
        students = rows.student_id
        students.fetch(
            ["gender", "year_of_study", "category", "is_pwd", "programme_id", "status", "active"]
        )
        slots = self._read_slots(cohorts.window_id, students)
        members = {cohort.id: [] for cohort in cohorts}
        for row in rows:
            place = (row.cohort_id.window_id.id, row.student_id.id)
            members[row.cohort_id.id].append(self._get_member(row.student_id, slots.get(place, 0)))
        return members

    def _read_slots(self, windows, students):
        """Ranks in the slots that are published: ``{(window id, student id): rank}``."""
        published = windows.filtered(lambda window: window.slot_state == "published")
        rows = (
            self.env["hostel.booking.slot"]
            .sudo()
            .search_fetch(
                [("window_id", "in", published.ids), ("student_id", "in", students.ids)],
                ["window_id", "student_id", "rank"],
            )
        )
        return {(row.window_id.id, row.student_id.id): row.rank for row in rows}

    def _get_member(self, student, slot):
        return Member(
            id=student.id,
            gender=student.gender,
            year=student.year_of_study,
            merit=student.merit_score,
            distance=student.home_distance_km,
            category=student.category or "",
            pwd=student.is_pwd,
            programme=student.programme_id.id or 0,
            slot=slot,
        )

    def _find_skipped(self, run, cohorts, members):
        """Cohorts with a member who can't have a bed: one who has one, or who left."""
        ids = [one.id for rows in members.values() for one in rows]
        Allocation = self.env["hostel.allocation"]
        housed = {
            student.id
            for [student] in Allocation._read_group(
                [
                    ("student_id", "in", ids),
                    *Allocation._live_between(run.round_id.date_from, run.round_id.date_to),
                ],
                ["student_id"],
            )
        }
        gone = set(
            self.env["hostel.student"]
            .with_context(active_test=False)
            .search([("id", "in", ids), "|", ("status", "!=", "active"), ("active", "=", False)])
            .ids
        )
        skipped = {}
        for cohort in cohorts:
            own = {one.id for one in members[cohort.id]}
            if not own:
                skipped[cohort.id] = "NO_MEMBERS"
            elif own & gone:
                skipped[cohort.id] = "STUDENT_INACTIVE"
            elif own & housed:
                skipped[cohort.id] = "HAS_ALLOCATION"
        return skipped

    def _read_applicants(self, cohorts, members):
        wishes = self._read_wishes(cohorts)
        hostels = {window.id: frozenset(window.hostel_ids.ids) for window in cohorts.window_id}
        for cohort in cohorts:
            yield Applicant(
                id=cohort.id,
                members=tuple(members[cohort.id]),
                wishes=tuple(wishes.get(cohort.id, ())),
                hostels=hostels[cohort.window_id.id],
            )

    def _read_wishes(self, cohorts):
        """``{cohort id: [Wish, …]}``, best first."""
        rows = self.env["hostel.cohort.wish"].search_fetch(
            [("cohort_id", "in", cohorts.ids)],
            ["cohort_id", "hostel_id", "room_type_id", "floor_id", "room_id", "amenity_ids"],
            order="cohort_id, sequence, id",
        )
        wishes = {}
        for row in rows:
            wishes.setdefault(row.cohort_id.id, []).append(
                Wish(
                    hostel=row.hostel_id.id or None,
                    room_type=row.room_type_id.id or None,
                    floor=row.floor_id.id or None,
                    room=row.room_id.id or None,
                    amenities=frozenset(row.amenity_ids.ids),
                )
            )
        return wishes

    # ------------------------------------------------------------------
    # What there is
    # ------------------------------------------------------------------

    def _read_beds(self, run):
        """Beds of the windows' hostels that are free for the whole round."""
        hostels = run._get_windows().hostel_ids
        if not hostels:
            return
        amenities = self._read_amenities(hostels)
        now = self.env.cr.now()
        for row in self._select_beds(run, hostels):
            (bed_id, room_id, floor_id, hostel_id, type_id, gender, hostel_type, place) = row[:8]
            accessible, kept_for, until = row[8:]
            kept = run.use_reserved and kept_for and (not until or until > now)
            yield Bed(
                id=bed_id,
                room=room_id,
                floor=floor_id,
                hostel=hostel_id,
                room_type=type_id,
                gender=gender or HOSTEL_GENDER[hostel_type] or "",
                order=place,
                amenities=amenities.get(room_id, frozenset()),
                accessible=bool(accessible),
                reserved=kept_for if kept else "",
            )

    def _select_beds(self, run, hostels):
        for model in ("hostel.bed", "hostel.room", "hostel.allocation", "hostel.booking.group"):
            self.env[model].flush_model()
        return self.env.execute_query(
            SQL(
                """
                WITH place AS (
                    SELECT id, row_number() OVER (
                        PARTITION BY floor_id
                        ORDER BY substring(name FROM '[0-9]+')::numeric, name, id
                    ) AS number
                      FROM hostel_room
                     WHERE hostel_id IN %(hostels)s AND active IS TRUE
                )
                SELECT bed.id, room.id, room.floor_id, room.hostel_id, room.room_type_id,
                       room.gender, hostel.gender_type, place.number, bed.is_accessible,
                       kept.key, bed.reserved_until
                  FROM hostel_bed bed
                  JOIN hostel_room room ON room.id = bed.room_id
                  JOIN hostel_hostel hostel ON hostel.id = room.hostel_id
                  JOIN place ON place.id = room.id
                  LEFT JOIN hostel_booking_group kept ON kept.id = bed.reserved_group_id
                 WHERE bed.active IS TRUE
                   AND NOT EXISTS (
                       SELECT 1 FROM hostel_allocation live
                        WHERE live.bed_id = bed.id
                          AND live.state IN %(states)s
                          AND live.date_from < %(date_to)s AND live.date_to > %(date_from)s
                   )
                """,
                hostels=tuple(hostels.ids),
                states=LIVE_STATES,
                date_from=run.round_id.date_from,
                date_to=run.round_id.date_to,
            )
        )

    def _read_amenities(self, hostels):
        """``{room id: ids of amenities}``, those of its type included."""
        rooms = self.env["hostel.room"].search([("hostel_id", "in", hostels.ids)])
        of_type = {kind: frozenset(kind.amenity_ids.ids) for kind in rooms.room_type_id}
        return {
            room.id: of_type.get(room.room_type_id, frozenset()) | frozenset(room.amenity_ids.ids)
            for room in rooms
        }

    def _read_quotas(self, run):
        """Quotas and pools with the seats that are taken; a what-if may stretch them."""
        records = self.env["hostel.booking.quota"].search([("round_id", "=", run.round_id.id)])
        quotas, pools = [], []
        stretched = {
            one: one.seats * run.quota_percent // 100 for one in records if one.kind != OPEN
        }
        for one in records:
            scope = Scope(
                one.hostel_id.id or None, one.floor_id.id or None, one.room_type_id.id or None
            )
            if one.kind != OPEN:
                released = one._is_released()
                quotas.append(
                    Quota(
                        one.id, one.group_id.key, one.kind, stretched[one], scope,
                        one.taken_count, released,
                    )
                )  # fmt: skip
            else:
                kept = sum(stretched[sibling] for sibling in one._get_siblings())
                pools.append(Pool(scope, max(0, one.bed_count - kept), one.taken_count))
        return quotas, pools

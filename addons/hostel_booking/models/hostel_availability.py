from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.hostel_base.const import HOSTEL_GENDER, LIVE_STATES
from odoo.addons.hostel_base.errors import HostelError

from ..tools.availability import GROUPS, Unfit, as_codes, as_ids, as_range

MOST_BEDS = 1000


class HostelAvailability(models.AbstractModel):
    """Which beds are free for a range of days, and how many on each day.

    One query each, whatever the number of beds: the range is compared by the index that also
    refuses double bookings. Ranges are half-open, so a bed is free again on the leaving day.
    Retired beds are not counted; closed ones are beds that nobody can have.
    """

    _name = "hostel.availability"
    _description = "Availability"

    # ------------------------------------------------------------------
    # For other programs
    # ------------------------------------------------------------------

    @api.model
    @api.readonly
    def check_availability(
        self,
        date_from,
        date_to,
        hostels=None,
        room_types=None,
        amenities=None,
        gender=None,
        limit=100,
    ):
        """Beds that are free for a whole range of days.

        :param str date_from: first day, ``YYYY-MM-DD``
        :param str date_to: leaving day, which another may already have
        :param hostels: ids of hostels, or None for all that the caller looks after
        :param room_types: ids of room types, or None for all
        :param amenities: codes that the room or its type must have, such as ``["ac"]``
        :param gender: ``male`` or ``female``: only rooms for them
        :param int limit: how many beds to list, up to 1000; ``free`` counts all
        :return: ``{"date_from", "date_to", "total", "free", "beds": [{"id", "bed", "room",
            "room_id", "hostel_id", "room_type_id", "price"}]}``
        :raises HostelError: ``INVALID_DATE``, ``INVALID_DATE_RANGE``, ``BAD_REQUEST``
        :raises AccessError: if the caller may not see beds
        """
        first, last, filters = self._read_arguments(
            date_from, date_to, hostels, room_types, amenities, gender
        )
        if type(limit) is not int or not 0 <= limit <= MOST_BEDS:
            raise self._unfit(Unfit("BAD_REQUEST", "limit"))
        free_ids, total = self._find_free(first, last, self._get_domain(**filters))
        beds = self.env["hostel.bed"].browse(free_ids[:limit])
        return {
            "date_from": fields.Date.to_string(first),
            "date_to": fields.Date.to_string(last),
            "total": total,
            "free": len(free_ids),
            "beds": [
                {
                    "id": bed.id,
                    "bed": bed.display_name,
                    "room": bed.room_id.name,
                    "room_id": bed.room_id.id,
                    "hostel_id": bed.hostel_id.id,
                    "room_type_id": bed.room_type_id.id,
                    "price": bed._get_price(self.env["hostel.term"]),
                }
                for bed in beds
            ],
        }

    @api.model
    @api.readonly
    def count_per_day(
        self,
        date_from,
        date_to,
        hostels=None,
        room_types=None,
        amenities=None,
        gender=None,
        group_by=None,
    ):
        """How many beds are free, taken and closed on each day of a range.

        :param group_by: None, ``hostel`` or ``room_type``
        :return: ``[{"key": id or None, "days": [{"day", "total", "free", "taken", "closed"}]}]``
        :raises HostelError: as :meth:`check_availability`
        """
        first, last, filters = self._read_arguments(
            date_from, date_to, hostels, room_types, amenities, gender
        )
        if group_by not in (None, False, *GROUPS):
            raise self._unfit(Unfit("BAD_REQUEST", "group_by"))
        return self._count_days(first, last, self._get_domain(**filters), group_by or None)

    @api.model
    @api.readonly
    def get_choices(self):
        """What the calendar can be narrowed to: hostels, room types and amenities."""
        self._check_caller()
        Bed = self.env["hostel.bed"]
        pairs = Bed._read_group([], ["hostel_id", "room_type_id"])
        hostels = self.env["hostel.hostel"].browse({hostel.id for hostel, _type in pairs})
        types = self.env["hostel.room.type"].browse({kind.id for _hostel, kind in pairs})
        # A college has a few.
        # pylint: disable-next=no-search-all
        amenities = self.env["hostel.amenity"].search([])
        terms = self.env["hostel.term"].search([], order="date_from desc", limit=8)
        return {
            "hostels": [{"id": one.id, "name": one.name} for one in hostels.sorted("name")],
            "room_types": [{"id": one.id, "name": one.name} for one in types.sorted("name")],
            "amenities": [{"code": one.code, "name": one.name} for one in amenities if one.code],
            "terms": [
                {
                    "id": term.id,
                    "name": term.name,
                    "date_from": fields.Date.to_string(term.date_from),
                    "date_to": fields.Date.to_string(term.date_to),
                }
                for term in terms.sorted("date_from")
            ],
            "today": fields.Date.to_string(self.env.company._get_college_day()),
        }

    @api.model
    def open_free_beds(
        self, date_from, date_to, hostels=None, room_types=None, amenities=None, gender=None
    ):
        """The list of beds that are free for a range, for the office."""
        first, last, filters = self._read_arguments(
            date_from, date_to, hostels, room_types, amenities, gender
        )
        free_ids, _total = self._find_free(first, last, self._get_domain(**filters))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Free from %(first)s until %(last)s", first=first, last=last),
            "res_model": "hostel.bed",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", free_ids)],
            "context": {"search_default_group_by_room_type": 1},
            "help": self.env._(
                "<p class='o_view_nocontent_smiling_face'>No bed is free for all these days</p>"
                "<p>Take fewer days, or another kind of room.</p>"
            ),
        }

    # ------------------------------------------------------------------
    # For the addons
    # ------------------------------------------------------------------

    @api.model
    def _check(self, date_from, date_to, hostel=None, room_type=None, amenities=(), gender=None):
        """Beds that are free for the whole of ``[date_from, date_to)``.

        Under the caller's own rules; in sudo for everybody.

        :param hostel: one or several ``hostel.hostel``, or None
        :param room_type: one or several ``hostel.room.type``, or None
        :param amenities: codes that the room or its type must have
        :return: ``hostel.bed`` in the order of the beds
        """
        first, last = self._fit(as_range, date_from, date_to)
        domain = self._get_domain(
            hostel.ids if hostel else [], room_type.ids if room_type else [], amenities, gender
        )
        return self.env["hostel.bed"].browse(self._find_free(first, last, domain)[0])

    @api.model
    def _per_day(
        self,
        date_from,
        date_to,
        hostel=None,
        room_type=None,
        amenities=(),
        gender=None,
        group_by=None,
    ):
        """Counts of each day of ``[date_from, date_to)``; see :meth:`count_per_day`."""
        first, last = self._fit(as_range, date_from, date_to)
        domain = self._get_domain(
            hostel.ids if hostel else [], room_type.ids if room_type else [], amenities, gender
        )
        return self._count_days(first, last, domain, group_by)

    # ------------------------------------------------------------------
    # Arguments
    # ------------------------------------------------------------------

    def _check_caller(self):
        """Only who sees beds asks about them; the rules narrow it to the own hostels."""
        if not self.env.user._is_internal():
            raise AccessError(
                self.env._("The availability is for the people of the hostel office.")
            )
        self.env["hostel.bed"].check_access("read")

    def _read_arguments(self, date_from, date_to, hostels, room_types, amenities, gender):
        self._check_caller()
        first, last = self._fit(as_range, date_from, date_to)
        if gender not in (None, False, "male", "female"):
            raise self._unfit(Unfit("BAD_REQUEST", "gender"))
        filters = {
            "hostel_ids": self._fit(as_ids, hostels, "hostels"),
            "room_type_ids": self._fit(as_ids, room_types, "room_types"),
            "amenities": self._fit(as_codes, amenities, "amenities"),
            "gender": gender or None,
        }
        return first, last, filters

    def _fit(self, read, *args):
        try:
            return read(*args)
        except Unfit as exc:
            raise self._unfit(exc) from None

    def _unfit(self, exc):
        texts = {
            "INVALID_DATE": self.env._("“%(name)s” is not a day like 2031-01-05.", name=exc.name),
            "INVALID_DATE_RANGE": self.env._(
                "The leaving day comes after the first day, within 400 days."
            ),
            "BAD_REQUEST": self.env._("“%(name)s” can't be used.", name=exc.name),
        }
        return HostelError(exc.code, texts[exc.code], 422, {"name": exc.name})

    @api.model
    def _get_domain(self, hostel_ids=(), room_type_ids=(), amenities=(), gender=None):
        """Domain of the beds that are asked for, free or not."""
        domain = Domain("room_id.active", "=", True)
        if hostel_ids:
            domain &= Domain("hostel_id", "in", list(hostel_ids))
        if room_type_ids:
            domain &= Domain("room_type_id", "in", list(room_type_ids))
        for code in amenities:
            own = Domain("room_id.amenity_ids.code", "=", code)
            domain &= own | Domain("room_type_id.amenity_ids.code", "=", code)
        if gender:
            types = [kind for kind, wanted in HOSTEL_GENDER.items() if wanted == gender]
            domain &= Domain("room_id.gender", "=", gender) | (
                Domain("room_id.gender", "=", False) & Domain("hostel_id.gender_type", "in", types)
            )
        return domain

    # ------------------------------------------------------------------
    # The two queries
    # ------------------------------------------------------------------

    def _get_beds_sql(self, domain):
        """Ids of the beds of a domain under the caller's rules, as a subselect."""
        Bed = self.env["hostel.bed"]
        self.env["hostel.allocation"].flush_model(["bed_id", "state", "date_from", "date_to"])
        Bed.flush_model()
        query = Bed.with_context(active_test=True)._search(domain, order="id")
        query.order = None
        return query.subselect()

    def _find_free(self, first, last, domain):
        """Free beds and the number of all beds.

        :return: (list of ids in the order of the beds, total)
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT b.id, NOT EXISTS (
                           SELECT 1 FROM hostel_allocation a
                            WHERE a.bed_id = b.id AND a.state IN %(live)s
                              AND daterange(a.date_from, a.date_to, '[)')
                                  && daterange(%(first)s::date, %(last)s::date, '[)'))
                  FROM hostel_bed b
                  JOIN hostel_room r ON r.id = b.room_id
                 WHERE b.id IN %(beds)s
                 ORDER BY b.hostel_id, b.floor_id, r.name, b.label, b.id
                """,
                live=LIVE_STATES,
                first=first,
                last=last,
                beds=self._get_beds_sql(domain),
            )
        )
        return [bed_id for bed_id, is_free in rows if is_free], len(rows)

    def _count_days(self, first, last, domain, group_by=None):
        """Counts per day: each stay adds one on its first day and takes it away on the leaving
        day, so the work grows with the stays, not with stays times days."""
        key = SQL("b.hostel_id") if group_by == "hostel" else SQL("b.room_type_id")
        rows = self.env.execute_query(
            SQL(
                """
                WITH bed AS MATERIALIZED (
                    SELECT b.id, %(key)s AS key FROM hostel_bed b WHERE b.id IN %(beds)s
                ), stay AS MATERIALIZED (
                    SELECT bed.key, a.state = 'blocked' AS closed,
                           GREATEST(a.date_from, %(first)s::date) AS day, a.date_to
                      FROM hostel_allocation a JOIN bed ON bed.id = a.bed_id
                     WHERE a.state IN %(live)s
                       AND daterange(a.date_from, a.date_to, '[)')
                           && daterange(%(first)s::date, %(last)s::date, '[)')
                ), change AS (
                    SELECT key, day, closed, 1 AS step FROM stay
                    UNION ALL
                    SELECT key, date_to, closed, -1 FROM stay WHERE date_to < %(last)s::date
                ), step AS (
                    SELECT key, day,
                           sum(step) FILTER (WHERE NOT closed) AS taken,
                           sum(step) FILTER (WHERE closed) AS closed
                      FROM change GROUP BY key, day
                ), total AS (
                    SELECT key, count(*) AS total FROM bed GROUP BY key
                )
                SELECT total.key, d.day::date, total.total,
                       COALESCE(sum(step.taken) OVER days, 0)::int,
                       COALESCE(sum(step.closed) OVER days, 0)::int
                  FROM total
                 CROSS JOIN generate_series(
                     %(first)s::date, %(last)s::date - 1, interval '1 day') AS d(day)
                  LEFT JOIN step ON step.key IS NOT DISTINCT FROM total.key
                        AND step.day = d.day::date
                WINDOW days AS (PARTITION BY total.key ORDER BY d.day)
                 ORDER BY 1, 2
                """,
                key=key if group_by else SQL("NULL::int"),
                beds=self._get_beds_sql(domain),
                live=LIVE_STATES,
                first=first,
                last=last,
            )
        )
        groups = {}
        for group, day, total, taken, closed in rows:
            groups.setdefault(group, []).append(
                {
                    "day": fields.Date.to_string(day),
                    "total": total,
                    "free": total - taken - closed,
                    "taken": taken,
                    "closed": closed,
                }
            )
        return [{"key": group, "days": days} for group, days in groups.items()]

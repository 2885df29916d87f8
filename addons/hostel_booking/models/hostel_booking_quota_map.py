from odoo import api, models, tools

from ..tools.quota_places import Source, write_choices
from ..tools.round_card import to_ms
from .hostel_booking_quota import OPEN, SCOPE_FIELDS


class HostelBookingQuota(models.Model):
    """What the live map knows of quotas: which have no seat left, and which a bed needs.

    It is a hint from a moment ago, so that a student whose places are full learns it on the
    map. Nothing is decided by it: the numbered seats judge when the bed is reserved.
    """

    _inherit = "hostel.booking.quota"

    # ------------------------------------------------------------------
    # What a bed needs
    # ------------------------------------------------------------------

    @api.model
    @tools.ormcache("round_id", "stamp")
    def _get_places(self, round_id, stamp):
        """Kinds of places in a round, by the quotas that count there.

        :param stamp: of the round, which its quotas and beds renew; it is why this can be kept
        :return: ``{(hostel id, floor id, room type id): name of the class}``
        """
        quotas = self.sudo().search([("round_id", "=", round_id)], order="id")
        if not quotas or quotas.round_id.is_practice:
            return {}
        hostels = quotas.round_id.window_ids.hostel_ids
        groups = (
            self.env["hostel.bed"]
            .sudo()
            ._read_group([("hostel_id", "in", hostels.ids)], [*SCOPE_FIELDS], ["__count"])
        )
        places = {}
        for *place, _count in groups:
            bed = dict(zip(SCOPE_FIELDS, place, strict=True))
            covering = quotas.filtered(lambda one, bed=bed: one._covers(bed))
            if covering:
                key = tuple(bed[name].id for name in SCOPE_FIELDS)
                places[key] = "-".join(map(str, covering.ids))
        return places

    @api.model
    def _get_needs_on_map(self, student, booking_round):
        """The seats that a student needs in each class of places.

        :return: ``{class: text of quota_places.write_choices}``
        """
        stamp = booking_round.stamp
        classes = set(self._get_places(booking_round.id, stamp).values())
        if not classes:
            return {}
        keys = tuple(sorted(self.env["hostel.booking.group"]._get_keys(student)))
        needs = {place: self._get_needs_of(place, keys, stamp) for place in classes}
        return {place: choices for place, choices in needs.items() if choices}

    @api.model
    @tools.ormcache("place", "keys", "stamp")
    def _get_needs_of(self, place, keys, stamp):
        quotas = self.sudo().browse(int(quota_id) for quota_id in place.split("-"))
        return write_choices(
            [Source(one.id, from_ms) for one, from_ms in choice]
            for choice in quotas._get_choices_in_time(keys)
        )

    def _get_choices_in_time(self, keys):
        """As :meth:`_get_choices`, with the quotas that are open to all from a time on.

        :return: list of lists of ``(quota, ms since the epoch from when it counts, or 0)``
        """
        result = []
        for choice in self._get_choices(keys):
            sources = [(one, 0) for one in choice]
            if any(one.kind == OPEN for one in choice):
                place = next(one for one in choice if one.kind == OPEN)
                later = self.filtered(
                    lambda one, place=place, choice=choice: (
                        one.kind == "reserved"
                        and one.released_at
                        and one not in choice
                        and all(one[name] == place[name] for name in SCOPE_FIELDS)
                    )
                )
                sources += [(one, to_ms(one.released_at)) for one in later]
            result.append(sources)
        return result

    # ------------------------------------------------------------------
    # What is full
    # ------------------------------------------------------------------

    @api.model
    def _tell_map(self, booking_round, locks):
        """Tell Redis which quotas of a round are full; called by the keeper each second."""
        stamp = booking_round.stamp
        if locks.get_quota_mark(booking_round.key) != stamp:
            locks.set_quota_places(booking_round.key, self._place_beds(booking_round, stamp), stamp)
        quotas = self.sudo().search([("round_id", "=", booking_round.id)])
        locks.set_full_quotas(
            booking_round.key, [] if booking_round.is_practice else quotas._get_full().ids
        )

    @api.model
    def _place_beds(self, booking_round, stamp):
        """Class of each bed of a round: ``{floor id: {place on the map: class}}``."""
        floors = {floor.id: {} for floor in booking_round.map_ids.floor_id}
        places = self._get_places(booking_round.id, stamp)
        if not places:
            return floors
        beds = (
            self.env["hostel.bed"]
            .sudo()
            .search_fetch([("floor_id", "in", list(floors))], [*SCOPE_FIELDS, "map_index"])
        )
        for bed in beds:
            place = places.get(tuple(bed[name].id for name in SCOPE_FIELDS))
            if place:
                floors[bed.floor_id.id][bed.map_index] = place
        return floors

    def _get_full(self):
        """Those of these quotas that have no seat left, in two queries for all."""
        if not self:
            return self
        Seat = self.env["hostel.booking.quota.seat"].sudo()
        taken = dict(
            Seat._read_group(
                [("quota_id", "in", self.ids), ("is_live", "=", True)], ["quota_id"], ["__count"]
            )
        )
        seats = self._count_seats()
        return self.filtered(lambda one: taken.get(one, 0) >= seats[one])

    def _count_seats(self):
        """How many seats each quota has: ``{quota: count}``.

        Those open to all follow the beds and what is kept of them: all quotas of their places
        are to be among these.
        """
        is_open = self.filtered(lambda one: one.kind == OPEN)
        rows = (
            self.env["hostel.bed"]
            .sudo()
            ._read_group(
                [("hostel_id", "in", self._get_hostels().ids)], [*SCOPE_FIELDS], ["__count"]
            )
            if is_open
            else ()
        )
        seats = {one: one.seats for one in self}
        for quota in is_open:
            own = quota.round_id.window_ids.hostel_ids
            beds = sum(
                count
                for *place, count in rows
                if quota._covers(dict(zip(SCOPE_FIELDS, place, strict=True)))
                and (quota.hostel_id or place[0] in own)
            )
            kept = self.filtered(
                lambda one, place=quota: (
                    one.kind == "reserved"
                    and one.round_id == place.round_id
                    and all(one[name] == place[name] for name in SCOPE_FIELDS)
                )
            )
            seats[quota] = max(0, beds - sum(kept.mapped("seats")))
        return seats

    def _get_hostels(self):
        return self.hostel_id | self.round_id.window_ids.hostel_ids

from odoo import api, models, tools

from ..tools.round_card import HostelCard, KeptBed, MapCard, RoundCard


class HostelBookingCard(models.AbstractModel):
    """What a round says to everybody alike, worked out once and kept until it changes.

    The round carries a stamp that each change of a window, a drawing, a kept bed, a hostel, a floor
    or the term renews in its own transaction, and a card belongs to one stamp. So a process that
    was told nothing can't show an old one, and a change that was rolled back leaves none behind.
    """

    _name = "hostel.booking.card"
    _description = "What a Round Says to Everybody"

    @api.model
    def _get(self, booking_round):
        """The card of a round as the transaction sees it, in the language of the environment.

        :return: :class:`~..tools.round_card.RoundCard`
        """
        return self._make(booking_round.id, booking_round.sudo().stamp)

    @api.model
    @tools.ormcache("self.env.lang", "round_id", "stamp")
    def _make(self, round_id, stamp):
        Round = self.env["hostel.booking.round"].sudo().with_context(active_test=True)
        booking_round = Round.browse(round_id)
        kept, prices = self._read_kept(booking_round), {}
        for floor_map in booking_round.map_ids:
            prices[floor_map.id] = floor_map._get_prices()
        term = booking_round.term_id
        windows = booking_round.with_context(active_test=False).window_ids
        return RoundCard(
            id=round_id,
            key=booking_round.key,
            doors=booking_round.doors_version,
            term={"id": term.id, "name": term.name, "months": term.month_count},
            hostels={
                hostel.id: self._prepare_hostel(hostel, maps, kept, prices)
                for hostel, maps in booking_round.map_ids.grouped("hostel_id").items()
            },
            windows=tuple(window._prepare_card() for window in booking_round.window_ids),
            needs_clearance=any(windows.mapped("needs_clearance")),
            needs_undertaking=any(windows.mapped("needs_undertaking")),
        )

    def _read_kept(self, booking_round):
        """Kept beds by floor id."""
        beds = self.env["hostel.bed"].sudo().with_context(active_test=True)
        kept = {}
        for bed in beds.search(
            [
                ("floor_id", "in", booking_round.map_ids.floor_id.ids),
                ("reserved_group_id", "!=", False),
            ]
        ):
            one = KeptBed(bed.map_index, bed.reserved_group_id.key, bed.reserved_until or None)
            kept.setdefault(bed.floor_id.id, []).append(one)
        return kept

    def _prepare_hostel(self, hostel, maps, kept, prices):
        currency = hostel.currency_id
        types = dict(hostel._fields["gender_type"]._description_selection(self.env))
        return HostelCard(
            id=hostel.id,
            name=hostel.name,
            gender_type=hostel.gender_type,
            gender_label=types[hostel.gender_type],
            gender=hostel._get_required_gender() or "",
            currency={
                "symbol": currency.symbol,
                "position": currency.position,
                "digits": currency.decimal_places,
                "code": currency.name,
            },
            maps=tuple(
                MapCard(
                    map_id=one.id,
                    floor_id=one.floor_id.id,
                    key=one.key,
                    name=one.floor_id.name,
                    number=one.number,
                    layout_version=one.layout_version,
                    kept=tuple(kept.get(one.floor_id.id, ())),
                )
                for one in maps
            ),
            prices=tuple(sorted(set().union(*(prices[one.id] for one in maps)))),
        )

    @api.model
    def _touch(self, hostels=None):
        """Renew what open rounds say, after something that stands on their cards changed.

        :param hostels: only rounds with maps of these
        """
        rounds = self.env["hostel.booking.round"]._get_open()
        if hostels is not None:
            domain = [("hostel_id", "in", hostels.ids), ("round_id", "in", rounds.ids)]
            rounds = self.env["hostel.booking.map"].sudo().search(domain).round_id
        rounds._doors_changed()

from odoo import api, models

from ..tools.best_beds import Floor, Wish, best_beds
from .hostel_booking_occupants import BESTS

QUIET_ANSWERS = ("1", "2")


class HostelBookingBest(models.AbstractModel):
    """The best free beds for the signed-in student, over all hostels that are open to them."""

    _name = "hostel.booking.best"
    _description = "Best Beds for a Student"

    @api.model
    def _get_best(self, *, hostel_id=None, sharing=(), amenities=(), floors=(), max_price=None):
        """A ranked short list with reasons in words.

        :param hostel_id: only of this hostel
        :param sharing: numbers of beds in a room; amenities: codes; floors: keys of maps
        :return: ``{"beds": [{key, i, hostel_id, hostel, floor, room, label, price, reasons}],
            "matching"}``
        :raises HostelError: ``NOT_A_STUDENT``, ``NO_ROUND``, ``TOO_MANY_REQUESTS``,
            ``MAP_OFFLINE``
        """
        desk = self.env["hostel.booking.desk"]
        student = desk._get_student()
        Occupants = self.env["hostel.booking.occupants"]
        Occupants._check_rate("best", student.id, BESTS)
        booking_round = desk._get_round()
        if not booking_round:
            raise desk._no_round()
        agreed = student._has_agreed("lifestyle")
        if agreed:
            student._freeze_match_answers(booking_round)
        maps = self._get_maps(booking_round, student, hostel_id)
        wish = Wish(
            sharing=frozenset(sharing),
            amenities=frozenset(amenities),
            floors=frozenset(floors),
            max_price=max_price,
            **self._get_last_room(student, booking_round),
        )
        choices = best_beds(self._read_floors(booking_round, maps, student), wish, student.gender)
        by_key = {floor_map.key: floor_map for floor_map in maps}
        return {
            "beds": [self._describe(by_key[choice.key], choice) for choice in choices],
            "matching": Occupants._get_matching_state(student, booking_round, agreed),
        }

    def _get_maps(self, booking_round, student, hostel_id):
        """Floors on which the student may book."""
        desk = self.env["hostel.booking.desk"]
        card, viewer = desk._get_card(booking_round), desk._get_viewer(booking_round, student)
        open_ids = {
            hostel.id
            for hostel in card.hostels.values()
            if (not hostel_id or hostel.id == hostel_id)
            and not desk._find_refusal(card, hostel, viewer)
        }
        return booking_round.map_ids.filtered(lambda one: one.hostel_id.id in open_ids)

    def _get_last_room(self, student, booking_round):
        """Facts of the stay before the round, and what the student says about noise."""
        row = (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("student_id", "=", student.id),
                    ("state", "in", ("allocated", "checked_in", "vacated")),
                    ("date_from", "<", booking_round.date_from),
                ],
                order="date_from desc",
                limit=1,
            )
        )
        answers = student._get_match_answers(booking_round)
        return {
            "last_price": row.price or None,
            "last_sharing": row.room_type_id.sharing or None,
            "last_hostel": row.hostel_id.id or None,
            "likes_quiet": answers.noise in QUIET_ANSWERS,
        }

    def _read_floors(self, booking_round, maps, student):
        desk = self.env["hostel.booking.desk"]
        states = desk._guard(lambda locks: locks.read_floors(booking_round.key, maps.floor_id.ids))
        scores = self._get_scores(booking_round, maps, student)
        kept = student._get_kept_places(booking_round)
        full = desk._get_full_places(booking_round.key, maps.floor_id.ids)
        return [
            Floor(
                one.key,
                one.hostel_id.id,
                one.layout,
                states.get(one.floor_id.id, ""),
                scores,
                {*kept.get(one.floor_id.id, ()), *full.get(one.floor_id.id, ())},
            )
            for one in maps
        ]

    def _get_scores(self, booking_round, maps, student):
        """Shown scores by room id."""
        rooms = maps.floor_id.room_ids
        rows = self.env["hostel.booking.occupants"]._get_rows(booking_round, rooms)
        matches = student._match_with(rows.student_id, booking_round)
        scores = {}
        for row in rows:
            match = matches.get(row.student_id.id)
            if match:
                scores.setdefault(row.room_id.id, []).append(match.score)
        return scores

    def _describe(self, floor_map, choice):
        return {
            "key": choice.key,
            "i": choice.bed["i"],
            "hostel_id": choice.hostel_id,
            "hostel": floor_map.hostel_id.name,
            "floor": floor_map.floor_id.name,
            "room": choice.room["n"],
            "label": choice.bed["l"],
            "price": choice.bed["price"],
            "reasons": [
                self._reason_text(code, value, choice.bed) for code, value in choice.reasons[:3]
            ],
        }

    def _reason_text(self, code, value, bed):
        texts = {
            "match": self.env._("%(score)s%% match with the person there", score=value),
            "match_all": self.env._("at least %(score)s%% match with those there", score=value),
            "empty_room": self.env._("nobody in this room yet"),
            "same_price": self.env._("same price as your last room"),
            "cheaper": self.env._(
                "%(amount)s less than your last room",
                amount=self.env["hostel.booking.desk"]._format_money(value),
            ),
            "same_hostel": self.env._("in your hostel"),
            "same_sharing": self.env._("as many to a room as now"),
            "quiet_corner": self.env._("far from stairs and washrooms"),
            "position": bed["note"],
        }
        return texts[code]

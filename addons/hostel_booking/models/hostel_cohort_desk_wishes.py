from odoo import api, models
from odoo.exceptions import ValidationError

from odoo.addons.hostel_base.errors import HostelError

from ..const import MAX_WISHES
from ..tools.wishes import RoomFacts, WishFacts, outlook

WISH_MODELS = {
    "hostel_id": "hostel.hostel",
    "room_type_id": "hostel.room.type",
    "floor_id": "hostel.floor",
    "room_id": "hostel.room",
}


class HostelCohortDesk(models.AbstractModel):
    """Ranking wishes: what there is to wish for, and in which order."""

    # One subject a file: people, wishes, beds, the page.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.cohort.desk"

    # ------------------------------------------------------------------
    # What there is
    # ------------------------------------------------------------------

    def _get_room_facts(self, cohort):
        """Every room that takes the cohort, with its free beds in the round.

        :return: list of :class:`RoomFacts`, in four queries whatever their number
        """
        cohort = cohort.sudo()
        rooms = self.env["hostel.room"].sudo().search(cohort._get_room_domain())
        Allocation = self.env["hostel.allocation"].sudo()
        taken = dict(
            Allocation._read_group(
                [
                    ("room_id", "in", rooms.ids),
                    *Allocation._live_between(cohort.term_id.date_from, cohort.term_id.date_to),
                ],
                ["room_id"],
                ["bed_id:count_distinct"],
            )
        )
        prices = self._get_room_prices(cohort.round_id)
        return [
            RoomFacts(
                id=room.id,
                hostel=room.hostel_id.id,
                floor=room.floor_id.id,
                room_type=room.room_type_id.id,
                amenities=frozenset((room.room_type_id.amenity_ids | room.amenity_ids).ids),
                beds=len(room.bed_ids),
                free=max(0, len(room.bed_ids) - taken.get(room, 0)),
                price=prices.get(room.id, room.room_type_id.base_fee),
            )
            for room in rooms
        ]

    def _get_room_prices(self, booking_round):
        """Price of each room's cheapest bed, as the maps of the round show it."""
        return {
            room["id"]: room["price"]
            for floor_map in booking_round.sudo().map_ids
            for room in (floor_map.layout or {}).get("rooms", ())
        }

    @api.model
    def _get_choices(self):
        """What the own cohort can wish for: hostels, floors, types, amenities and rooms.

        :raises HostelError: ``NO_COHORT``
        """
        student = self._get_student()
        cohort = self._find_cohort(student, self._get_round())
        if not cohort:
            raise HostelError("NO_COHORT", self.env._("You are in no group at the moment."), 404)
        facts = self._get_room_facts(cohort)
        rooms = self.env["hostel.room"].sudo().browse(fact.id for fact in facts)
        names = {room.id: room.name for room in rooms}
        amenities = rooms.amenity_ids | rooms.room_type_id.amenity_ids
        size = max(cohort.member_count, 1)
        return {
            "size": size,
            "hostels": [
                {"id": hostel.id, "name": hostel.name} for hostel in rooms.hostel_id.sorted("name")
            ],
            "floors": [
                {"id": floor.id, "name": floor.name, "hostel": floor.hostel_id.id}
                for floor in rooms.floor_id.sorted(lambda f: (f.hostel_id.id, f.number))
            ],
            "types": [
                {"id": kind.id, "name": kind.name, "sharing": kind.sharing}
                for kind in rooms.room_type_id.sorted("sharing")
            ],
            "amenities": [
                {"id": amenity.id, "name": amenity.name} for amenity in amenities.sorted()
            ],
            "rooms": [
                {
                    "id": fact.id,
                    "name": names[fact.id],
                    "hostel": fact.hostel,
                    "floor": fact.floor,
                    "type": fact.room_type,
                    "amenities": sorted(fact.amenities),
                    "beds": fact.beds,
                    "free": fact.free,
                    "price": fact.price,
                }
                for fact in facts
                if fact.beds >= size
            ],
        }

    # ------------------------------------------------------------------
    # Changes
    # ------------------------------------------------------------------

    @api.model
    def _add_wish(self, values):
        """Add a wish at the end of the own list.

        :param dict values: ids by name of ``WISH_MODELS``, and the list ``amenity_ids``
        :raises HostelError: ``INVALID_WISH``, ``TOO_MANY_WISHES``, ``COHORT_LOCKED``,
            ``NOT_LEADER``
        """
        _student, cohort = self._get_own(lead=True)
        self._check_wishing(cohort)
        if len(cohort.wish_ids) >= MAX_WISHES:
            raise HostelError(
                "TOO_MANY_WISHES",
                self.env._("%(count)s wishes are enough. Take one away first.", count=MAX_WISHES),
            )
        vals = self._read_wish(values)
        if any(self._is_same(wish, vals) for wish in cohort.wish_ids):
            raise HostelError("INVALID_WISH", self.env._("You wished for this already."), 422)
        vals |= {
            "cohort_id": cohort.id,
            "sequence": max(cohort.wish_ids.mapped("sequence"), default=0) + 1,
        }
        try:
            wish = self.env["hostel.cohort.wish"].sudo().create(vals)
        except ValidationError as exc:
            raise HostelError("INVALID_WISH", str(exc), 422) from None
        cohort._notify_members()
        return wish

    def _check_wishing(self, cohort):
        cohort._check_open()
        if not cohort._takes_wishes():
            raise HostelError(
                "LIVE_ONLY",
                self.env._("In this window beds are picked on the map; there are no wishes."),
                422,
            )

    def _read_wish(self, values):
        vals = {}
        for name, model in WISH_MODELS.items():
            if record_id := values.get(name):
                vals[name] = self.env[model].sudo().browse(record_id).exists().id
                if not vals[name]:
                    raise self._not_found()
        amenities = self.env["hostel.amenity"].sudo().browse(values.get("amenity_ids") or [])
        vals["amenity_ids"] = [(6, 0, amenities.exists().ids)]
        room = self.env["hostel.room"].sudo().browse(vals.get("room_id"))
        if room:
            # A named room says everything; what else was chosen led to it.
            vals = {
                "room_id": room.id,
                "floor_id": room.floor_id.id,
                "hostel_id": room.hostel_id.id,
                "room_type_id": room.room_type_id.id,
            }
        return vals

    def _is_same(self, wish, vals):
        amenities = next(iter(vals.get("amenity_ids", [])), (6, 0, []))[2]
        return all(wish[name].id == vals.get(name, False) for name in WISH_MODELS) and set(
            wish.amenity_ids.ids
        ) == set(amenities)

    @api.model
    def _remove_wish(self, wish_id):
        """:raises HostelError: ``NOT_FOUND``, ``COHORT_LOCKED``, ``NOT_LEADER``"""
        _student, cohort = self._get_own(lead=True)
        cohort._check_open()
        wish = cohort.wish_ids.filtered(lambda row: row.id == wish_id)
        if not wish:
            raise self._not_found()
        wish.unlink()
        self._number(cohort.wish_ids)
        cohort._notify_members()

    @api.model
    def _order_wishes(self, wish_ids):
        """Bring the wishes into an order.

        :param wish_ids: ids of all of them, the dearest first
        :raises HostelError: ``COHORT_CHANGED`` if they are not exactly the own ones
        """
        _student, cohort = self._get_own(lead=True)
        cohort._check_open()
        if sorted(wish_ids) != sorted(cohort.wish_ids.ids):
            raise HostelError(
                "COHORT_CHANGED", self.env._("The wishes have changed meanwhile. Look again.")
            )
        self._number(cohort.wish_ids.browse(wish_ids))
        cohort._notify_members()

    def _number(self, wishes):
        for number, wish in enumerate(wishes, 1):
            wish.sequence = number

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _describe_wishes(self, cohort):
        """The wishes as the page shows them, with what each can hope for."""
        wishes = cohort.sudo().wish_ids.sorted("sequence")
        facts = self._get_room_facts(cohort) if wishes else []
        size = max(cohort.member_count, 1)
        return [self._describe_wish(wish, facts, size) for wish in wishes]

    def _describe_wish(self, wish, facts, size):
        hope = outlook(
            WishFacts(
                hostel=wish.hostel_id.id or 0,
                floor=wish.floor_id.id or 0,
                room_type=wish.room_type_id.id or 0,
                room=wish.room_id.id or 0,
                amenities=frozenset(wish.amenity_ids.ids),
            ),
            facts,
            size,
        )
        return {
            "id": wish.id,
            "label": wish._get_label(),
            "rooms": hope.rooms,
            "free": hope.free,
            "price_from": hope.price_from,
            "price_to": hope.price_to,
        }

import json
import secrets

from odoo import api, fields, models, tools
from odoo.tools import SQL

from odoo.addons.hostel_base.const import HOSTEL_GENDER

from ..const import GENDER_LETTER, MAP_STATE, MAP_STATE_ORDER, NO_GENDER
from ..tools.seat_lock import BOOKED, FREE, RETIRED, FloorLoad

# Staff who see the live maps, besides the students.
STAFF_GROUPS = ",".join(
    f"hostel_base.group_hostel_{name}" for name in ("supervisor", "floor_incharge", "finance")
)


class HostelBookingMap(models.Model):
    """One floor in one round: what is drawn, and the key that lets one look."""

    _name = "hostel.booking.map"
    _description = "Floor Map of a Round"
    _order = "hostel_id, number desc, id"
    _rec_name = "floor_id"

    round_id = fields.Many2one(
        "hostel.booking.round", required=True, ondelete="cascade", index=True
    )
    floor_id = fields.Many2one("hostel.floor", required=True, ondelete="restrict", index=True)
    hostel_id = fields.Many2one(related="floor_id.hostel_id", store=True, index=True)
    number = fields.Integer(related="floor_id.number", store=True)
    key = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: secrets.token_urlsafe(12)
    )
    layout_version = fields.Integer(readonly=True, copy=False)
    # Large, and needed for one floor at a time.
    layout = fields.Json(readonly=True, copy=False, prefetch=False)

    _floor_uniq = models.Constraint("UNIQUE (round_id, floor_id)", "A floor has one map a round.")
    _key_uniq = models.Constraint("UNIQUE (key)", "Keys of maps are unique.")

    @api.model
    def _may_look(self):
        """Whether the signed-in person belongs to the college and may see maps."""
        user = self.env.user
        if user._is_public():
            return False
        return user.has_groups(STAFF_GROUPS) or bool(self.env["hostel.student"]._get_current())

    # ------------------------------------------------------------------
    # Drawing
    # ------------------------------------------------------------------

    def _publish(self):
        """Take over drawing, labels and prices; a change gets a new version."""
        for floor_map in self:
            if not floor_map.floor_id.layout:
                floor_map.floor_id.action_generate_layout()
            layout = floor_map._prepare_layout()
            if layout != floor_map.layout:
                floor_map.write({"layout": layout, "layout_version": floor_map.layout_version + 1})

    def _prepare_layout(self):
        """What a viewer needs to draw the floor; nothing about persons."""
        self.ensure_one()
        drawing = self.floor_id.layout
        rooms = {room.id: room for room in self.floor_id.room_ids}
        beds = {bed.map_index: bed for bed in self.floor_id.bed_ids}
        return {
            "w": drawing["w"],
            "h": drawing["h"],
            "shapes": drawing["shapes"],
            "rooms": [
                self._prepare_room(box, rooms[box["id"]], beds)
                for box in drawing["rooms"]
                if box["id"] in rooms
            ],
        }

    def _prepare_room(self, box, room, beds):
        amenities = room._get_amenities()
        drawn = [(spot, beds[spot["i"]]) for spot in box["beds"] if spot["i"] in beds]
        prices = [bed._get_price(self.round_id.term_id) for _spot, bed in drawn]
        sharing = str(room.room_type_id.sharing)
        is_ac = "ac" in amenities.mapped("code")
        return {
            **{name: box[name] for name in ("id", "x", "y", "w", "h", "rot")},
            "n": room.name,
            "t": f"AC · {sharing}" if is_ac else sharing,
            "type": room.room_type_id.name,
            "sharing": room.room_type_id.sharing,
            "a": amenities.mapped("name"),
            "ac": amenities.mapped("code"),
            "g": room.gender or "",
            "price": min(prices, default=0),
            "beds": [
                {
                    **spot,
                    "l": bed.label,
                    "note": bed.position_note or "",
                    "price": price,
                }
                for (spot, bed), price in zip(drawn, prices, strict=True)
            ],
        }

    def _get_prices(self):
        """Every price of these floors' beds, as it was published; each once."""
        return {
            price
            for floor_map in self
            for price in self._get_prices_of(floor_map.id, floor_map.layout_version)
        }

    @tools.ormcache("map_id", "layout_version")
    def _get_prices_of(self, map_id, layout_version):
        """Prices of one floor; they never change for a version."""
        layout = self.sudo().browse(map_id).layout or {"rooms": []}
        return tuple({bed["price"] for room in layout["rooms"] for bed in room["beds"]})

    # ------------------------------------------------------------------
    # State
    # ------------------------------------------------------------------

    def _prepare_load(self):
        """The floor as PostgreSQL knows it now, for Redis."""
        self.ensure_one()
        Bed = self.env["hostel.bed"].sudo().with_context(active_test=False)
        beds = Bed.search([("floor_id", "=", self.floor_id.id)])
        size = max(beds.mapped("map_index"), default=-1) + 1
        states, genders = [RETIRED] * size, [NO_GENDER] * size
        is_practice = self.round_id.is_practice
        live = practice_states(beds) if is_practice else self._get_live_states(beds)
        for bed in beds:
            if not bed._is_retired():
                states[bed.map_index] = live.get(bed.id, FREE)
            wanted = bed.room_id.gender or HOSTEL_GENDER[bed.hostel_id.gender_type]
            genders[bed.map_index] = GENDER_LETTER.get(wanted, NO_GENDER)
        fences = {} if is_practice else self._get_fences(beds)
        term = self.round_id.term_id
        return FloorLoad(
            floor_id=self.floor_id.id,
            key=self.key,
            layout_version=self.layout_version,
            states="".join(states),
            genders="".join(genders),
            fences={bed.map_index: fences[bed.id] for bed in beds if bed.id in fences},
            prices={bed.map_index: bed._get_price(term) for bed in beds},
            card=json.dumps(
                {
                    "floor": self.floor_id.name,
                    "hostel": self.hostel_id.name,
                    "hostel_id": self.hostel_id.id,
                    "layout": self.layout or {"rooms": []},
                }
            ),
        )

    def _get_live_states(self, beds):
        """Map state of each bed that is taken at any time of the round."""
        Allocation = self.env["hostel.allocation"].sudo()
        rows = Allocation._read_group(
            [
                ("bed_id", "in", beds.ids),
                *Allocation._live_between(self.round_id.date_from, self.round_id.date_to),
            ],
            ["bed_id"],
            ["state:array_agg"],
        )
        return {bed.id: strongest(states) for bed, states in rows}

    def _get_fences(self, beds):
        if not beds:
            return {}
        self.env["hostel.allocation"].flush_model(["bed_id", "fence"])
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT bed_id, max(fence) FROM hostel_allocation"
                    " WHERE bed_id IN %s AND fence IS NOT NULL GROUP BY bed_id",
                    tuple(beds.ids),
                )
            )
        )


def strongest(states):
    """Map state of a bed with these live allocations; free without any."""
    found = {MAP_STATE[state] for state in states}
    return next((state for state in MAP_STATE_ORDER if state in found), FREE)


def practice_states(beds):
    """Map state of some beds, so that a practice map looks like a real one; always the same."""
    return {bed.id: BOOKED for bed in beds if bed.map_index % 5 == 3}

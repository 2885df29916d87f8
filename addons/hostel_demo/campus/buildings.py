"""Hostels, floors, rooms and beds."""

from typing import NamedTuple

AMENITIES = [
    ("ac", "AC", "fa-snowflake-o"),
    ("attached_bath", "Attached bath", "fa-bath"),
    ("balcony", "Balcony", "fa-sun-o"),
    ("wifi", "Wi-Fi", "fa-wifi"),
    ("study_table", "Study table", "fa-book"),
    ("wardrobe", "Wardrobe", "fa-archive"),
    ("geyser", "Geyser", "fa-tint"),
]
COMMON = ("wifi", "study_table", "wardrobe")

# code: (name, beds, fee in ₹ per term, amenities beside the common ones)
ROOM_TYPES = {
    "S1AC": ("Single AC", 1, 78000, ("ac", "attached_bath", "geyser")),
    "S1": ("Single", 1, 58000, ("attached_bath",)),
    "S2AC": ("2-sharing AC", 2, 52000, ("ac", "attached_bath", "geyser")),
    "S2": ("2-sharing", 2, 42000, ()),
    "S3": ("3-sharing", 3, 33000, ()),
    "S4": ("4-sharing", 4, 27000, ()),
}

# What a student wants to know of a place before taking it.
POSITIONS = {
    1: ["window side"],
    2: ["window side", "near the door"],
    3: ["window side", "in the middle", "near the door"],
    4: ["window side", "window side", "near the door", "near the door"],
}
CORNER_SURCHARGE = 2000


class Building(NamedTuple):
    key: str
    name: str
    code: str
    gender_type: str
    floors: int
    rooms: list[str]  # room type of each room of a floor, from the stairs on
    description: str


BUILDINGS = [
    Building(
        "kaveri", "Kaveri", "KAV", "girls", 4,
        ["S2AC"] * 4 + ["S2"] * 4 + ["S1AC", "S1AC"],
        "Girls' hostel beside the library, with a reading room on every floor.",
    ),
    Building(
        "tungabhadra", "Tungabhadra", "TUN", "girls", 3,
        ["S2"] * 6 + ["S3"] * 2 + ["S1"],
        "Girls' hostel at the lake, five minutes from the labs.",
    ),
    Building(
        "godavari", "Godavari", "GOD", "boys", 4,
        ["S2"] * 6 + ["S3"] * 2 + ["S4"],
        "Boys' hostel next to the sports ground.",
    ),
    Building(
        "narmada", "Narmada", "NAR", "boys", 3,
        ["S2AC"] * 4 + ["S2"] * 4 + ["S3"] + ["S1AC"] * 2,
        "Boys' hostel near the main gate, for senior years.",
    ),
    Building(
        "sindhu", "Sindhu Guest Block", "SIN", "mixed", 2,
        ["S2AC"] * 4 + ["S1AC"] * 4,
        "Guest block for exchange and postgraduate students; each room takes one gender.",
    ),
]  # fmt: skip


class Hostels(NamedTuple):
    kaveri: object
    tungabhadra: object
    godavari: object
    narmada: object
    sindhu: object

    @property
    def all(self):
        records = self.kaveri.browse()
        return records.union(*self)


def create_hostels(env, rng) -> Hostels:
    """Create all buildings, drawn and with prices."""
    amenities = _create_amenities(env)
    types = _create_room_types(env, amenities)
    hostels = {}
    for sequence, building in enumerate(BUILDINGS, 1):
        hostels[building.key] = _create_hostel(env, building, sequence)
        _create_rooms(env, rng, building, hostels[building.key], types, amenities)
    found = Hostels(**hostels)
    # New rooms are seen through the hostel only after this.
    env.flush_all()
    env.invalidate_all()
    found.all.floor_ids.action_generate_layout()
    return found


def _create_amenities(env):
    records = env["hostel.amenity"].create(
        [
            {"code": code, "name": name, "icon": icon, "sequence": 10 * n}
            for n, (code, name, icon) in enumerate(AMENITIES, 1)
        ]
    )
    return {amenity.code: amenity for amenity in records}


def _create_room_types(env, amenities):
    records = env["hostel.room.type"].create(
        [
            {
                "code": code,
                "name": name,
                "sharing": sharing,
                "base_fee": fee,
                "amenity_ids": [(6, 0, [amenities[key].id for key in (*own, *COMMON)])],
            }
            for code, (name, sharing, fee, own) in ROOM_TYPES.items()
        ]
    )
    return {room_type.code: room_type for room_type in records}


def _create_hostel(env, building, sequence):
    hostel = env["hostel.hostel"].create(
        {
            "name": building.name,
            "code": building.code,
            "gender_type": building.gender_type,
            "sequence": 10 * sequence,
            "description": f"<p>{building.description}</p>",
        }
    )
    env["ir.model.data"].create(
        {
            "module": "hostel_demo",
            "name": f"hostel_{building.key}",
            "model": hostel._name,
            "res_id": hostel.id,
            "noupdate": True,
        }
    )
    env["hostel.floor"].create(
        [
            {"hostel_id": hostel.id, "number": number, "name": str(number) if number else "Ground"}
            for number in range(building.floors)
        ]
    )
    return hostel


def _create_rooms(env, rng, building, hostel, types, amenities):
    rooms = env["hostel.room"].create(
        [
            _prepare_room_vals(building, floor, number, types[code], amenities)
            for floor in hostel.floor_ids
            for number, code in enumerate(building.rooms, 1)
        ]
    )
    for room in rng.sample(list(rooms), 3):
        room.condition = "fair"
    env["hostel.bed"].create(
        [
            {
                "room_id": room.id,
                "label": "ABCD"[place],
                "position_note": position,
                "meter_number": f"{building.code}-{room.name}",
            }
            for room in rooms
            for place, position in enumerate(POSITIONS[room.room_type_id.sharing])
        ]
    )


def _prepare_room_vals(building, floor, number, room_type, amenities):
    vals = {
        "name": f"{floor.number}{number:02d}" if floor.number else f"G{number:02d}",
        "floor_id": floor.id,
        "room_type_id": room_type.id,
    }
    corner = number in (1, len(building.rooms))
    if corner and floor.number:
        vals["amenity_ids"] = [(6, 0, amenities["balcony"].ids)]
        vals["fee"] = room_type.base_fee + CORNER_SURCHARGE
    if building.gender_type == "mixed":
        vals["gender"] = "female" if number % 2 else "male"
    return vals

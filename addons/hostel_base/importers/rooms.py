"""Rooms, their floors and their beds out of rows."""

from odoo.fields import Command

from ..const import LIVE_STATES
from ..tools.import_rows import ROOM_READERS, bed_labels, finish_room, read_amenities, read_cells
from ..tools.import_targets import amenity_code
from .base import CHANGED, NEW, UNCHANGED, Catalogue, Importer

PLAIN_FIELDS = ("fee", "is_accessible", "condition", "note", "gender")
BEFORE_ALL = -1000


class RoomImporter(Importer):
    kind = "rooms"
    readers = ROOM_READERS

    def __init__(self, job, apply):
        super().__init__(job, apply)
        self.flags = [
            (column.index, column.name)
            for column in job.column_ids
            if column.target == "amenity_flag"
        ]
        self.hostels = self.env["hostel.hostel"].with_context(active_test=False).search(
            [("company_id", "=", self.env.company.id)]
        )  # fmt: skip
        self.hostel_ids = Catalogue(self.hostels, lambda h: (h.code, h.name))
        self.types = self.env["hostel.room.type"].search(
            [("company_id", "in", (self.env.company.id, False))], order="base_fee, id"
        )
        self.type_ids = Catalogue(self.types, lambda t: (t.code, t.name))
        self.type_by_size = {}
        for room_type in self.types:
            self.type_by_size.setdefault(room_type.sharing, room_type.id)
        self.sizes = {room_type.id: room_type.sharing for room_type in self.types}
        amenities = self.env["hostel.amenity"].with_context(active_test=False).search([])
        self.amenity_ids = Catalogue(amenities, lambda a: (a.code, a.name))
        self.floors = {}
        self.touched = set()

    def complete_key(self, row):
        if "hostel" not in row and self.job.hostel_id:
            row["hostel"] = self.job.hostel_id.code

    def finish_row(self, item):
        finish_room(item.row, item.problems, self.job.floor_rule, self.job.floor_name or "Ground")
        item.extra["amenities"], problems = read_amenities(item.cells, self.flags)
        item.problems += problems
        item.label = f"{item.row.get('hostel', '')} {item.row.get('room', '')}".strip()

    # -- which room is meant ---------------------------------------------------------------------
    def match(self, items):
        for item in items:
            self._resolve_hostel(item)
        hostel_ids = {i.extra["hostel"] for i in items if i.extra.get("hostel", 0) > 0}
        self._load_floors(hostel_ids)
        rooms = self._find_rooms(hostel_ids, items)
        known = self.env["hostel.room"].union(*rooms.values()) if rooms else []
        in_use = self._find_beds_in_use(known) if known else set()
        for item in items:
            if "room" in item.row:
                item.record = rooms.get((item.extra.get("hostel"), item.row["room"].upper()))
            self._judge(item, in_use)

    def _resolve_hostel(self, item):
        name = item.row.get("hostel")
        if not name:
            return
        hostel_id = self.hostel_ids.get(name)
        if not hostel_id and not self.job.create_hostels:
            item.refuse("UNKNOWN_HOSTEL", "hostel", name)
        elif not hostel_id and not item.problems:
            hostel_id = self._create_hostel(name)
        if hostel_id:
            item.extra["hostel"] = hostel_id

    def _create_hostel(self, name):
        title = name.title() if name.islower() else name
        self.note_created("hostels", title)
        if not self.apply:
            return self.hostel_ids.add(name)
        hostel = self.env["hostel.hostel"].create(
            {
                "name": title,
                "code": name.upper()[:20],
                "gender_type": self.job.hostel_gender_type,
                "sequence": 100,
            }
        )
        self.hostels |= hostel
        return self.hostel_ids.add(name, hostel.id)

    def _load_floors(self, hostel_ids):
        floors = (
            self.env["hostel.floor"]
            .with_context(active_test=False)
            .search([("hostel_id", "in", list(hostel_ids))])
        )
        for floor in floors:
            self.floors.setdefault((floor.hostel_id.id, floor.number), floor.id)
            self.floors[floor.hostel_id.id, floor.name.casefold()] = floor.id

    def _find_rooms(self, hostel_ids, items):
        """Rooms by hostel and number in capitals."""
        names = sorted({i.row["room"].upper() for i in items if "room" in i.row})
        if not hostel_ids or not names:
            return {}
        self.env["hostel.room"].flush_model(["name", "hostel_id"])
        # Without regard to capitals, for which the ORM has no domain on a list.
        self.env.cr.execute(
            "SELECT hostel_id, upper(name), id FROM hostel_room"
            " WHERE hostel_id = ANY(%s) AND upper(name) = ANY(%s)",
            [list(hostel_ids), names],
        )
        rows = self.env.cr.fetchall()
        rooms = self.env["hostel.room"].browse([room_id for _hostel, _name, room_id in rows])
        return {
            (hostel_id, name): room
            for (hostel_id, name, _id), room in zip(rows, rooms, strict=True)
        }

    def _find_beds_in_use(self, rooms):
        """Ids of beds that somebody has, or will have, or that are closed now."""
        rows = (
            self.env["hostel.allocation"]
            .sudo()
            .search_fetch(
                [
                    ("room_id", "in", rooms.ids),
                    ("state", "in", LIVE_STATES),
                    ("date_to", ">", self.job.env.company._get_college_day()),
                ],
                ["bed_id"],
            )
        )
        return set(rows.bed_id.ids)

    # -- what becomes of it ----------------------------------------------------------------------
    def _judge(self, item, in_use):
        self._resolve_type(item)
        self._check_gender(item, in_use)
        amenity_ids = self._resolve_amenities(item)
        if item.problems:
            return
        if "suite" in item.row:
            item.row.setdefault("note", item.row["suite"])
        item.vals = {name: item.row[name] for name in PLAIN_FIELDS if name in item.row}
        if item.record:
            self._judge_known(item, amenity_ids, in_use)
            return
        item.outcome = NEW
        item.vals |= {
            "name": item.row["room"],
            "floor_id": self._provide_floor(item),
            "room_type_id": item.extra["type"],
            "amenity_ids": [
                Command.set([id_ for id_, wanted in amenity_ids.items() if wanted and id_ > 0])
            ],
        }

    def _judge_known(self, item, amenity_ids, in_use):
        room = item.record
        if not self.job.update_existing:
            item.vals, item.outcome = {}, UNCHANGED
            return
        if item.row.get("floor_given") and not self._is_floor(room.floor_id, item.row):
            item.refuse("ROOM_ON_OTHER_FLOOR", "floor", item.row["floor"], other=room.floor_id.name)
            return
        self.compare(item, {name: room[name] for name in item.vals})
        if not room.active:
            item.vals["active"] = True
            item.changes.append(("active", "–", "✓"))
        self._compare_beds(item, in_use)
        self._compare_amenities(item, amenity_ids)
        item.outcome = CHANGED if item.vals or item.extra.get("beds") else UNCHANGED

    @staticmethod
    def _is_floor(floor, row):
        if row["storey"] is not None and floor.number == row["storey"]:
            return True
        return floor.name.casefold() == row["floor"].casefold()

    def _resolve_type(self, item):
        """Type and number of beds, each from the other if only one is known."""
        row = item.row
        if any(problem.target in ("capacity", "room_type") for problem in item.problems):
            return
        size = row.get("capacity")
        type_id = None
        if "room_type" in row:
            type_id = self.type_ids.get(row["room_type"]) or self._create_type(
                item, row["room_type"], row["room_type"], size
            )
            limit = self.sizes.get(type_id)
            if limit and size and size > limit:
                item.refuse("CAPACITY_EXCEEDED", "capacity", size, limit=limit, used=size)
            size = size or limit
        elif size:
            type_id = self.type_by_size.get(size) or self._create_type(
                item, f"{size}-sharing", f"S{size}", size
            )
            if type_id:
                self.type_by_size[size] = type_id
        item.extra |= {"type": type_id, "size": size}

    def _create_type(self, item, name, code, size):
        if not self.job.create_room_types or not size:
            item.refuse("UNKNOWN_ROOM_TYPE", "room_type" if "room_type" in item.row else "capacity",
                        name)  # fmt: skip
            return None
        if item.problems:
            return None
        self.note_created("room_types", name)
        if self.apply:
            while self.type_ids.get(code):
                code += "X"
            room_type = self.env["hostel.room.type"].create(
                {"name": name, "code": code, "sharing": size}
            )
            type_id = self.type_ids.add(name, room_type.id)
        else:
            type_id = self.type_ids.add(name)
        self.sizes[type_id] = size
        return type_id

    def _check_gender(self, item, in_use):
        gender = item.row.get("gender")
        hostel_id = item.extra.get("hostel", 0)
        if not gender or gender == "other":
            return
        required = (
            hostel_id > 0 and self.env["hostel.hostel"].browse(hostel_id)._get_required_gender()
        )
        if required and required != gender:
            item.refuse("GENDER_MISMATCH", "gender", gender)
        room = item.record
        if room and room.gender != gender and any(bed.id in in_use for bed in room.bed_ids):
            item.refuse("GENDER_IN_USE", "gender", gender)

    def _resolve_amenities(self, item):
        """Whether the room has each amenity, by id."""
        wanted = dict(item.extra.get("amenities", {}))
        for word in item.row.get("amenities", "").replace(";", ",").split(","):
            if word.strip():
                wanted[amenity_code(word)] = True
        found = {}
        for code, has in wanted.items():
            amenity_id = self.amenity_ids.get(code)
            if not amenity_id and has:
                amenity_id = self._create_amenity(item, code)
            if amenity_id:
                found[amenity_id] = has
        return found

    def _create_amenity(self, item, code):
        if not self.job.create_room_types:
            item.refuse("UNKNOWN_AMENITY", "amenities", code)
            return None
        if item.problems:
            return None
        name = code.replace("_", " ").capitalize()
        self.note_created("amenities", name)
        if not self.apply:
            return self.amenity_ids.add(code)
        amenity = self.env["hostel.amenity"].create({"name": name, "code": code})
        return self.amenity_ids.add(code, amenity.id)

    def _provide_floor(self, item):
        """Id of the floor of a new room; it is created if the hostel has none like it."""
        hostel_id, row = item.extra["hostel"], item.row
        by_name = (hostel_id, row["floor"].casefold())
        floor_id = self.floors.get(by_name)
        if not floor_id and row["storey"] is not None:
            floor_id = self.floors.get((hostel_id, row["storey"]))
        if floor_id:
            return floor_id
        number = row["storey"]
        name = row["floor"]
        if number is not None:
            name = self.env._("Ground") if number == 0 else str(number)
        if number is None:
            numbers = [n for h, n in self.floors if h == hostel_id and isinstance(n, int)]
            number = max(numbers, default=BEFORE_ALL)
            number = 0 if number == BEFORE_ALL else number + 1
        floor_id = -1 - len(self.floors)
        if self.apply:
            floor_id = self.env["hostel.floor"].create(
                {"name": name, "number": number, "hostel_id": hostel_id}
            ).id  # fmt: skip
        self.note_created("floors", f"{row['hostel']} · {name}".upper())
        self.floors[hostel_id, number] = self.floors[by_name] = floor_id
        self.floors[hostel_id, name.casefold()] = floor_id
        return floor_id

    # -- beds ------------------------------------------------------------------------------------
    def _compare_beds(self, item, in_use):
        room, size = item.record, item.extra["size"]
        beds = room.with_context(active_test=False).bed_ids
        active = beds.filtered("active")
        used = active.filtered(lambda bed: bed.id in in_use)
        if len(used) > size:
            item.refuse("CAPACITY_EXCEEDED", "capacity", size, limit=size, used=len(used))
            return
        if "room_type" in item.row or (len(active) != size and room.room_type_id.sharing != size):
            self._compare_type(item)
        if len(active) == size:
            return
        item.changes.append(("bed_ids", str(len(active)), str(size)))
        if len(active) > size:
            spare = (active - used).sorted(lambda bed: (len(bed.label), bed.label), reverse=True)
            item.extra["beds"] = ("retire", spare[: len(active) - size].ids)
            return
        missing = size - len(active)
        labels = set(active.mapped("label"))
        names = [label for label in bed_labels(size + len(active)) if label not in labels]
        item.extra["beds"] = ("add", names[:missing])

    def _compare_type(self, item):
        room, type_id = item.record, item.extra["type"]
        if type_id and type_id != room.room_type_id.id:
            item.vals["room_type_id"] = type_id
            item.changes.append(
                ("room_type_id", room.room_type_id.name, self._show("room_type_id", type_id))
            )

    def _compare_amenities(self, item, amenity_ids):
        """What the type has already is not an extra of the room."""
        room = item.record
        of_type = set(room.room_type_id.amenity_ids.ids)
        own = set(room.amenity_ids.ids)
        commands = []
        for amenity_id, has in amenity_ids.items():
            if has and amenity_id not in own | of_type:
                commands.append(Command.link(amenity_id))
            elif not has and amenity_id in own:
                commands.append(Command.unlink(amenity_id))
        if commands:
            item.vals["amenity_ids"] = commands
            item.changes.append(("amenity_ids", str(len(own)), "±" + str(len(commands))))

    # -- writing ---------------------------------------------------------------------------------
    def create_records(self, items):
        for item in items:
            of_type = self.env["hostel.room.type"].browse(item.extra["type"]).amenity_ids.ids
            command = item.vals["amenity_ids"][0]
            item.vals["amenity_ids"] = [
                Command.set([id_ for id_ in command[2] if id_ not in of_type])
            ]
        rooms = self.env["hostel.room"].create([dict(item.vals) for item in items])
        beds = []
        for item, room in zip(items, rooms, strict=True):
            item.record = room
            self.touched.add(item.vals["floor_id"])
            beds += [
                {"room_id": room.id, "label": label} for label in bed_labels(item.extra["size"])
            ]
        self.env["hostel.bed"].create(beds)

    def update(self, item):
        # The chatter of a room that was there before tells what the file changed.
        room = item.record.with_env(self.env).with_context(tracking_disable=False)
        if item.vals:
            room.write(item.vals)
        what, which = item.extra.get("beds", ("", []))
        if what:
            self.touched.add(room.floor_id.id)
        if what == "retire":
            self.env["hostel.bed"].browse(which).write({"active": False})
        elif what == "add":
            self._add_beds(room, which)

    def _add_beds(self, room, labels):
        """A retired bed of the same name is used again, so that its history goes on."""
        beds = room.with_context(active_test=False).bed_ids
        retired = beds.filtered(lambda bed: not bed.active and bed.label in labels)
        retired.write({"active": True})
        known = set(retired.mapped("label"))
        self.env["hostel.bed"].create(
            [{"room_id": room.id, "label": label} for label in labels if label not in known]
        )

    def _show(self, name, value):
        if name == "room_type_id":
            if value < 0:
                return self.env._("a new room type")
            return self.env["hostel.room.type"].browse(value).name
        return super()._show(name, value)

    # -- the end ---------------------------------------------------------------------------------
    def count_absent(self, rows):
        """How many rooms of the hostels in the file no row of it means.

        :param rows: cells of every row
        """
        columns = [(i, target) for i, target in self.columns if target in ("hostel", "room")]
        present = set()
        for cells in rows:
            row, _problems = read_cells(cells, columns, self.readers)
            self.complete_key(row)
            if "room" in row and "hostel" in row:
                present.add((self.hostel_ids.get(row["hostel"]), row["room"].upper()))
        hostel_ids = {hostel_id for hostel_id, _room in present if (hostel_id or 0) > 0}
        rooms = self.env["hostel.room"].search_fetch(
            [("hostel_id", "in", list(hostel_ids))], ["name", "hostel_id"]
        )
        return sum((room.hostel_id.id, room.name.upper()) not in present for room in rooms)

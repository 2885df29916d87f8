"""Brings dormitories into the running stack, one transaction each."""

from collections import Counter

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tools import config

from .drawing import mark_suites
from .reader import Dormitory, InventoryError, bed_labels

XML_MODULE = "__import__"
NOTHING = "nothing to change"


def load_all(
    conf: str, database: str, dormitories: list[Dormitory], hostel_type: str, term, say, complain
) -> int:
    """Load dormitories and put them on the map.

    :param term: code of a term, or None for the open round that starts first
    :param say: called with one line for each thing done
    :param complain: called with one line for each dormitory that is refused
    :return: how many were refused
    :raises InventoryError: if no round is open
    """
    config.parse_config(["-c", conf, "-d", database, "--log-level=error", "--no-http"])
    registry = Registry(database)
    round_id = in_transaction(registry, lambda env: get_round(env, term).id)
    loaded, failed = [], 0
    for dormitory in dormitories:
        for number in dormitory.repeated:
            say(f"{dormitory.name}: number {number} comes again and gets a suffix")
        try:
            done, hostel_id = in_transaction(
                registry,
                lambda env, dormitory=dormitory: Loader(env, dormitory, hostel_type).load(),
            )
            loaded.append(hostel_id)
            say(f"{dormitory.name}: {describe(done)}")
        except (UserError, InventoryError) as refusal:
            failed += 1
            complain(f"{dormitory.name}: {' '.join(str(refusal).split())}")
    if loaded:
        say(in_transaction(registry, lambda env: publish(env, round_id, loaded)))
    return failed


def in_transaction(registry, call):
    """Commit what a call did, or nothing; conflicts with the running system are tried again."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
        return retrying(lambda: call(env), env)


def get_round(env, term_code):
    rounds = env["hostel.booking.round"]._get_open()
    booking_round = rounds.filtered(lambda r: not r.is_practice).sorted("date_from")
    if term_code:
        booking_round = booking_round.filtered(lambda r: r.term_id.code == term_code)
    if not booking_round or not booking_round[0].window_ids:
        which = f"for the term {term_code}" if term_code else "with a window"
        raise InventoryError(f"no booking round is open {which}: open one first")
    return booking_round[0]


def publish(env, round_id: int, hostel_ids: list[int]) -> str:
    """Let the hostels take part in every window of a round, and draw their maps."""
    booking_round = env["hostel.booking.round"].browse(round_id)
    hostels = env["hostel.hostel"].browse(hostel_ids)
    joined = hostels.browse()
    for window in booking_round.window_ids:
        missing = hostels - window.hostel_ids
        if missing:
            window.hostel_ids += missing
            joined |= missing
    floors = hostels.floor_ids.filtered("bed_ids")
    if joined or floors - booking_round.map_ids.floor_id:
        booking_round._publish_maps()
    maps = booking_round.map_ids.filtered(lambda m: m.hostel_id in hostels)
    return (
        f"{booking_round.name}: {len(hostels)} hostels, {len(maps)} maps,"
        f" {len(hostels.bed_ids)} beds can be booked ({len(joined)} hostels joined now)"
    )


def describe(done: Counter) -> str:
    return ", ".join(f"{count} {what}" for what, count in done.items() if count) or NOTHING


class Loader:
    """One dormitory in one transaction."""

    def __init__(self, env, dormitory: Dormitory, hostel_type: str):
        self.env = env
        self.dormitory = dormitory
        self.hostel_type = hostel_type
        self.done: Counter = Counter()
        self.types: dict[int, object] = {}
        self.touched = env["hostel.floor"]

    def load(self) -> tuple[Counter, int]:
        """Create what is missing and change what differs.

        :return: what was done in words and numbers, and the hostel's id
        """
        hostel = self._provide_hostel()
        floors = {floor.number: floor for floor in hostel.floor_ids}
        rooms = {room.name: room for room in self._all(hostel.room_ids)}
        for wanted in self.dormitory.floors:
            floor = floors.get(wanted.number) or self._create_floor(hostel, wanted.number)
            for room in wanted.rooms:
                known = rooms.get(room.number)
                if known:
                    self._update_room(known, floor, room)
            self._create_rooms(floor, [room for room in wanted.rooms if room.number not in rooms])
        self._draw(hostel)
        self.env.flush_all()
        return self.done, hostel.id

    @staticmethod
    def _all(records):
        """Archived ones too."""
        return records.with_context(active_test=False).search(
            [("hostel_id", "in", records.hostel_id.ids)]
        )

    # -- the hostel ------------------------------------------------------------------------------
    def _provide_hostel(self):
        xml_name = f"hostel_{self.dormitory.key}"
        hostel = self.env.ref(f"{XML_MODULE}.{xml_name}", raise_if_not_found=False)
        if hostel:
            self._set_type(hostel)
            return hostel
        hostel = self.env["hostel.hostel"].create(
            {
                "name": self.dormitory.name,
                "code": self.dormitory.key.upper(),
                "gender_type": self.hostel_type,
                "sequence": 100,
            }
        )
        self.env["ir.model.data"].create(
            {
                "module": XML_MODULE,
                "name": xml_name,
                "model": hostel._name,
                "res_id": hostel.id,
                "noupdate": True,
            }
        )
        self.done["hostel created"] += 1
        return hostel

    def _set_type(self, hostel):
        if hostel.gender_type == self.hostel_type:
            return
        rows = self.env["hostel.allocation"].search(
            [
                ("hostel_id", "=", hostel.id),
                ("student_id", "!=", False),
                *self.env["hostel.allocation"]._live_between(
                    self.env.cr.now().date(), self.env.cr.now().date().replace(year=9999)
                ),
            ],
            limit=1,
        )
        if rows:
            raise InventoryError(
                f"it takes {hostel.gender_type} and has students;"
                f" load it with --hostel-type {hostel.gender_type}"
            )
        hostel.gender_type = self.hostel_type
        for room in hostel.room_ids if self.hostel_type == "mixed" else ():
            room.gender = self._get_gender(room.floor_id)
        self.done["hostel type changed"] += 1

    # -- floors and rooms ------------------------------------------------------------------------
    def _create_floor(self, hostel, number):
        self.done["floors created"] += 1
        return self.env["hostel.floor"].create(
            {"hostel_id": hostel.id, "number": number, "name": str(number)}
        )

    def _get_gender(self, floor):
        """In a mixed hostel the floors take turns, from the lowest: women, men, women…"""
        if self.hostel_type == "mixed":
            return "female" if floor.number % 2 else "male"
        return {"boys": "male", "girls": "female"}[self.hostel_type]

    def _create_rooms(self, floor, wanted):
        if not wanted:
            return
        rooms = self.env["hostel.room"].create(
            [
                {
                    "name": room.number,
                    "floor_id": floor.id,
                    "room_type_id": self._get_type(room.capacity).id,
                    "gender": self._get_gender(floor),
                    "note": room.suite,
                }
                for room in wanted
            ]
        )
        beds = self.env["hostel.bed"].create(
            [
                {"room_id": record.id, "label": label}
                for record, room in zip(rooms, wanted, strict=True)
                for label in bed_labels(room.capacity)
            ]
        )
        self.done["rooms created"] += len(rooms)
        self.done["beds created"] += len(beds)
        self.touched |= floor

    def _get_type(self, capacity):
        """The simplest room type of a size; made without a fee if there is none."""
        if capacity not in self.types:
            found = self.env["hostel.room.type"].search([("sharing", "=", capacity)])
            found = found.sorted(lambda kind: (len(kind.amenity_ids), kind.base_fee, kind.id))[:1]
            if not found:
                found = found.create(
                    {"name": f"{capacity}-sharing", "code": f"S{capacity}", "sharing": capacity}
                )
                self.done[f"room type for {capacity} created without a fee"] += 1
            self.types[capacity] = found
        return self.types[capacity]

    def _update_room(self, record, floor, room):
        if record.floor_id != floor:
            raise InventoryError(
                f"room {room.number} stands on floor {record.floor_id.name} here,"
                f" on floor {floor.name} in the file"
            )
        if not record.active:
            record.active = True
            self.done["rooms opened again"] += 1
            self.touched |= floor
        if record.room_type_id.sharing != room.capacity:
            record.room_type_id = self._get_type(room.capacity)
            self.done["rooms resized"] += 1
        # A note that somebody wrote stays.
        if (record.note or "") != room.suite and (record.note or "Suite ").startswith("Suite "):
            record.note = room.suite
            self.touched |= floor
            self.done["suites changed"] += 1
        self._update_beds(record, room)

    def _update_beds(self, record, room):
        wanted = bed_labels(room.capacity)
        beds = {bed.label: bed for bed in record.with_context(active_test=False).bed_ids}
        missing = [label for label in wanted if label not in beds]
        back = [beds[label] for label in wanted if label in beds and not beds[label].active]
        over = [bed for label, bed in beds.items() if label not in wanted and bed.active]
        if missing or back or over:
            self.touched |= record.floor_id
        self.env["hostel.bed"].create([{"room_id": record.id, "label": label} for label in missing])
        for bed in back:
            bed.active = True
        if over:
            # Refused as BED_IN_USE if somebody has one of them.
            self.env["hostel.bed"].concat(*over).active = False
        self.done["beds created"] += len(missing)
        self.done["beds taken back"] += len(back)
        self.done["beds retired"] += len(over)

    # -- drawings --------------------------------------------------------------------------------
    def _draw(self, hostel):
        """Draw the floors whose rooms changed, suite by suite; others keep their drawing."""
        # The addon's own drawing, whose path is known once Odoo runs.
        from odoo.addons.hostel_base.tools.floor_layout import generate_layout

        self.env.flush_all()
        self.env.invalidate_all()
        order = [room.number for room in self.dormitory.rooms]
        place = {number: position for position, number in enumerate(order)}
        for floor in self.touched:
            rooms = floor.room_ids.sorted(lambda room: (place.get(room.name, len(order)), room.id))
            layout = generate_layout(
                [(room.id, room.bed_ids.sorted("label").mapped("map_index")) for room in rooms]
            )
            suites = {room.id: room.note for room in rooms if (room.note or "")[:6] == "Suite "}
            floor._publish_layout(mark_suites(layout, suites))
            self.done["floors drawn"] += 1

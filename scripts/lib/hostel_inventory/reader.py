"""What a folder of dormitories says, checked before anything is written. Imports no odoo."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

HOSTEL_TYPES = ("boys", "girls", "mixed")
# Beds are labelled A to Z.
MAX_CAPACITY = 26
MAX_NUMBER = 20
MAX_FILE_BYTES = 10 * 1024 * 1024


class InventoryError(Exception):
    """A refusal in one line."""


class Room(NamedTuple):
    number: str
    capacity: int
    suite: str  # as people say it, empty for a room outside of suites


class Floor(NamedTuple):
    number: int  # from 1
    rooms: list[Room]  # in the order to draw them: suite by suite


class Dormitory(NamedTuple):
    key: str  # from the file's name, the same at each reading
    name: str
    floors: list[Floor]
    repeated: list[str]  # numbers that came twice and got a suffix

    @property
    def rooms(self) -> list[Room]:
        return [room for floor in self.floors for room in floor.rooms]


def bed_labels(capacity: int) -> list[str]:
    """Labels of the beds of a room: A, B, C…"""
    return [chr(ord("A") + place) for place in range(capacity)]


def read_folder(folder: Path) -> tuple[list[Dormitory], list[InventoryError]]:
    """Read every JSON file of a folder, by name.

    :return: the dormitories, and one error for each file that can't be used
    :raises InventoryError: if there is nothing to read
    """
    if not folder.is_dir():
        raise InventoryError(f"{folder} is no folder")
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise InventoryError(f"{folder} holds no .json file")
    found, problems = {}, []
    for path in paths:
        try:
            dormitory = read_file(path)
            if dormitory.key in found:
                raise InventoryError(f"{path.name}: another file has the same name but for signs")
            found[dormitory.key] = dormitory
        except InventoryError as problem:
            problems.append(problem)
    return list(found.values()), problems


def read_file(path: Path) -> Dormitory:
    """Read one dormitory.

    :raises InventoryError: with the file's name and the place in it
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InventoryError("is larger than a dormitory can be")
        data = json.loads(path.read_bytes())
        return parse_dormitory(path.stem, data)
    except InventoryError as problem:
        raise InventoryError(f"{path.name}: {problem}") from None
    except (ValueError, RecursionError) as problem:
        raise InventoryError(f"{path.name}: is no JSON ({_one_line(problem)})") from None
    except OSError as problem:
        raise InventoryError(f"{path.name}: can't be read ({problem.strerror})") from None


def parse_dormitory(name: str, data: Any) -> Dormitory:
    """Check one dormitory.

    :param name: the file's name without its ending
    :param data: what its JSON says
    :raises InventoryError: with the place that is wrong, such as ``floors[0].suites[2]``
    """
    key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not key:
        raise InventoryError("its name has neither letters nor digits")
    floors = [
        Floor(number, _parse_floor(floor, f"floors[{number - 1}]"))
        for number, floor in enumerate(_get_list(data, "floors", ""), 1)
    ]
    floors, repeated = _tell_apart(floors)
    title = re.sub(r"[_\-\s]+", " ", name).strip()
    return Dormitory(key, title if title != title.lower() else title.title(), floors, repeated)


def _parse_floor(floor: Any, place: str) -> list[Room]:
    rooms = []
    suites = _get_list(floor, "suites", place)
    for number, suite in enumerate(suites):
        here = f"{place}.suites[{number}]"
        found = [
            _parse_room(room, f"{here}.rooms[{position}]")
            for position, room in enumerate(_get_list(suite, "rooms", here))
        ]
        found.sort(key=lambda room: natural(room.number))
        title = suite_name([room.number for room in found], number + 1)
        rooms += [room._replace(suite=title) for room in found]
    return rooms


def _parse_room(room: Any, place: str) -> Room:
    if not isinstance(room, dict):
        raise InventoryError(f"{place} must be an object")
    number, capacity = room.get("room_number"), room.get("capacity")
    if isinstance(number, int) and not isinstance(number, bool):
        number = str(number)
    number = " ".join(number.split()) if isinstance(number, str) else ""
    if not 0 < len(number) <= MAX_NUMBER:
        raise InventoryError(f"{place}.room_number must be a short text")
    if type(capacity) is not int or not 1 <= capacity <= MAX_CAPACITY:
        raise InventoryError(
            f"{place}.capacity must be a whole number from 1 to {MAX_CAPACITY},"
            f" not {_one_line(json.dumps(capacity))}"
        )
    return Room(number, capacity, "")


def _get_list(holder: Any, name: str, place: str) -> list:
    where = f"{place}.{name}" if place else name
    if not isinstance(holder, dict):
        raise InventoryError(f"{place or 'the file'} must be an object")
    found = holder.get(name)
    if not isinstance(found, list) or not found:
        raise InventoryError(f"{where} must be a list that is not empty")
    return found


def _tell_apart(floors: list[Floor]) -> tuple[list[Floor], list[str]]:
    """Give a suffix to numbers that come again: a hostel has each number once."""
    numbers = {room.number for floor in floors for room in floor.rooms}
    seen: set[str] = set()
    repeated, result = [], []
    for floor in floors:
        rooms = []
        for room in floor.rooms:
            number, suffix = room.number, 2
            if number in seen:
                repeated.append(number)
                while (number := f"{room.number}-{suffix}") in numbers:
                    suffix += 1
                numbers.add(number)
            seen.add(number)
            rooms.append(room._replace(number=number))
        result.append(Floor(floor.number, rooms))
    return result, repeated


def natural(number: str) -> list[tuple[int, int, str]]:
    """Sort key that puts room 9 before room 10."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in re.findall(r"\d+|\D+", number)
    ]


def suite_name(numbers: list[str], position: int) -> str:
    """What a suite is called: by the digits that its rooms share, or by its place on the floor.

    :param numbers: its room numbers; a suite of one room is no suite
    :param position: from 1
    """
    if len(numbers) < 2:
        return ""
    stems = {re.match(r"\d*", number).group() for number in numbers}
    stem = stems.pop() if len(stems) == 1 else ""
    return f"Suite {stem or position}"


def _one_line(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 80 else text[:77] + "…"

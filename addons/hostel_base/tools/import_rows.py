"""Reads the rows of students and rooms: cells in, values or problems out. Imports no odoo."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import import_values as read
from .import_targets import NOTHING, ROOMS, amenity_code
from .import_values import Problem, Reader, ValueProblem

MAX_CAPACITY = 60
FLOORS = range(-5, 100)
_STOREYS = {
    "g": 0, "gf": 0, "ground": 0, "groundfloor": 0, "lg": -1, "basement": -1, "b": -1,
    "ff": 1, "firstfloor": 1, "secondfloor": 2, "thirdfloor": 3, "fourthfloor": 4,
}  # fmt: skip

STUDENT_READERS: dict[str, Reader] = {
    "roll_number": read.read_key,
    "previous_roll_number": read.read_key,
    "application_number": read.read_key,
    "name": read.read_text,
    "gender": read.read_gender,
    "programme": read.read_text,
    "department": read.read_text,
    "year_of_study": read.read_year_of_study,
    "admission_year": read.read_integer(1950, 2100),
    "birthdate": read.read_birthdate,
    "phone": read.read_phone,
    "email": read.read_email,
    "category": read.read_category,
    "is_pwd": read.read_flag,
    "pwd_note": read.read_text,
    "blood_group": read.read_blood_group,
    "aadhaar_last4": read.read_last_four,
    "emergency_contact_name": read.read_text,
    "emergency_contact_phone": read.read_phone,
    "street": read.read_text,
    "city": read.read_text,
    "zip": read.read_text,
    "guardian_name": read.read_text,
    "guardian_phone": read.read_phone,
    "guardian_email": read.read_email,
    "guardian_relation": read.read_relation,
}
ROOM_READERS: dict[str, Reader] = {
    "hostel": read.read_key,
    "floor": read.read_text,
    "room": read.read_key,
    "room_type": read.read_key,
    "capacity": read.read_integer(1, MAX_CAPACITY),
    "gender": read.read_gender,
    "fee": read.read_amount,
    "is_accessible": read.read_flag,
    "condition": read.read_condition,
    "suite": read.read_text,
    "note": read.read_text,
    "amenities": read.read_text,
}
Row = dict[str, Any]
Cells = Sequence[str]


def student_readers(lifestyle: Mapping[str, Sequence[tuple[str, str]]]) -> dict[str, Reader]:
    """Readers of all targets of students.

    :param lifestyle: keys and labels of each question of the lifestyle form
    """
    questions = {key: read.choose_label(options) for key, options in lifestyle.items()}
    return {**STUDENT_READERS, **questions}


def read_cells(
    cells: Cells, columns: Sequence[tuple[int, str]], readers: Mapping[str, Reader]
) -> tuple[Row, list[Problem]]:
    """Values of a row by target. Empty cells are left out.

    :param columns: (index, target) of each column that means something
    """
    row: Row = {}
    problems = []
    for index, target in columns:
        text = cells[index]
        if text.casefold() in NOTHING:
            continue
        try:
            row[target] = readers[target](text)
        except ValueProblem as problem:
            problems.append(Problem(problem.code, target, text, problem.params))
    return row, problems


def read_amenities(
    cells: Cells, flags: Sequence[tuple[int, str]]
) -> tuple[dict[str, bool], list[Problem]]:
    """What the yes-no columns say of each amenity.

    :param flags: (index, header) of each such column
    """
    found: dict[str, bool] = {}
    problems = []
    for index, header in flags:
        if not cells[index]:
            continue
        try:
            found[amenity_code(header)] = read.read_flag(cells[index])
        except ValueProblem as problem:
            problems.append(Problem(problem.code, "amenity_flag", cells[index], problem.params))
    return found, problems


def finish_student(row: Row, problems: list[Problem], default_gender: str) -> None:
    """Fill what follows from other cells, and say what is missing."""
    bad = {problem.target for problem in problems}
    if default_gender and "gender" not in bad:
        row.setdefault("gender", default_gender)
    for target in ("roll_number", "name", "gender"):
        if target not in row and target not in bad:
            problems.append(Problem("VALUE_MISSING", target))
    contact = {"guardian_phone", "guardian_email"} & row.keys()
    if contact and "guardian_name" not in row and "guardian_name" not in bad:
        problems.append(Problem("VALUE_MISSING", "guardian_name"))


def finish_room(row: Row, problems: list[Problem], floor_rule: str, floor_name: str) -> None:
    """Fill what follows from other cells, and say what is missing."""
    bad = {problem.target for problem in problems}
    for target in ("hostel", "room"):
        if target not in row and target not in bad:
            problems.append(Problem("VALUE_MISSING", target))
    if not {"capacity", "room_type"} & (row.keys() | bad):
        problems.append(Problem("VALUE_MISSING", "capacity"))
    if row.get("gender") == "other":
        problems.append(Problem("VALUE_UNKNOWN", "gender", "other", {"allowed": "male, female"}))
    if "floor" in row:
        row["floor_given"] = True
    elif "room" in row:
        row["floor"] = floor_name
        if floor_rule == "number":
            row["floor"] = str(floor_of_room(row["room"]))
    if "floor" in row:
        row["storey"] = storey_of(row["floor"])
    if row.get("suite", "").isdecimal():
        row["suite"] = f"Suite {row['suite']}"


def floor_of_room(number: str) -> int:
    """Storey that a room's number tells: 204 and B-204 are on 2, 1203 on 12, G05 and 7 on 0."""
    digits = re.findall(r"\d+", number)
    storey = int(digits[-1][:6]) // 100 if digits else 0
    return storey if storey in FLOORS else 0


def storey_of(name: str) -> int | None:
    """Number of a floor from what people call it, or None for a name such as Annexe."""
    word = read.squash(name).removeprefix("floor")
    if word in _STOREYS:
        return _STOREYS[word]
    found = re.fullmatch(r"(\d{1,2})(st|nd|rd|th)?(floor|f)?", word)
    if not found:
        return None
    number = int(found.group(1))
    return -number if name.strip().startswith("-") else number


def bed_labels(count: int) -> list[str]:
    """Names of a room's beds: A to Z, then AA, AB…"""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [
        letters[index] if index < 26 else letters[index // 26 - 1] + letters[index % 26]
        for index in range(count)
    ]


def key_of(kind: str, row: Row) -> list[tuple[str, str]]:
    """What must not come twice in a file: (target, key in capitals)."""
    if kind == ROOMS:
        return (
            [("room", f"{row.get('hostel', '')}\n{row['room']}".upper())] if "room" in row else []
        )
    return [
        (target, row[target].upper())
        for target in ("roll_number", "application_number")
        if target in row
    ]


class Repeats:
    """Finds rows that come again in the same file."""

    def __init__(self, key: Callable[[Row], list[tuple[str, str]]]):
        self.key = key
        self.first: dict[tuple[str, str], int] = {}

    def check(self, number: int, row: Row) -> Problem | None:
        """The problem of a row whose number was in an earlier row."""
        found = None
        for target, key in self.key(row):
            earlier = self.first.setdefault((target, key), number)
            if earlier != number and not found:
                found = Problem("DUPLICATE_IN_FILE", target, str(row[target]), {"row": earlier})
        return found

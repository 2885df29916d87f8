"""Whether a receipt that was read clears a student: one verdict for each thing that is checked.

Only a receipt on which every verdict is ``ok`` may be approved by the machine.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .receipt_parser import Found, Template, fits_mask, squeeze
from .receipt_reader import DECIDING, Reading

OK, DOUBTFUL, BAD = "ok", "doubtful", "bad"
# Below this Tesseract has been wrong in the training part of the corpus.
SURE = 55.0
# Copies of a photograph are nearer to each other, two photographs of one layout are farther.
SAME_PICTURE = 0.35
# So a template judges a receipt of another kind than its own.
OTHER_KIND = {"NOT_FOUND", "NO_WORDS", "OTHER_COLLEGE", "OTHER_FORM"}


@dataclass(frozen=True)
class Expected:
    """What a receipt must say to clear somebody.

    ``numbers``: the student's numbers, squeezed; ``first_day``, ``last_day``: between which it
    counts, both included; ``year``: academic year as in "2026-27", empty: any; ``term``: code of
    the term, squeezed, which a college may print in the year's place, empty: unknown;
    ``is_number_used``: whether a squeezed receipt number was seen before; ``nearest_picture``:
    least distance of a fingerprint from those seen before, or None.
    """

    numbers: frozenset[str]
    first_day: date
    last_day: date
    year: str
    is_number_used: Callable[[str], bool]
    nearest_picture: Callable[[str], float | None]
    term: str = ""


@dataclass(frozen=True)
class Verdict:
    """``check`` is what was looked at, ``state`` the result, ``code`` the reason if it isn't ok,
    ``field`` the value that a person should look at."""

    check: str
    state: str
    code: str = ""
    field: str = ""


def check_receipt(reading: Reading, expected: Expected, template: Template) -> list[Verdict]:
    """All verdicts, in the order in which a person would look."""
    return [
        _college(reading),
        _student(reading, expected, template),
        _receipt_no(reading, expected, template),
        _date(reading, expected),
        _year(reading, expected),
        _balance(reading),
        _words(reading, template),
        _void(reading),
        *_traces(reading),
        _picture(reading, expected),
    ]


def choose(judged: list[list[Verdict]]) -> tuple[int, list[Verdict]]:
    """Of a receipt that several templates have judged: (place of the one that counts, verdicts).

    The one with the fewest doubts counts, the first of equals. But what another one finds and
    doubts, such as a balance under a label that only it knows, stays in doubt.

    :param judged: verdicts by template, at least one
    """
    doubts = [sum(one.state != OK for one in verdicts) for verdicts in judged]
    place = doubts.index(min(doubts))
    verdicts = list(judged[place])
    for other in judged:
        verdicts += [
            one
            for one in other
            if one.state != OK and one.code not in OTHER_KIND and one not in verdicts
        ]
    return place, verdicts


def is_approved(verdicts: list[Verdict]) -> bool:
    """Whether nothing is left for a person."""
    return bool(verdicts) and all(verdict.state == OK for verdict in verdicts)


def find_doubtful(reading: Reading, name: str) -> tuple[Found | None, Found | None]:
    """Which of a field's values a person should look at, with its second reading.

    The first that is in doubt or says that something is due, else the first.
    """
    pairs = reading.read_twice(name)
    first = pairs[0] if pairs else (None, None)
    is_due = name == "balance"
    return next(
        (pair for pair in pairs if _doubt_value(*pair) or (is_due and pair[0].value)), first
    )


def _doubt(reading: Reading, name: str) -> str:
    """Why one of a field's values may have been misread, or an empty text."""
    pairs = reading.read_twice(name)
    if not pairs:
        return "NOT_FOUND"
    return next(filter(None, (_doubt_value(*pair) for pair in pairs)), "")


def _doubt_value(found: Found, again: Found | None) -> str:
    if found.value is None:
        return "NOT_UNDERSTOOD"
    if found.name in DECIDING and (again is None or again.value != found.value):
        return "READ_TWO_WAYS"
    # A colon that is read as a letter spoils one reading; two that agree need one that is sure.
    if max(found.confidence, again.confidence if again else 0) < SURE:
        return "UNSURE"
    return ""


def _college(reading: Reading) -> Verdict:
    found = reading.college
    if found is None:
        return Verdict("college", DOUBTFUL, "OTHER_COLLEGE", "college")
    if found.confidence < SURE:
        return Verdict("college", DOUBTFUL, "UNSURE", "college")
    return Verdict("college", OK, field="college")


def _student(reading: Reading, expected: Expected, template: Template) -> Verdict:
    if code := _doubt(reading, "student_no"):
        return Verdict("student", DOUBTFUL, code, "student_no")
    numbers = {found.value for found in reading.parsed.values["student_no"]}
    if not numbers & expected.numbers:
        return Verdict("student", BAD, "OTHER_STUDENT", "student_no")
    if not numbers <= expected.numbers:
        return Verdict("student", DOUBTFUL, "TWO_STUDENTS", "student_no")
    if not all(fits_mask(str(number), template.number_mask) for number in numbers):
        return Verdict("student", DOUBTFUL, "OTHER_FORM", "student_no")
    return Verdict("student", OK, field="student_no")


def _receipt_no(reading: Reading, expected: Expected, template: Template) -> Verdict:
    if code := _doubt(reading, "receipt_no"):
        return Verdict("receipt_no", DOUBTFUL, code, "receipt_no")
    numbers = {str(found.value) for found in reading.parsed.values["receipt_no"]}
    if len(numbers) > 1:
        return Verdict("receipt_no", DOUBTFUL, "TWO_NUMBERS", "receipt_no")
    [number] = numbers
    if not any(char.isdigit() for char in number) or not fits_mask(number, template.receipt_mask):
        return Verdict("receipt_no", DOUBTFUL, "OTHER_FORM", "receipt_no")
    if expected.is_number_used(number):
        return Verdict("receipt_no", BAD, "USED_NUMBER", "receipt_no")
    return Verdict("receipt_no", OK, field="receipt_no")


def _date(reading: Reading, expected: Expected) -> Verdict:
    if code := _doubt(reading, "date"):
        return Verdict("date", DOUBTFUL, code, "date")
    days = [found.value for found in reading.parsed.values["date"]]
    if any(day > expected.last_day for day in days):
        return Verdict("date", BAD, "FUTURE_DATE", "date")
    if any(day < expected.first_day for day in days):
        return Verdict("date", BAD, "OLD_DATE", "date")
    return Verdict("date", OK, field="date")


def _year(reading: Reading, expected: Expected) -> Verdict:
    """The academic year counts where it stands there; many receipts carry none.

    Under "Session" some print the term instead: its own code proves as much, any other nothing.
    """
    several = reading.parsed.values.get("year", []) if expected.year else []
    others = [found for found in several if not _is_term(found, expected)]
    if any(found.value is None for found in others):
        return Verdict("year", DOUBTFUL, "NOT_UNDERSTOOD", "year")
    if any(found.value != expected.year for found in others):
        return Verdict("year", BAD, "OTHER_YEAR", "year")
    return Verdict("year", OK, field="year")


def _is_term(found: Found, expected: Expected) -> bool:
    return found.value is None and bool(expected.term) and squeeze(found.text) == expected.term


def _balance(reading: Reading) -> Verdict:
    """Every balance on the page is zero, and at least one stands there."""
    if code := _doubt(reading, "balance"):
        return Verdict("balance", DOUBTFUL, code, "balance")
    amounts = [found.value for found in reading.parsed.values["balance"]]
    if any(amount != 0 for amount in amounts):
        return Verdict("balance", BAD, "BALANCE_DUE", "balance")
    return Verdict("balance", OK, field="balance")


def _words(reading: Reading, template: Template) -> Verdict:
    """The amount in words is the amount in figures."""
    if code := _doubt(reading, "amount"):
        return Verdict("words", DOUBTFUL, code, "amount")
    amounts = {found.value for found in reading.parsed.values["amount"]}
    words = reading.parsed.get("amount_words")
    if words is None and not template.needs_words:
        return Verdict("words", OK, field="amount")
    if words is None or words.value is None:
        return Verdict(
            "words", DOUBTFUL, "NO_WORDS" if words is None else "NOT_UNDERSTOOD", "amount_words"
        )
    if words.value not in amounts or words.value == Decimal(0):
        return Verdict("words", BAD, "WORDS_DIFFER", "amount_words")
    return Verdict("words", OK, field="amount_words")


def _void(reading: Reading) -> Verdict:
    if reading.parsed.void:
        return Verdict("void", BAD, "VOID_PAPER", "void")
    if reading.has_marks:
        return Verdict("void", DOUBTFUL, "MARKS", "void")
    return Verdict("void", OK)


def _traces(reading: Reading) -> Iterator[Verdict]:
    if not reading.traces:
        yield Verdict("traces", OK)
    for name, found in reading.traces.items():
        code = "UNCLEAR" if found == {"unclear"} else "LOOKS_EDITED"
        yield Verdict("traces", DOUBTFUL, code, name)


def _picture(reading: Reading, expected: Expected) -> Verdict:
    nearest = expected.nearest_picture(reading.fingerprint)
    if nearest is not None and nearest <= SAME_PICTURE:
        return Verdict("picture", BAD, "USED_PICTURE", "picture")
    return Verdict("picture", OK)


def value_text(found: Found | None) -> str:
    """What was read, for people and for storing."""
    if found is None:
        return ""
    if found.name in ("student_no", "receipt_no"):
        return squeeze(found.text)
    return str(found.value) if found.value is not None else found.text

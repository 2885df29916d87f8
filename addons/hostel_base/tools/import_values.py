"""Turns what people write in a cell into what the records hold. Imports no odoo.

Each reader takes a text that is not empty and raises :class:`ValueProblem` when it can't be meant.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import phonenumbers

from .tabular import is_formula

MAX_TEXT = 200
MAX_YEAR_OF_STUDY = 10
YEARS = range(1950, 2101)

_GENDERS = {
    "male": "m male boy boys man men gent gents",
    "female": "f female girl girls woman women lady ladies",
    "other": "o other others transgender trans tg nonbinary thirdgender",
}
_CATEGORIES = {
    "general": "general gen ge ur unreserved open gm opencategory",
    "ews": "ews genews generalews economicallyweakersection",
    "obc": "obc obcncl obccl bc sebc otherbackwardclass",
    "sc": "sc scheduledcaste",
    "st": "st scheduledtribe",
}
_YES = {"yes", "y", "true", "t", "1", "x", "✓", "✔", "available"}
_NO = {"no", "n", "false", "f", "0", "-", "none", "na", "nil"}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6}
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6,
    "fy": 1, "sy": 2, "ty": 3, "freshman": 1, "sophomore": 2, "junior": 3, "senior": 4,
}  # fmt: skip
_RELATIONS = {
    "father": "father dad papa f fa",
    "mother": "mother mom mum mummy m mo",
    "guardian": "guardian localguardian lg uncle aunt grandfather grandmother",
    "sibling": "sibling brother sister",
    "other": "other relative friend",
}
_CONDITIONS = {
    "good": "good ok fine new",
    "fair": "fair average",
    "poor": "poor bad",
    "needs_repair": "needsrepair repair undermaintenance maintenance",
}
_DATE_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %m %Y",
    "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%B-%Y", "%b %d %Y", "%B %d %Y",
)  # fmt: skip
_BLOOD = re.compile(r"(AB|A|B|O|0)\s*(?:RH)?\s*[-(]?\s*(\+|-|POS|NEG|P|N)")
_EMAIL = re.compile(r"[\w.!#$%&'*/=?^`{|}~+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class ValueProblem(Exception):
    """A cell that can't be used; the code names the sentence."""

    def __init__(self, code: str, **params: Any):
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass
class Problem:
    """Why a row is refused: target field, the cell's text, code, and facts for the sentence."""

    code: str
    target: str = ""
    value: str = ""
    params: dict[str, Any] = field(default_factory=dict)


Reader = Callable[[str], Any]


def squash(text: str) -> str:
    """Lower-case letters and digits of a text, for comparing what people write."""
    return "".join(char for char in text.casefold() if char.isalnum())


def read_text(text: str) -> str:
    """One line of plain text; nothing that a spreadsheet would run."""
    text = " ".join(unquote(text).split())
    if is_formula(text):
        raise ValueProblem("FORMULA")
    if len(text) > MAX_TEXT:
        raise ValueProblem("VALUE_TOO_LONG", limit=MAX_TEXT)
    return text


def unquote(text: str) -> str:
    """Drop the apostrophe by which a spreadsheet, or our own export, marks plain text."""
    return text[1:] if text[:1] == "'" and is_formula_start(text[1:2]) else text


def is_formula_start(char: str) -> bool:
    return bool(char) and char in "=+-@"


def read_key(text: str) -> str:
    """A roll number, a code, a room number."""
    text = read_text(text)
    if is_formula_start(text[:1]):
        raise ValueProblem("FORMULA")
    return text


def choose(words: Mapping[str, str]) -> Reader:
    """A reader for a fixed vocabulary with synonyms."""
    index = {word: key for key, synonyms in words.items() for word in synonyms.split()}

    def read(text: str) -> str:
        try:
            return index[squash(text)]
        except KeyError:
            raise ValueProblem("VALUE_UNKNOWN", allowed=", ".join(words)) from None

    return read


def choose_label(options: Sequence[tuple[str, str]]) -> Reader:
    """A reader for keys or labels of a selection; whole numbers may be written as 3.0."""
    index = {squash(label): key for key, label in options}
    index |= {squash(key): key for key, _label in options}

    def read(text: str) -> str:
        text = text[:-2] if re.fullmatch(r"\d\.0", text) else text
        try:
            return index[squash(text)]
        except KeyError:
            raise ValueProblem(
                "VALUE_UNKNOWN", allowed=", ".join(key for key, _label in options)
            ) from None

    return read


read_gender = choose(_GENDERS)
read_category = choose(_CATEGORIES)
read_relation = choose(_RELATIONS)
read_condition = choose(_CONDITIONS)


def read_flag(text: str) -> bool:
    word = text.casefold().strip()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueProblem("VALUE_UNKNOWN", allowed="yes, no")


def read_integer(low: int, high: int) -> Reader:
    """A reader for whole numbers in a range, both ends allowed."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?\d{1,9}(\.0+)?", text):
            raise ValueProblem("NOT_A_NUMBER")
        number = int(float(text))
        if not low <= number <= high:
            raise ValueProblem("OUT_OF_RANGE", low=low, high=high)
        return number

    return read


def read_amount(text: str) -> float:
    """An amount in rupees, such as ₹42,000."""
    plain = re.sub(r"(?i)^(₹|rs\.?|inr)\s*|,|\s|/-$", "", text)
    if not re.fullmatch(r"-?\d{1,9}(\.\d+)?", plain):
        raise ValueProblem("NOT_A_NUMBER")
    if float(plain) < 0:
        raise ValueProblem("OUT_OF_RANGE", low=0, high=999_999_999)
    return round(float(plain), 2)


def read_year_of_study(text: str) -> int:
    """Year of study from 1, 1st_year, I, First Year, Y2."""
    word = re.sub(r"years?|yr|(?<=.)[\s_.-]", "", text.casefold().strip())
    word = re.sub(r"(?<=\d)(st|nd|rd|th)$", "", word).removeprefix("y")
    number = _ROMAN.get(word) or _ORDINALS.get(word)
    if number is None:
        if not word.isdecimal() or len(word) > 2:
            raise ValueProblem("VALUE_UNKNOWN", allowed="1, 2, 3, 1st_year, II, Third year")
        number = int(word)
    if not 1 <= number <= MAX_YEAR_OF_STUDY:
        raise ValueProblem("OUT_OF_RANGE", low=1, high=MAX_YEAR_OF_STUDY)
    return number


def read_date(text: str) -> date:
    """A day as 2005-01-31, 31/01/2005 or 31 Jan 2005; the day comes before the month."""
    plain = re.sub(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$", "", text).replace(",", " ")
    plain = " ".join(plain.split())
    for pattern in _DATE_FORMATS:
        try:
            found = datetime.strptime(plain, pattern).date()
        except ValueError:
            continue
        if found.year in YEARS:
            return found
    raise ValueProblem("DATE_INVALID")


def read_birthdate(text: str) -> date:
    found = read_date(text)
    if found >= date.today():
        raise ValueProblem("DATE_IN_FUTURE")
    return found


def read_phone(text: str) -> str:
    """A phone number in international form; without a country it is Indian."""
    text = unquote(text)
    if text[:1] in "=-@":
        raise ValueProblem("PHONE_INVALID")
    try:
        number = phonenumbers.parse(text, "IN")
    except phonenumbers.NumberParseException:
        raise ValueProblem("PHONE_INVALID") from None
    plain = re.fullmatch(r"(?:\+?91|0)?(\d{10})", re.sub(r"[\s().-]", "", text))
    if plain and not phonenumbers.is_valid_number(number):
        # Of numbers that nobody has, the library takes leading zeros away.
        return f"+91 {plain[1][:5]} {plain[1][5:]}"
    if not phonenumbers.is_possible_number(number) or re.search(r"[A-Za-z]", text):
        raise ValueProblem("PHONE_INVALID")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def read_email(text: str) -> str:
    text = unquote(text)
    if is_formula_start(text[:1]) or not _EMAIL.fullmatch(text) or len(text) > MAX_TEXT:
        raise ValueProblem("EMAIL_INVALID")
    return text


def read_blood_group(text: str) -> str:
    found = _BLOOD.match(text.upper().replace("−", "-"))
    if not found:
        raise ValueProblem("VALUE_UNKNOWN", allowed="A+, A-, B+, B-, AB+, AB-, O+, O-")
    letter = "O" if found.group(1) == "0" else found.group(1)
    return letter + ("+" if found.group(2) in ("+", "POS", "P") else "-")


def read_last_four(text: str) -> str:
    """Last four digits of an Aadhaar number; the rest is gone before this."""
    digits = re.sub(r"\D", "", text)
    if len(digits) < 4:
        raise ValueProblem("AADHAAR_INVALID")
    return digits[-4:]

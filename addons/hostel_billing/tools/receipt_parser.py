"""What a receipt says: labels and their values among the words that Tesseract read."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from odoo.addons.hostel_base.tools.identity_masking import Box, Word

from .amount_words import is_amount_words, is_one_letter_off, parse_amount_words

# Labels as they stand on fee receipts and portals of Indian colleges, lower case, without
# punctuation; collected from the fields named in the requirement documents and from public sample
# receipts, November 2026. A college's template adds its own.
LABELS: dict[str, tuple[str, ...]] = {
    "student_no": (
        "student id", "student no", "student number", "student code", "roll no", "roll number",
        "reg no", "regd no", "registration no", "registration number", "register no",
        "register number", "enrolment no", "enrollment no", "enrolment number",
        "enrollment number", "admission no", "admission number", "usn", "prn", "hall ticket no",
        "application no", "application number", "univ roll no",
    ),
    "student_name": (
        "student name", "name of the student", "name of student", "received from", "name",
    ),
    "receipt_no": (
        "receipt no", "receipt number", "receipt id", "rcpt no", "challan no", "voucher no",
    ),
    "date": (
        "receipt date", "date of payment", "payment date", "paid on", "dated", "date",
        "generated on", "date of receipt", "transaction date",
    ),
    "amount": (
        "amount paid", "total paid", "amount received", "received amount", "paid amount",
        "total amount paid", "receipt amount", "amount in figures", "grand total paid", "fees paid",
        "total received",
    ),
    "amount_words": (
        "amount in words", "in words", "rupees in words", "amount paid in words",
        "received a sum of", "the sum of", "a sum of",
    ),
    "balance": (
        "balance", "balance due", "balance amount", "balance fee", "balance fees", "fee balance",
        "outstanding", "outstanding amount", "outstanding balance", "outstanding dues",
        "total outstanding", "pending amount", "pending dues", "pending fees", "net balance",
        "closing balance", "dues", "total dues", "remaining balance", "amount outstanding",
        "balance payable", "total balance",
    ),
    "year": ("academic year", "acad year", "session", "academic session"),
}  # fmt: skip
# What other labels end a value; they carry no field.
OTHER_LABELS = (
    "programme", "program", "course", "branch", "department", "semester", "term", "year", "mode",
    "payment mode", "mode of payment", "bank", "status", "payment status", "fee head",
    "particulars", "demand", "paid", "total", "total fee", "total fees", "amount due", "amount",
    "category", "batch", "class", "section", "transaction id", "transaction no", "txn id",
    "reference no", "ref no", "utr", "father name", "mobile", "email", "hostel", "cashier",
    "net payable", "payable", "concession", "fine",
)  # fmt: skip
# Words of paper that proves nothing; nobody prints them on a receipt that counts.
VOID_WORDS = {
    "duplicate", "cancelled", "canceled", "specimen", "sample", "draft", "void", "failed",
    "reversed", "bounced", "dishonoured", "refunded", "provisional", "invalid", "unpaid",
    "proforma", "estimate", "demo", "test",
}  # fmt: skip
NOISE = {"", "rs", "inr", "re", "rupees"}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
AMOUNT = re.compile(
    r"(?:rs\.?|inr|₹)?([0-9]{1,3}(?:,[0-9]{2,3})*|[0-9]+)(\.[0-9]{2})?(?:/-)?", re.I
)
# A word that may be a misread amount: digits, perhaps after a sign for rupees that was taken for
# letters, or nothing but what looks like digits.
MISREAD = re.compile(
    r"[^\W\d_]{0,3}[\W_0-9OoQDIlSBZ]*[0-9][\W_0-9OoQDIlSBZ]*|[\W_OoQDIlSBZ]*[OoQD][\W_OoQDIlSBZ]*"
)
AMOUNTS = ("balance", "amount")
SINGLE = ("student_no", "receipt_no", "date", "year")


@dataclass(frozen=True)
class Template:
    """How one college prints its receipts.

    ``colleges``: its names as printed. ``labels``: more labels by field. ``number_mask`` and
    ``receipt_mask``: form of a student's and of a receipt's number, ``#`` a digit, ``@`` a letter,
    ``*`` either, all else itself; empty: any. ``needs_words``: whether the amount stands there in
    words.
    """

    colleges: tuple[str, ...]
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    number_mask: str = ""
    receipt_mask: str = ""
    needs_words: bool = True


@dataclass(frozen=True)
class Found:
    """One value: as it was read, where, how certainly (0 to 100), and what it means.

    ``value`` is a str, :class:`Decimal` or :class:`date` as the field asks, or None where the
    text makes no sense as such. ``words``: what it was read from; ``label_word``: first word of
    its label.
    """

    name: str
    text: str
    box: Box
    confidence: float
    value: str | Decimal | date | None
    words: tuple[Word, ...] = ()
    label_word: Word | None = None


@dataclass
class Parsed:
    """All values by field, and the words of void paper that are there."""

    values: dict[str, list[Found]] = field(default_factory=dict)
    void: list[Word] = field(default_factory=list)
    lines: list[list[Word]] = field(default_factory=list)

    def get(self, name: str) -> Found | None:
        """The first value of a field."""
        found = self.values.get(name)
        return found[0] if found else None


@dataclass(frozen=True)
class _Label:
    name: str
    line: int
    start: int
    end: int
    box: Box
    word: Word


def parse(words: list[Word], template: Template) -> Parsed:
    """Find the fields of a receipt.

    :param words: of an upright, level page
    """
    lines = group_lines(list(split_labels(words)))
    labels = list(_find_labels(lines, template))
    parsed = Parsed(lines=lines, void=list(_find_void(lines, labels)))
    for label in labels:
        if label.name == "other":
            continue
        for found in _find_values(label, lines, labels):
            if label.name == "amount_words":
                found = _with_next_lines(found, lines)
            found = replace(found, label_word=label.word)
            parsed.values.setdefault(label.name, []).append(found)
    return parsed


def squeeze(text: str) -> str:
    """Capitals and digits of a number, without what separates them."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def fits_mask(text: str, mask: str) -> bool:
    """Whether a squeezed number has a form; see :class:`Template`."""
    kinds = {"#": "[0-9]", "@": "[A-Z]", "*": "[0-9A-Z]"}
    wanted = re.sub(r"[^0-9A-Z#@*]", "", mask.upper())
    pattern = "".join(kinds.get(char, char) for char in wanted)
    return not wanted or bool(re.fullmatch(pattern, text))


# -- lines --------------------------------------------------------------------------------------


def split_labels(words: list[Word]) -> Iterator[Word]:
    """Words without the colon that glues a label to its value: "No:RC17" is two words."""
    for word in words:
        if re.fullmatch(r"[\W_]+", word.text) and not re.search(r"[-/₹]", word.text):
            continue
        parts = [part for part in re.split(r"(:)", word.text) if part and part != ":"]
        if len(parts) < 2 or re.search(r"[0-9]:[0-9]", word.text):
            yield word
            continue
        place = 0
        for part in parts:
            at = word.text.index(part, place)
            place = at + len(part)
            yield cut_word(word, at, place)


def cut_word(word: Word, start: int, end: int) -> Word:
    """Some characters of a word, as if all of them were equally wide."""
    left, top, right, bottom = word.box
    share = (right - left) / len(word.text)
    box = (round(left + start * share), top, round(left + end * share), bottom)
    return Word(word.text[start:end], box, word.line, word.confidence)


def group_lines(words: list[Word]) -> list[list[Word]]:
    """Words in lines from top to bottom, each from left to right."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=_middle):
        for line in lines[-3:]:
            height = sorted(_height(one) for one in line)[len(line) // 2]
            middle = sum(_middle(one) for one in line) / len(line)
            if abs(_middle(word) - middle) < 0.5 * max(height, min(_height(word), 2 * height)):
                line.append(word)
                break
        else:
            lines.append([word])
    return [sorted(line, key=lambda word: word.box[0]) for line in lines]


def _middle(word: Word) -> float:
    return (word.box[1] + word.box[3]) / 2


def _height(word: Word) -> int:
    return word.box[3] - word.box[1]


# -- labels -------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _find_labels(lines: list[list[Word]], template: Template) -> Iterator[_Label]:
    names = _label_names(template)
    longest = max(len(label.split()) for label in names)
    for number, line in enumerate(lines):
        place = 0
        while place < len(line):
            for length in range(min(longest, len(line) - place), 0, -1):
                part = line[place : place + length]
                name = _name_of(part, names)
                if name and _holds_together(part):
                    yield _Label(name, number, place, place + length, _hull(part), part[0])
                    place += length
                    break
            else:
                place += 1


def _label_names(template: Template) -> dict[str, str]:
    names = dict.fromkeys(OTHER_LABELS, "other")
    for known in (LABELS, template.labels):
        for name, labels in known.items():
            names |= {" ".join(map(_plain, label.split())): name for label in labels}
    return names


def _name_of(part: list[Word], names: dict[str, str]) -> str | None:
    text = " ".join(filter(None, (_plain(word.text) for word in part)))
    if name := names.get(text):
        return name
    if len(text) < 8:
        return None
    near = {name for label, name in names.items() if is_one_letter_off(text, label)}
    return near.pop() if len(near) == 1 else None


def _holds_together(part: list[Word]) -> bool:
    height = max(_height(word) for word in part)
    pairs = itertools.pairwise(part)
    return all(right.box[0] - left.box[2] < 1.5 * height for left, right in pairs)


def _find_void(lines: list[list[Word]], labels: list[_Label]) -> Iterator[Word]:
    taken = {(label.line, place) for label in labels for place in range(label.start, label.end)}
    for number, line in enumerate(lines):
        for place, word in enumerate(line):
            plain = _plain(word.text)
            near = len(plain) > 7 and any(is_one_letter_off(plain, void) for void in VOID_WORDS)
            if (number, place) not in taken and (plain in VOID_WORDS or near):
                yield word


# -- values -------------------------------------------------------------------------------------


def _find_values(label: _Label, lines: list[list[Word]], labels: list[_Label]) -> Iterator[Found]:
    """The value beside a label, else those below it.

    What may be an amount and is not understood is a value too, for a person: it may be dues.
    """
    words = _words_beside(label, lines, labels)
    if words:
        found = make_found(label.name, words)
        is_value = found.value is not None or label.name not in AMOUNTS
        if is_value or _may_be_amount(found.text):
            yield found
        if is_value:
            return
    yield from _values_below(label, lines, labels)


def _words_beside(label: _Label, lines: list[list[Word]], labels: list[_Label]) -> list[Word]:
    line = lines[label.line]
    ends = [one.start for one in labels if one.line == label.line and one.start >= label.end]
    words = line[label.end : min(ends, default=len(line))]
    return _until_gap(words)


def _until_gap(words: list[Word]) -> list[Word]:
    """The first words until the next column begins."""
    words = list(words)
    while words and _plain(words[0].text) in NOISE:
        words.pop(0)
    for place in range(1, len(words)):
        height = max(_height(words[place - 1]), 1)
        if words[place].box[0] - words[place - 1].box[2] > 2.2 * height:
            return words[:place]
    return words


def _values_below(label: _Label, lines: list[list[Word]], labels: list[_Label]) -> Iterator[Found]:
    """Values in the column of a label: one for texts, all rows of a table for amounts."""
    left, _top, right, bottom = label.box
    height = bottom - label.box[1]
    previous = bottom
    for number in range(label.line + 1, len(lines)):
        starts = {
            place for one in labels if one.line == number for place in range(one.start, one.end)
        }
        row = [word for place, word in enumerate(lines[number]) if place not in starts]
        words = [
            word for word in row if word.box[0] < right + height and word.box[2] > left - height
        ]
        if not words:
            hidden = lines[number][0].box[1] - previous > 5 * height
            if hidden or label.name in SINGLE:
                return
            if label.name == "balance" and _is_total(lines[number]):
                yield _nothing_read(label, lines[number])
            if _has_amount(row):
                # A table goes on where one of its cells is empty or was not read.
                previous = row[0].box[3]
            continue
        if words[0].box[1] - previous > 5 * height:
            return
        if label.name not in AMOUNTS:
            # The value may be wider than its label.
            at = row.index(words[0])
            yield make_found(label.name, _until_gap(row[at:]))
            return
        found = make_found(label.name, words)
        others = [word for word in row if word not in words]
        if found.value is not None or _may_be_amount(found.text) or _has_amount(others):
            yield found
        if found.value is None:
            return
        previous = words[0].box[3]


def _may_be_amount(text: str) -> bool:
    """Whether a text that is no amount may be a misread one, and not a sentence or a day."""
    if read_date(text) is not None:
        return False
    return any(
        MISREAD.fullmatch(word) and (place == 0 or re.search(r"[0-9][.,][0-9]", word))
        for place, word in enumerate(text.split())
        if read_date(word) is None
    )


def _has_amount(words: list[Word]) -> bool:
    """Whether one of the words is an amount and not just a number."""
    return any(
        re.search("[.,/]", word.text) and read_amount(word.text) is not None for word in words
    )


def _is_total(line: list[Word]) -> bool:
    """Whether a line is the last one of a table: "Total" and amounts, not "Total paid"."""
    texts = [_plain(word.text) for word in line if read_amount(word.text) is None]
    label = [text for text in texts if text not in NOISE]
    return label in (["total"], ["grand", "total"]) and _has_amount(line)


def _nothing_read(label: _Label, line: list[Word]) -> Found:
    """The place in a column where a line should have an amount and none was read."""
    _left, top, _right, bottom = _hull(line)
    return Found(label.name, "", (label.box[0], top, label.box[2], bottom), 0.0, None)


def _with_next_lines(found: Found, lines: list[list[Word]]) -> Found:
    """An amount in words that is too long for its line: up to "Only", or while it goes on."""
    words = list(found.words)
    while words and _plain(words[-1].text) != "only":
        bottom = words[-1].box[3]
        height = max(map(_height, words))
        following = next((line for line in lines if line[0].box[1] > _middle(words[-1])), [])
        texts = [word.text for word in following]
        if not is_amount_words(texts) or following[0].box[1] - bottom > 1.5 * height:
            break
        words += following
    return make_found(found.name, words) if len(words) > len(found.words) else found


def make_found(name: str, words: list[Word]) -> Found:
    """A value of a field from its words."""
    words = [word for word in words if _plain(word.text) not in NOISE or len(words) == 1]
    text = " ".join(word.text for word in words)
    confidence = min((word.confidence for word in words), default=0.0)
    box = _hull(words) if words else (0, 0, 1, 1)
    return Found(name, text, box, confidence, read(name, text), tuple(words))


def read(name: str, text: str) -> str | Decimal | date | None:
    """What the text of a field means, or None."""
    if name in ("balance", "amount"):
        return read_amount(text)
    if name == "amount_words":
        return parse_amount_words(text)
    if name == "date":
        return read_date(text)
    if name == "year":
        return read_year(text)
    if name == "student_name":
        return text.strip(" :.-") or None
    return read_number(text)


def read_number(text: str) -> str | None:
    """A number with its separators taken out; None where something else stands in it."""
    text = re.sub(r"^\W+|\W+$", "", text)
    return (squeeze(text) or None) if re.fullmatch(r"[\w\s./,:-]+", text) else None


def read_amount(text: str) -> Decimal | None:
    """Rupees from "₹ 42,000.00", "Rs. 42000/-", "Nil"; with a sign or a letter it is no amount."""
    squeezed = re.sub(r"\s", "", text).strip(":=")
    if squeezed.casefold().strip(".-") in ("nil", "zero"):
        return Decimal(0)
    match = AMOUNT.fullmatch(squeezed)
    if not match:
        return None
    return Decimal(match[1].replace(",", "") + (match[2] or ""))


def read_date(text: str) -> date | None:
    """The day that a text begins with, day before month as in India; or None."""
    text = text.strip(" :,.-")
    if match := re.match(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", text):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := re.match(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)", text):
        return _day(_year(match[3]), int(match[2]), int(match[1]))
    if match := re.match(
        r"(\d{1,2})(?:st|nd|rd|th)?[-\s,./]*([A-Za-z]{3,9})[-\s,./]*(\d{4}|\d{2})(?!\d)", text
    ):
        return _day(_year(match[3]), _month(match[2]), int(match[1]))
    if match := re.match(r"([A-Za-z]{3,9})[\s.]*(\d{1,2}),?\s*(\d{4})(?!\d)", text):
        return _day(int(match[3]), _month(match[1]), int(match[2]))
    return None


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _month(text: str) -> int:
    short = text[:3].casefold()
    return MONTHS.index(short) + 1 if short in MONTHS else 0


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 2000 <= year < 2100 else None
    except ValueError:
        return None


def read_year(text: str) -> str | None:
    """ "2026-27", from that or from "2026 - 2027"."""
    match = re.search(r"(20\d\d)\s*[-–—/]\s*(?:20)?(\d\d)(?!\d)", text)
    if not match or (int(match[1]) + 1) % 100 != int(match[2]):
        return None
    return f"{match[1]}-{match[2]}"


def _hull(words: list[Word]) -> Box:
    lefts, tops, rights, bottoms = zip(*(word.box for word in words), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


# -- the college --------------------------------------------------------------------------------


def find_college(parsed: Parsed, template: Template) -> Found | None:
    """The college's name, alone or before a comma or an address; a longer name is another's."""
    for name in template.colleges:
        wanted = [_plain(word) for word in name.split()]
        wanted = [word for word in wanted if word]
        for line in parsed.lines:
            if words := _match_name(line, wanted):
                text = " ".join(word.text for word in words)
                confidence = min(word.confidence for word in words)
                return Found("college", text, _hull(words), confidence, name, tuple(words))
    return None


def _match_name(line: list[Word], wanted: list[str]) -> list[Word] | None:
    plain = [_plain(word.text) for word in line]
    for start in range(len(line) - len(wanted) + 1):
        end = start + len(wanted)
        if plain[start:end] == wanted and _begins(line, start) and _ends(line, end):
            return line[start:end]
    return None


def _begins(line: list[Word], start: int) -> bool:
    if start == 0 or _plain(line[start - 1].text) in ("", "the"):
        return True
    gap = line[start].box[0] - line[start - 1].box[2]
    # A letter or two may be what Tesseract makes of an emblem.
    return gap > 1.5 * _height(line[start]) or len(_plain(line[start - 1].text)) < 3


def _ends(line: list[Word], end: int) -> bool:
    if end == len(line) or line[end - 1].text[-1] in ",.(-|":
        return True
    following = line[end]
    gap = following.box[0] - line[end - 1].box[2]
    return following.text[0] in "(-–|," or gap > 1.5 * _height(following)

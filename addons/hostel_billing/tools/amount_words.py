"""Amounts in words as Indian receipts print them: "Rupees Forty Two Thousand and Five Only"."""

import re
from decimal import Decimal

SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
UNITS = {word: number for number, word in enumerate(SMALL)} | {"nil": 0}
TENS = {
    word: 10 * place
    for place, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
} | {"fourty": 40}
# From the largest on, so that each may come once and in this order.
SCALES = {
    "crore": 10_000_000,
    "crores": 10_000_000,
    "lakh": 100_000,
    "lakhs": 100_000,
    "lac": 100_000,
    "lacs": 100_000,
    "thousand": 1000,
}
SILENT = {"rupee", "rupees", "rs", "inr", "only", "and", "indian", "in", "words", "sum", "of"}
PAISE = {"paise", "paisa"}
# Shorter words are too close to each other to be guessed from a misread letter.
GUESSED_FROM = 6


def parse_amount_words(text: str) -> Decimal | None:
    """The amount that a text says in words, in rupees, or None where any word is not understood.

    :param text: as it was read; hyphens and case don't matter
    """
    words = [_known(word) for word in re.findall(r"[a-z]+", text.casefold())]
    rupees, paise = ([word for word in part if word not in SILENT] for part in _split_paise(words))
    if not rupees and not paise:
        return None
    whole = _parse(rupees) if rupees else 0
    part = _parse(paise) if paise else 0
    if whole is None or part is None or part > 99:
        return None
    return Decimal(whole) + Decimal(part) / 100


def is_amount_words(words: list[str]) -> bool:
    """Whether all of these could stand in an amount in words; how a second line is known."""
    known = {*UNITS, *TENS, *SCALES, *SILENT, *PAISE, "hundred"}
    parts = [_known(part) for word in words for part in re.findall(r"[^\W_]+", word.casefold())]
    return bool(parts) and known.issuperset(parts)


def amount_in_words(amount: Decimal) -> str:
    """The other way round, for what this college prints itself.

    :param amount: rupees, at least 0 and below a thousand crores; paise are left out
    :raises ValueError: if it is not
    """
    whole = int(amount)
    if not 0 <= amount < 10**10:
        raise ValueError(f"{amount} can't be said")
    words = []
    for word in ("crore", "lakh", "thousand"):
        count, whole = divmod(whole, SCALES[word])
        if count:
            words += [*_say(count), word]
    words += _say(whole) if whole or not words else []
    return " ".join(word.capitalize() for word in words)


def _say(number: int) -> list[str]:
    """Words of a number below 1000."""
    by_number = {value: word for word, value in UNITS.items() if word != "nil"}
    tens = {value: word for word, value in TENS.items() if word != "fourty"}
    words = []
    if number >= 100:
        words += [by_number[number // 100], "hundred"]
        number %= 100
    if number >= 20:
        words.append(tens[number // 10 * 10])
        number %= 10
    if number or not words:
        words.append(by_number[number])
    return words


def _split_paise(words: list[str]) -> tuple[list[str], list[str]]:
    """ "… and fifty paise" or "… paise fifty": (words of the rupees, words of the paise)."""
    marks = [place for place, word in enumerate(words) if word in PAISE]
    if not marks:
        return words, []
    mark = marks[0]
    if any(word not in SILENT for word in words[mark + 1 :]):
        return words[:mark], words[mark + 1 :]
    start = mark
    while start > 0 and (words[start - 1] in UNITS or words[start - 1] in TENS):
        start -= 1
    return words[:start], words[start:mark]


def _parse(words: list[str]) -> int | None:
    """Number of words without a currency; None unless they are a number and nothing else."""
    total, group, last_scale = 0, None, None
    for word in words:
        if word in SCALES:
            scale = SCALES[word]
            if group is None or (last_scale is not None and scale >= last_scale):
                return None
            total, group, last_scale = total + group * scale, None, scale
            continue
        group = _add(group, word)
        if group is None:
            return None
    return total + (group or 0)


def _add(group: int | None, word: str) -> int | None:
    """Go on with a number below 1000 by one word; None where it doesn't go on so."""
    if word == "hundred":
        return group * 100 if group is not None and 0 < group < 100 else None
    number = UNITS.get(word, TENS.get(word))
    if number is None:
        return None
    if group is None:
        return number
    room = 100 if group % 100 == 0 else 10 if group % 10 == 0 and group % 100 >= 20 else 0
    return group + number if 0 < number < room else None


def _known(word: str) -> str:
    """The word itself, or the one known word that differs in a single letter."""
    vocabulary = {*UNITS, *TENS, *SCALES, *SILENT, *PAISE, "hundred"}
    if word in vocabulary or len(word) < GUESSED_FROM - 1:
        return word
    near = [
        other
        for other in vocabulary
        if len(other) >= GUESSED_FROM and is_one_letter_off(word, other)
    ]
    return near[0] if len(near) == 1 else word


def is_one_letter_off(one: str, other: str) -> bool:
    """Whether one letter replaced, missing or too many makes one text of the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    return (
        one[start + 1 :] == other[start + 1 :]
        or one[start + 1 :] == other[start:]
        or one[start:] == other[start + 1 :]
    )

"""Keeps full Aadhaar numbers out of what is stored. Imports no odoo.

An Aadhaar number has twelve digits, never starts with 0 or 1, and ends with a Verhoeff check digit
(UIDAI, "Aadhaar number format"). Only its last four digits may be kept here.
"""

import re
from collections.abc import Iterable

_MULTIPLY = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_PERMUTE = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)
MASK = "XXXX-XXXX-"
_HEADER = re.compile(r"a+dh?a+r|uidai|\buid\b", re.IGNORECASE)
# Written in three groups of four, as on the card.
_GROUPED = re.compile(r"(?<!\d)[2-9]\d{3}([ \-.])\d{4}\1\d{4}(?!\d)")
# In a running text; alone in a cell twelve digits may be any number of the college.
_WORDED = re.compile(r"(a+dh?a+r\D{0,20})([2-9]\d{11})(?!\d)", re.IGNORECASE)
_PLAIN = re.compile(r"[2-9]\d{11}")


def is_aadhaar(digits: str) -> bool:
    """Whether twelve digits carry the check digit of an Aadhaar number."""
    if not _PLAIN.fullmatch(digits):
        return False
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _MULTIPLY[check][_PERMUTE[place % 8][int(digit)]]
    return check == 0


def is_aadhaar_header(header: str) -> bool:
    """Whether a column says that it holds Aadhaar numbers."""
    return bool(_HEADER.search(header.replace("_", " ")))


def mask_number(text: str) -> str:
    """Mask all but the last four digits of a cell that should hold an Aadhaar number.

    A cell with four digits or fewer is left as it is.
    """
    digits = re.sub(r"\D", "", text)
    return MASK + digits[-4:] if len(digits) > 4 else text


def mask_text(text: str) -> str:
    """Mask Aadhaar numbers that are written inside of any text."""

    def mask_valid(found: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", found.group())
        return MASK + digits[-4:] if is_aadhaar(digits) else found.group()

    text = _GROUPED.sub(mask_valid, text)
    return _WORDED.sub(lambda found: found.group(1) + MASK + found.group(2)[-4:], text)


def looks_like_aadhaar_column(cells: Iterable[str]) -> bool:
    """Whether a column without a telling header holds nothing but Aadhaar numbers.

    One number in ten has the right check digit by chance, so a column counts from three on.
    """
    filled = [cell for cell in cells if cell]
    return len(filled) >= 3 and all(is_aadhaar(cell) for cell in filled)


def mask_rows(header: list[str], rows: list[list[str]]) -> list[int]:
    """Mask a whole table in place.

    :return: indexes of the columns that hold Aadhaar numbers
    """
    columns = [
        index
        for index, name in enumerate(header)
        if is_aadhaar_header(name) or looks_like_aadhaar_column(row[index] for row in rows)
    ]
    for row in rows:
        for index in columns:
            row[index] = mask_number(row[index])
        for index, cell in enumerate(row):
            if len(cell) >= 12:
                row[index] = mask_text(cell)
    return columns

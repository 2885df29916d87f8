"""Codes of documents: short, unguessable, and safe against slips of whoever types them.

Eleven random characters of Crockford's base 32 (55 bits) and one check character, in groups of
four: ``7K3F-9QXA-M2TD``. There is no I, L, O or U in them; a typed I or L is read as 1, an O as 0.
Source of the alphabet: https://www.crockford.com/base32.html
"""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM = 11
LENGTH = RANDOM + 1
GROUP = 4
# What may stand between the groups, and what is read for what.
IGNORED = re.compile(r"[\s\-–—_.]+")
READ_AS = str.maketrans("ILO", "110")
VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
# x⁵ + x² + 1, primitive over GF(2): x has the order 31, more than a code has characters.
POLYNOMIAL = 0b100101


def _times_x(value: int) -> int:
    value <<= 1
    return value ^ POLYNOMIAL if value & 32 else value


def check_character(body: str) -> str:
    """The character that makes a body a code.

    Each character is weighted with another power of x in GF(32), so that one wrong character, or
    two that changed places, never pass.

    :param body: characters of ``ALPHABET``, at most 30
    """
    total = 0
    for letter in body:
        total = _times_x(total ^ VALUE[letter])
    return ALPHABET[total]


def new_code() -> str:
    """A code that nobody can guess, without separators."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return body + check_character(body)


def pretty(code: str) -> str:
    """The code as it is printed."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read_code(text: str) -> str | None:
    """The code that somebody typed, or None if it can be none.

    :param text: any text; case, spaces and dashes don't matter
    """
    if len(text) > 4 * LENGTH:
        return None
    code = IGNORED.sub("", text).upper().translate(READ_AS)
    if len(code) != LENGTH or not all(letter in VALUE for letter in code):
        return None
    return code if check_character(code[:-1]) == code[-1] else None

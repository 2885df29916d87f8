"""A lottery that anybody can recompute.

1. The list is the references of the applications, sorted, one a line, each line ended by a line
   feed, in UTF-8.
2. Its SHA-256 in lower-case hexadecimal is published, together with the name of a public number
   that does not exist yet.
3. When the number has appeared: seed = SHA-256 of the list's hash followed by the number, as text.
4. Each reference gets SHA-256 of the seed followed by the reference; the smallest comes first.

Who publishes the hash can't choose the number, and who learns the number can't change the list.
References are random and say nothing about a person. The public page does the same in the visitor's
browser; a test compares the two.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Enough for no two of a million to meet, and short enough to be read over a phone.
REFERENCE_BYTES = 6
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def new_reference() -> str:
    """A reference that can't be guessed: 12 characters in lower case."""
    return secrets.token_hex(REFERENCE_BYTES)


def list_text(references: Iterable[str]) -> str:
    """The list as it is published.

    :raises ValueError: if it is empty or a reference comes twice
    """
    ordered = sorted(references)
    if not ordered:
        raise ValueError("the list is empty")
    if len(set(ordered)) < len(ordered):
        raise ValueError("a reference comes twice")
    return "".join(f"{reference}\n" for reference in ordered)


def read_list(text: str) -> list[str]:
    return text.splitlines()


def sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8, in lower-case hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def clean_number(text: str) -> str:
    """A number as it enters the seed: digits, and a point if there is one.

    Blanks and the commas of Indian notation go; everything else is refused.

    :raises ValueError: if it is not a number
    """
    number = re.sub(r"[\s,]", "", text)
    if not NUMBER.fullmatch(number):
        raise ValueError("not a number")
    return number


def make_seed(list_hash: str, number: str) -> str:
    """The seed.

    :param list_hash: of :func:`sha256` over :func:`list_text`
    :param number: of :func:`clean_number`
    """
    return sha256(list_hash + number)


def draw(references: Iterable[str], seed: str) -> list[str]:
    """The order of the references: the first one chooses first."""
    return sorted(references, key=lambda reference: (sha256(seed + reference), reference))

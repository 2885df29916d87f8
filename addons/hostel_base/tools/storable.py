"""Texts as PostgreSQL takes them."""

import re

# No text of PostgreSQL holds a NUL, and half a character of UTF-16 is none of UTF-8.
UNFIT = re.compile("[\\x00\\ud800-\\udfff]")


def storable(text: str) -> str:
    """The text without what a database refuses."""
    return UNFIT.sub("", text)

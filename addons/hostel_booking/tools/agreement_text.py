"""Terms with places to fill in: ``{student}``, ``{room}``."""

import html
import re
from collections.abc import Mapping

PLACE = re.compile(r"\{([a-z_]+)\}")
# What a college may write into its terms.
PLACES = (
    "student",
    "roll_number",
    "programme",
    "guardian",
    "college",
    "hostel",
    "room",
    "bed",
    "room_type",
    "term",
    "date_from",
    "date_to",
    "price",
)


def unknown_places(text: str) -> list[str]:
    """Names in braces that nothing fills, in their order."""
    return [name for name in dict.fromkeys(PLACE.findall(text)) if name not in PLACES]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Fill the places of an HTML text; values are escaped, unknown places stay as they are."""
    return PLACE.sub(
        lambda match: html.escape(str(values[match[1]])) if match[1] in values else match[0],
        text,
    )

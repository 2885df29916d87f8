"""Phone numbers as people write them in India, and the digits that identify them."""

import re

# Source: National Numbering Plan of India, 2003: a subscriber has ten digits without 0 and +91.
NATIONAL_DIGITS = 10
COUNTRY_CODE = "91"
# Fewer digits are a room or a year.
SHORTEST = 5


def phone_digits(text: str) -> str:
    """The digits of a typed number that are looked for, without +91, 0091 or the trunk 0.

    :param text: what a person typed; words are not a number
    :return: digits, or an empty string if the text is no (part of a) phone number
    """
    if re.search(r"[^\d\s+().\-/]", text or ""):
        return ""
    digits = re.sub(r"\D", "", text or "")
    for prefix in (f"00{COUNTRY_CODE}", COUNTRY_CODE, "0"):
        if len(digits) == len(prefix) + NATIONAL_DIGITS and digits.startswith(prefix):
            digits = digits.removeprefix(prefix)
    return digits if len(digits) >= SHORTEST else ""

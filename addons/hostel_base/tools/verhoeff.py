"""Check digit of Aadhaar numbers.

Source: J. Verhoeff, Error Detecting Decimal Codes (1969); UIDAI uses it for the 12th digit.
"""

# Multiplication in the dihedral group D5.
_TIMES = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_ROUND = "1576283094"


def _permute(place: int, digit: int) -> int:
    for _ in range(place % 8):
        digit = int(_ROUND[digit])
    return digit


def _sum(digits: str, first: int) -> int:
    check = 0
    for place, digit in enumerate(reversed(digits), start=first):
        check = int(_TIMES[check][_permute(place, int(digit))])
    return check


def is_valid(digits: str) -> bool:
    """Whether the last digit of a number is the right one for the others."""
    return _sum(digits, 0) == 0


def check_digit(digits: str) -> str:
    """The digit that has to follow."""
    check = _sum(digits, 1)
    return str(next(d for d in range(10) if _TIMES[check][d] == "0"))

"""How amounts are written for students and guardians: ₹42,000 and ₹42,000.50."""

import re

# Whatever the language puts between rupees and paise.
PAISE = re.compile(r"(?<=\d)[.,]00(?!\d)")
HALF_A_PAISA = 0.005


def is_whole(amount: float) -> bool:
    """Whether an amount in rupees has no paise."""
    return abs(amount - round(amount)) < HALF_A_PAISA


def drop_paise(text: str) -> str:
    """``₹ 42,000.00`` as ``₹ 42,000``."""
    return PAISE.sub("", text)


def join_symbol(text: str, symbol: str) -> str:
    """``₹ 42,000`` as ``₹42,000``; also where markup follows the symbol."""
    return re.sub(rf"{re.escape(symbol)}[ \N{{NO-BREAK SPACE}}]", symbol, text, count=1)

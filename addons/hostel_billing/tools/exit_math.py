"""What a student who leaves gets back. Imports no odoo."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

HELD = ("deposit", "advance")
OWED = ("bill", "charge")
LENT = ("lender",)


@dataclass(frozen=True)
class Settlement:
    """Amounts of an exit, none below 0; ``held`` = ``kept`` + ``back``."""

    held: Decimal
    owed: Decimal
    kept: Decimal
    back: Decimal
    left: Decimal
    lender: Decimal


def settle(lines: Iterable[tuple[str, Decimal]]) -> Settlement:
    """Set what is held against what is owed.

    :param lines: ``(kind, amount)``; what is held is above 0, what is owed below. A rebate among
        the charges makes less owed, but is nothing that was held. A lender's deposit is the
        lender's: it pays for nothing the student owes.
    """
    held = owed = lender = Decimal(0)
    for kind, amount in lines:
        if kind in HELD:
            held += amount
        elif kind in OWED:
            owed -= amount
        elif kind in LENT:
            lender += amount
        else:
            raise ValueError(kind)
    owed = max(owed, Decimal(0))
    kept = min(held, owed)
    return Settlement(held, owed, kept, held - kept, owed - kept, lender)

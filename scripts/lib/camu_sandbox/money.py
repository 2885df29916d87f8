"""Amounts as the pay page reads and writes them."""

from decimal import Decimal, InvalidOperation


def parse(text: str) -> Decimal:
    """Read an amount with at most two decimals.

    :raises ValueError: if it is not one, or not above zero
    """
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError("not an amount") from None
    if not amount.is_finite() or not 0 < amount <= 10**9 or amount != round(amount, 2):
        raise ValueError("not an amount")
    return amount


def wire(amount: Decimal) -> str:
    return f"{amount:.2f}"


def rupees(text: str) -> str:
    """Write an amount the Indian way: 1234567.50 becomes 12,34,567.50, 42000 becomes 42,000."""
    whole, _point, paise = wire(Decimal(text)).partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*groups, tail]) + (f".{paise}" if paise != "00" else "")

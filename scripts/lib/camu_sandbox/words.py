"""Amounts in words, the Indian way: lakh and crore."""

from decimal import Decimal

ONES = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
]
TENS = [
    "",
    "",
    "Twenty",
    "Thirty",
    "Forty",
    "Fifty",
    "Sixty",
    "Seventy",
    "Eighty",
    "Ninety",
]
GROUPS = ((10**7, "Crore"), (10**5, "Lakh"), (1000, "Thousand"), (100, "Hundred"))


def number(value: int) -> str:
    """A whole number from 0 up in words."""
    for size, name in GROUPS:
        if value >= size:
            rest = value % size
            return f"{number(value // size)} {name}" + (f" {number(rest)}" if rest else "")
    if value < 20:
        return ONES[value]
    return TENS[value // 10] + (f" {ONES[value % 10]}" if value % 10 else "")


def rupees(amount: Decimal) -> str:
    """``Decimal("42000.50")`` as "Rupees Forty Two Thousand and Fifty Paise Only"."""
    paise = int(amount * 100)
    text = f"Rupees {number(paise // 100)}"
    if paise % 100:
        text += f" and {number(paise % 100)} Paise"
    return f"{text} Only"

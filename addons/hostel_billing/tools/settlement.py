"""Compares a settlement file with the payments that are booked. Imports no odoo.

Amounts are whole paise, days are calendar days at the college.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation

# What a column can mean, and the words by which its header is known.
COLUMNS: dict[str, tuple[str, ...]] = {
    "receipt": ("receiptno", "receipt", "receiptnumber", "rcptno", "transactionid", "txnid"),
    "reference": ("referenceno", "reference", "refno", "orderid", "orderno", "referencenumber"),
    "amount": ("amount", "paidamount", "amountpaid", "settledamount", "grossamount", "amountinr"),
    "paid_on": ("paidon", "paymentdate", "date", "paiddate", "txndate", "transactiondate"),
    "student": ("studentid", "rollno", "rollnumber", "admissionno", "student", "registrationno"),
    "currency": ("currency", "ccy"),
}
REQUIRED = ("amount", "paid_on")

MATCHED, MISSING_HERE, MISSING_THERE = "matched", "missing_here", "missing_there"
AMOUNT, DATE, TWICE, UNREADABLE = "amount", "date", "twice", "unreadable"

_DAY_FIRST = re.compile(
    r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?"
)
_MONEY = re.compile(r"[0-9][0-9,]*(\.[0-9]{1,2})?")
MAX_PAISE = 10**14


class RowError(ValueError):
    """A row that can't be read; ``field`` names the cell."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(f"{field}: {value!r}")
        self.field = field
        self.value = value


@dataclass(frozen=True)
class Row:
    """A payment as the file has it. ``moment`` is aware, or None where only the day is told."""

    number: int
    receipt: str
    reference: str
    student: str
    paise: int
    day: date
    moment: datetime | None = None


@dataclass(frozen=True)
class Booked:
    """A payment as the books have it."""

    id: int
    reference: str
    receipt: str
    paise: int
    day: date


@dataclass(frozen=True)
class Match:
    """What became of a row: the kind of difference, and the payment it belongs to, if any."""

    row: Row
    kind: str
    booked: Booked | None = None


def squeeze(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def guess_columns(header: Iterable[str], kept: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the columns of a file mean: ``{meaning: name in the file}``.

    :param kept: what was chosen for the last file; its names come first
    """
    names = [name for name in header if name]
    kept = kept or {}
    squeezed = {squeeze(name): name for name in reversed(names)}
    found = {}
    for meaning, words in COLUMNS.items():
        if kept.get(meaning) in names:
            found[meaning] = kept[meaning]
        elif word := next((word for word in words if word in squeezed), None):
            found[meaning] = squeezed[word]
    return found


def score_header(cells: Iterable[str]) -> int:
    """How many columns of a row look like those of a settlement."""
    return len(guess_columns(cells))


def read_row(number: int, cells: Mapping[str, str], zone: tzinfo) -> Row:
    """Read a row.

    :param cells: ``{meaning: text}``
    :param zone: time zone of the college, for times that name none
    :raises RowError: if it names no payment, no amount or no day
    """
    receipt = cells.get("receipt", "").strip()
    reference = cells.get("reference", "").strip()
    if not receipt and not reference:
        raise RowError("reference", "")
    currency = cells.get("currency", "").strip().upper()
    if currency not in ("", "INR", "₹"):
        raise RowError("currency", currency)
    day, moment = read_day(cells.get("paid_on", ""), zone)
    return Row(
        number=number,
        receipt=receipt,
        reference=reference,
        student=cells.get("student", "").strip(),
        paise=read_paise(cells.get("amount", "")),
        day=day,
        moment=moment,
    )


def read_paise(text: str) -> int:
    """``"₹ 42,000.50"`` as 4200050.

    :raises RowError: if it is no amount above zero with at most two decimals
    """
    plain = re.sub(r"^(₹|INR|Rs\.?)\s*", "", text.strip(), flags=re.IGNORECASE).strip()
    if not _MONEY.fullmatch(plain):
        raise RowError("amount", text)
    try:
        paise = int(Decimal(plain.replace(",", "")) * 100)
    except InvalidOperation:
        raise RowError("amount", text) from None
    if not 0 < paise < MAX_PAISE:
        raise RowError("amount", text)
    return paise


def read_day(text: str, zone: tzinfo) -> tuple[date, datetime | None]:
    """The college's day of a cell, and the moment where the cell tells one.

    ISO 8601, or day first as in India: ``21/11/2026 14:05``.

    :raises RowError: if it is neither
    """
    text = text.strip()
    try:
        if match := _DAY_FIRST.fullmatch(text):
            day, month, year, *clock = (int(part) if part else None for part in match.groups())
            if clock[0] is None:
                return date(year, month, day), None
            moment = datetime(year, month, day, clock[0], clock[1], clock[2] or 0, tzinfo=zone)
        elif len(text) <= 10:
            return date.fromisoformat(text), None
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return moment.astimezone(zone).date(), moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RowError("paid_on", text) from None


def compare(
    rows: Iterable[Row],
    booked: Iterable[Booked],
    *,
    seen_payments: Iterable[int] = (),
    seen_receipts: Iterable[str] = (),
) -> list[Match]:
    """Find the payment of each row.

    A receipt is stronger than a reference: one order that was paid twice has two receipts, and
    the second one is missing here.

    :param booked: every payment that has the receipt or the reference of one of the rows
    :param seen_payments: ids that earlier rows of the file have taken
    :param seen_receipts: receipts of earlier rows of the file
    """
    booked = list(booked)
    by_receipt = {payment.receipt: payment for payment in booked if payment.receipt}
    by_reference = {payment.reference: payment for payment in booked}
    taken, receipts = set(seen_payments), set(seen_receipts)
    matches = []
    for row in rows:
        payment = by_receipt.get(row.receipt) if row.receipt else None
        if not payment:
            payment = by_reference.get(row.reference)
            if payment and row.receipt and payment.receipt:
                payment = None
        again = bool(row.receipt and row.receipt in receipts) or bool(
            payment and payment.id in taken
        )
        matches.append(Match(row, TWICE if again else _judge(row, payment), payment))
        if payment:
            taken.add(payment.id)
        if row.receipt:
            receipts.add(row.receipt)
    return matches


def _judge(row: Row, payment: Booked | None) -> str:
    if not payment:
        return MISSING_HERE
    if row.paise != payment.paise:
        return AMOUNT
    return MATCHED if row.day == payment.day else DATE

"""From Camu's JSON to the one schema that the rest of the product knows."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

STATUSES = ("success", "failed", "pending", "cancelled", "refunded")
REQUIRED = ("event_id", "reference", "amount", "currency", "status")
OPTIONAL = ("student_ref", "term", "fee_head", "paid_at", "receipt_no", "balance")
FIELDS = REQUIRED + OPTIONAL

MAX_TEXT = 200
MAX_AMOUNT = Decimal(10) ** 12
_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,6})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class PayloadError(ValueError):
    """A message that can't be read.

    :param field: internal name of the field that is wrong, or "" for the whole
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.field = field
        self.problem = problem


@dataclass(frozen=True)
class CamuEvent:
    """One message about one payment.

    ``student_ref``, ``term`` and ``fee_head`` are None where this college's Camu does
    not send them; ``paid_at`` is aware, in UTC. ``balance`` is what the student still owes for the
    term once this has happened; None where it isn't sent, and where this one message lacks it.
    """

    event_id: str
    reference: str
    status: str
    amount: Decimal
    currency: str
    student_ref: str | None = None
    term: str | None = None
    fee_head: str | None = None
    paid_at: datetime | None = None
    receipt_no: str = ""
    balance: Decimal | None = None

    def fingerprint(self) -> str:
        """Digest of what the message says; two copies of one message share it."""
        facts = asdict(self) | {"amount": str(self.amount.normalize())}
        balance = facts.pop("balance")
        if balance is not None:
            facts["balance"] = str(balance.normalize())
        return hashlib.sha256(json.dumps(facts, default=str, sort_keys=True).encode()).hexdigest()


def parse(
    raw: bytes, field_map: Mapping[str, str | None], status_map: Mapping[str, str]
) -> CamuEvent:
    """Read a message.

    :param field_map: internal name -> Camu's name, as :func:`check_field_map` returns it
    :param status_map: Camu's status word in capitals -> internal status
    :raises PayloadError: if it is no JSON object, or a field is missing or wrong
    """
    return from_object(load(raw), field_map, status_map)


def from_object(
    data: Any, field_map: Mapping[str, str | None], status_map: Mapping[str, str]
) -> CamuEvent:
    """Like :func:`parse`, for JSON that is decoded already (numbers as Decimal or text)."""
    if not isinstance(data, dict):
        raise PayloadError("", "not a JSON object")
    values = {name: _pick(data, path) for name, path in field_map.items() if path}
    for name in REQUIRED:
        if values.get(name) in (None, ""):
            raise PayloadError(name, "missing")
    status = status_map.get(_text("status", values["status"]).upper())
    if not status:
        raise PayloadError("status", "unknown word")
    paid_at = _moment("paid_at", values["paid_at"]) if values.get("paid_at") else None
    if status == "success" and field_map.get("paid_at") and not paid_at:
        raise PayloadError("paid_at", "missing")
    return CamuEvent(
        event_id=_text("event_id", values["event_id"]),
        reference=_text("reference", values["reference"]),
        status=status,
        amount=_amount("amount", values["amount"]),
        currency=_text("currency", values["currency"]).upper(),
        student_ref=_optional("student_ref", values),
        term=_optional("term", values),
        fee_head=_optional("fee_head", values),
        paid_at=paid_at,
        receipt_no=_optional("receipt_no", values) or "",
        balance=(
            _amount("balance", values["balance"])
            if values.get("balance") not in (None, "")
            else None
        ),
    )


def load(raw: bytes) -> Any:
    """Decode JSON strictly: UTF-8, no name twice, exact numbers.

    :raises PayloadError: if it is not
    """
    try:
        return json.loads(raw.decode("utf-8"), parse_float=Decimal, object_pairs_hook=_object)
    except PayloadError:
        raise
    # A deep nest of brackets exhausts the parser's stack, an absurd exponent Decimal.
    except (ValueError, RecursionError, InvalidOperation):
        raise PayloadError("", "not JSON in UTF-8") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: readers disagree on which one counts."""
    if len({name for name, _value in pairs}) != len(pairs):
        raise PayloadError("", "a name stands twice")
    return dict(pairs)


def _pick(data: Any, path: str) -> Any:
    for name in path.split("."):
        data = data.get(name) if isinstance(data, dict) else None
    return data


def nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """The opposite of stepping into objects: ``{"a.b": 1}`` becomes ``{"a": {"b": 1}}``."""
    data: dict[str, Any] = {}
    for path, value in values.items():
        *parents, name = path.split(".")
        place = data
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = value
    return data


def _text(field: str, value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > MAX_TEXT or _CONTROL.search(value):
        raise PayloadError(field, "not a short text")
    text = value.strip()
    if not text:
        raise PayloadError(field, "missing")
    return text


def _optional(field: str, values: Mapping[str, Any]) -> str | None:
    """None if the field isn't mapped, "" if it is mapped and was not sent."""
    if field not in values:
        return None
    return _text(field, values[field]) if values[field] not in (None, "") else ""


def _amount(field: str, value: Any) -> Decimal:
    written = isinstance(value, str) and _AMOUNT.fullmatch(value)
    if not written and (isinstance(value, bool) or not isinstance(value, int | Decimal)):
        raise PayloadError(field, "not an amount")
    amount = Decimal(value)
    if not 0 <= amount < MAX_AMOUNT:
        raise PayloadError(field, "not an amount")
    if amount != round(amount, 2):
        raise PayloadError(field, "more than two decimals")
    return amount


def _moment(field: str, value: Any) -> datetime:
    """Read ISO 8601 with an offset, or unix seconds. A time without a zone means nothing."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(_text(field, value))
        if moment.tzinfo is None:
            raise PayloadError(field, "no time zone")
        return moment.astimezone(UTC)
    except PayloadError:
        raise
    except (ValueError, OverflowError, OSError):
        raise PayloadError(field, "not a time") from None


def check_field_map(data: Any) -> dict[str, str | None]:
    """Check a field map that a person wrote.

    :raises ValueError: with a sentence that names what is wrong
    """
    if not isinstance(data, dict):
        raise ValueError("write a JSON object of internal names and Camu's names")
    if unknown := sorted(set(data) - set(FIELDS)):
        raise ValueError(f"unknown internal name: {', '.join(unknown)}; known: {', '.join(FIELDS)}")
    for name in FIELDS:
        path = data.get(name)
        if path is None and name in OPTIONAL:
            continue
        if not isinstance(path, str) or not all(path.split(".")):
            raise ValueError(f"{name} needs a name")
    names = [path for path in data.values() if path]
    if len(set(names)) != len(names):
        raise ValueError("two fields share one name")
    return {name: data.get(name) for name in FIELDS}


def check_status_map(data: Any) -> dict[str, str]:
    """Check a status map that a person wrote; returns it with Camu's words in capitals.

    :raises ValueError: with a sentence that names what is wrong
    """
    if not isinstance(data, dict) or not data:
        raise ValueError("write a JSON object of Camu's words and internal statuses")
    for word, status in data.items():
        if not word.strip() or status not in STATUSES:
            raise ValueError(f"{word!r} must lead to one of {', '.join(STATUSES)}")
    if "success" not in data.values():
        raise ValueError("no word means success")
    return {word.strip().upper(): status for word, status in data.items()}

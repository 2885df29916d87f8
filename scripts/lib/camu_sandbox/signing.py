"""The sandbox's own signer."""

import hashlib
import hmac
import time
from urllib.parse import urlencode

from .const import SIGNATURE_FIELD


def _digest(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def header(secret: str, body: bytes, at: int | None = None) -> str:
    """Signature header for a body sent at a time (unix seconds, default now)."""
    moment = int(time.time()) if at is None else at
    return f"t={moment},v1={_digest(secret, str(moment).encode() + b'.' + body)}"


def header_is_good(secret: str, value: str, body: bytes, tolerance_s: int) -> bool:
    """Tell whether a received header was made for this body, lately, by a holder of the secret."""
    parts = dict(part.split("=", 1) for part in value.split(",") if "=" in part)
    moment = parts.get("t", "")
    if not (moment.isascii() and moment.isdigit()) or abs(time.time() - int(moment)) > tolerance_s:
        return False
    return hmac.compare_digest(
        header(secret, body, int(moment)), f"t={moment},v1={parts.get('v1')}"
    )


def fields_signature(secret: str, fields: dict[str, str]) -> str:
    """Signature of a form: its fields by name, url-encoded, without the signature itself."""
    signed = sorted((name, value) for name, value in fields.items() if name != SIGNATURE_FIELD)
    return _digest(secret, urlencode(signed).encode())


def fields_are_good(secret: str, fields: dict[str, str]) -> bool:
    expected = fields_signature(secret, fields)
    return hmac.compare_digest(expected.encode(), fields.get(SIGNATURE_FIELD, "").encode())

"""The pass that a student shows at the check-in desk, as text of a QR code.

``HP1.<stay>.<expires>.<nonce>.<signature>``: capitals, digits and points only, so that the code
stays small and every keyboard scanner types it right. No personal data is in it.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

PREFIX = "HP1"
SIGNATURE_BYTES = 15
PASS = re.compile(r"HP1\.(\d{1,10})\.(\d{9,11})\.([A-Z2-7]{16})\.([A-Z2-7]{24})")


class PassRefused(ValueError):
    """The text is no pass that holds; ``code`` is ``malformed``, ``forged`` or ``expired``."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class CheckInPass:
    """What a pass says once its signature was checked."""

    stay_id: int
    nonce: str


def _sign(secret: bytes, body: str) -> str:
    digest = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:SIGNATURE_BYTES]).decode()


def make_pass(secret: bytes, stay_id: int, expires: int) -> str:
    """A new pass for a stay.

    :param expires: seconds since 1970, from which on it is refused
    """
    nonce = base64.b32encode(secrets.token_bytes(10)).decode()
    body = f"{PREFIX}.{stay_id}.{expires}.{nonce}"
    return f"{body}.{_sign(secret, body)}"


def looks_like_pass(text: str) -> bool:
    return text.strip().upper().startswith(f"{PREFIX}.")


def read_pass(secret: bytes, text: str, now: float) -> CheckInPass:
    """Check a scanned text.

    :param now: seconds since 1970
    :raises PassRefused: if it is no pass, another's work, or too old
    """
    text = text.strip().upper()
    match = PASS.fullmatch(text)
    if not match:
        raise PassRefused("malformed")
    body, _point, signature = text.rpartition(".")
    if not hmac.compare_digest(signature, _sign(secret, body)):
        raise PassRefused("forged")
    if now >= int(match[2]):
        raise PassRefused("expired")
    return CheckInPass(int(match[1]), match[3])

"""Signatures of Camu's messages and of our orders: HMAC-SHA256 over the raw bytes.

Header: ``t=<unix seconds>,v1=<hex>``, the digest being that of ``<t>.<raw body>``.
The sending time is signed, so an old message can't be passed off as a new one.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

NOT_CONFIGURED = "NOT_CONFIGURED"
BAD_SIGNATURE = "BAD_SIGNATURE"
FUTURE_SIGNATURE = "FUTURE_SIGNATURE"

# Seconds since 1970 have ten digits until the year 2286.
_MAX_TIMESTAMP_DIGITS = 12


class SignatureError(Exception):
    """A message that was not signed by a holder of the secret, or not yet."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Signed:
    """What a good signature tells.

    :param signed_at: sending time, unix seconds
    :param stale: authentic, but sent too long ago to be believed without asking
    :param secret_no: which of the live secrets proved it, 0 being the first
    """

    signed_at: int
    stale: bool
    secret_no: int = 0


def _digest(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def sign(secret: str, body: bytes, at: int) -> str:
    """Header for a body that is sent at a time.

    :param at: unix seconds
    """
    return f"t={at},v1={_digest(secret, b'%d.%b' % (at, body))}"


def verify(
    header: str, body: bytes, secrets: Iterable[str], now: float, tolerance_s: int
) -> Signed:
    """Check the header of a received body.

    :param secrets: the live secrets, such as the new and the old one during a rotation;
        empty ones don't count
    :param now: unix seconds
    :param tolerance_s: how far the sender's clock may be from ours, and how long a
        message may travel
    :raises SignatureError: ``NOT_CONFIGURED`` without a secret, ``BAD_SIGNATURE`` for a
        missing, malformed or forged header, ``FUTURE_SIGNATURE`` for an authentic one
        that claims to come from later than now
    """
    live = [secret for secret in secrets if secret]
    if not live:
        raise SignatureError(NOT_CONFIGURED)
    moment, digests = _split(header)
    message = b"%d.%b" % (moment, body)
    # Every pair is compared, so the time taken tells nothing about the secrets.
    matches = [
        hmac.compare_digest(_digest(secret, message).encode(), digest.encode())
        for secret in live
        for digest in digests
    ]
    if not any(matches):
        raise SignatureError(BAD_SIGNATURE)
    if moment > now + tolerance_s:
        raise SignatureError(FUTURE_SIGNATURE)
    return Signed(
        signed_at=moment,
        stale=moment < now - tolerance_s,
        secret_no=matches.index(True) // len(digests),
    )


def _split(header: str) -> tuple[int, list[str]]:
    """Read a header into the sending time and the digests (two while Camu rotates)."""
    moments, digests = [], []
    for part in header.split(","):
        name, _equals, value = part.strip().partition("=")
        if name == "t":
            moments.append(value)
        elif name == "v1":
            digests.append(value)
    if len(moments) != 1 or not 0 < len(digests) <= 4:
        raise SignatureError(BAD_SIGNATURE)
    [moment] = moments
    if not (moment.isascii() and moment.isdigit() and len(moment) <= _MAX_TIMESTAMP_DIGITS):
        raise SignatureError(BAD_SIGNATURE)
    # "t=007" would sign other bytes than it shows.
    if str(int(moment)) != moment:
        raise SignatureError(BAD_SIGNATURE)
    return int(moment), digests


def sign_fields(secret: str, fields: Mapping[str, str]) -> str:
    """Signature of an order form: the digest of its fields by name, url-encoded."""
    return _digest(secret, urlencode(sorted(fields.items())).encode())

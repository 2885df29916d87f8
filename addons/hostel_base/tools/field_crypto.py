"""Encryption of single values with keys from the environment.

``HOSTEL_FIELD_KEY`` holds one or more Fernet keys, separated by commas. The first encrypts, all
decrypt. A token says which key made it, so a rotation knows what is left to do without trying::

    h1:<fingerprint of the key>:<Fernet token>
"""

import hashlib
import os
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken

VARIABLE = "HOSTEL_FIELD_KEY"
FORMAT = "h1"


class KeyMissing(Exception):
    """No key is set."""


class KeyMalformed(ValueError):
    """What is set is no key."""


class DecryptionFailed(ValueError):
    """A token was made with an unknown key, or somebody changed it."""


class FieldCipher:
    """Encrypts with the first of its keys and decrypts with any of them."""

    def __init__(self, keys: list[str]):
        """
        :param keys: Fernet keys (32 bytes in URL-safe base64), the current one first
        :raises KeyMissing: if there is none
        :raises KeyMalformed: if one of them is no Fernet key
        """
        if not keys:
            raise KeyMissing(VARIABLE)
        self._ciphers: dict[str, Fernet] = {}
        for place, key in enumerate(keys, start=1):
            try:
                self._ciphers[fingerprint(key)] = Fernet(key)
            except ValueError as exc:
                raise KeyMalformed(f"key {place} of {len(keys)}") from exc
        self.current = fingerprint(keys[0])

    @property
    def prefix(self) -> str:
        """How every token of the current key starts."""
        return f"{FORMAT}:{self.current}:"

    def encrypt(self, text: str) -> str:
        """Token of a text; the same text gives another token each time."""
        return self.prefix + self._ciphers[self.current].encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """Text of a token.

        :raises DecryptionFailed: if the key is unknown or the token was changed
        """
        form, _, rest = token.partition(":")
        key, _, body = rest.partition(":")
        if form != FORMAT or key not in self._ciphers:
            raise DecryptionFailed("unknown key")
        try:
            return self._ciphers[key].decrypt(body.encode()).decode()
        except (InvalidToken, UnicodeDecodeError):
            raise DecryptionFailed("changed") from None

    def is_current(self, token: str) -> bool:
        """Whether a token was made with the key that encrypts now."""
        return token.startswith(self.prefix)


def fingerprint(key: str) -> str:
    """Eight hexadecimal digits that tell one key from another and give nothing away."""
    return hashlib.sha256(b"hostel field key " + key.encode()).hexdigest()[:8]


def split_keys(text: str) -> list[str]:
    """Keys of the variable's text."""
    return [key.strip() for key in text.split(",") if key.strip()]


@lru_cache(maxsize=4)
def _cipher_of(text: str) -> FieldCipher:
    return FieldCipher(split_keys(text))


def get_cipher() -> FieldCipher:
    """The cipher of this process's environment.

    :raises KeyMissing: if no key is set
    :raises KeyMalformed: if it is no key
    """
    return _cipher_of(os.environ.get(VARIABLE, ""))


def startup_problem(environ=None) -> str | None:
    """Why a server must not start, as one line that says what to do; None if it may.

    Without a key, development goes on and only what needs the key is refused.
    """
    environ = os.environ if environ is None else environ
    try:
        FieldCipher(split_keys(environ.get(VARIABLE, "")))
    except KeyMissing:
        if environ.get("HOSTEL_ENV") == "production":
            return (
                f"HOSTEL_ENV=production needs {VARIABLE}: "
                "set it to the key that the data is encrypted with"
            )
    except KeyMalformed as exc:
        return (
            f"{VARIABLE} is malformed ({exc}): each key is 32 bytes in URL-safe base64, "
            "several are separated by commas, the current one first"
        )
    return None

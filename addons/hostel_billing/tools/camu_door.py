"""What messages of one Camu are proved and read with, as plain values that can be kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from . import camu_payload, camu_signature


@dataclass(frozen=True)
class CamuDoor:
    """Settings of one provider.

    :param company_id: whose money it takes
    :param header: name of the header with the signature
    :param secrets: the live ones, the newest first
    :param tolerance_s: see :func:`camu_signature.verify`
    :param field_map: see :func:`camu_payload.parse`
    :param status_map: see :func:`camu_payload.parse`
    """

    company_id: int
    header: str
    secrets: tuple[str, ...]
    tolerance_s: int
    field_map: Mapping[str, str | None]
    status_map: Mapping[str, str]

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> camu_signature.Signed:
        """Check who sent a body; errors are those of :func:`camu_signature.verify`."""
        return camu_signature.verify(
            headers.get(self.header, ""), body, self.secrets, now, self.tolerance_s
        )

    def parse(self, body: bytes | dict) -> camu_payload.CamuEvent:
        """Read a message, or an object that is decoded already.

        :raises camu_payload.PayloadError: if it can't be read
        """
        read = camu_payload.parse if isinstance(body, bytes) else camu_payload.from_object
        return read(body, self.field_map, self.status_map)

"""Readings that meters send by themselves."""

from datetime import UTC, datetime
from math import ceil

from odoo.http import Controller, request

from odoo.addons.hostel_base.controllers.json_api import as_text, json_route
from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.token_buckets import TokenBuckets

from ..tools.meter_reading import read_value

# A meter that was offline sends what it kept; then one reading in some minutes is plenty.
DEVICE_BUCKETS = TokenBuckets(burst=120, per_second=0.2)
# Whoever tries keys comes from an address.
STRANGER_BUCKETS = TokenBuckets(burst=60, per_second=0.5)
MAX_KEY = 200


class MeterPush(Controller):
    READING_ROUTE = "/hostel/meter/reading"

    @json_route(READING_ROUTE, methods=("POST",), auth="public", writes=True, save_session=False)
    def push(self, reading, taken_at, id=None):  # noqa: A002 - the name in the message
        """Keep one reading of the meter whose serial number and key are in the headers.

        The same message again is answered like the first time, with ``duplicate`` true.
        """
        meter = self._find_meter()
        message = as_text(str(id), "id", 100) if id is not None else None
        value, moment = self._read_value(reading), self._read_moment(taken_at)
        Reading = request.env["hostel.meter.reading"].sudo()
        entry, new = Reading._record(meter, value, moment, "device", message)
        meter._note_seen()
        return {"reading": entry.id, "duplicate": not new, "state": entry.state}

    def _find_meter(self):
        headers = request.httprequest.headers
        serial = headers.get("X-Meter-Serial", "")
        scheme, _space, key = headers.get("Authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer" or not 0 < len(key) <= MAX_KEY or not serial:
                raise HostelError(
                    "UNKNOWN_DEVICE",
                    request.env._("No meter with this serial number and key."),
                    401,
                )
            meter = request.env["hostel.meter"]._find_device(serial[:MAX_KEY], key)
        except HostelError:
            self._take(STRANGER_BUCKETS, request.httprequest.remote_addr or "")
            raise
        self._take(DEVICE_BUCKETS, str(meter.id))
        return meter

    @staticmethod
    def _take(buckets, name):
        wait = buckets.take(name)
        if wait:
            raise HostelError(
                "TOO_MANY_REQUESTS",
                request.env._("Too many messages; wait a moment."),
                429,
                {"retry_after": ceil(wait)},
            )

    @staticmethod
    def _read_value(reading):
        if isinstance(reading, bool) or not isinstance(reading, (str, int, float)):
            raise HostelError("READING_INVALID", request.env._("The reading is no number."), 422)
        try:
            return read_value(str(reading))
        except ValueError as error:
            raise HostelError(
                "READING_INVALID",
                request.env._("The reading is no number."),
                422,
                {"problem": str(error)},
            ) from None

    @staticmethod
    def _read_moment(taken_at):
        """A moment with its time zone, as naive UTC."""
        try:
            moment = datetime.fromisoformat(taken_at)
            if moment.tzinfo is None:
                raise ValueError
            return moment.astimezone(UTC).replace(tzinfo=None)
        except (TypeError, ValueError, OverflowError):
            raise HostelError(
                "BAD_REQUEST",
                request.env._("taken_at must be a time with its zone, as in ISO 8601."),
                400,
            ) from None

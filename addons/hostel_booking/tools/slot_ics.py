"""A time slot as a calendar file (RFC 5545), which phones put into their calendar."""

from __future__ import annotations

from datetime import datetime, timedelta

import vobject
from dateutil.tz import UTC

ALARM = timedelta(minutes=15)


def make_ics(
    *,
    uid: str,
    sequence: int,
    opens_at: datetime,
    minutes: int,
    summary: str,
    description: str,
    url: str,
    stamp: datetime,
) -> bytes:
    """One event.

    :param uid: the same for every version of a slot, so that a moved one replaces the old
    :param sequence: grows with every move
    :param opens_at: naive UTC
    :param minutes: how long the student should keep free
    :param stamp: when this file was made, naive UTC
    """
    start = opens_at.replace(tzinfo=UTC)
    calendar = vobject.iCalendar()
    calendar.add("method").value = "PUBLISH"
    event = calendar.add("vevent")
    event.add("uid").value = uid
    event.add("sequence").value = str(sequence)
    event.add("dtstamp").value = stamp.replace(tzinfo=UTC, microsecond=0)
    event.add("dtstart").value = start
    event.add("dtend").value = start + timedelta(minutes=minutes)
    event.add("summary").value = summary
    event.add("description").value = description
    event.add("url").value = url
    alarm = event.add("valarm")
    alarm.add("action").value = "DISPLAY"
    alarm.add("description").value = summary
    alarm.add("trigger").value = -ALARM
    return calendar.serialize().encode()

"""Refuses real systems, and puts failpoints where no model can be extended."""

import datetime
import functools
import json
import os
from dataclasses import asdict

from freezegun import freeze_time

from odoo.exceptions import UserError

from odoo.addons.hostel_booking.tools.seat_lock import Hold, SeatLock

from .tools.failpoints import reach, read_switch

# Set by scripts/test and scripts/bench for their own stacks only.
ALLOWED = "HOSTEL_FAILPOINTS"


def is_allowed():
    return os.environ.get(ALLOWED) == "1" and os.environ.get("HOSTEL_ENV") != "production"


def pre_init_hook(env):
    if not is_allowed():
        raise UserError(env._("This addon kills the server on purpose; it is for tests only."))


def post_load():
    """Patch the client of the seat map, once a process."""
    if not is_allowed() or getattr(SeatLock.hold, "_hostel_test", False):
        return
    _shift_clock()
    hold, mark, get_hold = SeatLock.hold, SeatLock.mark, SeatLock.get_hold

    @functools.wraps(hold)
    def hold_and_reach(self, round_key, floor_id, index, student_id):
        is_off = reach("guard.redis_off")
        if is_off:
            _drop_guard(self, round_key, floor_id, index)
        result = hold(self, round_key, floor_id, index, student_id)
        if is_off:
            self.client.set(_name(self, student_id), json.dumps(asdict(result)), ex=600)
        reach("hold.locked")
        return result

    @functools.wraps(get_hold)
    def get_any_hold(self, round_key, student_id):
        """With the guard off, whoever was told that a bed is theirs still has it."""
        known = reach("guard.redis_off") and self.client.get(_name(self, student_id))
        return Hold(**json.loads(known)) if known else get_hold(self, round_key, student_id)

    @functools.wraps(mark)
    def mark_and_reach(self, *args, **kwargs):
        result = mark(self, *args, **kwargs)
        reach("outbox.painted")
        return result

    hold_and_reach._hostel_test = True
    SeatLock.hold, SeatLock.mark, SeatLock.get_hold = hold_and_reach, mark_and_reach, get_any_hold


def _shift_clock():
    """Let Python's clock go wrong in this process, if a test wants that."""
    seconds = read_switch("clock.shift")
    if seconds:
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        freeze_time(now + datetime.timedelta(seconds=seconds), tick=True).start()


def _name(locks, student_id):
    return f"hostel_test:{locks.namespace}:{student_id}"


def _drop_guard(locks, round_key, floor_id, index):
    """Let whoever comes have the bed, whoever holds or has it."""
    prefix = locks._prefix(round_key)
    locks.client.delete(f"{prefix}lk:{floor_id}:{index}")
    locks.client.setrange(f"{prefix}fl:{floor_id}", index, "0")

"""Refuses real systems, and puts failpoints where no model can be extended."""

import datetime
import functools
import json
import os
import time
from dataclasses import asdict

from freezegun import freeze_time

from odoo import http
from odoo.exceptions import UserError

from odoo.addons.hostel_booking.tools.seat_lock import LUA_DIR, SCRIPTS, Hold, SeatLock

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
    _let_clock_be_pythons()
    _let_outage_be_odoos()
    _let_loads_forget_holds()
    hold, mark, get_hold = SeatLock.hold, SeatLock.mark, SeatLock.get_hold

    @functools.wraps(hold)
    def hold_and_reach(self, round_key, floor_id, index, student_id):
        is_off = reach("guard.redis_off")
        if is_off:
            _drop_guard(self, round_key, floor_id, index)
        result = hold(self, round_key, floor_id, index, student_id)
        if is_off:
            self.client.set(_name(self, student_id), json.dumps(asdict(result)), ex=600)
        if reach("guard.one_step_off"):
            # As if the bed were written first, and whose it is afterwards.
            self.client.delete(f"{self._prefix(round_key)}st:{student_id}")
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


def _let_clock_be_pythons():
    """Give the scripts of the seat map the time of this process, while a test wants that."""
    run = SeatLock._run

    @functools.wraps(run)
    def run_by_python(self, script, round_key, *args):
        if not reach("guard.clock_off"):
            return run(self, script, round_key, *args)
        prefix = self._prefix(round_key)
        self.client.set(f"{prefix}py", int(time.time()))
        parts = (*SCRIPTS[script], script)
        text = "".join((LUA_DIR / f"{part}.lua").read_text() for part in parts)
        text = text.replace("redis.call('TIME')", "{redis.call('GET', ARGV[1] .. 'py'), 0}")
        return self.client.eval(text, 1, f"{prefix}ep", prefix, *args)

    SeatLock._run = run_by_python


def _let_loads_forget_holds():
    """Load a floor as if nobody held anything on it, while a test wants that."""
    load_floor = SeatLock.load_floor

    @functools.wraps(load_floor)
    def load_and_forget(self, round_key, epoch, floor, only_at=None):
        if reach("guard.load_holds_off"):
            locks = self.client.keys(f"{self._prefix(round_key)}lk:{floor.floor_id}:*")
            if locks:
                self.client.delete(*locks)
        return load_floor(self, round_key, epoch, floor, only_at)

    SeatLock.load_floor = load_and_forget


def _let_outage_be_odoos():
    """Leave a database that is away to Odoo's own answer, while a test wants that."""
    ours = http.Request._serve_db

    @functools.wraps(ours)
    def serve(self):
        return (ours.__wrapped__ if reach("guard.outage_off") else ours)(self)

    http.Request._serve_db = serve


def _name(locks, student_id):
    return f"hostel_test:{locks.namespace}:{student_id}"


def _drop_guard(locks, round_key, floor_id, index):
    """Let whoever comes have the bed, whoever holds or has it."""
    prefix = locks._prefix(round_key)
    locks.client.delete(f"{prefix}lk:{floor_id}:{index}")
    locks.client.setrange(f"{prefix}fl:{floor_id}", index, "0")

"""Processes that serve one waitlist, approve moves, or die at the worst moment.

`waitlist_racer.py ODOO_CONF DATABASE`; it talks as `racer.py` does.
"""

import json
import os
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from unittest.mock import patch

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED
from race_size import THREADS
from racer import Race

from odoo.tools import config

TRIES = 20


class WaitlistRace(Race):
    # -- preparing -------------------------------------------------------------------------------
    def prepare_line(self, beds: int, entries: int):
        """A full hostel, and students with an unpaid bed elsewhere who wait for one in it.

        :return: ids of ``{"round", "beds", "entries", "rows"}``; the rows have the beds
        """
        ground = self.prepare(rooms=beds + entries, sharing=1, contenders=2)
        students = iter(ground["students"]["female"])
        wanted, elsewhere = ground["beds"][:beds], ground["beds"][beds:]
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            Allocation, term = env["hostel.allocation"], env["hostel.term"].browse(ground["term"])
            hostel = env["hostel.bed"].browse(wanted[0][0]).hostel_id
            now = cr.now()
            rounds = env["hostel.booking.round"]
            booking_round = rounds.search([("term_id", "=", term.id)]) or rounds.create(
                {"term_id": term.id}
            )
            window = env["hostel.booking.window"].create(
                {
                    "name": hostel.name,
                    "round_id": booking_round.id,
                    "hostel_ids": [(6, 0, hostel.ids)],
                    "opens_at": now - timedelta(hours=1),
                    "closes_at": now + timedelta(days=1),
                }
            )
            booking_round.state = "open"
            waitlist = env["hostel.waitlist"].create(
                {"window_id": window.id, "hostel_id": hostel.id}
            )
            rows = Allocation
            for [bed] in wanted:
                student = env["hostel.student"].browse(next(students))
                rows |= Allocation._reserve(
                    env["hostel.bed"].browse(bed), student, term, "awaiting_approval"
                )
            line = env["hostel.waitlist.entry"]
            for [bed] in elsewhere:
                student = env["hostel.student"].browse(next(students))
                Allocation._reserve(
                    env["hostel.bed"].browse(bed), student, term, "paying", hold_seconds=9000
                )
                line |= line.create({"waitlist_id": waitlist.id, "student_id": student.id})
            return {
                "round": booking_round.id,
                "beds": [bed for [bed] in wanted],
                "entries": line.ids,
                "rows": rows.ids,
            }

    def free(self, rows: list):
        """Cancel bookings; nobody is told, the events are put away."""
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            for row in env["hostel.allocation"].browse(rows):
                row._transition("cancelled")
            env["hostel.event.delivery"].search([("state", "=", "pending")]).unlink()
            cr.postcommit.clear()
        return True

    def prepare_swaps(self, groups: int):
        """In each group three students with a bed each; the second swaps with both others.

        :return: ``[[request, request], …]``
        """
        ground = self.prepare(rooms=3 * groups, sharing=1, contenders=1)
        result = []
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            term = env["hostel.term"].browse(ground["term"])
            rows = []
            for [bed], student in zip(ground["beds"], ground["students"]["female"], strict=True):
                row = env["hostel.allocation"]._reserve(
                    env["hostel.bed"].browse(bed),
                    env["hostel.student"].browse(student),
                    term,
                    "awaiting_approval",
                )
                row.paid_at = cr.now()
                row._transition("allocated")
                rows.append(row)
            env["hostel.event.delivery"].search([("state", "=", "pending")]).unlink()
            Request = env["hostel.move.request"]
            for first in range(0, len(rows), 3):
                one, two, three = rows[first : first + 3]
                pair = []
                for asking in (one, three):
                    request = Request._open("swap", asking.student_id, asking, "", partner=two)
                    request.write({"state": "to_approve", "consented_at": cr.now()})
                    pair.append(request.id)
                result.append(pair)
            cr.postcommit.clear()
        return result

    # -- racing ----------------------------------------------------------------------------------
    def serve(self, process: int, round_id: int, plan: list, guard: bool = True):
        """Offer the beds of the own lanes to the line, all threads at once."""
        return self._all_at_once(process, plan, self._serve_one, guard, round_id)

    def approve(self, process: int, plan: list, guard: bool = True):
        """Approve the move requests of the own lanes, all threads at once."""
        return self._all_at_once(process, plan, self._approve_one, guard)

    def _all_at_once(self, process, plan, attempt, guard, *args):
        results, lanes = [], plan[process * THREADS : (process + 1) * THREADS]
        start = threading.Barrier(max(len(lanes), 1))

        def run(lane):
            start.wait()
            for target in lane:
                results.append([target, self._try(attempt, guard, target, *args)])

        with ExitStack() as stack:
            if not guard:
                stack.enter_context(self._without_guards())
            threads = [threading.Thread(target=run, args=[lane]) for lane in lanes]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return results

    def _try(self, attempt, guard, target, *args):
        """As Odoo does, a conflict is played again."""
        for _try in range(TRIES):
            try:
                with self.registry.cursor() as cr:
                    if not guard:
                        cr._cnx.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)
                    code = attempt(self.environment(cr), target, *args)
                    cr.postcommit.clear()
                return code
            except self.refusal as refusal:
                return refusal.code
            except psycopg2.Error as error:
                code = type(error).__name__
        return code

    def _serve_one(self, env, bed_id, round_id):
        booking_round = env["hostel.booking.round"].browse(round_id)
        bed = env["hostel.bed"].browse(bed_id)
        free = env["hostel.waitlist"]._get_free(booking_round, bed)
        entry = free and env["hostel.waitlist"]._offer_bed(booking_round, free)
        return entry.id if entry else "NOBODY"

    def _approve_one(self, env, request_id):
        env["hostel.move.request"].browse(request_id)._execute()
        return "DONE"

    @contextmanager
    def _without_guards(self):
        """No row is locked by anybody."""
        models = ("hostel.waitlist.entry", "hostel.move.request", "hostel.bed")
        with ExitStack() as stack:
            for model in models:
                stack.enter_context(
                    patch.object(
                        self.registry[model],
                        "try_lock_for_update",
                        lambda rows, **_options: rows,
                        create=True,
                    )
                )
            yield

    # -- dying -----------------------------------------------------------------------------------
    def cancel_and_die(self, row: int):
        """Cancel a booking, and die after the commit, before anybody is told."""
        with self.registry.cursor() as cr:
            self.environment(cr)["hostel.allocation"].browse(row)._transition("cancelled")
            cr.postcommit._funcs.appendleft(die)
        return "alive"

    def tell_and_die(self):
        """Tell what waits, and die after the subscriber has done its work, before the commit."""
        delivery = self.registry["hostel.event.delivery"]
        deliver = delivery._deliver

        def deliver_and_die(row, subscriber):
            deliver(row, subscriber)
            die()

        with patch.object(delivery, "_deliver", deliver_and_die), self.registry.cursor() as cr:
            self.environment(cr)["hostel.event"]._drain()
        return "alive"

    def tell(self):
        with self.registry.cursor() as cr:
            return self.environment(cr)["hostel.event"]._drain()


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    conf, database = sys.argv[1:]
    config.parse_config(["-c", conf, "-d", database, "--log-level=critical"])
    race = WaitlistRace(database)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        answer = getattr(race, order.pop("do"))(**order)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

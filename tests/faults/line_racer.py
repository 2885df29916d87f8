"""Processes that serve one waitlist, approve moves, hand out keys, or die at the worst moment.

`line_racer.py ODOO_CONF DATABASE`; it talks as `racer.py` does.
"""

import os
import signal
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import timedelta
from unittest.mock import patch

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED
from racer import Race, serve

TRIES = 20


class LineRace(Race):
    # Models whose rows nobody locks when the guards are off.
    locking = ("hostel.waitlist.entry", "hostel.move.request", "hostel.bed")

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
            rows = self._give_each_a_bed(env, ground)
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

    def prepare_keys(self, keys: int, stays: int):
        """Keys in the office of a hostel, and students who have a bed there.

        :return: ids of ``{"keys", "stays"}``
        """
        ground = self.prepare(rooms=stays, sharing=1, contenders=1)
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            rows = self._give_each_a_bed(env, ground)
            made = env["hostel.key"].create(
                [
                    {
                        "name": f"RACE-{rows[0].id}-{number}",
                        "hostel_id": rows[0].hostel_id.id,
                        "room_id": rows[0].room_id.id,
                    }
                    for number in range(keys)
                ]
            )
            cr.postcommit.clear()
            return {"keys": made.ids, "stays": [row.id for row in rows]}

    def _give_each_a_bed(self, env, ground):
        """A paid and approved row for each room and one woman, of which nobody is told."""
        term = env["hostel.term"].browse(ground["term"])
        rows = []
        for [bed], student in zip(ground["beds"], ground["students"]["female"], strict=True):
            row = env["hostel.allocation"]._reserve(
                env["hostel.bed"].browse(bed),
                env["hostel.student"].browse(student),
                term,
                "awaiting_approval",
            )
            row.paid_at = env.cr.now()
            row._transition("allocated")
            rows.append(row)
        env["hostel.event.delivery"].search([("state", "=", "pending")]).unlink()
        return rows

    # -- racing ----------------------------------------------------------------------------------
    def serve(self, process: int, round_id: int, plan: list, guard: bool = True):
        """Offer the beds of the own lanes to the line, all threads at once."""
        return self._try_all(process, plan, self._serve_one, guard, round_id)

    def approve(self, process: int, plan: list, guard: bool = True):
        """Approve the move requests of the own lanes, all threads at once."""
        return self._try_all(process, plan, self._approve_one, guard)

    def hand_over(self, process: int, plan: list, guard: bool = True):
        """Give the keys of the own lanes to their students, all threads at once.

        :param plan: for each thread of each process its list of ``[key id, stay id]``
        """
        return self._try_all(process, plan, self._hand_one_over, guard)

    def _try_all(self, process, plan, attempt, guard, *args):
        with nullcontext() if guard else self._without_guards():
            return self._all_at_once(
                process, plan, lambda target: [[target, self._try(attempt, guard, target, *args)]]
            )

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

    def _hand_one_over(self, env, key_and_stay):
        key_id, stay_id = key_and_stay
        env["hostel.key"].browse(key_id)._hand_over(env["hostel.allocation"].browse(stay_id))
        return "DONE"

    @contextmanager
    def _without_guards(self):
        """No row is locked by anybody."""
        with ExitStack() as stack:
            for model in self.locking:
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


if __name__ == "__main__":
    serve(LineRace)

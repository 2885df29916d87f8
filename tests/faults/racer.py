"""One process of a race: `racer.py ODOO_CONF DATABASE`.

It says `ready`, then takes one JSON order a line and answers with one line. Each attempt has a
transaction of its own, on a cursor of the process's own connection pool.
"""

import json
import sys
import threading
from contextlib import nullcontext
from unittest.mock import patch

import psycopg2
from race_size import THREADS

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config


class Race:
    def __init__(self, database: str):
        self.registry = Registry(database)
        from odoo.addons.hostel_base.errors import HostelError
        from odoo.addons.hostel_base.tools.reservation import Wanted

        self.refusal, self.wanted = HostelError, Wanted

    def environment(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    # -- preparing -------------------------------------------------------------------------------
    def prepare(self, rooms: int, sharing: int, contenders: int, gender_type: str = "girls"):
        """A hostel whose every bed has a student for each contender.

        :return: ``{"term", "beds": [[bed ids of a room], …], "students": {gender: ids}}``
        """
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            mark = env["ir.sequence"].search_count([]) + env["hostel.hostel"].search_count([])
            term = self._get_term(env)
            hostel = env["hostel.hostel"].create(
                {"name": f"Race {mark}", "code": f"RACE{mark}", "gender_type": gender_type}
            )
            floor = env["hostel.floor"].create({"name": "0", "hostel_id": hostel.id})
            kind = env["hostel.room.type"].search([], limit=1)
            beds = []
            for number in range(rooms):
                room = env["hostel.room"].create(
                    {"name": str(number), "floor_id": floor.id, "room_type_id": kind.id}
                )
                vals = [{"room_id": room.id, "label": str(label)} for label in range(sharing)]
                beds.append(env["hostel.bed"].create(vals).ids)
            students = {
                gender: env["hostel.student"]
                .create(
                    [
                        {
                            "name": "Racer",
                            "roll_number": f"RACE-{mark}-{gender}-{number}",
                            "gender": gender,
                        }
                        for number in range(contenders * rooms * sharing)
                    ]
                )
                .ids
                for gender in ("female", "male")
            }
            return {"term": term.id, "beds": beds, "students": students}

    @staticmethod
    def _get_term(env):
        """A term that no round and no stay of the campus touches."""
        term = env["hostel.term"].search([("code", "=", "RACE")])
        if term:
            return term
        year = env["hostel.academic.year"].create(
            {"name": "Race", "date_from": "2040-07-01", "date_to": "2041-07-01"}
        )
        return env["hostel.term"].create(
            {
                "name": "Race",
                "code": "RACE",
                "year_id": year.id,
                "date_from": "2041-01-01",
                "date_to": "2041-06-01",
            }
        )

    def prepare_cohorts(self, rooms: int, sharing: int, contenders: int):
        """Rooms, and for each of them so many groups who all want it.

        :return: ``{"beds": [[bed ids of a room], …], "cohorts": [[ids for that room], …]}``
        """
        ground = self.prepare(rooms, sharing, contenders)
        students = iter(ground["students"]["female"])
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            booking_round = env["hostel.booking.round"].search(
                [("term_id", "=", ground["term"])]
            ) or env["hostel.booking.round"].create({"term_id": ground["term"]})
            cohorts = [
                [
                    self._form_cohort(env, booking_round, [next(students) for _bed in beds])
                    for _contender in range(contenders)
                ]
                for beds in ground["beds"]
            ]
        return {"beds": ground["beds"], "cohorts": cohorts}

    def _form_cohort(self, env, booking_round, student_ids):
        cohort = env["hostel.cohort"].create(
            {
                "round_id": booking_round.id,
                "leader_id": student_ids[0],
                "gender": "female",
                "size_max": len(student_ids),
                "state": "complete",
            }
        )
        env["hostel.cohort.member"].create(
            [
                {"cohort_id": cohort.id, "student_id": student_id, "seat": seat}
                for seat, student_id in enumerate(student_ids, 1)
            ]
        )
        return cohort.id

    def limit(self, term: int, beds: list, seats: int):
        """Let only so many women into the hostel of these beds.

        :return: ``{"quota": id}``
        """
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            Round, Group = env["hostel.booking.round"], env["hostel.booking.group"]
            term_round = Round.search([("term_id", "=", term)]) or Round.create({"term_id": term})
            women = Group.search([("key", "=", "gender:female")]) or Group.create(
                {"kind": "gender", "gender": "female"}
            )
            quota = env["hostel.booking.quota"].create(
                {
                    "round_id": term_round.id,
                    "hostel_id": env["hostel.bed"].browse(beds[0]).hostel_id.id,
                    "group_id": women.id,
                    "kind": "cap",
                    "seats": seats,
                }
            )
            return {"quota": quota.id}

    # -- retiring --------------------------------------------------------------------------------
    def retire(self, term: int, bed: int, student: int, first: str, place: str, without: str = ""):
        """Book a bed and retire it, or its room, in two transactions that began together.

        :param first: who commits first, ``booker`` or ``warden``; the other has looked before
        :param place: ``bed`` or ``room``
        :param without: a part of the guard that is taken away
        :return: ``{"booker", "warden": their codes, "stranded": whether the student is}``
        """
        model = self.registry["hostel.allocation"]
        with patch.object(model, without, lambda *_args: None) if without else nullcontext():
            codes = self._retire_and_book(term, bed, student, first, place)
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            row = env["hostel.allocation"].search([("student_id", "=", student)])
            return {**codes, "stranded": bool(row) and row.bed_id._is_retired()}

    def _retire_and_book(self, term, bed, student, first, place):
        def retire(env):
            target = env["hostel.bed"].browse(bed)
            (target.room_id if place == "room" else target).active = False
            env.flush_all()

        def book(env):
            env["hostel.allocation"]._reserve(
                env["hostel.bed"].browse(bed),
                env["hostel.student"].browse(student),
                env["hostel.term"].browse(term),
                "paying",
                hold_seconds=900,
            )

        acts, codes = {"booker": book, "warden": retire}, {}
        second = "warden" if first == "booker" else "booker"
        with self.registry.cursor() as late:
            # The snapshot of a transaction is that of its first statement.
            late.execute("SELECT 1 FROM hostel_bed LIMIT 1")
            with self.registry.cursor() as early:
                codes[first] = self._say(acts[first], self.environment(early))
            codes[second] = self._say(acts[second], self.environment(late))
            if codes[second] != "OK":
                late.rollback()
        return codes

    def _say(self, act, env):
        try:
            act(env)
        except self.refusal as refusal:
            return refusal.code
        except psycopg2.Error as error:
            return type(error).__name__
        return "OK"

    # -- racing ----------------------------------------------------------------------------------
    def _all_at_once(self, process: int, plan: list, attempt) -> list:
        """Let a thread work on each of the own lanes, all from the same moment on.

        :param plan: for each thread of each process its list of tasks
        :param attempt: does one task; returns its results as a list
        :return: the results of all
        """
        results, lanes = [], plan[process * THREADS : (process + 1) * THREADS]
        start = threading.Barrier(max(len(lanes), 1))

        def run(lane):
            start.wait()
            for task in lane:
                results.extend(attempt(task))

        threads = [threading.Thread(target=run, args=[lane]) for lane in lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def race(
        self, process: int, term: int, plan: list, look_first: bool = False, move: bool = False
    ):
        """Attempt every (bed, student, gender) of the own lanes, all threads at once.

        :param move: the students have beds already and move to these
        :param look_first: ask whether the bed is free before taking it, in the same transaction
        :return: list of ``{"bed", "student", "code"}``; the code of a winner is ``WON``
        """

        def attempt(task):
            bed, student, gender = task
            code = self._attempt(term, bed, student, gender, look_first, move)
            return [{"bed": bed, "student": student, "code": code}]

        return self._all_at_once(process, plan, attempt)

    def race_cohorts(self, process: int, plan: list, together: bool = True):
        """Let every group of the own lanes take its beds, all threads at once.

        :param plan: for each thread of each process its list of ``[cohort id, bed ids]``
        :param together: in one transaction; otherwise bed by bed, as if nobody had thought of it
        :return: list of ``{"cohort", "code"}``; the code of a winner is ``WON``
        """
        take = self._take_together if together else self._take_one_by_one
        return self._all_at_once(
            process, plan, lambda task: [{"cohort": task[0], "code": take(*task)}]
        )

    def race_batches(self, process: int, plan: list, guarded: bool = True):
        """Let the batches of the own lanes take their beds, all threads at once.

        A batch that PostgreSQL stops, or that found beds busy, is played again, as its job is.

        :param plan: for each thread of each process its list of batches of ``[cohort id, bed ids]``
        :param guarded: False: look what is free first, and write that
        :return: list of ``{"cohort", "code"}``; the code of a winner is ``WON``
        """
        return self._all_at_once(process, plan, lambda batch: self._play_batch(batch, guarded))

    def _play_batch(self, batch, guarded):
        results, left = [], batch
        again = {"BED_BUSY", "SerializationFailure", "DeadlockDetected"}
        for _time in range(20):
            codes = self._take_batch(left, guarded)
            results += [
                {"cohort": cohort, "code": code}
                for (cohort, _beds), code in zip(left, codes, strict=True)
                if code not in again
            ]
            left = [one for one, code in zip(left, codes, strict=True) if code in again]
            if not left:
                break
        return results + [{"cohort": cohort, "code": "BED_BUSY"} for cohort, _beds in left]

    def _take_together(self, cohort_id, bed_ids):
        try:
            with self.registry.cursor() as cr:
                env = self.environment(cr)
                cohort = env["hostel.cohort"].browse(cohort_id)
                beds = [env["hostel.bed"].browse(bed_id) for bed_id in bed_ids]
                pairs = list(zip(cohort._get_students(), beds, strict=True))
                cohort._give_beds(pairs, "offered", hold_seconds=86400)
            return "WON"
        except self.refusal as refusal:
            return refusal.code
        except psycopg2.Error as error:
            return type(error).__name__

    def _take_batch(self, batch, guarded):
        try:
            with self.registry.cursor() as cr:
                env = self.environment(cr)
                Bed, Allocation = env["hostel.bed"], env["hostel.allocation"]
                plans = [
                    (cohort, list(zip(cohort._get_students(), Bed.browse(beds), strict=True)))
                    for cohort_id, beds in batch
                    for cohort in [env["hostel.cohort"].browse(cohort_id)]
                ]
                if guarded:
                    outcomes = env["hostel.cohort"]._give_many(plans, "awaiting_approval")
                    return [
                        one.code if isinstance(one, self.refusal) else "WON" for one in outcomes
                    ]
                beds = Bed.union(*(bed for _cohort, pairs in plans for _student, bed in pairs))
                taken = Allocation.search([("bed_id", "in", beds.ids)]).bed_id
                free = [
                    [
                        Allocation._prepare_row(
                            self.wanted(
                                bed, student, cohort.term_id, values={"cohort_id": cohort.id}
                            ),
                            None,
                        )
                        for student, bed in pairs
                    ]
                    for cohort, pairs in plans
                    if not any(bed in taken for _student, bed in pairs)
                ]
                Allocation._insert_groups(free, "awaiting_approval")
                return ["LOOKED"] * len(batch)
        except psycopg2.Error as error:
            return [type(error).__name__] * len(batch)

    def _take_one_by_one(self, cohort_id, bed_ids):
        code = "WON"
        for place, bed_id in enumerate(bed_ids):
            try:
                with self.registry.cursor() as cr:
                    env = self.environment(cr)
                    cohort = env["hostel.cohort"].browse(cohort_id)
                    wanted = self.wanted(
                        env["hostel.bed"].browse(bed_id),
                        cohort._get_students()[place],
                        cohort.term_id,
                        values={"cohort_id": cohort.id},
                    )
                    [outcome] = env["hostel.allocation"]._reserve_many([[wanted]], "offered")
                    if isinstance(outcome, self.refusal):
                        raise outcome
            except self.refusal as refusal:
                code = refusal.code
        return code

    def _attempt(self, term_id, bed_id, student_id, gender, look_first, move):
        try:
            with self.registry.cursor() as cr:
                env = self.environment(cr)
                bed = env["hostel.bed"].browse(bed_id)
                term = env["hostel.term"].browse(term_id)
                if move:
                    return self._move(env, bed, term, student_id)
                return self._take(env, bed, term, student_id, gender, look_first)
        except self.refusal as refusal:
            return refusal.code
        except psycopg2.Error as error:
            return type(error).__name__

    def _move(self, env, bed, term, student_id):
        row = env["hostel.allocation"].search(
            [("student_id", "=", student_id), ("state", "=", "allocated")]
        )
        row._transfer(bed, term.date_from)
        return "WON"

    def _take(self, env, bed, term, student_id, gender, look_first):
        Allocation = env["hostel.allocation"]
        student = env["hostel.student"].browse(student_id)
        dates = Allocation._live_between(term.date_from, term.date_to)
        if look_first and Allocation.search_count([("bed_id", "=", bed.id), *dates]):
            return "LOOKED_TAKEN"
        if gender is None:
            Allocation._reserve(bed, student, term, "paying", hold_seconds=900)
        else:
            # Past the checks that a race can't touch, to the constraint itself.
            vals = {
                "bed_id": bed.id,
                "student_id": student.id,
                "gender": gender,
                "term_id": term.id,
            }
            vals |= {"date_from": term.date_from, "date_to": term.date_to}
            Allocation._insert_row(vals, "paying")
        return "WON"


def serve(race_class) -> None:
    """Obey one order a line, until there are no more."""
    conf, database = sys.argv[1:]
    config.parse_config(["-c", conf, "-d", database, "--log-level=critical"])
    race = race_class(database)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        answer = getattr(race, order.pop("do"))(**order)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve(Race)

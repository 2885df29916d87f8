"""Giving the beds of a solved allocation: 10,000 students into 10,000 beds, written with audit.

Runs inside a stack that scripts/bench started, batch by batch as the job does, each committed with
all that follows a commit (map, events). The campus is made through the models and thrown away.
"""

import cProfile
import os
import pstats
import random
import time
from datetime import timedelta

HOSTELS, FLOORS, ROOMS, BEDS = 20, 5, 25, 4
BATCH = 1000
SECONDS_BUDGET = 60.0
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "no_reset_password": True,
}


def measure_allocation(settings, report, say) -> None:
    """Build, solve, give, and look at what was written."""
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    arguments = ["-c", str(settings.odoo_conf), "-d", settings.pg_database]
    config.parse_config([*arguments, "--log-level=error", "--no-http"])
    with Registry(settings.pg_database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, QUIET)
        began = time.monotonic()
        students, booking_round = build_campus(env)
        cr.commit()
        cr.execute("ANALYZE")
        cr.commit()
        say(f"{students} students and beds after {time.monotonic() - began:.0f} s")
        # As a job sees it: nothing is quiet but what the code makes so.
        env = api.Environment(cr, SUPERUSER_ID, {})
        run = env["hostel.allocation.run"].create({"round_id": booking_round, "seed": "bench"})
        began = time.monotonic()
        run.state = "solving"
        run._solve()
        cr.commit()
        report.add("read, solve, check, write", time.monotonic() - began, "s")
        give(cr, run, report, say)


def give(cr, run, report, say) -> None:
    """Apply the run as its job does, and check what is in the database."""
    run.state = "applying"
    cr.commit()
    profile = cProfile.Profile() if os.environ.get("HOSTEL_BENCH_PROFILE") else None
    queries, began = 0, time.monotonic()
    if profile:
        profile.enable()
    while run.state == "applying":
        before = cr.sql_log_count
        run._next_lines()._apply()
        if not run._next_lines():
            run.state = "done"
        cr.commit()
        queries += cr.sql_log_count - before
        run.env.invalidate_all()
    seconds = time.monotonic() - began
    if profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
    cr.execute(
        "SELECT count(*), count(DISTINCT bed_id), count(DISTINCT student_id)"
        " FROM hostel_allocation WHERE term_id = %s",
        [run.round_id.term_id.id],
    )
    rows, beds, students = cr.fetchone()
    cr.execute(
        "SELECT count(DISTINCT l.res_id) FROM auditlog_log l"
        " JOIN hostel_allocation a ON a.id = l.res_id AND a.term_id = %s"
        " WHERE l.model_model = 'hostel.allocation' AND l.method = 'create'",
        [run.round_id.term_id.id],
    )
    [[audited]] = cr.fetchall()
    say(f"{rows} rows of {students} students in {beds} beds, {audited} of them audited")
    if not rows == beds == students == audited or run.missed_count:
        raise SystemExit(f"not as solved: {run.missed_count} lines were missed")
    report.add("written with audit, students", rows, "")
    report.add("written with audit", seconds, "s", SECONDS_BUDGET * rows / 10_000)
    report.add("written with audit, a student", 1000 * seconds / rows, "ms")
    report.add("queries a student", queries / rows, "", 1)


# ----------------------------------------------------------------------
# The campus
# ----------------------------------------------------------------------


def build_campus(env) -> tuple[int, int]:
    """Hostels, a round of ranked wishes, and a cleared applicant for each bed.

    :return: number of students, id of the round
    """
    env["hostel.booking.round"].search([]).state = "closed"
    term = _create_term(env)
    hostels, kinds = _create_hostels(env)
    booking_round = env["hostel.booking.round"].create({"term_id": term.id, "name": "Bench"})
    now = env.cr.now()
    window = env["hostel.booking.window"].create(
        {
            "name": "Everyone",
            "round_id": booking_round.id,
            "mode": "ranked",
            "hostel_ids": [(6, 0, hostels.ids)],
            "opens_at": now - timedelta(hours=1),
            "closes_at": now + timedelta(days=1),
        }
    )
    chance = random.Random(1)
    students = _create_students(env, chance)
    _create_cohorts(env, chance, window, students, hostels, kinds)
    booking_round.action_open()
    return len(students), booking_round.id


def _create_term(env):
    year = env["hostel.academic.year"].create(
        {"name": "Bench 2040–41", "date_from": "2040-07-01", "date_to": "2041-06-30"}
    )
    return env["hostel.term"].create(
        {
            "name": "Bench",
            "code": "BENCH",
            "year_id": year.id,
            "date_from": "2041-01-02",
            "date_to": "2041-05-31",
        }
    )


def _create_hostels(env):
    kinds = env["hostel.room.type"].create(
        [
            {"name": f"Bench {n}", "code": f"BENCH{n}", "sharing": BEDS, "base_fee": 40000 + n}
            for n in range(3)
        ]
    )
    hostels = env["hostel.hostel"].create(
        [
            {
                "name": f"Bench {n}",
                "code": f"BENCH{n}",
                "gender_type": "girls" if n % 2 else "boys",
            }
            for n in range(HOSTELS)
        ]
    )
    floors = env["hostel.floor"].create(
        [
            {"name": str(n), "number": n, "hostel_id": hostel.id}
            for hostel in hostels
            for n in range(FLOORS)
        ]
    )
    rooms = _in_batches(
        env["hostel.room"],
        [
            {
                "name": f"{floor.number}{n:02}",
                "floor_id": floor.id,
                "room_type_id": kinds[n % len(kinds)].id,
            }
            for floor in floors
            for n in range(1, ROOMS + 1)
        ],
    )
    _in_batches(
        env["hostel.bed"],
        [{"room_id": room.id, "label": chr(65 + n)} for room in rooms for n in range(BEDS)],
    )
    env.invalidate_all()
    return hostels, kinds


def _create_students(env, chance):
    return _in_batches(
        env["hostel.student"],
        [
            {
                "name": f"Bench {n}",
                "roll_number": f"BENCH-{n:05}",
                "gender": "female" if n % 2 else "male",
                "birthdate": "2000-01-01",
                "year_of_study": n % 4 + 1,
                "merit_score": round(chance.uniform(5, 10), 2),
            }
            for n in range(HOSTELS * FLOORS * ROOMS * BEDS)
        ],
    )


def _create_cohorts(env, chance, window, students, hostels, kinds) -> None:
    """One in five comes with others; wishes of five, of which any bed is the last."""
    groups = []
    for gender, kind in (("female", "girls"), ("male", "boys")):
        left = list(students.filtered(lambda one, gender=gender: one.gender == gender))
        own = hostels.filtered(lambda one, kind=kind: one.gender_type == kind).ids
        while left:
            size = chance.choice((1, 1, 1, 1, 1, 1, 1, 1, 2, 2))
            groups.append((gender, own, left[:size]))
            del left[:size]
    cohorts = _in_batches(
        env["hostel.cohort"],
        [
            {
                "round_id": window.round_id.id,
                "window_id": window.id,
                "leader_id": people[0].id,
                "gender": gender,
                "is_solo": len(people) == 1,
                "size_min": len(people),
                "size_max": len(people),
                "state": "cleared",
                "submitted_at": env.cr.now(),
            }
            for gender, _own, people in groups
        ],
    )
    pairs = list(zip(cohorts, groups, strict=True))
    _in_batches(
        env["hostel.cohort.member"],
        [
            {"cohort_id": cohort.id, "student_id": one.id, "seat": seat}
            for cohort, (_gender, _own, people) in pairs
            for seat, one in enumerate(people, 1)
        ],
    )
    _in_batches(
        env["hostel.cohort.wish"],
        [
            {
                "cohort_id": cohort.id,
                "sequence": rank,
                "hostel_id": chance.choice(own) if rank < 5 else False,
                "room_type_id": chance.choice(kinds.ids) if rank < 3 else False,
            }
            for cohort, (_gender, own, _people) in pairs
            for rank in range(1, 6)
        ],
    )


def _in_batches(model, vals_list: list[dict]):
    records = model.browse()
    for start in range(0, len(vals_list), BATCH):
        records |= model.create(vals_list[start : start + BATCH])
        model.env.flush_all()
    return records

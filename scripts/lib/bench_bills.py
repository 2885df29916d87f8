"""A month's bills: posted in steps as a run does it, against a loop that makes them one by one.

Runs inside a stack that scripts/bench started. The campus is made through the models and thrown
away.
HOSTEL_BENCH_BILLS=N for another number than 10,000.
"""

import os
import time
from datetime import date

from bench_allocation import QUIET, _create_hostels, _create_term, _in_batches

BILLS = int(os.environ.get("HOSTEL_BENCH_BILLS", "10000"))
STEP = 100  # as hostel.bill.run takes them
# A loop over all would take an hour; its rate does not change with the number.
ONE_BY_ONE = 200
FASTER_BUDGET = 3.0


def measure_bills(settings, report, say) -> None:
    """Bills a second, in steps and one by one, in one run."""
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    arguments = ["-c", str(settings.odoo_conf), "-d", settings.pg_database]
    config.parse_config([*arguments, "--log-level=error", "--no-http"])
    with Registry(settings.pg_database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, QUIET)
        began = time.monotonic()
        stays = create_stays(env)
        cr.commit()
        cr.execute("ANALYZE")
        cr.commit()
        say(f"{len(stays)} stays after {time.monotonic() - began:.0f} s")
        # As a job sees it: nothing is quiet but what the code makes so.
        env = api.Environment(cr, SUPERUSER_ID, {})
        stays = stays.with_env(env)
        alone = measure_one_by_one(env, stays[:ONE_BY_ONE], date(2041, 3, 1))
        cr.rollback()
        together = measure_steps(env, stays, date(2041, 2, 1), say)
        report.add(
            f"{len(stays)} bills in steps of {STEP}",
            together,
            "1/s",
            peer="created and posted one by one",
            peer_value=alone,
            ratio=FASTER_BUDGET,
        )
        cr.execute(
            "SELECT count(*), count(DISTINCT hostel_allocation_id) FROM account_move"
            " WHERE hostel_allocation_id = ANY(%s) AND state = 'posted'",
            [stays.ids],
        )
        bills, rows = cr.fetchone()
        report.add("stays with exactly one bill", rows, "", at_least=len(stays))
        report.add("bills beyond that", bills - rows, "", 0)


def create_stays(env):
    """A monthly fee structure, and a stay for each student."""
    term = _create_term(env)
    _create_hostels(env)
    beds = env["hostel.bed"].search([("hostel_id.code", "=like", "BENCH%")])
    students = _in_batches(
        env["hostel.student"],
        [
            {
                "name": f"Bench {n}",
                "roll_number": f"BENCH-{n:05}",
                "gender": "female" if n % 2 else "male",
            }
            for n in range(BILLS)
        ],
    )
    head = env["hostel.fee.head"]
    structure = env["hostel.fee.structure"].create(
        {
            "name": "Bench",
            "term_id": term.id,
            "frequency": "monthly",
            "due_day": 10,
            "line_ids": [
                (0, 0, {"head_id": head._get_by_code(code).id, "amount": amount})
                for code, amount in (("RENT", 7000), ("MESS", 3500))
            ],
        }
    )
    genders = {"girls": "female", "boys": "male"}
    people = {
        gender: iter(students.filtered(lambda one, gender=gender: one.gender == gender))
        for gender in genders.values()
    }
    vals_list = []
    for bed in beds:
        student = next(people[genders[bed.hostel_id.gender_type]], None)
        if student:
            vals_list.append(
                {
                    "bed_id": bed.id,
                    "student_id": student.id,
                    "gender": student.gender,
                    "term_id": term.id,
                    "date_from": term.date_from,
                    "date_to": term.date_to,
                    "price": bed._get_price(term),
                    "fee_structure_id": structure.id,
                    "state": "allocated",
                }
            )
    return _in_batches(env["hostel.allocation"], vals_list)


def measure_one_by_one(env, stays, day) -> float:
    """Bills a second of a plain loop: create, post, next."""
    began = time.monotonic()
    for stay in stays:
        bill = env["account.move"].create(stay._prepare_period_bill_vals(day))
        bill.action_post()
        env.flush_all()
    return len(stays) / (time.monotonic() - began)


def measure_steps(env, stays, day, say) -> float:
    """Bills a second of a run's steps, each committed."""
    began = time.monotonic()
    for start in range(0, len(stays), STEP):
        step = stays[start : start + STEP]
        env["hostel.allocation"]._post_period_bills([(stay, day) for stay in step])
        env.cr.commit()
        env.invalidate_all()
    seconds = time.monotonic() - began
    say(f"{len(stays)} bills in {seconds:.0f} s")
    return len(stays) / seconds

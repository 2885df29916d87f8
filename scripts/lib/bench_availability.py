"""Which of 10,000 beds are free for 180 days, and how many on each: one query each.

The same campus as the desk's, with the stays of five earlier terms behind those of this one. The
naive way is what one writes first with the ORM: look at each bed, and at each day of each bed.
"""

import time
from datetime import date, timedelta

from bench_desk import QUIET, STUDENTS, build_campus

DAYS = 180
TIMES = 9
TERMS_BEFORE = 5
QUERY_BUDGET = 1
HISTORY = """
    INSERT INTO hostel_allocation
        (name, bed_id, room_id, floor_id, hostel_id, company_id, room_type_id, student_id, gender,
         term_id, date_from, date_to, state, fence, create_uid, write_uid, create_date, write_date)
    SELECT name, bed_id, room_id, floor_id, hostel_id, company_id, room_type_id, student_id, gender,
           term_id, date_from - %(back)s, date_to - %(back)s, 'checked_in', fence, 1, 1,
           now(), now()
      FROM hostel_allocation a WHERE state = 'checked_in' AND student_id IN (
           SELECT id FROM hostel_student WHERE roll_number LIKE 'BENCH-%%')
       AND date_from >= %(since)s
"""


def measure_availability(settings, report, say) -> None:
    """Build the campus, ask both questions for all beds and for one hostel, compare."""
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    arguments = ["-c", str(settings.odoo_conf), "-d", settings.pg_database]
    config.parse_config([*arguments, "--log-level=error", "--no-http"])
    registry = Registry(settings.pg_database)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, QUIET)
        began = time.monotonic()
        build_campus(env, say)
        leave_some_free(env)
        add_history(env)
        cr.commit()
        cr.execute("ANALYZE")
        cr.execute("SELECT count(*) FROM hostel_allocation")
        [count] = cr.fetchone()
        say(f"{STUDENTS} beds, {count} stays after {time.monotonic() - began:.0f} s")
        compare(env, report, say)
        cr.rollback()


def leave_some_free(env) -> None:
    """Every tenth student has gone, so that there is something to find."""
    env.cr.execute(
        "UPDATE hostel_allocation SET state = 'vacated' WHERE id % 10 = 0 AND student_id IN"
        " (SELECT id FROM hostel_student WHERE roll_number LIKE 'BENCH-%')"
    )
    env.invalidate_all()


def add_history(env) -> None:
    [since] = (
        env.cr.execute(
            "SELECT min(date_from) FROM hostel_allocation WHERE student_id IN"
            " (SELECT id FROM hostel_student WHERE roll_number LIKE 'BENCH-%')"
        )
        or env.cr.fetchone()
    )
    for term in range(1, TERMS_BEFORE + 1):
        env.cr.execute(HISTORY, {"back": 200 * term, "since": since})


def compare(env, report, say) -> None:
    Availability = env["hostel.availability"]
    hostels = env["hostel.hostel"].search([("code", "=like", "BEN%")])
    one, first = hostels[:1], date.today()
    last = first + timedelta(days=DAYS)
    asks = {
        "free beds, 10,000 beds": lambda: Availability._check(first, last, hostel=hostels),
        "each day, 10,000 beds": lambda: Availability._per_day(first, last, hostel=hostels),
        "free beds, one hostel": lambda: Availability._check(first, last, hostel=one),
        "each day, one hostel": lambda: Availability._per_day(first, last, hostel=one),
    }
    figures = {}
    for name, ask in asks.items():
        queries, seconds = look(env, ask)
        figures[name] = seconds
        report.add(f"{name}, queries", queries, "", QUERY_BUDGET)
        report.add(f"{name}, time", 1000 * seconds, "ms", 500)
        report.add(f"{name}, full scans", count_scans(env, ask), "", 0 if "one" in name else None)
    for kind, naive in (("free beds", naive_free), ("each day", naive_days)):
        found, seconds = timed(env, lambda naive=naive: naive(env, one, first, last))
        asked = asks[f"{kind}, one hostel"]()
        same = set(found) == set(asked.ids) if kind == "free beds" else found == of_days(asked)
        say(f"{kind}: the loop finds {'the same' if same else 'SOMETHING ELSE'}")
        report.add(f"{kind}, loop over one hostel", 1000 * seconds, "ms")
        report.add(f"{kind}, times quicker", seconds / figures[f"{kind}, one hostel"], "x")
        report.add(f"{kind}, answers that differ", int(not same), "", 0)


def look(env, ask) -> tuple[int, float]:
    """Most queries and the median of some looks, each with an empty cache."""
    seconds, queries = [], []
    ask()
    for _time in range(TIMES):
        env.invalidate_all()
        before = env.cr.sql_log_count
        seconds.append(timed(env, ask)[1])
        queries.append(env.cr.sql_log_count - before)
    return max(queries), sorted(seconds)[TIMES // 2]


def timed(env, ask):
    env.invalidate_all()
    began = time.monotonic()
    result = ask()
    return result, time.monotonic() - began


def count_scans(env, ask) -> int:
    """How often the plan reads the whole table of the stays."""
    asked = []
    execute = env.cr.execute

    def remember(query, params=None, log_exceptions=True):
        asked.append(env.cr._format(query, params))
        return execute(query, params, log_exceptions)

    env.cr.execute = remember
    try:
        ask()
    finally:
        del env.cr.execute
    query = next(text for text in asked if "daterange" in text)
    execute(f"EXPLAIN (FORMAT JSON) {query}")
    [plan] = env.cr.fetchone()
    return _count_scans_in(plan[0]["Plan"])


def _count_scans_in(node: dict) -> int:
    own = node["Node Type"] == "Seq Scan" and node.get("Relation Name") == "hostel_allocation"
    return own + sum(_count_scans_in(part) for part in node.get("Plans", ()))


def naive_free(env, hostel, first, last) -> list[int]:
    live = env["hostel.allocation"]._live_between(first, last)
    return [
        bed.id
        for bed in env["hostel.bed"].search([("hostel_id", "=", hostel.id)])
        if not env["hostel.allocation"].search_count([("bed_id", "=", bed.id), *live], limit=1)
    ]


def naive_days(env, hostel, first, last) -> list[int]:
    beds = env["hostel.bed"].search([("hostel_id", "=", hostel.id)])
    days = []
    for number in range((last - first).days):
        day = first + timedelta(days=number)
        live = env["hostel.allocation"]._live_on(day)
        days.append(sum(not bed.allocation_ids.filtered_domain(live) for bed in beds))
    return days


def of_days(groups) -> list[int]:
    return [day["free"] for day in groups[0]["days"]]

"""The office's screens with 10,000 students in 10,000 beds: queries and time of each.

Runs inside a stack that scripts/bench started. The campus is made through the models, without
mails and logs; it is one that nobody would set up by hand, and it is thrown away.
"""

import statistics
import time
from datetime import date, timedelta

from lxml import etree

HOSTELS, FLOORS, ROOMS, BEDS = 20, 5, 25, 4
STUDENTS = HOSTELS * FLOORS * ROOMS * BEDS
BATCH = 1000
TIMES = 7
QUERY_BUDGET = 60
SECONDS_BUDGET = 1.0
X2MANY = ("one2many", "many2many")
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "no_reset_password": True,
}


def measure_desk(settings, report, say) -> None:
    """Build the campus, look at each screen as its warden, and report medians."""
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    arguments = ["-c", str(settings.odoo_conf), "-d", settings.pg_database]
    config.parse_config([*arguments, "--log-level=error", "--no-http"])
    registry = Registry(settings.pg_database)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, QUIET)
        began = time.monotonic()
        warden = build_campus(env, say)
        cr.commit()
        cr.execute("ANALYZE")
        say(f"{STUDENTS} students in {STUDENTS} beds after {time.monotonic() - began:.0f} s")
        screens = list_screens(env(user=warden.id, context={"lang": "en_US", "tz": "Asia/Kolkata"}))
        for name, look in screens.items():
            queries, seconds = measure(cr, env, look)
            report.add(f"{name}, queries", queries, "", QUERY_BUDGET)
            report.add(f"{name}, time", 1000 * seconds, "ms", 1000 * SECONDS_BUDGET)
        cr.rollback()


def measure(cr, env, look) -> tuple[int, float]:
    """Most queries and median seconds of some looks, each with an empty cache."""
    queries, seconds = [], []
    look()
    for _time in range(TIMES):
        env.flush_all()
        env.invalidate_all()
        before, began = cr.sql_log_count, time.monotonic()
        look()
        seconds.append(time.monotonic() - began)
        queries.append(cr.sql_log_count - before)
    return max(queries), statistics.median(seconds)


# ----------------------------------------------------------------------
# The screens, asked as the web client asks
# ----------------------------------------------------------------------


def list_screens(env) -> dict:
    Student, Hostel, Room = (env[f"hostel.{name}"] for name in ("student", "hostel", "room"))
    student = Student.search([("name", "=", "Bench Student 7777")], limit=1)
    form, rows = specification(Student, "form"), specification(Student, "list")
    active = [("status", "=", "active")]
    search = env["hostel.search"].search_campus
    phone = student.guardian_ids.partner_id.phone
    return {
        "students, first page": lambda: Student.web_search_read(active, rows, limit=80),
        "student form": lambda: student.web_read(form),
        "dashboard": lambda: env["hostel.dashboard"].get_data(),
        "hostel kanban": lambda: Hostel.web_search_read(
            [], specification(Hostel, "kanban"), limit=80
        ),
        "room kanban": lambda: Room.web_search_read([], specification(Room, "kanban"), limit=80),
        "search by roll number": lambda: search("BENCH-07777"),
        "search by name": lambda: search("student 7777"),
        "search by room": lambda: search("Bench 3 214"),
        "search by guardian's phone": lambda: search(phone),
        "occupancy by hostel": lambda: env["hostel.occupancy.report"].formatted_read_group(
            [], ["hostel_id"], ["bed_count:sum", "occupied_count:sum", "vacant_count:sum"]
        ),
    }


def specification(model, kind: str) -> dict:
    """What the web client asks for to draw a view of a model."""
    arch = model.get_views([(False, kind)])["views"][kind]["arch"]
    return read_fields(model, etree.fromstring(arch))


def read_fields(model, arch) -> dict:
    found = {}
    for node in own_fields(arch):
        if node.get("optional") == "hide" or node.get("column_invisible") == "True":
            # A hidden column is not read.
            continue
        field = model._fields[node.get("name")]
        asked = found.setdefault(field.name, {})
        if field.type == "many2one":
            asked["fields"] = {"display_name": {}}
        elif field.type in X2MANY:
            asked.setdefault("fields", {"display_name": {}})
            for view in node:
                asked["fields"] |= read_fields(model.env[field.comodel_name], view)
    return found


def own_fields(arch):
    for node in arch:
        if node.tag == "field":
            yield node
        elif isinstance(node.tag, str):
            yield from own_fields(node)


# ----------------------------------------------------------------------
# The campus
# ----------------------------------------------------------------------


def build_campus(env, say):
    """The warden of twenty hostels in which every bed is taken."""
    today = date.today()
    term = env["hostel.term"].search([("date_from", "<=", today), ("date_to", ">", today)], limit=1)
    warden = env["res.users"].create(
        {
            "name": "Bench Warden",
            "login": "bench.warden",
            "group_ids": [(6, 0, [env.ref("hostel_base.group_hostel_warden").id])],
        }
    )
    beds = build_beds(env, warden, today)
    say(f"{len(beds)} beds")
    students = build_people(env)
    say(f"{len(students)} students and their guardians")
    build_stays(env, students, beds, term, today)
    return warden


def in_batches(model, vals_list: list[dict]):
    records = model.browse()
    for start in range(0, len(vals_list), BATCH):
        records |= model.create(vals_list[start : start + BATCH])
    return records


def build_beds(env, warden, today):
    room_type = env["hostel.room.type"].create(
        {"name": "Bench four", "code": "BENCH4", "sharing": BEDS, "base_fee": 40000}
    )
    hostels = env["hostel.hostel"].create(
        [
            {"name": f"Bench {n}", "code": f"BEN{n}", "gender_type": "girls"}
            for n in range(1, HOSTELS + 1)
        ]
    )
    env["hostel.staff"].create(
        [
            {
                "user_id": warden.id,
                "hostel_id": hostel.id,
                "role": "warden",
                "date_from": today - timedelta(days=99),
            }
            for hostel in hostels
        ]
    )
    floors = env["hostel.floor"].create(
        [
            {"name": str(n), "number": n, "hostel_id": hostel.id}
            for hostel in hostels
            for n in range(FLOORS)
        ]
    )
    rooms = in_batches(
        env["hostel.room"],
        [
            {
                "name": f"{floor.number}{n:02}",
                "floor_id": floor.id,
                "room_type_id": room_type.id,
            }
            for floor in floors
            for n in range(1, ROOMS + 1)
        ],
    )
    return in_batches(
        env["hostel.bed"],
        [{"room_id": room.id, "label": label} for room in rooms for label in "ABCD"],
    )


def build_people(env):
    programmes = env["hostel.programme"].search([]).ids
    students = in_batches(
        env["hostel.student"],
        [
            {
                "name": f"Bench Student {n}",
                "roll_number": f"BENCH-{n:05}",
                "gender": "female",
                "phone": f"+91 70000 {n:05}",
                "programme_id": programmes[n % len(programmes)],
                "year_of_study": n % 4 + 1,
            }
            for n in range(STUDENTS)
        ],
    )
    parents = in_batches(
        env["res.partner"],
        [{"name": f"Bench Parent {n}", "phone": f"+91-80000-{n:05}"} for n in range(STUDENTS)],
    )
    in_batches(
        env["hostel.guardian"],
        [
            {"student_id": student.id, "partner_id": parent.id, "is_primary": True}
            for student, parent in zip(students, parents, strict=True)
        ],
    )
    return students


def build_stays(env, students, beds, term, today):
    in_batches(
        env["hostel.allocation"],
        [
            {
                "name": f"BENCH/{n:05}",
                "bed_id": bed.id,
                "student_id": student.id,
                "gender": "female",
                "term_id": term.id,
                "date_from": today - timedelta(days=n % 70),
                "date_to": today + timedelta(days=30 + n % 70),
                "state": "checked_in",
                "fence": n,
            }
            for n, (student, bed) in enumerate(zip(students, beds, strict=True))
        ],
    )

"""A campus for booking in a hurry: `booking_campus.py ODOO_CONF DATABASE ORDER`.

ORDER is a JSON object with the arguments of `build`; the answer is one line of JSON. Students are
signed in already: a thousand passwords would take minutes to check. Used by the fault tests and by
scripts/bench on stacks of their own.
"""

import json
import sys
import time
from datetime import timedelta

QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "no_reset_password": True,
}
BATCH = 500


def build(
    env,
    *,
    hostels: int,
    floors: int,
    rooms: int,
    sharing: int,
    students: int,
    queue: str = "off",
    hold_minutes: int = 10,
) -> dict:
    """Girls' hostels in a round of their own, open to students who are signed in.

    :param rooms: on each floor
    :param queue: mode of the waiting room
    :return: ``{"round", "key", "epoch", "term", "hostels", "maps": [{"key", "id", "floor",
        "beds"}], "students": [{"id", "sid"}]}``
    """
    mark = str(int(time.time() * 1000))
    # Students see the round that starts first; the campus's own would be that.
    env["hostel.booking.round"].search([]).state = "closed"
    term = _create_term(env, mark)
    buildings = _create_hostels(env, mark, hostels, floors, rooms, sharing)
    booking_round = env["hostel.booking.round"].create(
        {"term_id": term.id, "name": f"Race {mark}", "queue_mode": queue}
    )
    now = env.cr.now()
    env["hostel.booking.window"].create(
        {
            "name": "Everyone",
            "round_id": booking_round.id,
            "hostel_ids": [(6, 0, buildings.ids)],
            "opens_at": now - timedelta(hours=1),
            "closes_at": now + timedelta(days=2),
            "hold_minutes": hold_minutes,
        }
    )
    people = _create_students(env, mark, students)
    booking_round.action_open()
    env.cr.commit()
    return {
        "round": booking_round.id,
        "key": booking_round.key,
        "term": term.id,
        "hostels": buildings.ids,
        "maps": [
            {
                "id": floor_map.id,
                "key": floor_map.key,
                "floor": floor_map.floor_id.id,
                "beds": floor_map.floor_id.bed_ids.sorted("map_index").ids,
            }
            for floor_map in booking_round.map_ids
        ],
        "students": people,
    }


def _create_term(env, mark):
    """A term far away, and after those of former calls."""
    last = env["hostel.academic.year"].search([], order="date_to desc", limit=1).date_to
    start = max(last, env.cr.now().date()) + timedelta(days=1)
    year = env["hostel.academic.year"].create(
        {"name": f"Race {mark}", "date_from": start, "date_to": start + timedelta(days=364)}
    )
    return env["hostel.term"].create(
        {
            "name": f"Race {mark}",
            "code": f"R{mark}",
            "year_id": year.id,
            "date_from": start,
            "date_to": start + timedelta(days=150),
        }
    )


def _create_hostels(env, mark, hostels, floors, rooms, sharing):
    kind = env["hostel.room.type"].create(
        {"name": f"Race {mark}", "code": f"R{mark}", "sharing": sharing, "base_fee": 42000}
    )
    buildings = env["hostel.hostel"].create(
        [
            {"name": f"Race {mark} {n}", "code": f"R{mark}{n}", "gender_type": "girls"}
            for n in range(hostels)
        ]
    )
    levels = env["hostel.floor"].create(
        [
            {"name": str(n), "number": n, "hostel_id": building.id}
            for building in buildings
            for n in range(floors)
        ]
    )
    all_rooms = _in_batches(
        env["hostel.room"],
        [
            {"name": f"{level.number}{n:02}", "floor_id": level.id, "room_type_id": kind.id}
            for level in levels
            for n in range(1, rooms + 1)
        ],
    )
    _in_batches(
        env["hostel.bed"],
        [{"room_id": room.id, "label": chr(65 + n)} for room in all_rooms for n in range(sharing)],
    )
    env.invalidate_all()
    return buildings


def _create_students(env, mark, count) -> list[dict]:
    students = _in_batches(
        env["hostel.student"],
        [
            {
                "name": f"Racer {n}",
                "roll_number": f"R{mark}-{n:05}",
                "gender": "female",
                "birthdate": "2000-01-01",
                "year_of_study": n % 4 + 1,
            }
            for n in range(count)
        ],
    )
    group = env.ref("hostel_base.group_hostel_student")
    users = _in_batches(
        env["res.users"],
        [
            {
                "login": f"r{mark}.{n}",
                "partner_id": student.partner_id.id,
                "name": student.name,
                "group_ids": [(6, 0, group.ids)],
            }
            for n, student in enumerate(students)
        ],
    )
    for student in students:
        student._give_consent(student.partner_id, "portal")
    env.flush_all()
    return [
        {"id": student.id, "sid": _sign_in(env, user)}
        for student, user in zip(students, users, strict=True)
    ]


def _sign_in(env, user) -> str:
    from odoo.http import get_default_session, root

    session = root.session_store.new()
    session.update(get_default_session())
    session.update(
        db=env.cr.dbname,
        uid=user.id,
        login=user.login,
        session_token=user._compute_session_token(session.sid),
        context={"lang": "en_US", "tz": "Asia/Kolkata", "uid": user.id},
    )
    root.session_store.save(session)
    return session.sid


def _in_batches(model, vals_list: list[dict]):
    records = model.browse()
    for start in range(0, len(vals_list), BATCH):
        records |= model.create(vals_list[start : start + BATCH])
    return records


def main(conf: str, database: str, order: str) -> None:
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["-c", conf, "-d", database, "--log-level=error", "--no-http"])
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, QUIET)
        answer = build(env, **json.loads(order))
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

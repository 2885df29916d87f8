"""Quotas and kept beds of the next term, and wishes that an allocation has looked at."""

import random
from datetime import timedelta

SEED = 47
CATEGORIES = ["general"] * 9 + ["obc"] * 5 + ["sc"] * 3 + ["st"] + ["ews"] * 2
SINGLES, PAIRS = 11, 3  # of each gender
FIRST, REST = 6, 3  # wishes for one hostel come in these two kinds


def allocate_by_wishes(env, students, hostels, terms):
    """Two hostels give beds by wishes: a preview, and two what-ifs beside it."""
    rng = random.Random(SEED)
    booking_round = env["hostel.booking.round"].search(
        [("term_id", "=", terms.next.id), ("is_practice", "=", False)]
    )
    _describe(rng, students)
    _keep_beds(env, hostels)
    _set_quotas(env, booking_round, hostels)
    window = _open_window(env, booking_round, hostels)
    _state_wishes(env, rng, students, window, terms)
    # All wishes are in.
    window.closes_at = env.cr.now().replace(microsecond=0) - timedelta(hours=1)
    _work_out(env, booking_round, window)


def _describe(rng, students):
    """What orders students, and what is nobody else's business."""
    for number, student in enumerate(students):
        student.write(
            {
                "category": rng.choice(CATEGORIES),
                # By their merit some have slots already.
                "merit_score": student.merit_score or round(rng.uniform(5.4, 9.7), 2),
                "home_distance_km": student.home_distance_km
                or rng.choice([8, 40, 120, 350, 800, 1900]),
                "is_pwd": number % 61 == 17,
            }
        )


def _keep_beds(env, hostels):
    """The ground floors have accessible rooms; one bed in each is kept."""
    pwd = env.ref("hostel_booking.hostel_booking_group_pwd")
    for hostel in hostels.all:
        room = hostel.floor_ids.sorted("number")[0].room_ids.sorted("name")[1]
        room.bed_ids.is_accessible = True
        room.bed_ids.sorted("label")[0].reserved_group_id = pwd


def _set_quotas(env, booking_round, hostels):
    """Seats for two categories in two hostels, and a limit for the last year in one."""
    Group = env["hostel.booking.group"]
    last_year = Group.create({"kind": "year", "year_of_study": 4})
    rows = [
        (hostels.kaveri, "sc", 12, "reserved"),
        (hostels.kaveri, "st", 6, "reserved"),
        (hostels.godavari, "sc", 10, "reserved"),
    ]
    quotas = [
        {
            "round_id": booking_round.id,
            "hostel_id": hostel.id,
            "group_id": env.ref(f"hostel_booking.hostel_booking_group_{category}").id,
            "seats": seats,
            "kind": kind,
            "released_at": env.cr.now().replace(microsecond=0) + timedelta(days=10),
        }
        for hostel, category, seats, kind in rows
    ]
    quotas.append(
        {
            "round_id": booking_round.id,
            "hostel_id": hostels.tungabhadra.id,
            "group_id": last_year.id,
            "seats": 20,
            "kind": "cap",
        }
    )
    env["hostel.booking.quota"].create(quotas)


def _open_window(env, booking_round, hostels):
    now = env.cr.now().replace(microsecond=0)
    return env["hostel.booking.window"].create(
        {
            "name": "Wishes for Tungabhadra and Godavari",
            "round_id": booking_round.id,
            "mode": "ranked",
            "hostel_ids": [(6, 0, (hostels.tungabhadra | hostels.godavari).ids)],
            "opens_at": now - timedelta(days=5),
            "closes_at": now + timedelta(hours=1),
            "year_from": 2,
        }
    )


def _state_wishes(env, rng, students, window, terms):
    """Singles and pairs hand their wishes in and are cleared."""
    busy = env["hostel.allocation"].search(
        env["hostel.allocation"]._live_between(terms.next.date_from, terms.next.date_to)
    )
    in_cohorts = env["hostel.cohort.member"].search([("state", "=", "joined")])
    for gender in ("female", "male"):
        free = (students - busy.student_id - in_cohorts.student_id).filtered(
            lambda s: s.gender == gender and s.status == "active" and s.year_of_study > 1  # noqa: B023
        )
        # From the end: those at the beginning are the ones who book on the map.
        people = list(free)[-(SINGLES + 2 * PAIRS) :]
        hostel = window.hostel_ids.filtered(lambda h: h._get_required_gender() == gender)  # noqa: B023
        while people:
            size = 2 if len(people) > SINGLES else 1
            _hand_in(env, rng, people[:size], window, hostel, terms)
            del people[:size]


def _hand_in(env, rng, people, window, hostel, terms):
    cohort = env["hostel.cohort"].create(
        {
            "round_id": window.round_id.id,
            "window_id": window.id,
            "leader_id": people[0].id,
            "gender": people[0].gender,
            "is_solo": len(people) == 1,
            "size_min": len(people),
            "size_max": len(people),
            "state": "complete",
        }
    )
    env["hostel.cohort.member"].create(
        [
            {"cohort_id": cohort.id, "student_id": student.id, "seat": seat}
            for seat, student in enumerate(people, 1)
        ]
    )
    rooms = hostel.room_ids.filtered(lambda room: room.room_type_id.sharing >= len(people))
    # Many want the same few rooms: else everybody's first wish would be met.
    favourites = list(rooms.sorted("name")[:FIRST])
    wishes = [{"room_id": room.id} for room in rng.sample(favourites, 2)]
    wishes += [{"room_type_id": rng.choice(rooms.room_type_id).id}, {}][: REST - 1]
    env["hostel.cohort.wish"].create(
        [
            {"cohort_id": cohort.id, "sequence": rank, "hostel_id": hostel.id, **wish}
            for rank, wish in enumerate(wishes, 1)
        ]
    )
    env["hostel.clearance"].create(
        [
            {"student_id": student.id, "term_id": terms.next.id, "reference": "Paid at the counter"}
            for student in people
        ]
    )
    cohort._submit()


def _work_out(env, booking_round, window):
    """By year, as the rules are; by results and by the way home, as a what-if."""
    Run = env["hostel.allocation.run"]
    rules = {"round_id": booking_round.id, "window_id": window.id, "seed": "spring"}
    runs = Run.create(
        [
            {**rules, "name": "Wishes for Tungabhadra and Godavari"},
            {
                **rules,
                "name": "What-if: results first",
                "is_simulation": True,
                "first_criterion": "merit",
                "second_criterion": False,
            },
            {
                **rules,
                "name": "What-if: longest way home, no kept beds",
                "is_simulation": True,
                "first_criterion": "distance",
                "second_criterion": "merit",
                "use_reserved": False,
            },
        ]
    )
    for run in runs:
        run.action_solve()

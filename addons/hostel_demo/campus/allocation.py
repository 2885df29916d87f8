"""Quotas and kept beds of the next term, and wishes that an allocation has looked at."""

import random
from datetime import timedelta

from .history import date_back
from .wishes import hand_in, work_off

SEED = 47
CATEGORIES = ["general"] * 9 + ["obc"] * 5 + ["sc"] * 3 + ["st"] + ["ews"] * 2
SINGLES, PAIRS = 11, 3  # of each gender
# Of each gender, so many who will leave soon got their beds first.
LAST_SINGLES, LAST_PAIRS, LAST_APPROVED = 6, 1, 3


def allocate_by_wishes(env, students, hostels, terms, wardens):
    """Two hostels give beds by wishes: a preview, and two what-ifs beside it.

    Two others have done so; some of those beds wait for the warden.
    """
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
    _give_early(env, rng, booking_round, students, hostels, terms, wardens)


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
    for hostel in window.hostel_ids:
        # From the end: those at the beginning are the ones who book on the map.
        free = _find_free(env, students, hostel._get_required_gender(), terms)
        people = free[-(SINGLES + 2 * PAIRS) :]
        hand_in(env, rng, people, window, hostel, terms.next, PAIRS)


def _find_free(env, students, gender, terms):
    """Who may book for the next term, has no bed in it, and is in no group."""
    Allocation = env["hostel.allocation"]
    busy = Allocation.search(
        Allocation._live_between(terms.next.date_from, terms.next.date_to)
    ).student_id
    busy |= (
        env["hostel.cohort.member"]
        .search([("state", "=", "joined"), ("cohort_id.term_id", "=", terms.next.id)])
        .student_id
    )
    return list(
        (students - busy).filtered(
            lambda one: one.gender == gender and one.status == "active" and one.year_of_study > 1
        )
    )


def _give_early(env, rng, booking_round, students, hostels, terms, wardens):
    """Kaveri and Narmada gave beds by wishes yesterday; the wardens have begun to approve."""
    now = env.cr.now().replace(microsecond=0)
    window = env["hostel.booking.window"].create(
        {
            "name": "Wishes for Kaveri and Narmada",
            "round_id": booking_round.id,
            "mode": "ranked",
            "hostel_ids": [(6, 0, (hostels.kaveri | hostels.narmada).ids)],
            "opens_at": now - timedelta(days=6),
            "closes_at": now + timedelta(hours=1),
            "year_from": 2,
        }
    )
    for hostel in window.hostel_ids:
        free = _find_free(env, students, hostel._get_required_gender(), terms)
        people = free[-(LAST_SINGLES + 2 * LAST_PAIRS) :]
        hand_in(env, rng, people, window, hostel, terms.next, LAST_PAIRS)
    window.closes_at = now - timedelta(days=1)
    run = work_off(env, window, window.name, "early")
    rows = run.line_ids.cohort_id.allocation_ids
    for hostel in rows.hostel_id:
        approved = rows.filtered(lambda row, hostel=hostel: row.hostel_id == hostel)
        for row in approved[:LAST_APPROVED]:
            row._transition("allocated", approved_by_id=wardens[hostel].id, approval_due=False)
    date_back(env, [(row, now - timedelta(hours=20), None) for row in rows])


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

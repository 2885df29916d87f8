"""Who has which bed, this term and the next; every row takes the way that real ones take."""

import random
from datetime import timedelta

from odoo.addons.hostel_booking.const import HOLD_MINUTES

from . import history
from .books import pay
from .decisions import approve_together
from .moves import LEFT

# Of the students of each gender, so many live in a hostel now.
RESIDENTS = {"female": 84, "male": 104}
WISHES_SEED = 61
ARRIVING = 2  # of each gender: allocated, not moved in yet
AWAITING = {"female": 8, "male": 7}
APPROVED = {"female": 2, "male": 2}


def close_rooms(hostels, terms):
    """Two rooms closed now, one for the next term."""
    _find_room(hostels.kaveri, "208")._close(
        terms.current.date_from, terms.current.date_to, "Seepage from the bathroom above"
    )
    _find_room(hostels.godavari, "305")._close(
        terms.current.date_from, terms.next.date_from, "Window broken by the storm"
    )
    for name in ("103", "104"):
        _find_room(hostels.kaveri, name)._close(
            terms.next.date_from, terms.next.date_to, "Painting and new wardrobes"
        )
    _find_room(hostels.narmada, "209")._close(
        terms.next.date_from, terms.next.date_to, "New wiring"
    )


def _find_room(hostel, name):
    return hostel.room_ids.filtered(lambda room: room.name == name)


def fill_current_term(env, rng, students, hostels, terms, wardens, logins):
    """Most students live here now; their dues came from the college's own books."""
    last = history.LastRound(env, hostels, terms)
    by_wishes, wanting = {}, env["hostel.student"]
    count = history.SINGLES + 2 * history.PAIRS
    for gender in ("female", "male"):
        active = students.filtered(lambda s: s.gender == gender and s.status == "active")  # noqa: B023
        residents = active[: RESIDENTS[gender]]
        _clear(env, residents, terms.current, "Dues list of the accounts office")
        beds = _draw_free_beds(rng, hostels, gender, terms.current, len(residents))
        # Before those who arrive only now.
        by_wishes[gender] = (residents - logins)[-(count + ARRIVING) : -ARRIVING]
        wanting |= by_wishes[gender]
        pairs = list(zip(residents, beds, strict=True))
        others = [pair for pair in pairs if pair[0] not in wanting]
        free = [bed for student, bed in pairs if student in wanting]
        early = (residents - logins - wanting)[5:]
        last.lose_some(early, free, active[RESIDENTS[gender] :])
        for number, (student, bed) in enumerate(others, 1):
            row = last.book(bed, student, number)
            _approve(row, wardens)
            if number <= len(others) - ARRIVING:
                row._transition("checked_in")
    _fill_by_wishes(last, by_wishes, hostels, wardens)
    last.finish()
    stays = env["hostel.allocation"].search(
        [("state", "=", "checked_in"), ("student_id.partner_id.user_ids", "=", False)]
    )
    today = env.cr.now().date()
    for row, (reason, note, days) in zip(rng.sample(list(stays), len(LEFT)), LEFT, strict=True):
        row._vacate(reason, max(row.date_from, today - timedelta(days=days)), note=note)


def _fill_by_wishes(last, people, hostels, wardens):
    """An allocation gave some of the residents their beds."""
    # A generator of its own: whoever booked on the map has the same bed with and without this.
    rng = random.Random(WISHES_SEED)
    for hostel in (hostels.tungabhadra, hostels.godavari):
        last.give_by_wishes(rng, people[hostel._get_required_gender()], hostel)
    rows = last.run()
    for hostel in rows.hostel_id:
        batch = approve_together(
            rows.filtered(lambda row: row.hostel_id == hostel),  # noqa: B023
            wardens[hostel],
        )
        last.date_approval_back(batch)
    for row in rows:
        row._transition("checked_in")


def _draw_free_beds(rng, hostels, gender, term, count):
    """Different beds that are free in a term and meant for a gender."""
    Allocation = hostels.kaveri.env["hostel.allocation"]
    taken = Allocation.search(Allocation._live_between(term.date_from, term.date_to)).bed_id
    free = hostels.all.bed_ids.filtered(lambda bed: bed.room_id.gender == gender) - taken
    return rng.sample(list(free.sorted("id")), count)


def _approve(row, wardens):
    row._transition("allocated", approved_by_id=wardens[row.hostel_id].id, approval_due=False)


def _clear(env, students, term, reference):
    env["hostel.clearance"].create(
        [
            {
                "student_id": student.id,
                "term_id": term.id,
                "source": "csv",
                "reference": reference,
            }
            for student in students
        ]
    )


def book_next_term(env, rng, students, hostels, terms, wardens, provider):
    """Early birds: paid and waiting for their warden, a few approved.

    :return: list of (row, the moment at which it was booked)
    """
    now, booked = env.cr.now(), []
    booking = env["hostel.allocation"].with_context(booking_source="map")
    for gender, waiting in AWAITING.items():
        count = waiting + APPROVED[gender]
        active = students.filtered(
            lambda s: s.gender == gender and s.status == "active" and s.year_of_study > 1  # noqa: B023
        )
        early = rng.sample(list(active), count)
        beds = _draw_free_beds(rng, hostels, gender, terms.next, count)
        for number, (student, bed) in enumerate(zip(early, beds, strict=True)):
            row = booking._reserve(
                bed, student, terms.next, "paying", hold_seconds=60 * HOLD_MINUTES
            )
            paid_at = now - timedelta(minutes=3 * number + 2)
            if number >= waiting:
                # Who was there when the window opened is approved by now.
                paid_at -= timedelta(hours=21)
            pay(env, row, provider, paid_at)
            if number >= waiting:
                _approve(row, wardens)
            booked.append((row, paid_at - timedelta(minutes=1 + 5 * number % 7)))
    return booked


def tell_when_they_booked(env, booking_round, booked):
    """When the early birds booked, and the holds before it.

    :param booked: list of (row, moment), as of :func:`book_next_term`
    """
    now = env.cr.now()
    window = booking_round.window_ids.filtered(lambda one: one.opens_at < now < one.closes_at)
    for row, _moment in booked:
        row.window_id = window[:1]
    history.date_back(env, [(row, moment, None) for row, moment in booked])
    history.write_holds(env, booking_round, booked)


def clear_one_for_next_term(env, logins, terms):
    """The last of those who sign in has paid already: the map offers Confirm, not Pay."""
    _clear(env, logins[-1], terms.next, "Scholarship of the trust")

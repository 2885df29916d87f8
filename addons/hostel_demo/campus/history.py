"""How the beds of the present term were booked: wishes, a rush on the map, and who gave up.

Rows take the way of real ones; only the moments at which that happened are put back afterwards.
"""

from datetime import datetime, time, timedelta

from odoo.addons.hostel_booking.const import HOLD_MINUTES

from .wishes import hand_in, work_off

# Days before the term on which the wishes were asked for, and the map opened.
WISHES_DAYS, MAP_DAYS = 30, 22
OPENING = time(4, 30)  # UTC: ten o'clock in India
# Of each gender, so many residents got their beds by wishes: singles and pairs.
SINGLES, PAIRS = 14, 4
FAVOURITES = 22  # rooms that they named first
# Of those who booked on the map, every so many came to the office instead.
AT_OFFICE = 11
# First attempts that ran out unpaid, before the student came back, and for good.
CAME_BACK, GAVE_UP, REJECTED = 7, 4, 3
REASON = "Your undertaking is not signed by a guardian. Bring it, and choose a bed again."


class LastRound:
    """The round of the term in progress, and the moments at which its bookings happened."""

    def __init__(self, env, hostels, terms):
        self.env = env
        self.term = terms.current
        first = terms.current.date_from
        self.map_opens = datetime.combine(first - timedelta(days=MAP_DAYS), OPENING)
        self.wishes_open = datetime.combine(first - timedelta(days=WISHES_DAYS), OPENING)
        # In the middle of a term a bed waits for a day only.
        self.round = env["hostel.booking.round"].create(
            {
                "term_id": terms.current.id,
                "state": "closed",
                "no_show_days": 1,
                "no_show_warning_days": 1,
            }
        )
        self.wishes_window, self.map_window = env["hostel.booking.window"].create(
            [
                {
                    "name": "Wishes for Tungabhadra and Godavari",
                    "round_id": self.round.id,
                    "mode": "ranked",
                    "hostel_ids": [(6, 0, (hostels.tungabhadra | hostels.godavari).ids)],
                    "opens_at": self.wishes_open,
                    # Until all wishes are in.
                    "closes_at": env.cr.now().replace(microsecond=0) + timedelta(hours=1),
                },
                {
                    "name": "Booking on the map",
                    "round_id": self.round.id,
                    "hostel_ids": [(6, 0, hostels.all.ids)],
                    "opens_at": self.map_opens,
                    "closes_at": self.map_opens + timedelta(days=16),
                },
            ]
        )
        self.Allocation = env["hostel.allocation"].with_context(
            booking_source="map", booking_window_id=self.map_window.id
        )
        # (row, booked at, gone at or None)
        self.moments = []

    def book(self, bed, student, number):
        """A cleared student confirms a bed on the map; some came to the office."""
        booking = self.Allocation
        if number % AT_OFFICE == AT_OFFICE - 1:
            booking = booking.with_context(booking_source="office")
        row = booking._reserve(
            bed, student, self.term, "awaiting_approval", date_from=self.term.date_from
        )
        self.moments.append((row, self._draw_moment(number), None))
        return row

    def lose_some(self, residents, beds, others):
        """Attempts on beds that others got later: unpaid, or refused by the warden."""
        hold = 60 * HOLD_MINUTES
        people = [*residents[:CAME_BACK], *others[: GAVE_UP + REJECTED]]
        for number, (student, bed) in enumerate(zip(people, reversed(beds), strict=False)):
            row = self.Allocation._reserve(
                bed,
                student,
                self.term,
                "paying",
                hold_seconds=hold,
                date_from=self.term.date_from,
            )
            at = self._draw_moment(3 * number)
            if number < CAME_BACK + GAVE_UP:
                row._transition("expired")
                self.moments.append((row, at, at + timedelta(seconds=hold)))
            else:
                row._transition("awaiting_approval")
                row._reject("papers", REASON)
                self.moments.append((row, at, at + timedelta(hours=26)))

    def give_by_wishes(self, rng, people, hostel):
        """Singles and pairs name rooms of a hostel; an allocation gives them beds."""
        hand_in(self.env, rng, people, self.wishes_window, hostel, self.term, PAIRS, FAVOURITES)

    def run(self):
        """Give the beds of the wishes.

        :return: the rows, which wait for their wardens
        """
        self.wishes_window.closes_at = self.wishes_open + timedelta(days=5)
        run = work_off(self.env, self.wishes_window, "Wishes for the odd term", "monsoon")
        rows = run.line_ids.cohort_id.allocation_ids
        for row in rows:
            # As long before the term as the bookings on the map.
            row._change(date_from=self.term.date_from, is_first_day_agreed=True)
        at = self.wishes_open + timedelta(days=6)
        self.moments += [(row, at, None) for row in rows]
        put_back(self.env, "hostel_allocation_run", run.ids, {"applied_at": at, "solved_at": at})
        return rows

    def date_approval_back(self, batch):
        """The warden approved on the day after the beds were given."""
        at = self.wishes_open + timedelta(days=7)
        moments = {"due_at": at, "moved_at": at, "create_date": at, "write_date": at}
        put_back(self.env, "hostel_approval_batch", batch.ids, moments)

    def _draw_moment(self, number):
        """A quarter in the first hour, the others in the afternoons and evenings after it."""
        if number % 4 == 0:
            return self.map_opens + timedelta(seconds=20 + 47 * number % 3600)
        days = (number * number + number // 3) % 11 * (number % 3 > 0) // 2
        return self.map_opens + timedelta(
            days=days, hours=1 + (5 * number) % 11, minutes=(17 * number) % 60
        )

    def finish(self):
        """Put the moments back and write down the holds before them."""
        date_back(self.env, self.moments)
        held = [(row, at) for row, at, _gone in self.moments if row.booking_source == "map"]
        write_holds(self.env, self.round, held)


def put_back(env, table, ids, moments):
    """Dates that the program writes by itself."""
    env.flush_all()
    for name, moment in moments.items():
        # The names are this file's own.
        # pylint: disable-next=sql-injection
        env.cr.execute(f"UPDATE {table} SET {name} = %s WHERE id = ANY(%s)", (moment, ids))
    env.invalidate_all()


def date_back(env, moments):
    """Say when rows were booked, and when those that are lost were lost.

    :param moments: list of (row, booked at, gone at or None); naive UTC
    """
    env.flush_all()
    for row, booked, gone in moments:
        env.cr.execute(
            "UPDATE hostel_allocation SET create_date = %s, write_date = COALESCE(%s, write_date)"
            " WHERE id = %s",
            (booked, gone, row.id),
        )
    env.invalidate_all()


def write_holds(env, booking_round, bookings):
    """The holds before some bookings, and those that were let go, as the keeper writes them.

    :param bookings: list of (row, moment)
    """
    events = []
    for number, (row, moment) in enumerate(bookings):
        bed = row.bed_id
        payload = {
            "round_id": booking_round.id,
            "bed_id": bed.id,
            "room_id": bed.room_id.id,
            "floor_id": bed.floor_id.id,
            "hostel_id": bed.hostel_id.id,
            "student_id": row.student_id.id,
        }
        aggregate = f"hostel.bed,{bed.id}"
        began = moment - timedelta(minutes=2 + number % 6)
        events.append(("bed.held", aggregate, payload, began, f"demo:{row.id}:held"))
        if number % 3:
            continue
        # Looked at another bed first.
        looked, gone = began - timedelta(minutes=4), began - timedelta(minutes=1)
        let_go = {**payload, "reason": "released"}
        events += [
            ("bed.held", aggregate, payload, looked, f"demo:{row.id}:looked"),
            ("bed.released", aggregate, let_go, gone, f"demo:{row.id}:released"),
        ]
    env["hostel.event"]._emit_many(sorted(events, key=lambda event: event[3]))
    env["hostel.booking.tally"]._cron_count()

"""Who waits for a bed of the next term, and who wants another one in this."""

from datetime import timedelta

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_booking.const import HOLD_MINUTES

from .books import pay
from .history import date_back

WAITING_BEFORE = 2
HOLD = 60 * HOLD_MINUTES


def _attempt(env, call, *args, **kwargs):
    """What a call answers, or None if the campus has a reason against it: a debt, a kept bed."""
    try:
        with env.cr.savepoint():
            return call(*args, **kwargs)
    except HostelError:
        return None


def fill_a_kind(env, students, hostels, terms, provider):
    """The smallest kind of room of a girls' hostel is booked out.

    :return: its hostel, its room type, and the bookings
    """
    beds = hostels.kaveri.bed_ids | hostels.tungabhadra.bed_ids
    kinds = beds.grouped(lambda bed: (bed.hostel_id, bed.room_type_id))
    (hostel, kind), _beds = min(kinds.items(), key=lambda item: (len(item[1]), item[0][0].id))
    term = terms.next
    free = env["hostel.availability"]._check(
        term.date_from, term.date_to, hostel=hostel, room_type=kind
    )
    free = free.filtered(lambda bed: not bed.reserved_group_id)
    people = iter(_without_booking(students, "female", term))
    rows = env["hostel.allocation"]
    for number, bed in enumerate(free):
        row = None
        while not row and (student := next(people, None)):
            row = _attempt(env, rows._reserve, bed, student, term, "paying", hold_seconds=HOLD)
        if row:
            paid_at = env.cr.now() - timedelta(minutes=2 * number + 1)
            pay(env, row, provider, paid_at)
            date_back(env, [(row, paid_at - timedelta(minutes=4), None)])
            rows |= row
    return hostel, kind, rows


def _without_booking(students, gender, term):
    """Students above the first year without a bed in a term, and in no group."""
    Allocation = students.env["hostel.allocation"]
    taken = Allocation.search(Allocation._live_between(term.date_from, term.date_to)).student_id
    members = students.env["hostel.cohort.member"]
    taken |= members.search([("cohort_id.term_id", "=", term.id)]).student_id
    return (
        students.filtered(
            lambda one: one.gender == gender and one.status == "active" and one.year_of_study > 1
        )
        - taken
    )


def get_in_line(env, students, logins, terms, full):
    """Some wait; one bed became free, and the first of them is offered it."""
    hostel, kind, rows = full
    desk = env["hostel.waitlist.desk"]
    booking_round = env["hostel.booking.desk"]._get_round()
    student = logins.filtered(lambda one: one.gender == "female" and one.year_of_study > 1)[:1]
    window = desk._get_window(student, hostel)
    waitlist = env["hostel.waitlist"]._get_or_create(window, hostel, kind)
    early = env.cr.now() - timedelta(minutes=50)
    before = _without_booking(students - logins, "female", terms.next)[: 1 + WAITING_BEFORE]
    for number, other in enumerate(before):
        entry = desk._enter(other, waitlist)
        entry.joined_at = early + timedelta(minutes=7 * number)
    _attempt(env, desk.with_user(student.partner_id.user_ids)._join, hostel.id, kind.id)
    _join_together(env, desk, logins, hostel, kind)
    for lost in rows[:1]:
        for state in ("cancelled", "unplaced", "refund_due"):
            lost._transition(state)
        env["hostel.waitlist"]._serve(booking_round, lost.bed_id)


def _join_together(env, desk, logins, hostel, kind):
    """student2 gets in line with the friend whom she chose."""
    leader = logins.filtered(lambda one: one.gender == "female" and one.year_of_study > 1)[1:2]
    _attempt(env, desk.with_user(leader.partner_id.user_ids)._join_with_cohort, hostel.id, kind.id)


def ask_for_moves(env, logins, terms):
    """A swap that both agreed to, a transfer, an upgrade, and one who waits for an answer."""
    Request = env["hostel.move.request"]
    stays = env["hostel.allocation"].search(
        [
            ("state", "=", "checked_in"),
            ("term_id", "=", terms.current.id),
            ("student_id", "not in", logins.ids),
            ("notice_date", "=", False),
            ("continued_ids", "=", False),
        ],
        order="id",
    )
    women = stays.filtered(lambda row: row.gender == "female")
    one, two, three, four = women[:4]
    swap = _attempt(
        env,
        Request._ask_swap,
        one.student_id,
        two.student_id.roll_number,
        "We share our courses.",
    )
    if swap:
        _attempt(env, swap._consent, two.student_id)
    free = env["hostel.availability"]._check(
        env.cr.now().date(), terms.current.date_to, hostel=three.hostel_id, gender="female"
    )
    wanted = free.filtered(lambda bed: not bed.reserved_group_id)[-1:]
    if wanted:
        reason = "The stairs are hard for my knee."
        _attempt(env, Request._ask_transfer, three.student_id, wanted, reason)
    men = stays.filtered(lambda row: row.gender == "male")
    _ask_for_better(env, men[-1:], terms)
    asked = logins.filtered(lambda student: student.gender == "female")[:1]
    _attempt(env, Request._ask_swap, four.student_id, asked.roll_number, "A quieter floor.")


def _ask_for_better(env, row, terms):
    """Somebody asks for a dearer bed in the own hostel; the difference stands on the request."""
    free = env["hostel.availability"]._check(
        env.cr.now().date(), terms.current.date_to, hostel=row.hostel_id, gender=row.gender
    )
    dearer = free.filtered(
        lambda bed: not bed.reserved_group_id and bed._get_price(row.term_id) > row.price
    )
    if dearer:
        reason = "I write my thesis and want fewer people in the room."
        Request = env["hostel.move.request"]
        _attempt(env, Request._ask_transfer, row.student_id, dearer[0], reason)

"""Residents who may keep their bed for the next term, and a friend whom one of them asked."""

from .cohorts import _clear
from .lines import _attempt
from .people import STUDENT_GROUP, _create_portal_users

LOGIN = "student11"
OWING = 4  # who could not be asked, because of their dues


def offer_beds_to_residents(env, students, logins, terms):
    """The last year is asked first: one has not answered, one stays, one leaves.

    Whose dues of the next term are open could not be asked; the window says so.
    """
    window = env["hostel.booking.window"].search([("lets_keep", "=", True)], limit=1)
    residents = _find_residents(env, students - logins, window, terms)
    asked = residents[:3].student_id
    if len(asked) < 3:
        return
    for student in asked - asked.filtered(lambda one: one._has_consent()):
        student._give_consent(student.partner_id, "portal")
    _create_portal_users(env, STUDENT_GROUP, [(LOGIN, asked[0].partner_id)])
    owing = residents[3:].filtered(lambda row: not row.student_id._is_cleared(terms.next))
    _clear(env, asked, terms)
    window.keep_offered_at = env.cr.now()
    # The job's step for each, and not for everybody: others of these years wait for their wishes.
    _waits, stays, leaves = (window._offer_to(row) for row in residents[:3])
    for row in owing[:OWING]:
        window._offer_to(row)
    stays._checkout()
    leaves._let_go()
    _ask_a_friend(env, _without_row(env, students - logins, terms), stays)


def _find_residents(env, students, window, terms):
    """Stays of those whom the window is for, in beds that nobody has in the next term."""
    free = env["hostel.availability"]._check(terms.next.date_from, terms.next.date_to)
    stays = env["hostel.allocation"].search(
        [
            ("state", "=", "checked_in"),
            ("term_id", "=", terms.current.id),
            ("bed_id", "in", free.filtered(lambda bed: not bed.reserved_group_id).ids),
            ("student_id", "in", _without_row(env, students, terms).ids),
            ("student_id.programme_id", "in", window.programme_ids.ids),
            ("student_id.year_of_study", ">=", window.year_from),
            ("student_id.year_of_study", "<=", window.year_to),
            ("student_id.partner_id.user_ids", "=", False),
            ("notice_date", "=", False),
            ("continued_ids", "=", False),
        ],
        # The first ones move, leave and complain elsewhere in the campus.
        order="id desc",
    )
    # Whose room has another free bed comes second: there is somebody to ask into it.
    roomy = stays.filtered(lambda row: row.room_id.bed_ids & free - row.bed_id)[:1]
    others = stays - roomy
    return others[:1] | roomy | others[1:] if roomy else stays


def _without_row(env, students, terms):
    """Students without a bed, a group or a place in line in the next term."""
    Allocation = env["hostel.allocation"]
    busy = Allocation.search([("term_id", "=", terms.next.id)]).student_id
    members = env["hostel.cohort.member"]
    busy |= members.search([("cohort_id.term_id", "=", terms.next.id)]).student_id
    busy |= env["hostel.waitlist.entry"].search([]).student_id
    return (students - busy).filtered(lambda student: student.status == "active")


def _ask_a_friend(env, people, kept):
    """Who stays asks one of the same years into the room."""
    desk = env["hostel.keep.desk"]
    bed = desk._get_free_beds(kept)[:1]
    if not bed:
        return
    for friend in people:
        if desk._may_be_asked(friend, kept) and _attempt(env, desk._offer_bed, friend, bed, kept):
            return

"""Groups that want to live together in the next term, in every state, and a few messages."""

from odoo.addons.hostel_base.const import LIVE_STATES, OPTIONAL_PURPOSES

from . import matching

OPTIONAL = {code for code, _label in OPTIONAL_PURPOSES}

# So many girls without a login look for roommates, besides student1.
LOOKING = 14


def form_cohorts(env, students, logins, terms):
    """One group in each state; of those who sign in, some lead one.

    student4 still needs a friend, student5 and student6 can hand in or pick beds on the map,
    student2 waits for a friend's clearance.
    """
    booking_round = env["hostel.booking.round"].search(
        [("term_id", "=", terms.next.id), ("is_practice", "=", False)]
    )
    free = _get_free(env, students - logins, booking_round)
    girls = free.filtered(lambda student: student.gender == "female")
    boys = free.filtered(lambda student: student.gender == "male")
    desk = env["hostel.cohort.desk"]

    _form(desk, booking_round, logins[3], boys[:1], size=3)
    complete = _form(desk, booking_round, logins[4], logins[5])
    _wish(env, complete, 2)
    waiting = _form(desk, booking_round, logins[1], girls[:1])
    _wish(env, waiting, 3)
    waiting.is_strict = True
    waiting._submit()
    _clear(env, girls[:1], terms)

    cleared = _form(desk, booking_round, boys[1], boys[2:4], size=3)
    _wish(env, cleared, 3)
    _clear(env, boys[1:4], terms)
    cleared._submit()
    solo = _form(desk, booking_round, girls[1])
    _wish(env, solo, 4)
    _clear(env, girls[1], terms)
    solo._submit()

    allocated = _form(desk, booking_round, girls[2], girls[3])
    _clear(env, girls[2:4], terms)
    allocated._give_beds(_get_beds(env, allocated), "offered", hold_seconds=24 * 3600)
    confirmed = _form(desk, booking_round, boys[4], boys[5])
    _clear(env, boys[4:6], terms)
    for row in confirmed._give_beds(_get_beds(env, confirmed), "awaiting_approval"):
        row._transition("allocated")
    _form(desk, booking_round, boys[6], boys[7])._cancel()
    return booking_round


def _get_free(env, students, booking_round):
    """Active students of the second year and above without a bed in the round."""
    taken = env["hostel.allocation"].search(
        env["hostel.allocation"]._live_between(booking_round.date_from, booking_round.date_to)
    )
    return (students - taken.student_id).filtered(
        lambda student: (
            student.status == "active" and student.year_of_study > 1 and student._has_consent()
        )
    )


def _form(desk, booking_round, leader, others=None, size=None):
    """Let a student start a group and the others join it, as the page does."""
    others = others if others is not None else leader.browse()
    size = size or len(leader | others)
    window = desk._pick_window(leader, booking_round)
    cohort = desk.env["hostel.cohort"].create(
        {
            "round_id": booking_round.id,
            "window_id": window.id,
            "leader_id": leader.id,
            "gender": leader.gender,
            "is_solo": size == 1,
            "size_min": min(size, 2),
            "size_max": size,
        }
    )
    if size > 1:
        cohort._renew_token()
    for student in leader | others:
        # Friends call each other by their names.
        agreed = {*student._get_agreed()[student.id], "roommates"}
        student._give_consent(student.partner_id, "portal", optional=agreed & OPTIONAL)
        desk._take_seat(cohort, student)
    cohort._settle_size()
    return cohort


def _wish(env, cohort, count):
    """The first hostels that take the group, and one room of the first by name."""
    rooms = env["hostel.room"].search(cohort._get_room_domain(), order="hostel_id, name")
    hostels = rooms.hostel_id
    wishes = [{"hostel_id": hostel.id} for hostel in hostels[: count - 1]]
    wishes.insert(0, {"hostel_id": rooms[3].hostel_id.id, "room_id": rooms[3].id})
    while len(wishes) < count:
        kind = rooms.room_type_id[len(wishes) % len(rooms.room_type_id)]
        wishes.append({"room_type_id": kind.id})
    env["hostel.cohort.wish"].create(
        [
            {"cohort_id": cohort.id, "sequence": number, **wish}
            for number, wish in enumerate(wishes[:count], 1)
        ]
    )


def _clear(env, students, terms):
    env["hostel.clearance"].create(
        [
            {
                "student_id": student.id,
                "term_id": terms.next.id,
                "source": "csv",
                "reference": "Dues list of the accounts office",
            }
            for student in students
            if not student._is_cleared(terms.next)
        ]
    )


def _get_beds(env, cohort):
    """A room that is quite free, and who gets which of its beds."""
    term = cohort.term_id
    for room in env["hostel.room"].search(cohort._get_room_domain(), order="id desc"):
        taken = env["hostel.allocation"].search_count(
            [
                ("room_id", "=", room.id),
                ("state", "in", LIVE_STATES),
                ("date_from", "<", term.date_to),
                ("date_to", ">", term.date_from),
            ],
            limit=1,
        )
        if not taken and len(room.bed_ids) >= cohort.member_count:
            return list(zip(cohort._get_students(), room.bed_ids, strict=False))
    raise ValueError("no room is free for the group")


def look_for_roommates(env, students, logins, terms):
    """student1 and some others look for roommates; the others have said how they live."""
    booking_round = env["hostel.booking.round"].search(
        [("term_id", "=", terms.next.id), ("is_practice", "=", False)]
    )
    free = _get_free(env, students - logins, booking_round)
    others = free.filtered(lambda student: student.gender == "female")[:LOOKING]
    for student in logins[:1] | others:
        student._give_consent(
            student.partner_id, "portal", optional=("lifestyle", "roommates", "guard_photo")
        )
        student.looking_round_id = booking_round
    matching.answer_questionnaires(env, others, logins)


def write_to_each_other(env, students, logins):
    """A question waits for student1; student3 got a yes from her, and they have a chat.

    One message was reported to the wardens of the girls.
    """
    now = env.cr.now()
    booking_round = env["hostel.booking.desk"]._get_round()
    stays = {row.student_id: row for row in logins.allocation_ids if row.state == "checked_in"}
    girls = (students - logins).filtered(
        lambda student: student.gender == "female" and student._has_consent()
    )
    asks = [
        (logins[2], logins[0], "habits", "I get up at six for hockey. Would that bother you?"),
        (girls[0], logins[0], "hello", "I am in the second year and look for a quiet room."),
        (girls[1], logins[1], "free", "Answer me or I will find out who you are."),
    ]
    pings = []
    for sender, recipient, phrase, message in asks:
        stay = stays.get(recipient)
        pings.append(
            env["hostel.ping.desk"]._insert(
                {
                    "sender_id": sender.id,
                    "recipient_id": recipient.id,
                    "round_id": booking_round.id,
                    "allocation_id": stay.id if stay else False,
                    "phrase": phrase,
                    "message": message,
                    "sender_mail": True,
                    "is_delivered": True,
                    "sent_at": now,
                    "expires_at": now + env["hostel.ping.desk"]._get_lifetime(),
                    "day": now.date(),
                }
            )
        )
    accepted, _waiting, rude = pings
    accepted._accept(shares_mail=True, shares_phone=False)
    rude._report("She will not let me be. Please help.")

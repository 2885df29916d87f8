"""What happens to stays in the course of a term: arrivals, papers, moves, departures, year-end."""

from datetime import datetime, time, timedelta

# Of those who have a bed and have not come: expected today, two days ago, and next week.
ARRIVALS = (0, -2, 0, 5)
# Reason, note, and how many days ago; of each of those who left before the end of the term.
LEFT = [
    ("opted_out", "Lives with an aunt in town now", 21),
    ("transfer", "Admitted to a college nearer home", 12),
    ("expulsion", "Order of the disciplinary committee", 5),
]
NOTICE_DAYS = 10
MORNING = time(4, 30)  # UTC: ten o'clock in India


def record_arrivals(env, terms):
    """A check-in record for everybody who lives in a hostel, and an arrival list for today."""
    rows = env["hostel.allocation"].search(
        [("state", "=", "checked_in"), ("term_id", "=", terms.current.id)], order="id"
    )
    first_day = datetime.combine(terms.current.date_from, MORNING)
    for number, row in enumerate(rows):
        row._open_check_record(
            check_in_at=min(first_day + timedelta(minutes=7 * number), env.cr.now()),
            id_checked=True,
            documents_checked=number % 9 != 0,
            key_number=f"{row.room_id.name}-{row.bed_id.label}",
            key_given=True,
            condition_in="As on the list" if number % 5 else "One chair missing",
        )
    today = env.cr.now().date()
    coming = env["hostel.allocation"].search(
        [("state", "=", "allocated"), ("term_id", "=", terms.current.id)], order="id"
    )
    for row, days in zip(coming, ARRIVALS, strict=False):
        day = max(today + timedelta(days=days), terms.current.date_from)
        if day < row.date_to:
            row._change(date_from=day)


def sign_undertakings(env, terms):
    """The year's anti-ragging undertaking of every student who may have a bed."""
    Undertaking = env["hostel.undertaking"]
    students = env["hostel.student"].search([("status", "=", "active")])
    for year in terms.current.year_id | terms.next.year_id:
        signed = Undertaking.search([("year_id", "=", year.id)]).student_id
        day = max(year.date_from - timedelta(days=20), env.cr.now().date() - timedelta(days=300))
        Undertaking.create(
            [
                {
                    "student_id": student.id,
                    "year_id": year.id,
                    "reference": f"AR{year.date_from.year}-{student.roll_number}",
                    "student_date": day,
                    "guardian_date": day + timedelta(days=1),
                }
                for student in students - signed
            ]
        )


def move_some(env, terms):
    """Two students in other beds, two who changed places, one who moves soon, one notice."""
    today = env.cr.now().date()
    rows = env["hostel.allocation"].search(
        [
            ("state", "=", "checked_in"),
            ("term_id", "=", terms.current.id),
            ("date_from", "<=", today),
            ("student_id.partner_id.user_ids", "=", False),
        ],
        order="id",
    )
    women, men = (rows.filtered(lambda row, g=g: row.gender == g) for g in ("female", "male"))
    women[0]._transfer(_find_bed(women[0]), today, reason="Nearer to the lift, by medical advice")
    men[0]._transfer(_find_bed(men[0]), today, reason="Leaking window until it is repaired")
    women[1]._swap(women[2], today, reason="Sisters in one room")
    soon = today + timedelta(days=NOTICE_DAYS)
    if soon < terms.current.date_to:
        men[1]._transfer(_find_bed(men[1]), soon, reason="Quieter floor before the examinations")
        women[3]._vacate("opted_out", soon, note="Internship in another city")
    women[4].action_leave_for_break()


def _find_bed(row):
    """A bed of the same price that is free to the end of the stay."""
    Allocation = row.env["hostel.allocation"]
    free = row.env["hostel.bed"].search(
        [
            ("room_id.gender", "=", row.gender),
            ("hostel_id", "=", row.hostel_id.id),
            "!",
            ("allocation_ids", "any", Allocation._live_between(row.date_from, row.date_to)),
        ]
    )
    price = row.bed_id._get_price(row.term_id)
    return next((bed for bed in free if bed._get_price(row.term_id) == price), free[:1])


def preview_year_end(env, terms):
    """The rollover of the running year, as far as a look at what it would do."""
    year = terms.current.year_id
    rollover = env["hostel.rollover"].create(
        {
            "year_id": year.id,
            "create_next": True,
            "next_term_name": f"Jul–Dec {year.date_to.year}",
            "next_term_code": f"{year.date_to.year}R",
            "next_term_from": year.date_to,
            "next_term_to": year.date_to.replace(month=12, day=20),
        }
    )
    rollover.action_preview()
    for line in rollover.line_ids.filtered(lambda line: line.decision == "promote")[:2]:
        line.action_detain()

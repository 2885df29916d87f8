"""Students, their guardians, and the few who sign in."""

from datetime import date
from typing import NamedTuple

from passlib.context import CryptContext

from .names import DOMAIN, FATHERS, FEMALE, MALE, MOTHERS, draw_names, phone
from .website import HINDI

STUDENT_GROUP = "hostel_base.group_hostel_student"
GUARDIAN_GROUP = "hostel_base.group_hostel_guardian"
TIME_ZONE = "Asia/Kolkata"


class Programme(NamedTuple):
    name: str
    code: str
    department: str
    years: int


PROGRAMMES = [
    Programme("B.Tech CSE", "BCS", "Computer Science", 4),
    Programme("B.Tech AIML", "BAI", "Computer Science", 4),
    Programme("B.Tech ECE", "BEC", "Electronics", 4),
    Programme("B.Tech Mechanical", "BME", "Mechanical", 4),
    Programme("BBA", "BBA", "Management", 3),
    Programme("M.Tech Data Science", "MDS", "Computer Science", 2),
]
WEIGHTS = [6, 5, 4, 4, 3, 2]

GENDERS = ["female"] * 92 + ["male"] * 112
INACTIVE = 3
FIRST_YEAR, LATER = 1, 2


class Login(NamedTuple):
    login: str
    gender: str
    year: int


# They live here now and are free to book for the next term: student1 to student6. The open
# window is not yet for the seventh, and the eighth has nothing to pay.
STUDENT_LOGINS = [
    Login("student1", "female", LATER),
    Login("student2", "female", LATER),
    Login("student3", "female", LATER),
    Login("student4", "male", LATER),
    Login("student5", "male", LATER),
    Login("student6", "male", LATER),
    Login("student7", "female", FIRST_YEAR),
    Login("student8", "male", LATER),
]
# guardian1 looks after student1, and so on.
GUARDIAN_LOGINS = 3


def create_students(env, rng, plan):
    """Create the students with a guardian or two each.

    :param plan: names of the terms, for the year in which somebody came
    """
    entry = plan.current.year
    names = {
        "female": draw_names(rng, FEMALE, GENDERS.count("female")),
        "male": draw_names(rng, MALE, GENDERS.count("male")),
    }
    programmes = _create_programmes(env)
    serials = {}
    rows = []
    for number, gender in enumerate(GENDERS):
        programme = rng.choices(PROGRAMMES, WEIGHTS)[0]
        year = rng.randint(1, programme.years)
        batch = f"{(entry + 1 - year) % 100:02d}{programme.code}"
        serials[batch] = serials.get(batch, 0) + 1
        first, last = names[gender].pop()
        roll = f"{batch}{serials[batch]:03d}"
        rows.append(
            {
                "name": f"{first} {last}",
                "email": f"{roll.lower()}@{DOMAIN}",
                "phone": phone(10000 + number),
                "tz": TIME_ZONE,
                "roll_number": roll,
                "application_number": f"AP{entry + 1 - year}{number + 1:05d}",
                "gender": gender,
                "programme_id": programmes[programme.code].id,
                "admission_year": entry + 1 - year,
                "year_of_study": year,
                # Spread over the year; a first-year student is between 18 and 19.
                "birthdate": date(entry - 18 - year, 1 + number % 12, 1 + number % 28),
            }
        )
    for row in rng.sample(rows, INACTIVE):
        row["status"] = "inactive"
    students = env["hostel.student"].create(rows)
    _create_guardians(env, rng, students)
    return students


def _create_programmes(env):
    records = env["hostel.programme"].create(
        [
            {
                "name": row.name,
                "code": row.code,
                "department": row.department,
                "duration": row.years,
            }
            for row in PROGRAMMES
        ]
    )
    return {record.code: record for record in records}


def _create_guardians(env, rng, students):
    lines = []
    for student in students:
        surname = student.name.partition(" ")[2]
        lines.append((student, "father", f"{rng.choice(FATHERS)} {surname}", True))
        if rng.random() < 0.4:
            lines.append((student, "mother", f"{rng.choice(MOTHERS)} {surname}", False))
    partners = env["res.partner"].create(
        [
            {
                "name": name,
                "phone": phone(50000 + number),
                "email": f"parent{number}@{DOMAIN}",
                "tz": TIME_ZONE,
            }
            for number, (_student, _relation, name, _first) in enumerate(lines)
        ]
    )
    env["hostel.guardian"].create(
        [
            {
                "student_id": student.id,
                "partner_id": partner.id,
                "relation": relation,
                "is_primary": first,
            }
            for (student, relation, _name, first), partner in zip(lines, partners, strict=True)
        ]
    )


def create_logins(env, students):
    """Portal users for a handful of students and guardians; the password is the login.

    :return: the students who can sign in, in the order of ``STUDENT_LOGINS``
    """
    chosen = students.browse()
    for wanted in STUDENT_LOGINS:
        chosen += _pick(students - chosen, wanted)
    _create_portal_users(
        env,
        STUDENT_GROUP,
        [(row.login, s.partner_id) for row, s in zip(STUDENT_LOGINS, chosen, strict=True)],
    )
    _create_portal_users(
        env,
        GUARDIAN_GROUP,
        [
            (f"guardian{number}", student.guardian_ids.filtered("is_primary").partner_id)
            for number, student in enumerate(chosen[:GUARDIAN_LOGINS], 1)
        ],
    )
    # One parent reads Hindi.
    chosen[0].guardian_ids.filtered("is_primary").partner_id.lang = HINDI
    return chosen


def _pick(students, wanted):
    return students.filtered(
        lambda student: (
            student.gender == wanted.gender
            and student.status == "active"
            and (student.year_of_study == FIRST_YEAR) == (wanted.year == FIRST_YEAR)
        )
    )[0]


def _create_portal_users(env, group, rows):
    create_users(
        env,
        [
            {
                "login": login,
                "partner_id": partner.id,
                "group_ids": [(6, 0, env.ref(group).ids)],
                "tz": TIME_ZONE,
            }
            for login, partner in rows
        ],
    )


def create_users(env, rows):
    """Users whose password is their login; nobody is invited by mail.

    The passwords are no secret, so the hash is a cheap one; Odoo replaces it at the first sign-in.
    """
    users = env["res.users"].with_context(no_reset_password=True).create(rows)
    quick = CryptContext(["pbkdf2_sha512"], pbkdf2_sha512__rounds=1)
    for user in users:
        user._set_encrypted_password(user.id, quick.hash(user.login))
    return users.with_env(env)

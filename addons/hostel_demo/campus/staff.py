"""Who works in the hostels."""

from typing import NamedTuple

from .names import DOMAIN, phone
from .people import TIME_ZONE, create_users


class Person(NamedTuple):
    login: str
    name: str
    group: str
    role: str | None = None  # in hostel.staff
    hostels: tuple[str, ...] = ()
    floors: tuple[int, ...] = ()


EVERYWHERE = ("kaveri", "tungabhadra", "godavari", "narmada", "sindhu")
STAFF = [
    Person("warden.girls", "Vasudha Kamath", "warden", "warden", ("kaveri", "tungabhadra")),
    Person("warden.boys", "Prabhakar Hegde", "warden", "warden", ("godavari", "narmada", "sindhu")),
    Person("supervisor", "Shalini Pillai", "supervisor", "supervisor", ("kaveri",)),
    Person(
        "floor.incharge", "Leela Thomas", "floor_incharge", "floor_incharge", ("kaveri",), (1, 2)
    ),
    Person("guard", "Baldev Yadav", "guard", "guard", ("kaveri", "godavari")),
    Person("mess.manager", "Murali Naidu", "mess_manager", "mess_manager", EVERYWHERE),
    Person("finance", "Chitra Saxena", "finance"),
]


def create_staff(env, hostels):
    """Create a user for each role, with the posts.

    :return: the warden's user of each hostel, by hostel
    """
    env.ref("base.user_admin").tz = TIME_ZONE
    users = create_users(
        env,
        [
            {
                "login": person.login,
                "name": person.name,
                "email": f"{person.login}@{DOMAIN}",
                "phone": phone(1000 + number),
                "tz": TIME_ZONE,
                "group_ids": [(6, 0, env.ref(f"hostel_base.group_hostel_{person.group}").ids)],
            }
            for number, person in enumerate(STAFF)
        ],
    )
    wardens = {}
    for person, user in zip(STAFF, users, strict=True):
        for key in person.hostels:
            hostel = getattr(hostels, key)
            _create_post(env, person, user, hostel)
            if person.role == "warden":
                wardens[hostel] = user
    return wardens


def _create_post(env, person, user, hostel):
    floors = hostel.floor_ids.filtered(lambda floor: floor.number in person.floors)
    env["hostel.staff"].create(
        {
            "user_id": user.id,
            "hostel_id": hostel.id,
            "role": person.role,
            "floor_ids": [(6, 0, floors.ids)],
            "date_from": env.cr.now().date().replace(month=1, day=1),
        }
    )

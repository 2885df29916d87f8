"""How students live, as they answered on the portal, and beds that some of them shared."""

import random

from odoo.addons.hostel_base.const import LIFESTYLE

# A seed of its own, so that nothing else is drawn differently.
SEED = 86
# The first of those who sign in: an early, quiet, tidy student who says what fits.
FIRST_ANSWERS = {
    "lifestyle_sleep": "2",
    "lifestyle_tidiness": "4",
    "lifestyle_noise": "2",
    "lifestyle_guests": "sometimes",
    "lifestyle_study": "library",
    "lifestyle_food": "any",
    "lifestyle_smoking": "never",
    "lifestyle_alcohol": "never",
}
# Most people lie in the middle of a scale.
MIDDLE = {3: (2, 3, 2), 5: (2, 4, 4, 3, 1)}


def answer_questionnaires(env, students, logins):
    """Everybody who agreed to the matching has answered; some of them say what fits."""
    rng = random.Random(SEED)
    agreed = students._get_agreed()
    for number, student in enumerate(students):
        if "lifestyle" not in agreed[student.id]:
            continue
        if student == logins[0]:
            student._answer_lifestyle(FIRST_ANSWERS)
            student.share_match_reasons = True
            continue
        student._answer_lifestyle(
            {
                name: rng.choices(answers, MIDDLE.get(len(answers)))[0][0]
                for name, answers in LIFESTYLE.items()
            }
        )
        student.share_match_reasons = number % 2 == 0


def share_some_beds(env, booking_round, logins, wardens):
    """A student has shown two beds at home and withdrawn one; a warden has shown one."""
    user = logins[0].partner_id.user_ids[:1]
    floor_map = booking_round.map_ids.filtered(lambda one: logins[0]._may_live_in(one.hostel_id))[
        :1
    ]
    beds = [bed["i"] for room in floor_map.layout["rooms"] for bed in room["beds"]]
    Link = env["hostel.bed.link"]
    links = [Link.with_user(user)._share(floor_map.key, index) for index in beds[:2]]
    Link.with_user(user)._revoke_own(links[1].id)
    Link.with_user(wardens[floor_map.hostel_id])._share(floor_map.key, beds[2])

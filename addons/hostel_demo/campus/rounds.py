"""The booking round for the next term, and one for practice."""

import random
from datetime import timedelta

from odoo.tools.misc import format_date

LOTTERY_NUMBER = "24,187.65"
SEED = 27


def open_round(env, hostels, terms, students):
    """One window is open to the second year and above; freshers have slots in three days."""
    now = env.cr.now().replace(microsecond=0)
    _judge_merit(students)
    booking_round = env["hostel.booking.round"].create({"term_id": terms.next.id})
    Window = env["hostel.booking.window"]
    shared = {
        "round_id": booking_round.id,
        "hostel_ids": [(6, 0, hostels.all.ids)],
        "closes_at": now + timedelta(days=14),
    }
    Window.create(
        {
            **shared,
            "name": "Second year and above",
            # The early birds booked yesterday, others within the last hour.
            "opens_at": now - timedelta(hours=22),
            "year_from": 2,
            # Wishes are ranked, and who is in a hurry picks a bed on the map.
            "mode": "both",
        }
    )
    freshers = Window.create(
        {
            **shared,
            "name": "First year",
            "opens_at": _half_past_nine(now + timedelta(days=3)),
            "year_to": 1,
            "slot_by": "merit",
            "slot_size": 5,
            "slot_minutes": 10,
        }
    )
    Window.create(
        {
            **shared,
            "name": "Last year of BBA and M.Tech",
            "opens_at": _half_past_nine(now + timedelta(days=5)),
            "year_from": 2,
            "year_to": 3,
            "programme_ids": [(6, 0, _find_programmes(env, "BBA", "MDS").ids)],
            "needs_clearance": True,
            "dues_place": "the accounts office, counter 3",
            "needs_undertaking": True,
            # Who lives here is asked before the others choose.
            "lets_keep": True,
            "keep_until": _half_past_nine(now + timedelta(days=4)),
        }
    )
    scholars = Window.create(
        {
            "name": "Single rooms for research scholars",
            "round_id": booking_round.id,
            "hostel_ids": [(6, 0, hostels.all.ids)],
            "opens_at": _half_past_nine(now - timedelta(days=6)),
            "closes_at": now - timedelta(days=2),
            "programme_ids": [(6, 0, _find_programmes(env, "MDS").ids)],
            "slot_by": "lottery",
            "slot_size": 2,
            "slot_minutes": 15,
        }
    )
    booking_round.action_open()
    _give_slots(freshers)
    _draw_lots(scholars, now)
    return booking_round


def open_practice(env, hostels, terms):
    """Everybody may try the map before the day."""
    now = env.cr.now().replace(microsecond=0)
    practice = env["hostel.booking.round"].create(
        {"term_id": terms.next.id, "is_practice": True, "practice_minutes": 30}
    )
    env["hostel.booking.window"].create(
        {
            "name": "Try the map",
            "round_id": practice.id,
            "hostel_ids": [(6, 0, hostels.all.ids)],
            "opens_at": now - timedelta(hours=1),
            "closes_at": now + timedelta(days=14),
        }
    )
    practice.action_open()
    return practice


def _judge_merit(students):
    """A CGPA and a way home for each."""
    rng = random.Random(SEED)
    for student in students:
        student.write(
            {
                "merit_score": round(rng.uniform(5.2, 9.8), 2),
                "home_distance_km": rng.choice((4, 18, 60, 140, 320, 780, 1450, 2100)),
            }
        )


def _half_past_nine(moment):
    """Half past nine of that day in India, in UTC."""
    return moment.replace(hour=4, minute=0, second=0)


def _find_programmes(env, *codes):
    return env["hostel.programme"].search([("code", "in", codes)])


def _give_slots(window):
    """Make the list, look at it, publish it."""
    window.action_make_slots()
    _tell_nobody(window)
    window.action_publish_slots()


def _tell_nobody(window):
    """No mail leaves the demonstration."""
    for slot in window.sudo().slot_ids:
        slot.write({"announced_for": slot.opens_at, "reminded_for": slot.opens_at})


def _draw_lots(window, now):
    """A lottery that was frozen ten days ago and drawn seven days ago."""
    appears = (now - timedelta(days=8)).replace(hour=10, minute=0)
    day = format_date(window.env, appears.date(), date_format="d MMM yyyy")
    window.write(
        {"lottery_source": f"Closing value of the NIFTY 50 on {day}", "lottery_source_at": appears}
    )
    window.action_make_slots()
    window._freeze_list(now - timedelta(days=10))
    window.lottery_number = LOTTERY_NUMBER
    window._draw_lottery(now - timedelta(days=7))
    window.action_publish_slots()

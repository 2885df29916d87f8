"""The booking round for the next term."""

from datetime import timedelta


def open_round(env, hostels, terms):
    """One window is open to the second year and above, one opens to freshers in three days."""
    now = env.cr.now().replace(microsecond=0)
    booking_round = env["hostel.booking.round"].create({"term_id": terms.next.id})
    env["hostel.booking.window"].create(
        [
            {
                "name": "Second year and above",
                "round_id": booking_round.id,
                "hostel_ids": [(6, 0, hostels.all.ids)],
                "opens_at": now - timedelta(hours=1),
                "closes_at": now + timedelta(days=14),
                "year_from": 2,
                # Wishes are ranked, and who is in a hurry picks a bed on the map.
                "mode": "both",
            },
            {
                "name": "First year",
                "round_id": booking_round.id,
                "hostel_ids": [(6, 0, hostels.all.ids)],
                "opens_at": now + timedelta(days=3),
                "closes_at": now + timedelta(days=14),
                "year_to": 1,
            },
        ]
    )
    booking_round.action_open()
    return booking_round

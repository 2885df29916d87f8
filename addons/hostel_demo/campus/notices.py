"""The notice board: what hangs there on an ordinary day."""

from datetime import timedelta

READ_SHARE = 0.6
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def post_notices(env, rng, hostels):
    """Post a few notices as those would who look after the hostels, and let some be read."""
    now = env.cr.now().replace(minute=30, second=0, microsecond=0) - HOUR
    girls = {
        "audience": "hostel",
        "hostel_ids": [(6, 0, (hostels.kaveri + hostels.tungabhadra).ids)],
    }
    floors = hostels.kaveri.floor_ids.filtered(lambda floor: floor.number in (1, 2))
    board = [
        (
            "admin",
            {
                "name": "Whom to call, day and night",
                "notice_type": "general",
                "is_pinned": True,
                "audience": "everyone",
                "to_guardians": True,
                "to_staff": True,
                "date_from": now - 20 * DAY,
                "date_to": now + 120 * DAY,
                "body": "<p>Hostel office, Kaveri ground floor: 09:00 to 18:00.</p>"
                "<ul><li>Warden on duty: see the board at your gate</li>"
                "<li>Ambulance: 108</li><li>Anti-ragging helpline: 1800-180-5522</li></ul>",
            },
        ),
        (
            "warden.girls",
            {
                **girls,
                "name": "Water supply off on Saturday, 10:00 to 13:00",
                "notice_type": "warning",
                "to_staff": True,
                "date_from": now - 5 * HOUR,
                "date_to": now + 4 * DAY,
                "body": "<p>The overhead tanks are cleaned. Please fill your buckets before ten."
                " Drinking water stays available in the mess.</p>",
            },
        ),
        (
            "floor.incharge",
            {
                "name": "Corridors of the first and second floor are painted",
                "notice_type": "announcement",
                "audience": "floor",
                "floor_ids": [(6, 0, floors.ids)],
                "hostel_ids": False,
                "date_from": now - 2 * DAY,
                "date_to": now + 5 * DAY,
                "body": "<p>Please take shoe racks and drying clothes inside until Thursday.</p>",
            },
        ),
        (
            "warden.girls",
            {
                **girls,
                "name": "Meeting of parents and wardens",
                "notice_type": "announcement",
                "to_students": False,
                "to_guardians": True,
                "date_from": now - DAY,
                "date_to": now + 9 * DAY,
                "body": "<p>Saturday next week at 11:00 in the seminar hall. We speak about the"
                " winter holidays, leave and safety. Parents who can't travel may join by"
                " video; the link follows by e-mail.</p>",
            },
        ),
        (
            "warden.boys",
            {
                "name": "Internet is down for maintenance on Sunday",
                "notice_type": "announcement",
                "audience": "hostel",
                "hostel_ids": [(6, 0, (hostels.godavari + hostels.narmada).ids)],
                "date_from": now + 2 * DAY,
                "date_to": now + 4 * DAY,
                "body": "<p>New access points are installed from 06:00 to 09:00.</p>",
            },
        ),
    ]
    for login, vals in board:
        _post(env, login, vals)
    _post_what_is_over(env, hostels, now)
    _let_people_read(env, rng)


def _post(env, login, vals):
    user = env["res.users"].search([("login", "=", login)])
    notice = env["hostel.notice"].with_user(user).create(vals)
    notice.action_publish()
    return notice


def _post_what_is_over(env, hostels, now):
    """An emergency of yesterday, put away by the clock."""
    notice = _post(
        env,
        "warden.boys",
        {
            "name": "Power failure in Godavari: please stay in your rooms",
            "notice_type": "emergency",
            "audience": "hostel",
            "hostel_ids": [(6, 0, hostels.godavari.ids)],
            "to_staff": True,
            "date_from": now - 30 * HOUR,
            "date_to": now + 3 * HOUR,
            "body": "<p>A cable is damaged near the gate. Do not use the lift. The generator runs"
            " in ten minutes; we tell you here when the way is free.</p>",
        },
    )
    notice.sudo().date_to = now - 26 * HOUR
    env["hostel.notice"]._cron_clock()


def _let_people_read(env, rng):
    """Most have opened what they were told; those who sign in have not, so they see it as new."""
    now = env.cr.now()
    receipts = env["hostel.notice.receipt"].search(
        [("partner_id.user_ids", "=", False)], order="id"
    )
    read = receipts.filtered(lambda receipt: rng.random() < READ_SHARE)
    read.read_at = now

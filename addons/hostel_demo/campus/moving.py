"""Moving in and out: keys, agreements, room-condition forms, and students who leave."""

import base64
import io
from datetime import timedelta

from PIL import Image, ImageDraw

FORMS = 24  # of the present stays, so many forms are further than a draft
LEAVING_DAYS = 12
UNSIGNED = 14  # one of so many has not signed the agreement yet


def move_people(env, terms):
    """Everything that the desk and the students would have done by now."""
    stays = env["hostel.allocation"].search(
        [("state", "=", "checked_in"), ("term_id", "=", terms.current.id)], order="id"
    )
    _register_keys(env)
    _hand_keys_over(stays)
    env.ref("hostel_booking.licence_terms_draft").action_publish()
    _ask_nobody_by_mail(env)
    _sign_most(stays)
    _fill_forms(stays)
    _let_some_leave(env, stays)
    _lose_a_key(env)


def _register_keys(env):
    """One key a bed, and two of each room's door that stay in the office."""
    vals = []
    for room in env["hostel.room"].search([]):
        base = {"hostel_id": room.hostel_id.id, "room_id": room.id}
        vals += [
            base
            | {
                "name": f"{room.name}-{bed.label}",
                "kind": "cupboard",
                "bed_id": bed.id,
                "lost_amount": 150,
            }
            for bed in room.bed_ids
        ]
        vals += [
            base | {"name": room.name, "copy_number": copy, "kind": "room", "lost_amount": 300}
            for copy in (1, 2)
        ]
    env["hostel.key"].create(vals)


def _hand_keys_over(stays):
    for stay in stays:
        keys = stay._get_keys_to_give()
        for key in keys.filtered("bed_id") | keys.filtered(lambda key: not key.bed_id)[:1]:
            key._hand_over(stay)


def _ask_nobody_by_mail(env):
    """The agreements stand on the students' pages; no mail leaves the demonstration."""
    env["hostel.licence.agreement"].search([]).told_at = env.cr.now()


def _draw_signature(name):
    """What somebody draws with a finger: base64 of a PNG."""
    image = Image.new("RGBA", (520, 160), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    points = [(30 + 26 * i, 80 + ((ord(letter) * 7) % 90) - 45) for i, letter in enumerate(name)]
    pen.line(points[:18], fill=(20, 20, 110, 255), width=5, joint="curve")
    out = io.BytesIO()
    image.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def _sign_most(stays):
    """Adults sign, but for a few who have not found the time; minors wait for their guardians."""
    adults = stays.filtered(lambda stay: not stay.student_id.is_minor)
    # What students who sign in may try; the first of them has signed.
    logins = adults.filtered("student_id.partner_id.user_ids")[1::2]
    for number, stay in enumerate(adults):
        if number % UNSIGNED == UNSIGNED - 1 or stay in logins:
            continue
        name = stay.student_id.name
        # A PDF takes a second to print: each is made when somebody asks for it.
        agreement = stay.agreement_ids[:1].with_context(hostel_print_on_demand=True)
        agreement._sign(name, _draw_signature(name), "192.0.2.10")


def _picture(text):
    """A photo that is none: a grey wall with a word."""
    image = Image.new("RGB", (800, 600), (176, 168, 156))
    pen = ImageDraw.Draw(image)
    pen.rectangle((120, 160, 680, 440), outline=(90, 80, 70), width=8)
    pen.line((150, 420, 400, 200, 520, 380), fill=(120, 40, 30), width=10)
    pen.text((300, 480), text, fill=(40, 40, 40))
    out = io.BytesIO()
    image.save(out, "JPEG")
    return base64.b64encode(out.getvalue())


def _fill_forms(stays):
    """Agreed ones, some that wait for their students, one that is disputed, drafts."""
    for number, stay in enumerate(stays[:FORMS]):
        form = stay.condition_ids
        if not form:
            continue
        if number % 4 == 1:
            line = form.line_ids[number % len(form.line_ids)]
            line.write({"condition_in": "worn", "note_in": "Scratches"})
            form.env["hostel.room.condition.photo"].create(
                {"line_id": line.id, "stage": "in", "image": _picture("Scratches")}
            )
        form.action_send()
        if number % 6 == 5:
            continue
        if number == 4:
            form._dispute("The fan makes a noise and the chair has a loose leg.")
            continue
        form._accept(stay.student_id.name)


def _let_some_leave(env, stays):
    """Two who gave notice, one of them cleared but for a key."""
    today = env.cr.now().date()
    leaving = stays.filtered(
        lambda stay: (
            stay.state == "checked_in"
            and not stay.notice_date
            and stay.condition_ids.state == "agreed"
            and stay.date_to > today + timedelta(days=LEAVING_DAYS)
            and not stay.student_id.partner_id.user_ids
        )
    )[:2]
    for number, stay in enumerate(leaving):
        stay._give_notice(today + timedelta(days=LEAVING_DAYS - number), "opted_out", "Going home")
    if not leaving:
        return
    stay = leaving[0]
    form = stay.condition_ids
    form.action_start_inspection()
    chair = form.line_ids.filtered(lambda line: line.item_id.damage_amount)[:1]
    chair.write(
        {
            "condition_out": "damaged",
            "note_out": "One slat broken",
            "damage_amount": chair.item_id.damage_amount,
        }
    )
    env["hostel.room.condition.photo"].create(
        {"line_id": chair.id, "stage": "out", "image": _picture("Broken")}
    )
    form.action_close_inspection()
    for line in stay.no_dues_ids.line_ids.filtered(
        lambda line: line.station_id.code in ("mess", "library")
    ):
        line._answer("clear", False)
    for line in leaving[1:].no_dues_ids.line_ids.filtered(
        lambda line: line.station_id.code == "library"
    ):
        line._answer("held", "Two books not returned")


def _lose_a_key(env):
    key = env["hostel.key"].search([("state", "=", "handed_over")], limit=1)
    key._move("lost", note="Fell into the lake", amount=key.lost_amount)

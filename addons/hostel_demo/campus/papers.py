"""Identity documents, police verification and accounts for refunds of some students.

The cards are drawn here and go through the real masking; their numbers belong to nobody.
"""

import io

from PIL import Image, ImageDraw, ImageFont

from odoo.addons.hostel_base.tools.verhoeff import check_digit

CARD = (1012, 638)
POLICE_SUBMITTED = 12
POLICE_VERIFIED = 40
# UIDAI gives out no number that begins with 0 or 1, so nobody has these.
FIRST_DIGITS = "1000"


def give_papers(env, students, logins, wardens):
    """Two documents of girls and one of a boy: verified, waiting, rejected; each takes seconds."""
    girl, other_girl, boy = logins[0], logins[1], logins[3]
    verified = _give(girl, 41).with_user(_warden_of(girl, wardens))
    verified.action_verify()
    _give(other_girl, 42)
    rejected = _give(boy, 43).with_user(_warden_of(boy, wardens))
    rejected.env["hostel.identity.reject"].create(
        {
            "document_ids": rejected.ids,
            "preset": "unreadable",
            "note": "Please photograph the card without the lamp's reflection.",
        }
    ).action_reject()
    env["hostel.student.bank"].create(
        {
            "student_id": girl.id,
            "holder": girl.name,
            "number": "31245678901",
            "ifsc": "SBIN0001234",
        }
    )
    _ask_police(students)


def _give(student, number):
    picture = _draw_card(student.name, number)
    return student.env["hostel.identity.document"]._submit(student, picture, "aadhaar")


def _warden_of(student, wardens):
    return wardens[student.current_hostel_id]


def _ask_police(students):
    residents = students.filtered("current_allocation_id")
    (residents[: POLICE_VERIFIED + POLICE_SUBMITTED]).action_police_submitted()
    residents[:POLICE_VERIFIED].action_police_verified()


def _draw_card(name, number):
    digits = FIRST_DIGITS + f"{number:07d}"
    digits += check_digit(digits)
    card = Image.new("RGB", CARD, (250, 248, 240))
    draw = ImageDraw.Draw(card)
    draw.rectangle((0, 0, CARD[0], 74), fill=(245, 160, 90))
    draw.rectangle((0, CARD[1] - 40, CARD[0], CARD[1]), fill=(60, 140, 80))
    draw.rectangle((50, 120, 260, 380), fill=(170, 185, 200))
    draw.ellipse((105, 160, 205, 270), fill=(120, 135, 150))
    draw.pieslice((75, 270, 235, 490), 180, 360, fill=(120, 135, 150))
    draw.text((310, 14), "Specimen of a card", font=ImageFont.load_default(38), fill="black")
    for line, text in enumerate((name, "DOB: 14/08/2006", "Specimen, valid for nothing")):
        draw.text((310, 130 + 62 * line), text, font=ImageFont.load_default(36), fill="black")
    text = " ".join(digits[start : start + 4] for start in (0, 4, 8))
    draw.text((320, 480), text, font=ImageFont.load_default(58), fill="black")
    out = io.BytesIO()
    card.save(out, "JPEG", quality=90)
    return out.getvalue()

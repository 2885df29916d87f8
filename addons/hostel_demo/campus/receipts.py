"""Fee receipts of three students: one the machine accepted, two that wait for finance.

Drawn here and read by the real Tesseract; each takes seconds.
"""

import io
from datetime import timedelta

from PIL import Image, ImageDraw, ImageFont

from .books import COLLEGE

PAGE = (1240, 900)
FONT = "/usr/share/fonts/truetype/noto/NotoSans-{}.ttf"


def send_receipts(env, students, terms):
    """A template, and receipts for a term: accepted, with a balance left, and blurred.

    The template also knows the words of the receipts that come from Camu's sandbox.
    """
    env["hostel.receipt.template"].create(
        {
            "name": "Receipts of the accounts office",
            "college_names": COLLEGE,
            "labels_receipt_no": "Rcpt#",
            "labels_amount": "Paid",
            "is_approving": True,
        }
    )
    term = terms.next
    waiting = students.filtered(lambda student: not student._is_cleared(term)).sorted("id")
    accepted, owing, unclear = waiting[-3:]
    _send(accepted, term, 4711)
    _send(owing, term, 4712, balance="8,000.00")
    _send(unclear, term, 4713, smudge=True)


def _send(student, term, number, **look):
    day = student.env.company._get_college_day() - timedelta(days=3)
    data = _draw(student, term, f"AR26{number:05d}", day, **look)
    student.env["hostel.receipt"]._submit(student, term, data)


def _draw(student, term, number, day, balance="0.00", smudge=False):
    page = Image.new("RGB", PAGE, (252, 251, 247))
    draw = ImageDraw.Draw(page)
    plain = ImageFont.truetype(FONT.format("Regular"), 27)
    draw.text((620, 50), COLLEGE, font=ImageFont.truetype(FONT.format("Bold"), 42),
              fill=(20, 40, 80), anchor="ma")  # fmt: skip
    draw.text((620, 115), "Fee Receipt", font=plain, fill=(60, 60, 60), anchor="ma")
    draw.line((60, 165, 1180, 165), fill=(120, 120, 120), width=2)
    rows = (
        ("Receipt No", number),
        ("Date", day.strftime("%d-%m-%Y")),
        ("Student ID", student.roll_number),
        ("Student Name", student.name),
        ("Amount Paid", "91,000.00"),
        ("Amount in Words", "Rupees Ninety One Thousand Only"),
        ("Balance", balance),
    )
    for place, (label, value) in enumerate(rows):
        top = 210 + 78 * place
        draw.text((90, top), label, font=plain, fill=(70, 70, 70))
        draw.text((420, top), value, font=plain, fill=(20, 20, 20))
        if smudge and label == "Student ID":
            draw.ellipse((470, top - 4, 540, top + 40), fill=(150, 120, 90))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=85)
    return out.getvalue()

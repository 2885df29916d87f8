"""Receipts as a college's counter prints them: three layouts, as PNG and as PDF.

Whoever reads receipts must cope with colleges that name the same thing differently, so the
layouts differ in labels, order, dates and type. On one receipt all values are of one type and size,
as from one printer: a value that stands out is what an edit looks like.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from PIL import Image, ImageDraw, ImageFont

from . import money, words

# A5 across at 150 dots an inch, like the slips that counters print.
WIDTH, HEIGHT, DPI = 1240, 874, 150
INK, QUIET, LINE, PAPER = "#151a26", "#5a6375", "#9aa3b5", "#ffffff"
BRAND = "#1c3f94"
FONTS = "/usr/share/fonts/truetype/dejavu"


@dataclass(frozen=True)
class Receipt:
    """What stands on a receipt; ``balance`` is what the student still owes for the term."""

    college: str
    number: str
    reference: str
    student_id: str
    student_name: str
    term: str
    fee_head: str
    amount: Decimal
    balance: Decimal
    paid_on: datetime
    method: str


def _font(name: str, size: int) -> ImageFont.ImageFont:
    try:
        return ImageFont.truetype(f"{FONTS}/{name}.ttf", size)
    except OSError:
        return ImageFont.load_default(size)


def _money(amount: Decimal) -> str:
    text = money.rupees(str(amount))
    return text if "." in text else f"{text}.00"


class Sheet:
    """A page and a pen; places are in dots."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.image = Image.new("RGB", (width, height), PAPER)
        self.pen = ImageDraw.Draw(self.image)
        self.width = width

    def text(self, x: int, y: int, text: str, *, font="DejaVuSans", size=26, fill=INK, anchor="la"):
        self.pen.text((x, y), text, font=_font(font, size), fill=fill, anchor=anchor)

    def middle(self, y: int, text: str, **look) -> None:
        self.text(self.width // 2, y, text, anchor="ma", **look)

    def rule(self, y: int, left: int = 60, right: int | None = None, width: int = 2) -> None:
        self.pen.line([(left, y), (right or self.width - left, y)], fill=LINE, width=width)

    def box(self, left: int, top: int, right: int, bottom: int, fill: str | None = None) -> None:
        self.pen.rectangle([left, top, right, bottom], outline=LINE, width=2, fill=fill)


def classic(receipt: Receipt) -> Image.Image:
    """Label and value in two columns under a letterhead."""
    sheet = Sheet()
    sheet.box(30, 30, WIDTH - 30, HEIGHT - 30)
    sheet.middle(60, receipt.college, font="DejaVuSans-Bold", size=40, fill=BRAND)
    sheet.middle(118, "FEE RECEIPT", font="DejaVuSans-Bold", size=30)
    sheet.rule(168)
    left = [
        ("Receipt No", receipt.number),
        ("Student ID", receipt.student_id),
        ("Name", receipt.student_name),
        ("Academic Term", receipt.term),
        ("Fee Head", receipt.fee_head),
        ("Mode", receipt.method.upper()),
    ]
    for row, (label, value) in enumerate(left):
        sheet.text(70, 200 + 52 * row, f"{label} :", fill=QUIET)
        sheet.text(330, 200 + 52 * row, value)
    sheet.text(760, 200, "Date :", fill=QUIET)
    sheet.text(860, 200, receipt.paid_on.strftime("%d/%m/%Y"))
    sheet.text(70, 520, f"Ref : {receipt.reference}", size=22, fill=QUIET)
    sheet.rule(566)
    sheet.text(70, 590, "Amount Paid :", font="DejaVuSans-Bold")
    sheet.text(330, 590, f"Rs. {_money(receipt.amount)}")
    sheet.text(70, 645, "In Words :", fill=QUIET)
    sheet.text(330, 645, words.rupees(receipt.amount), size=24)
    sheet.text(70, 700, "Balance Due :", font="DejaVuSans-Bold")
    sheet.text(330, 700, f"Rs. {_money(receipt.balance)}")
    sheet.middle(790, "Computer generated receipt, needs no signature", size=20, fill=QUIET)
    return sheet.image


def ledger(receipt: Receipt) -> Image.Image:
    """A table with one row per head, sums below it, in a serif type."""
    serif, bold = "DejaVuSerif", "DejaVuSerif-Bold"
    sheet = Sheet()
    sheet.text(60, 50, receipt.college.upper(), font=bold, size=36)
    sheet.text(60, 104, "Office of Accounts  -  Payment Acknowledgement", font=serif, size=24)
    sheet.rule(145, width=4)
    sheet.text(60, 186, f"Voucher No. {receipt.number}", font=serif)
    paid_on = receipt.paid_on.strftime("%d-%b-%Y")
    sheet.text(WIDTH - 60, 186, f"Dated {paid_on}", font=serif, anchor="ra")
    sheet.text(60, 228, f"Received from {receipt.student_name}", font=serif)
    sheet.text(60, 270, f"Registration No. {receipt.student_id}", font=serif)
    sheet.text(WIDTH - 60, 270, f"Session {receipt.term}", font=serif, anchor="ra")
    sheet.box(60, 330, WIDTH - 60, 530)
    sheet.rule(386, 60)
    sheet.text(80, 342, "Particulars", font=bold)
    sheet.text(WIDTH - 80, 342, "Amount (INR)", font=bold, anchor="ra")
    sheet.text(80, 402, receipt.fee_head, font=serif)
    sheet.text(WIDTH - 80, 402, _money(receipt.amount), font=serif, anchor="ra")
    sheet.rule(470, 60)
    sheet.text(80, 486, "Total received", font=bold)
    sheet.text(WIDTH - 80, 486, _money(receipt.amount), font=serif, anchor="ra")
    sheet.text(60, 560, f"In words: {words.rupees(receipt.amount)}", font=serif, size=24)
    sheet.text(60, 620, "Outstanding balance", font=bold)
    sheet.text(WIDTH - 80, 620, _money(receipt.balance), font=serif, anchor="ra")
    sheet.text(60, 690, f"Paid by {receipt.method}; order {receipt.reference}", font=serif, size=22)
    sheet.text(WIDTH - 60, 780, "Accounts Officer", font=serif, size=24, anchor="ra")
    return sheet.image


def slip(receipt: Receipt) -> Image.Image:
    """A narrow slip of a counter's printer."""
    plain, bold = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
    sheet = Sheet(720, 1180)
    sheet.middle(40, receipt.college, font=bold, size=32)
    sheet.middle(90, "* PAYMENT RECEIPT *", font=plain)
    rows = [
        ("Rcpt#", receipt.number),
        ("Date", receipt.paid_on.strftime("%Y-%m-%d %H:%M")),
        ("Roll No", receipt.student_id),
        ("Student", receipt.student_name),
        ("Sem", receipt.term),
        ("Towards", receipt.fee_head),
        ("Via", receipt.method),
        ("Ref", receipt.reference),
    ]
    for row, (label, value) in enumerate(rows):
        sheet.text(50, 170 + 62 * row, label, font=plain)
        sheet.text(230, 170 + 62 * row, value[:28], font=plain)
    sheet.rule(690, 50)
    sheet.text(50, 720, "PAID", font=bold)
    sheet.text(670, 720, _money(receipt.amount), font=plain, anchor="ra")
    for row, line in enumerate(_wrap(f"In words {words.rupees(receipt.amount)}", 40)):
        sheet.text(50, 780 + 36 * row, line, font=plain, size=24)
    sheet.rule(890, 50)
    sheet.text(50, 920, "BALANCE", font=bold)
    sheet.text(670, 920, _money(receipt.balance), font=plain, anchor="ra")
    sheet.middle(1060, "Thank you", font=plain)
    return sheet.image


def _wrap(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


LAYOUTS: dict[str, Callable[[Receipt], Image.Image]] = {
    "classic": classic,
    "ledger": ledger,
    "slip": slip,
}


def draw(receipt: Receipt, layout: str, kind: str) -> bytes:
    """A receipt as ``png`` or ``pdf``.

    :param layout: a key of ``LAYOUTS``
    """
    image = LAYOUTS[layout](receipt)
    buffer = io.BytesIO()
    if kind == "pdf":
        image.save(buffer, "PDF", resolution=DPI, title=f"Receipt {receipt.number}")
    else:
        image.save(buffer, "PNG", dpi=(DPI, DPI), optimize=True)
    return buffer.getvalue()

"""Made-up fee receipts: genuine ones, and forged ones of many kinds. Nobody has these numbers.

``TRAIN`` layouts and fonts are what the parser's tests use; ``HELD_OUT`` ones are drawn for the
measurement only, and were not looked at while the parser was written.
"""

import io
import random
import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from odoo.addons.hostel_billing.tools.amount_words import amount_in_words
from odoo.addons.hostel_billing.tools.receipt_image import perspective

FONTS = Path("/usr/share/fonts/truetype")
COLLEGE = "Sahyadri Institute of Technology"
OTHER_COLLEGES = (
    "Malabar College of Engineering",
    "Sahyadri Institute of Technology and Science",
    "Sahyadri Institute of Management",
)
NAMES = ("Asha Kumari", "Ravi Teja", "Meera Nair", "Arjun Patil", "Sana Shaikh", "Kabir Das")
PAGE = (1240, 900)

TRAIN_FONTS = (
    ("dejavu/DejaVuSans.ttf", "dejavu/DejaVuSans-Bold.ttf"),
    ("dejavu/DejaVuSerif.ttf", "dejavu/DejaVuSerif-Bold.ttf"),
    ("noto/NotoSans-Regular.ttf", "noto/NotoSans-Bold.ttf"),
    ("noto/NotoSerif-Regular.ttf", "noto/NotoSerif-Bold.ttf"),
)
HELD_OUT_FONTS = (
    ("roboto/unhinted/RobotoTTF/Roboto-Regular.ttf", "roboto/unhinted/RobotoTTF/Roboto-Bold.ttf"),
    ("dejavu/DejaVuSansCondensed.ttf", "dejavu/DejaVuSansCondensed-Bold.ttf"),
    ("noto/NotoSansDisplay-Regular.ttf", "noto/NotoSansDisplay-Bold.ttf"),
    ("dejavu/DejaVuSansMono.ttf", "dejavu/DejaVuSansMono-Bold.ttf"),
)
# A forger's own font, which is none of the college's.
FORGER_FONT = "noto/NotoSerifDisplay-Bold.ttf"
FORGER_PLAIN = "dejavu/DejaVuSansMono.ttf"


@dataclass(frozen=True)
class Facts:
    """What a receipt says."""

    college: str = COLLEGE
    number: str = "24CS0117"
    name: str = "Asha Kumari"
    receipt: str = "RC2600417"
    day: date = date(2026, 6, 12)
    paid: Decimal = Decimal(42000)
    words: str = ""
    balance: Decimal = Decimal(0)
    year: str = "2026-27"
    stamp: str = ""

    @property
    def in_words(self) -> str:
        return self.words or f"Rupees {amount_in_words(self.paid)} Only"


@dataclass
class Sample:
    """A picture, and what is true about it.

    ``facts``: what is printed; ``kind``: ``genuine`` or the manipulation; ``boxes``: where each
    value was drawn, before the photograph; ``claims``: number of the student who uploads it;
    ``before``: a picture that was handed in before, where the kind says so.
    """

    data: bytes
    facts: Facts
    kind: str
    layout: str
    font: str
    look: str
    boxes: dict = field(default_factory=dict)
    claims: str = ""
    before: bytes = b""


def make_facts(rng: random.Random) -> Facts:
    """Facts of a genuine receipt."""
    return Facts(
        number="".join(
            (
                rng.choice(("23", "24", "25")),
                rng.choice(("CS", "ME", "EC")),
                f"{rng.randint(1, 9999):04d}",
            )
        ),
        name=rng.choice(NAMES),
        receipt=f"RC26{rng.randint(1, 99999):05d}",
        day=date(2026, 5, 20) + timedelta(days=rng.randint(0, 40)),
        paid=Decimal(rng.choice((38500, 42000, 45750, 61200, 7350, 118000, 52905))),
    )


PLAIN = re.compile(r"[0-9,]+\.[0-9]{2}")


def money(amount: Decimal, style: str = "plain") -> str:
    """Grouped as in India: 1,18,000.00."""
    whole, cents = f"{amount:.2f}".split(".")
    head, tail = whole[:-3], whole[-3:]
    while head:
        head, tail = head[:-2], f"{head[-2:]},{tail}"
    text = f"{tail}.{cents}"
    slash = text if amount % 1 else f"{tail}/-"
    return {"plain": text, "rs": f"Rs. {text}", "slash": slash, "rupee": f"₹ {text}"}[style]


# -- drawing ------------------------------------------------------------------------------------


class Painter:
    """Draws one receipt, and remembers where each value stands."""

    def __init__(self, size, fonts, rng, shade):
        self.image = Image.new("RGB", size, shade)
        self.draw = ImageDraw.Draw(self.image)
        self.fonts, self.rng, self.shade = fonts, rng, shade
        self.boxes: dict = {}
        self.fonts_of: dict = {}

    def font(self, size, bold=False):
        return ImageFont.truetype(str(FONTS / self.fonts[bold]), size)

    def text(self, at, text, size=26, bold=False, name=None, fill=(25, 25, 30), anchor="la"):
        font = self.font(size, bold)
        self.draw.text(at, text, font=font, fill=fill, anchor=anchor)
        if name:
            self.boxes[name] = self.draw.textbbox(at, text, font=font, anchor=anchor)
            self.fonts_of[name] = (self.fonts[bold], size, text, fill)

    def places(self, name):
        """Where a value stands: under its own name, and under "name:row" in the rows of a table."""
        return [place for place in self.boxes if place.split(":")[0] == name]


def _heading(painter, facts, size=40):
    middle = painter.image.width // 2
    painter.text((middle, 40), facts.college, size, True, "college", anchor="ma")
    painter.text((middle, 100), "Fee Receipt", 30, False, anchor="ma")
    painter.draw.line((60, 150, painter.image.width - 60, 150), fill=(90, 90, 90), width=2)


def _stamp(painter, facts):
    if facts.stamp:
        width, height = painter.image.size
        painter.text(
            (width // 2, height - 80), facts.stamp, 60, True, fill=(190, 40, 40), anchor="ma"
        )


def _rows(facts, style, day_format):
    return [
        ("receipt", facts.receipt),
        ("day", facts.day.strftime(day_format)),
        ("number", facts.number),
        ("name", facts.name),
        ("year", facts.year),
        ("paid", money(facts.paid, style)),
        ("words", facts.in_words),
        ("balance", money(facts.balance, style)),
    ]


WORDS = {
    "lines": {"receipt": "Receipt No", "day": "Date", "number": "Student ID", "name": "Name",
              "year": "Academic Year", "paid": "Amount Paid", "words": "Amount in Words",
              "balance": "Balance"},
    "two_columns": {"receipt": "Receipt Number", "day": "Payment Date", "number": "Roll No.",
                    "name": "Student Name", "year": "Session", "paid": "Total Paid",
                    "words": "In Words", "balance": "Balance Due"},
    "card": {"receipt": "Receipt ID", "day": "Paid On", "number": "Registration No",
             "name": "Student Name", "year": "Academic Year", "paid": "Paid Amount",
             "words": "Amount in words", "balance": "Outstanding Amount"},
}  # fmt: skip


def draw_lines(painter, facts, style, day_format):
    """Label, colon, value: one below the other."""
    _heading(painter, facts)
    for place, (name, value) in enumerate(_rows(facts, style, day_format)):
        at = 190 + 68 * place
        painter.text((90, at), WORDS["lines"][name])
        painter.text((390, at), ":")
        painter.text((420, at), value, name=name)
    _stamp(painter, facts)


def draw_two_columns(painter, facts, style, day_format):
    """Two columns of labels and values, then the amounts."""
    _heading(painter, facts)
    rows = dict(_rows(facts, style, day_format))
    for place, pair in enumerate((("receipt", "day"), ("number", "year"), ("name", "paid"))):
        for column, name in enumerate(pair):
            at = (70 + 580 * column, 200 + 80 * place)
            painter.text(at, WORDS["two_columns"][name] + " :", 24)
            painter.text((at[0] + 245, at[1]), rows[name], 24, name=name)
    painter.text((70, 480), "In Words :", 24)
    painter.text((315, 480), rows["words"], 24, name="words")
    painter.text((70, 580), "Balance Due :", 30)
    painter.text((420, 580), rows["balance"], 30, name="balance")
    _stamp(painter, facts)


def draw_table(painter, facts, style, day_format):
    """A table of fee heads with demand, paid and balance."""
    _heading(painter, facts)
    rows = dict(_rows(facts, style, day_format))
    for place, (label, name) in enumerate(
        (("Receipt No. ", "receipt"), ("Date ", "day"), ("Enrolment No. ", "number"),
         ("Name ", "name"))
    ):  # fmt: skip
        at = (70 + 600 * (place % 2), 180 + 60 * (place // 2))
        painter.text(at, label + ":", 25)
        painter.text((at[0] + 230, at[1]), rows[name], 25, name=name)
    top = 330
    columns = (70, 620, 860, 1150)
    painter.draw.rectangle(
        (60, top - 12, 1180, top + 44), fill=tuple(c - 14 for c in painter.shade)
    )
    for at, label, anchor in zip(
        columns, ("Particulars", "Demand", "Paid", "Balance"), ("la", "ra", "ra", "ra"), strict=True
    ):
        painter.text((at, top), label, 25, True, anchor=anchor)
    part = (facts.paid * 3 // 4).quantize(Decimal(1))
    for place, (label, amount) in enumerate(
        (("Hostel fee", part), ("Mess fee", facts.paid - part))
    ):
        at = top + 70 + 56 * place
        painter.text((70, at), label, 25)
        painter.text((620, at), money(amount), 25, anchor="ra")
        painter.text((860, at), money(amount), 25, anchor="ra")
        due = facts.balance if place else Decimal(0)
        painter.text((1150, at), money(due), 25, name=f"balance:{place}", anchor="ra")
    at = top + 200
    painter.draw.line((60, at - 10, 1180, at - 10), fill=(60, 60, 60), width=2)
    painter.text((70, at), "Total", 25)
    painter.text((620, at), money(facts.paid), 25, anchor="ra")
    painter.text((860, at), money(facts.paid), 25, anchor="ra")
    painter.text((1150, at), money(facts.balance), 25, name="balance", anchor="ra")
    painter.text((70, at + 80), "Amount Received :", 25)
    painter.text((340, at + 80), money(facts.paid, style), 25, name="paid")
    painter.text((70, at + 140), "Amount in Words :", 25)
    painter.text((340, at + 140), rows["words"], 25, name="words")
    _stamp(painter, facts)


def draw_card(painter, facts, style, day_format):
    """Small labels above larger values, as on a screen."""
    painter.text((60, 40), facts.college, 36, True, "college")
    rows = dict(_rows(facts, style, day_format))
    places = (("number", "name"), ("receipt", "day"), ("year", "paid"), ("words",), ("balance",))
    for row, names in enumerate(places):
        for column, name in enumerate(names):
            at = (60 + 600 * column, 130 + 140 * row)
            painter.text(at, WORDS["card"][name], 22, fill=(95, 95, 105))
            painter.text((at[0], at[1] + 38), rows[name], 30, name=name)
    _stamp(painter, facts)


def draw_portal(painter, facts, style, day_format):
    """Held out: a page of a student portal with a bar at the top."""
    width = painter.image.width
    painter.draw.rectangle((0, 0, width, 84), fill=(28, 70, 120))
    painter.text((40, 20), facts.college, 34, True, "college", fill=(250, 250, 250))
    painter.text((40, 110), "My Dues  >  Receipt", 24, fill=(90, 90, 100))
    rows = dict(_rows(facts, style, day_format))
    labels = {"number": "Register No", "name": "Student Name", "receipt": "Rcpt No.",
              "day": "Transaction Date", "paid": "Total Amount Paid",
              "words": "Amount in Words", "balance": "Total Outstanding"}  # fmt: skip
    for place, (name, label) in enumerate(labels.items()):
        at = 175 + 88 * place
        painter.text((60, at), label, 25, fill=(70, 70, 80))
        painter.text((520, at), rows[name], 25, name=name)
        painter.draw.line((50, at + 58, width - 50, at + 58), fill=(200, 205, 210), width=2)
    _stamp(painter, facts)


def draw_ledger(painter, facts, style, day_format):
    """Held out: a statement with a sentence and a boxed balance."""
    painter.text((620, 30), facts.college + ", Pune", 34, True, "college", anchor="ma")
    painter.text((620, 84), "STATEMENT OF FEES", 26, anchor="ma")
    rows = dict(_rows(facts, style, day_format))
    painter.text((60, 150), "Voucher No.", 25)
    painter.text((260, 150), rows["receipt"], 25, name="receipt")
    painter.text((800, 150), "Dated", 25)
    painter.text((920, 150), rows["day"], 25, name="day")
    painter.text((60, 215), "Admission No.", 25)
    painter.text((260, 215), rows["number"], 25, name="number")
    painter.text((800, 215), "Session", 25)
    painter.text((920, 215), rows["year"], 25, name="year")
    painter.text((60, 280), "Received from", 25)
    painter.text((260, 280), rows["name"], 25, name="name")
    painter.text((60, 345), "The sum of", 25)
    painter.text((260, 345), rows["words"], 25, name="words")
    painter.draw.rectangle((50, 430, 1190, 720), outline=(40, 40, 40), width=3)
    painter.text((80, 460), "Fees paid", 27)
    painter.text((1150, 460), rows["paid"], 27, name="paid", anchor="ra")
    painter.text((80, 540), "Concession", 27)
    painter.text((1150, 540), "0.00", 27, anchor="ra")
    painter.draw.line((50, 610, 1190, 610), fill=(40, 40, 40), width=2)
    painter.text((80, 640), "Closing balance", 27)
    painter.text((1150, 640), rows["balance"], 27, name="balance", anchor="ra")
    _stamp(painter, facts)


def draw_slip(painter, facts, style, day_format):
    """Held out: a counter's slip, narrow and close."""
    painter.text((620, 30), facts.college, 38, True, "college", anchor="ma")
    painter.text((620, 88), "CASH COUNTER", 26, anchor="ma")
    rows = dict(_rows(facts, style, day_format))
    labels = {"receipt": "Receipt No", "day": "Date of Receipt", "number": "PRN", "name": "Name",
              "paid": "Amount Received", "words": "Rupees in Words",
              "balance": "Balance Payable"}  # fmt: skip
    for place, (name, label) in enumerate(labels.items()):
        at = 160 + 60 * place
        painter.text((130, at), f"{label}: ", 27)
        left = 130 + painter.draw.textlength(f"{label}: ", font=painter.font(27))
        painter.text((left, at), rows[name], 27, name=name)
    painter.text((620, 640), "This is computer generated and needs no signature.", 22, anchor="ma")
    _stamp(painter, facts)


TRAIN = {
    "lines": draw_lines,
    "two_columns": draw_two_columns,
    "table": draw_table,
    "card": draw_card,
}
HELD_OUT = {"portal": draw_portal, "ledger": draw_ledger, "slip": draw_slip}
DAY_FORMATS = ("%d-%m-%Y", "%d/%m/%Y", "%d %b %Y", "%d-%b-%Y")


# -- photographs --------------------------------------------------------------------------------

LOOKS = ("screen", "scan", "photo", "poor_photo")


def photograph(image: Image.Image, look: str, rng: random.Random) -> Image.Image:
    """As a screenshot, a scanner or a phone would show it."""
    if look == "screen":
        return image
    if look == "scan":
        image = _rotate(image, rng.uniform(-2, 2), image.getpixel((3, 3)))
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.8)))
        return _grain(image, rng.uniform(2, 6), rng)
    poor = look == "poor_photo"
    scale = rng.uniform(1.0, 1.2) if poor else rng.uniform(1.25, 1.7)
    image = image.resize((round(image.width * scale), round(image.height * scale)))
    image = _tilt_in_space(image, 0.05 if poor else 0.03, rng)
    image = _rotate(image, rng.uniform(-6, 6) if poor else rng.uniform(-3, 3), (64, 58, 50))
    image = _shadow(image, rng.uniform(0.6, 0.8) if poor else rng.uniform(0.78, 0.95), rng)
    image = image.filter(
        ImageFilter.GaussianBlur(rng.uniform(1, 1.7) if poor else rng.uniform(0.5, 1))
    )
    return _grain(image, rng.uniform(8, 14) if poor else rng.uniform(3, 8), rng)


def _rotate(image, angle, fill):
    return image.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=fill)


def _tilt_in_space(image, strength, rng):
    width, height = image.size
    border = round(0.08 * width)
    size = (width + 2 * border, height + 2 * border)

    def off():
        return rng.uniform(-strength, strength) * width

    corners = [
        (border + off(), border + off()), (border + width + off(), border + off()),
        (border + width + off(), border + height + off()),
        (border + off(), border + height + off()),
    ]  # fmt: skip
    source = [(0, 0), (width, 0), (width, height), (0, height)]
    data = perspective(corners, source)
    table = Image.new("RGB", size, (64, 58, 50))
    paper = image.transform(size, Image.Transform.PERSPECTIVE, data, Image.Resampling.BICUBIC)
    mask = Image.new("L", image.size, 255)
    mask = mask.transform(size, Image.Transform.PERSPECTIVE, data, Image.Resampling.BICUBIC)
    table.paste(paper, mask=mask)
    return table


def _shadow(image, darkest, rng):
    ramp = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270)))
    low = round(255 * darkest)
    ramp = ramp.resize(image.size).point([low + (255 - low) * i // 255 for i in range(256)])
    return ImageChops.multiply(image, Image.merge("RGB", (ramp, ramp, ramp)))


def _grain(image, strength, rng):
    # Of the own seed: Pillow's noise differs from run to run.
    spread = NormalDist(128, strength * 2)
    levels = [min(255, max(0, round(spread.inv_cdf((n + 0.5) / 256)))) for n in range(256)]
    noise = Image.frombytes("L", image.size, rng.randbytes(image.width * image.height))
    noise = noise.point(levels)
    return ImageChops.add(image, Image.merge("RGB", (noise, noise, noise)), 1, -128)


# -- samples ------------------------------------------------------------------------------------


def make_sample(seed: int, kind: str = "genuine", held_out: bool = False, **overrides) -> Sample:
    """One picture; the same seed gives the same receipt under each kind.

    :param kind: ``genuine`` or a key of :data:`FORGERIES`
    :param overrides: ``layout``, ``font``, ``look``, ``facts``, ``turn`` (degrees), ``aadhaar``
        (a number printed at the foot)
    """
    rng = random.Random(seed)
    layouts = HELD_OUT if held_out else TRAIN
    fonts = overrides.get("font") or rng.choice(HELD_OUT_FONTS if held_out else TRAIN_FONTS)
    layout = overrides.get("layout") or rng.choice(tuple(layouts))
    look = overrides.get("look") or rng.choice(LOOKS)
    facts = overrides.get("facts") or make_facts(rng)
    claims = LATE_NUMBER if kind == "late_patch_number" else facts.number
    style = rng.choice(("plain", "plain", "rs", "slash"))
    day_format = rng.choice(DAY_FORMATS)
    tint = rng.choice(((255, 255, 255), (252, 250, 244), (240, 246, 250), (250, 244, 236)))
    true_facts, facts, edit = FORGERIES[kind](facts, rng)
    painter = Painter(PAGE, fonts, rng, tint)
    {**TRAIN, **HELD_OUT}[layout](painter, facts, style, day_format)
    if edit:
        edit(painter, true_facts, style, day_format)
    if number := overrides.get("aadhaar"):
        painter.text((90, 800), f"Aadhaar {number[:4]} {number[4:8]} {number[8:]}", 26)
    image = photograph(painter.image, look, rng)
    image = LATE.get(kind, lambda picture, _painter, _rng: picture)(image, painter, rng)
    image = image.rotate(overrides.get("turn", 0), expand=True)
    out = io.BytesIO()
    if look == "screen" and rng.random() < 0.5:
        image.save(out, "PNG")
    else:
        image.save(out, "JPEG", quality=rng.choice((50, 70, 90)) if look != "poor_photo" else 40)
    data, before = out.getvalue(), b""
    if kind in USED:
        same = {"layout": layout, "font": fonts, "look": look, "facts": facts}
        # The same receipt in another picture, or the same file.
        again = make_sample(seed + 1, held_out=held_out, **same) if kind == "used_number" else None
        before = again.data if again else data
    font = Path(fonts[0]).stem
    return Sample(data, facts, kind, layout, font, look, painter.boxes, claims, before)


# -- forgeries ----------------------------------------------------------------------------------
# Each takes genuine facts and gives (facts that are true, facts that are printed, edit or None).


def _same(facts, _rng):
    return facts, facts, None


def _claims(**change):
    """The college printed something else than what would clear the student."""

    def forge(facts, _rng):
        printed = replace(facts, **change)
        return printed, printed, None

    return forge


def _patched(*names, how):
    """The print says what is true; the forger paints a better value over it."""

    def forge(facts, rng):
        bad = replace(facts, **{name: _bad_value(name, facts, rng) for name in names})

        def edit(painter, _true, style, day_format):
            good = dict(_rows(facts, style, day_format))
            for name in names:
                for place, text in _changed(painter, name, good[name]):
                    how(painter, place, text)

        return bad, bad, edit

    return forge


def _changed(painter, name, good):
    """Where a value has to be painted over, with the text that has to stand there."""
    for place in painter.places(name):
        printed = painter.fonts_of[place][2]
        # The cells of a table have the form of their column.
        is_cell = name == "balance" and PLAIN.fullmatch(printed)
        text = money(Decimal(0)) if is_cell else good
        if text != printed:
            yield place, text


FIELD_OF = {"number": "number", "balance": "balance", "day": "day", "receipt": "receipt"}


def _bad_value(name, facts, rng):
    return {
        "number": f"24ME{rng.randint(1000, 9999)}",
        "balance": Decimal(rng.choice((8000, 12500, 42000))),
        "day": facts.day - timedelta(days=400),
        "receipt": "RC2400001",
    }[name]


def _paint(painter, name, text, font=None, size=None, shade=None, shift=0, fill=None):
    """Cover a value and write another in its place."""
    left, top, right, bottom = painter.boxes[name]
    path, old_size, old_text, old_fill = painter.fonts_of[name]
    at_right = name.split(":")[0] in ("balance", "paid") and left > 700
    box = (left - 10, top - 7, right + 10, bottom + 7)
    painter.draw.rectangle(box, fill=shade or painter.image.getpixel((left - 14, top)))
    face = ImageFont.truetype(str(FONTS / (font or path)), round((size or 1) * old_size))
    # On the same base line.
    base = ImageFont.truetype(str(FONTS / path), old_size).getmetrics()[0]
    drawn = painter.draw.textbbox(
        (0, 0), old_text, font=ImageFont.truetype(str(FONTS / path), old_size)
    )
    line = top - drawn[1] + base + shift
    at = (right, line) if at_right else (left, line)
    painter.draw.text(at, text, font=face, fill=fill or old_fill, anchor="rs" if at_right else "ls")


def _patch_tone(painter, name, text):
    shade = tuple(max(0, level - 9) for level in painter.shade)
    _paint(painter, name, text, shade=shade)


def _patch_font(painter, name, text):
    _paint(painter, name, text, font=FORGER_FONT)


def _patch_plain_font(painter, name, text):
    mono = "Mono" in painter.fonts_of[name][0]
    _paint(painter, name, text, font="noto/NotoSans-Regular.ttf" if mono else FORGER_PLAIN)


def _patch_size(painter, name, text):
    _paint(painter, name, text, size=1.22)


def _patch_ink(painter, name, text):
    _paint(painter, name, text, fill=(110, 110, 120))


def _strike(painter, name, _text):
    left, top, right, bottom = painter.boxes[name]
    middle = (top + bottom) // 2
    painter.draw.line((left - 6, middle + 4, right + 6, middle - 4), fill=(20, 20, 90), width=5)


def _blot(painter, name, _text):
    left, top, right, bottom = painter.boxes[name]
    painter.draw.ellipse((left - 12, top - 10, right + 12, bottom + 10), fill=(40, 40, 60))


def _overwrite(painter, name, text):
    """The new value is written on the old one without covering it."""
    left, top, _right, _bottom = painter.boxes[name]
    path, size, _old, fill = painter.fonts_of[name]
    face = ImageFont.truetype(str(FONTS / path), size)
    painter.draw.text((left, top - 4), text, font=face, fill=fill)


def _digit(painter, name, text):
    """Only the characters that differ are covered, in another font."""
    left, top, _right, bottom = painter.boxes[name]
    path, size, old, fill = painter.fonts_of[name]
    face = ImageFont.truetype(str(FONTS / path), size)
    other = ImageFont.truetype(str(FONTS / FORGER_FONT), size)
    offset = painter.draw.textbbox((0, 0), old, font=face)
    base = top - offset[1] + face.getmetrics()[0]
    for place, (was, now) in enumerate(zip(old, text, strict=False)):
        if was != now:
            at = left - offset[0] + painter.draw.textlength(old[:place], font=face)
            wide = painter.draw.textlength(was, font=face)
            painter.draw.rectangle(
                (at, top - 4, at + wide, bottom + 4), fill=painter.image.getpixel((left - 14, top))
            )
            painter.draw.text((at, base), now, font=other, fill=fill, anchor="ls")


def _consistent(painter, name, text):
    _paint(painter, name, text)


def _amount_without_words(facts, rng):
    printed = replace(facts, words=f"Rupees {amount_in_words(facts.paid - 5000)} Only")
    return printed, printed, None


def _other_college(facts, rng):
    printed = replace(facts, college=rng.choice(OTHER_COLLEGES))
    return printed, printed, None


def _old(facts, _rng):
    printed = replace(facts, day=facts.day - timedelta(days=400), year="2025-26")
    return printed, printed, None


def _future(facts, _rng):
    printed = replace(facts, day=facts.day + timedelta(days=120))
    return printed, printed, None


def _stamped(facts, rng):
    printed = replace(facts, stamp=rng.choice(("CANCELLED", "DUPLICATE", "SPECIMEN", "DRAFT")))
    return printed, printed, None


def _stamped_across(facts, rng):
    """A stamp of a rubber kind: large, coloured, across the page."""
    word = rng.choice(("CANCELLED", "DUPLICATE", "VOID"))

    def edit(painter, _true, _style, _format):
        layer = Image.new("L", (700, 130), 0)
        face = ImageFont.truetype(str(FONTS / "dejavu/DejaVuSans-Bold.ttf"), 84)
        ImageDraw.Draw(layer).text((350, 65), word, font=face, fill=190, anchor="mm")
        layer = layer.rotate(rng.choice((-24, 18, 30)), expand=True)
        at = (rng.randint(150, 420), rng.randint(220, 420))
        colour = rng.choice(((180, 40, 40), (40, 50, 150)))
        painter.image.paste(colour, at, layer)

    return facts, facts, edit


def _two_students(facts, rng):
    other = f"24ME{rng.randint(1000, 9999)}"

    def edit(painter, _true, _style, _format):
        painter.text((640, 840), "Student ID :", 24)
        painter.text((800, 840), other, 24)

    return facts, facts, edit


FORGERIES = {
    "genuine": _same,
    # Genuine paper that does not clear this student.
    "other_student": _claims(number="22EE9001", name="Someone Else"),
    "balance_due": _claims(balance=Decimal(8000)),
    "small_balance": _claims(balance=Decimal("0.50")),
    "other_college": _other_college,
    "old_receipt": _old,
    "future_date": _future,
    "stamped": _stamped,
    "stamped_across": _stamped_across,
    "two_students": _two_students,
    "words_differ": _amount_without_words,
    "used_number": _same,
    "same_picture": _same,
    # Edits of the print.
    "patch_tone_balance": _patched("balance", how=_patch_tone),
    "patch_tone_number": _patched("number", how=_patch_tone),
    "patch_font_balance": _patched("balance", how=_patch_font),
    "patch_font_number": _patched("number", how=_patch_font),
    "patch_font_date": _patched("day", how=_patch_font),
    "patch_plain_font_number": _patched("number", how=_patch_plain_font),
    "patch_size_balance": _patched("balance", how=_patch_size),
    "patch_size_number": _patched("number", how=_patch_size),
    "patch_ink_number": _patched("number", how=_patch_ink),
    "patch_ink_balance": _patched("balance", how=_patch_ink),
    "digit_number": _patched("number", how=_digit),
    "digit_date": _patched("day", how=_digit),
    "strike_balance": _patched("balance", how=_strike),
    "blot_balance": _patched("balance", how=_blot),
    "overwrite_number": _patched("number", how=_overwrite),
    # Edits of the photograph.
    "late_patch_number": _patched("number", how=lambda painter, name, text: None),
    "late_patch_balance": _patched("balance", how=lambda painter, name, text: None),
    # What no reader can see.
    "consistent": _patched("balance", "number", how=_consistent),
}
# These are reported apart: the same font, size, place, tone and ink, before the picture was taken.
UNSEEN = {"consistent"}
# These are genuine pictures, refused because they were used before.
USED = {"used_number", "same_picture"}


def _late(name, good):
    """A sharp, clean patch on the finished photograph, about where the value is."""

    def paint(image, painter, rng):
        fx, fy = image.width / PAGE[0], image.height / PAGE[1]
        draw = ImageDraw.Draw(image)
        for place, text in _changed(painter, name, good):
            left, top, right, bottom = painter.boxes[place]
            size = painter.fonts_of[place][1]
            box = ((left - 10) * fx, (top - 10) * fy, (right + 10) * fx, (bottom + 12) * fy)
            draw.rectangle(box, fill=tuple(painter.shade))
            face = ImageFont.truetype(str(FONTS / FORGER_PLAIN), round(size * fx))
            draw.text((box[0] + 8, box[1] + 6), text, font=face, fill=(20, 20, 25))
        return image

    return paint


LATE_NUMBER = "24CS0117"
LATE = {
    "late_patch_number": _late("number", LATE_NUMBER),
    "late_patch_balance": _late("balance", "0.00"),
}

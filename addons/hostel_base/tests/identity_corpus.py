"""Made-up identity cards with known places of their numbers; nobody has these numbers."""

import io
import random
from dataclasses import dataclass
from pathlib import Path

import qrcode
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from odoo.addons.hostel_base.tools.verhoeff import check_digit

FONTS = Path("/usr/share/fonts/truetype")
CARD = (1012, 638)  # of ID-1 cards at 300 dpi
CANDIDATES = ("noto/NotoSans-Regular.ttf", "noto/NotoSans-Bold.ttf", "dejavu/DejaVuSans.ttf")


@dataclass
class Sample:
    """A picture, and a twin of it that is white exactly where the secret characters are."""

    name: str
    data: bytes
    number: str
    secret: Image.Image
    qr: Image.Image
    turn: int


def aadhaar_number(rng: random.Random) -> str:
    digits = str(rng.randint(2, 9)) + "".join(str(rng.randint(0, 9)) for _ in range(10))
    return digits + check_digit(digits)


def _font(size: int, rng: random.Random) -> ImageFont.FreeTypeFont:
    names = [name for name in CANDIDATES if (FONTS / name).exists()]
    return ImageFont.truetype(str(FONTS / rng.choice(names)), size)


def draw_card(rng: random.Random, number: str, title="Government of India", with_qr=True):
    """A card, the mask of its secret characters, and the mask of its QR code."""
    shade = rng.randint(225, 255)
    card = Image.new("RGB", CARD, (shade, shade, rng.randint(225, 255)))
    secret, code = Image.new("L", CARD, 0), Image.new("L", CARD, 0)
    draw = ImageDraw.Draw(card)
    draw.rectangle((0, 0, CARD[0], 70), fill=(245, 160, 90))
    draw.rectangle((0, CARD[1] - 40, CARD[0], CARD[1]), fill=(60, 140, 80))
    draw.text((300, 12), title, font=_font(36, rng), fill="black")
    draw.rectangle((40, 110, 260, 380), fill=(150, 170, 190))
    for line, text in enumerate(("Asha Kumari", "DOB: 14/08/2007", "FEMALE", "Pune 411001")):
        draw.text((300, 120 + 56 * line), text, font=_font(34, rng), fill=(20, 20, 20))
    if with_qr:
        pixels = qrcode.make("uid=" + "".join(str(rng.randint(0, 9)) for _ in range(220)))
        pixels = pixels.get_image().convert("RGB").resize((250, 250), Image.Resampling.NEAREST)
        card.paste(pixels, (CARD[0] - 290, 100))
        code.paste(255, (CARD[0] - 265, 125, CARD[0] - 65, 325))
    font = _font(rng.randint(48, 62), rng)
    groups = [number[i : i + 4] for i in range(0, len(number), 4)] if number.isdigit() else [number]
    left = 330
    for place, group in enumerate(groups):
        draw.text((left, 470), group, font=font, fill="black")
        hidden = group if place < len(groups) - 1 else ""
        if len(groups) == 1:
            hidden = group[:-4]
        if hidden:
            box = draw.textbbox((left, 470), hidden, font=font)
            ImageDraw.Draw(secret).rectangle(box, fill=255)
        left += int(draw.textlength(group + " ", font=font))
    return card, secret, code


def make_sample(seed: int, number: str | None = None, **overrides) -> Sample:
    """A photograph of a card: turned, tilted, scaled, blurred, noisy, compressed."""
    rng = random.Random(seed)
    number = number or aadhaar_number(rng)
    look = {
        "turn": rng.choice((0, 90, 180, 270)),
        "tilt": rng.uniform(-3, 3),
        "scale": rng.choice((0.8, 1.0, 1.5, 2.2)),
        "blur": rng.choice((0, 0, 0.6, 1.2)),
        "noise": rng.choice((0, 8, 20)),
        "quality": rng.choice((35, 60, 90)),
        "title": "Government of India",
        **overrides,
    }
    card, secret, code = draw_card(rng, number, look["title"])
    card, secret, code = (
        _photograph(layer, look, background)
        for layer, background in ((card, (110, 90, 70)), (secret, 0), (code, 0))
    )
    if look["blur"]:
        card = card.filter(ImageFilter.GaussianBlur(look["blur"] * look["scale"]))
    if look["noise"]:
        grain = Image.effect_noise(card.size, look["noise"] * 2).convert("RGB")
        card = Image.blend(card, grain, 0.12)
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    card.save(out, "JPEG", quality=look["quality"], exif=exif)
    name = f"seed {seed}: " + ", ".join(f"{key} {value}" for key, value in look.items())
    return Sample(name, out.getvalue(), number, secret, code, look["turn"])


def _photograph(layer, look, background):
    border = 60
    size = (layer.width + 2 * border, layer.height + 2 * border)
    photo = Image.new(layer.mode, size, background)
    photo.paste(layer, (border, border))
    photo = photo.rotate(look["tilt"], Image.Resampling.BICUBIC, fillcolor=background)
    photo = photo.resize((round(size[0] * look["scale"]), round(size[1] * look["scale"])))
    return photo.rotate(look["turn"], expand=True)


def shown_share(masked, layer: Image.Image) -> float:
    """How much of a layer's white is not painted over in a masked picture, from 0 to 1.

    :param masked: :class:`~odoo.addons.hostel_base.tools.identity_masking.Masked`
    """
    upright = layer.rotate(masked.turn, expand=True).resize(masked.size)
    with Image.open(io.BytesIO(masked.jpeg)) as picture:
        grey = picture.convert("L")
    wanted = shown = 0
    for white, level in zip(upright.tobytes(), grey.tobytes(), strict=True):
        if white > 200:
            wanted += 1
            shown += level > 48
    return shown / wanted if wanted else 0.0

"""Reads a receipt: from the bytes of an upload to its fields, each with a second reading."""

from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from odoo.addons.hostel_base.tools.identity_masking import (
    Box,
    MaskingError,
    Word,
    find_numbers,
    read_words,
)
from odoo.addons.hostel_base.tools.qr_finder import find_qr_codes

from .receipt_image import ReceiptError, even_out, flatten, open_receipt, picture_hash, smooth
from .receipt_parser import Found, Parsed, Template, find_college, group_lines, make_found, parse
from .receipt_trace import find_traces, has_marks

READ_SIZE = 1800
# Fields whose values decide; each is read twice.
DECIDING = ("student_no", "receipt_no", "date", "amount", "balance")
# Fewer labels than this, and the page probably stands on its head.
FEW_LABELS = 3
LINE_HEIGHT = 60
TURNS = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


@dataclass
class Reading:
    """What a machine made of an upload.

    ``image``: the flat, upright page, RGB, not redacted; ``again``: the second reading by field;
    ``traces``: see :func:`~.receipt_trace.find_traces`.
    """

    image: Image.Image
    parsed: Parsed
    college: Found | None
    fingerprint: str
    words: list[Word]
    again: dict[str, Found] = field(default_factory=dict)
    traces: dict[str, set[str]] = field(default_factory=dict)
    has_marks: bool = False


def read_receipt(data: bytes, template: Template) -> Reading:
    """Read an upload.

    :raises ReceiptError: see :func:`~.receipt_image.open_receipt`; ``NOT_READ`` if Tesseract gives
        up
    """
    upload = open_receipt(data)
    image = flatten(upload)
    try:
        image, words, parsed = _read_upright(image, template)
        again = _read_again(image, parsed)
    except MaskingError:
        raise ReceiptError("NOT_READ") from None
    checked = [found for name in (*DECIDING, "year") if (found := parsed.get(name))]
    return Reading(
        image=image,
        parsed=parsed,
        college=find_college(parsed, template),
        fingerprint=picture_hash(upload),
        words=words,
        again=again,
        traces=find_traces(image, checked),
        has_marks=has_marks(even_out(smooth(image.convert("L"))), words),
    )


def _read_upright(image: Image.Image, template: Template):
    """Turn the page until labels can be read: (image, words, parsed)."""
    best = None
    for turn in (0, 180, 90, 270):
        turned = image.transpose(TURNS[turn]) if turn else image
        even = even_out(smooth(turned.convert("L")))
        words = read_words(even, READ_SIZE, mode=6)
        parsed = parse(words, template)
        if best is None or len(parsed.values) > len(best[2].values):
            best = turned, words, parsed
        if len(parsed.values) >= FEW_LABELS:
            break
    return best


def _read_again(image: Image.Image, parsed: Parsed) -> dict[str, Found]:
    """Read the deciding values alone, larger and one below the other."""
    found = [one for name in DECIDING for one in parsed.values.get(name, [])[:1]]
    if not found:
        return {}
    even = even_out(smooth(image.convert("L")))
    strips = []
    for one in found:
        left, top, right, bottom = one.box
        margin = max(3, (bottom - top) // 4)
        strip = even.crop(
            (max(0, left - margin), max(0, top - margin), right + margin, bottom + margin)
        )
        scale = LINE_HEIGHT / strip.height
        strips.append(strip.resize((max(1, round(strip.width * scale)), LINE_HEIGHT)))
    sheet = Image.new("L", (max(strip.width for strip in strips) + 80, 110 * len(strips) + 40), 255)
    for place, strip in enumerate(strips):
        sheet.paste(strip, (40, 40 + 110 * place))
    words = read_words(sheet, max(sheet.size), mode=6)
    lines: dict[int, list[Word]] = {}
    for word in words:
        lines.setdefault(round(((word.box[1] + word.box[3]) / 2 - 70) / 110), []).append(word)
    return {
        one.name: make_found(one.name, sorted(lines[place], key=lambda word: word.box[0]))
        for place, one in enumerate(found)
        if place in lines
    }


def redact(reading: Reading) -> tuple[Image.Image, list[Box]]:
    """The page without identity numbers and codes: (image, what was painted).

    Aadhaar and PAN numbers keep their last four characters. The numbers that the receipt is checked
    by stay, as do names.
    """
    image = reading.image.copy()
    kept = {
        word
        for name in ("student_no", "receipt_no")
        for found in reading.parsed.values.get(name, [])
        for word in found.words
    }
    words = [
        Word(word.text, word.box, (0, 0, number), word.confidence)
        for number, line in enumerate(group_lines(reading.words))
        for word in line
        if word not in kept
    ]
    boxes = find_qr_codes(image)
    for number in find_numbers(words, "pan"):
        boxes += number.secret_boxes()
    draw = ImageDraw.Draw(image)
    for box in boxes:
        draw.rectangle(box, fill="black")
    return image, boxes

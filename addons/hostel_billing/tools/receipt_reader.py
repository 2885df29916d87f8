"""Reads a receipt: from the bytes of an upload to its fields, each with a second reading."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from PIL import Image, ImageDraw, ImageOps

from odoo.addons.hostel_base.tools.identity_masking import (
    Box,
    MaskingError,
    Word,
    find_numbers,
    read_words,
)
from odoo.addons.hostel_base.tools.qr_finder import find_qr_codes

from .receipt_image import ReceiptError, even_out, flatten, open_receipt, picture_hash, smooth
from .receipt_parser import (
    Found,
    Parsed,
    Template,
    cut_word,
    find_college,
    group_lines,
    make_found,
    parse,
    split_labels,
)
from .receipt_trace import find_traces, has_marks

READ_SIZE = 1800
# Fields whose values decide; each is read twice.
DECIDING = ("student_no", "receipt_no", "date", "amount", "balance")
# Fewer labels than this, and the page probably stands on its head.
FEW_LABELS = 3
LINE_HEIGHT = 60
# A bar across the head of a page, as portals have it: how low it may begin, and how dark it is.
BAR_SHARE = 0.2
BAR_LEVEL = 150
LEAST_BAR = 24
# What a label ends with where an identity number is glued to it: "No.2341…", "UID2341…".
GLUED = re.compile(
    r"[A-Za-z][^\W_]*[\W_]+(?=[^\W_])|(?i:aadhaar|aadhar|uid|vid|pan|no)(?=[0-9A-Z]{10})"
)
TURNS = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


@dataclass
class Reading:
    """What a machine made of an upload.

    ``image``: the flat, upright page, RGB, not redacted; ``again``: by field, the second reading of
    each of its values, None where there was nothing to read; ``traces``: see
    :func:`~.receipt_trace.find_traces`.
    """

    image: Image.Image
    parsed: Parsed
    college: Found | None
    fingerprint: str
    words: list[Word]
    again: dict[str, list[Found | None]] = field(default_factory=dict)
    traces: dict[str, set[str]] = field(default_factory=dict)
    has_marks: bool = False

    def read_twice(self, name: str) -> list[tuple[Found, Found | None]]:
        """The values of a field, each with its second reading."""
        found = self.parsed.values.get(name, [])
        return list(itertools.zip_longest(found, self.again.get(name, [])[: len(found)]))


def read_receipt(data: bytes, template: Template) -> Reading:
    """Read an upload.

    :raises ReceiptError: see :func:`~.receipt_image.open_receipt`; ``NOT_READ`` if Tesseract gives
        up
    """
    return read_receipt_by(data, [template])[0]


def read_receipt_by(data: bytes, templates: list[Template]) -> dict[int, Reading]:
    """Read an upload as each of the templates whose college it names.

    Tesseract reads the page once, and its values once more, whatever the number of templates.

    :param templates: at least one
    :return: by the place of a template that may count, what it makes of the page; where no college
        is found, of the one that finds most on it
    :raises ReceiptError: as :func:`read_receipt`
    """
    upload = open_receipt(data)
    image = flatten(upload)
    try:
        image, words, parsed = _read_upright(image, templates)
        colleges = [find_college(*pair) for pair in zip(parsed, templates, strict=True)]
        if not any(colleges):
            bar = _read_bar(image)
            colleges = [find_college(bar, template) for template in templates]
        kept = [place for place, college in enumerate(colleges) if college] or [
            max(range(len(parsed)), key=lambda place: len(parsed[place].values))
        ]
        again = _read_again(image, [parsed[place] for place in kept])
    except MaskingError:
        raise ReceiptError("NOT_READ") from None
    marked = has_marks(even_out(smooth(image.convert("L"))), words)
    fingerprint = picture_hash(upload)
    readings = {}
    for place, second in zip(kept, again, strict=True):
        fields = parsed[place]
        checked = [found for name in (*DECIDING, "year") for found in fields.values.get(name, [])]
        readings[place] = Reading(
            image=image,
            parsed=fields,
            college=colleges[place],
            fingerprint=fingerprint,
            words=words,
            again=second,
            traces=find_traces(image, checked),
            has_marks=marked,
        )
    return readings


def _read_upright(image: Image.Image, templates: list[Template]):
    """Turn the page until labels can be read: (image, words, parsed by each template)."""
    best = None
    for turn in (0, 180, 90, 270):
        turned = image.transpose(TURNS[turn]) if turn else image
        even = even_out(smooth(turned.convert("L")))
        words = read_words(even, READ_SIZE, mode=6)
        parsed = [parse(words, template) for template in templates]
        count = max(len(one.values) for one in parsed)
        if best is None or count > best[0]:
            best = count, turned, words, parsed
        if count >= FEW_LABELS:
            break
    return best[1:]


def _read_bar(image: Image.Image) -> Parsed:
    """The lines of light letters on the first dark bar of the page; none without such a bar."""
    grey = smooth(image.convert("L"))
    levels = grey.resize((1, grey.height), Image.Resampling.BOX).tobytes()
    dark = [level < BAR_LEVEL for level in levels] + [False]
    top = next((row for row in range(round(BAR_SHARE * grey.height)) if dark[row]), None)
    if top is None:
        return Parsed()
    bottom = dark.index(False, top)
    if bottom - top < LEAST_BAR:
        return Parsed()
    bar = even_out(ImageOps.invert(grey.crop((0, top, grey.width, bottom))))
    words = [
        Word(word.text, (left, high + top, right, low + top), word.line, word.confidence)
        for word in read_words(bar, READ_SIZE, mode=6)
        for left, high, right, low in [word.box]
    ]
    return Parsed(lines=group_lines(words))


def _read_again(image: Image.Image, parsed: list[Parsed]) -> list[dict[str, list[Found | None]]]:
    """Read the deciding values alone, larger and one below the other.

    :param parsed: the page as several templates see it; what they share is read once
    """
    wanted = [{name: one.values[name] for name in DECIDING if name in one.values} for one in parsed]
    boxes = dict.fromkeys(
        one.box for values in wanted for several in values.values() for one in several
    )
    texts = _read_strips(image, list(boxes))
    return [
        {
            name: [
                make_found(name, texts[one.box]) if one.box in texts else None for one in several
            ]
            for name, several in values.items()
        }
        for values in wanted
    ]


def _read_strips(image: Image.Image, boxes: list[Box]) -> dict[Box, list[Word]]:
    """What stands in each of the boxes, read from a page of strips of one height."""
    if not boxes:
        return {}
    even = even_out(smooth(image.convert("L")))
    strips = []
    for left, top, right, bottom in boxes:
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
        box: sorted(lines[place], key=lambda word: word.box[0])
        for place, box in enumerate(boxes)
        if place in lines
    }


def _without_label(word: Word) -> Iterator[Word]:
    """A word, parted where a number may be glued to what it is called."""
    places = [match.end() for match in GLUED.finditer(word.text)]
    for start, end in itertools.pairwise([0, *places, len(word.text)]):
        yield cut_word(word, start, end)


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
        replace(part, line=(0, 0, number))
        for number, line in enumerate(group_lines(list(split_labels(reading.words))))
        for word in line
        if word not in kept
        for part in _without_label(word)
    ]
    boxes = find_qr_codes(image)
    for number in find_numbers(words, "pan"):
        boxes += number.secret_boxes()
    draw = ImageDraw.Draw(image)
    for box in boxes:
        draw.rectangle(box, fill="black")
    return image, boxes

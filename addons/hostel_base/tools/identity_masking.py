"""Takes the number out of the picture of an identity document.

Nothing is written anywhere: Tesseract reads from a pipe and answers into one. What comes back is a
new JPEG of the pixels, without EXIF, in which all but the last four characters of the number, and
each QR code, are painted over. A picture whose number is not found, or that still shows a part of
it afterwards, is refused.

Why only the last four: UIDAI, circular K-11020/217/2018 on masked Aadhaar; and the Aadhaar
Regulations, which forbid to publish or display more.
"""

import io
import os
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import magic
from PIL import Image, ImageDraw, ImageOps

from .qr_finder import find_qr_codes
from .verhoeff import is_valid

MAX_BYTES = 10 * 1024 * 1024
# A modern phone takes 12 to 50 megapixels; what decodes to more is a bomb or no photograph.
MAX_PIXELS = 64_000_000
MIN_SIDE = 300
# Longest side of what is kept: small enough to send, large enough to be read by a person.
KEPT_SIZE = 1800
# Longest sides at which Tesseract looks; digits of 20 to 40 pixels suit it best.
READ_SIZES = (1600, 1100, 2200)
JPEG_QUALITY = 85
TESSERACT_SECONDS = 15
# A picture of noise keeps Tesseract busy at every size; whoever waits is told after this.
TOTAL_SECONDS = 50
TURNS = (0, 90, 270, 180)
ROUNDS = 3

TYPES = {"image/jpeg": "JPEG", "image/png": "PNG"}
HEIC = ("image/heic", "image/heif", "image/avif")

# Numbers of Indian documents as printed, spaces and hyphens taken out.
# Source: Income Tax Department (PAN), Passport Seva, Election Commission (EPIC), Sarathi (licence).
PATTERNS = {
    "pan": re.compile(r"[A-Z]{5}[0-9]{4}[A-Z]"),
    "passport": re.compile(r"[A-Z][0-9]{7}"),
    "voter_id": re.compile(r"[A-Z]{3}[0-9]{7}"),
    "driving_licence": re.compile(r"[A-Z]{2}[0-9]{13}"),
}
# Kinds of documents that must show a number; of others only a chance Aadhaar number is masked.
NUMBERED = ("aadhaar", *PATTERNS)

Box = tuple[int, int, int, int]


class MaskingError(ValueError):
    """A refusal; ``code`` says why."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Word:
    """A word that Tesseract read, with its box in the picture that it was given.

    ``confidence``: from 0 to 100, as Tesseract says.
    """

    text: str
    box: Box
    line: tuple[int, int, int]
    confidence: float = 100.0


@dataclass
class Masked:
    """A picture that may be kept.

    ``jpeg``: the bytes; ``last_four``: what stays readable, or None where no number is asked for;
    ``turn``: degrees by which the picture was turned counter-clockwise to stand upright;
    ``boxes``: what was painted, in its own pixels.
    """

    jpeg: bytes
    last_four: str | None
    turn: int
    size: tuple[int, int]
    boxes: list[Box] = field(default_factory=list)


@dataclass(frozen=True)
class Number:
    """A number in the picture: its characters, and the words that make it up in order."""

    text: str
    words: tuple[Word, ...]

    def secret_boxes(self) -> list[Box]:
        """What to paint so that the last four characters alone remain."""
        left_to_hide = len(self.text) - 4
        boxes = []
        for word in self.words:
            if left_to_hide <= 0:
                break
            length = len(_squeeze(word.text))
            boxes.append(_part(word.box, min(1.0, left_to_hide / length)))
            left_to_hide -= length
        # The space between two words may hide the edge of a digit.
        return [*boxes, _hull(boxes)]


class Reader:
    """Tesseract, for as long as a person waits."""

    def __init__(self, seconds: float = TOTAL_SECONDS):
        self._deadline = time.monotonic() + seconds

    def words(self, image: Image.Image, size: int) -> list[Word]:
        """See :func:`read_words`."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise MaskingError("NOT_MASKED")
        return read_words(image, size, seconds=min(left, TESSERACT_SECONDS))


def mask_document(data: bytes, kind: str) -> Masked:
    """Check a picture, and take its number out.

    :param data: a file as it was uploaded
    :param kind: ``aadhaar``, ``pan``, ``passport``, ``voter_id``, ``driving_licence`` or another
    :raises MaskingError: ``EMPTY``, ``TOO_LARGE``, ``HEIC``, ``PDF``, ``NOT_A_PICTURE``,
        ``TOO_MANY_PIXELS``, ``TOO_SMALL``, ``NUMBER_NOT_FOUND`` or ``NOT_MASKED``
    """
    image = open_picture(data)
    reader = Reader()
    turn, found = _find_number(reader, image, kind)
    image = _turn(image, turn)
    boxes: list[Box] = []
    codes = find_qr_codes(image)
    if found:
        _paint(image, found.secret_boxes(), boxes)
    _paint(image, codes, boxes)
    _mask_all(reader, image, kind, found.text if found else None, boxes)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    last_four = found.text[-4:] if found else None
    return Masked(out.getvalue(), last_four, turn, image.size, boxes)


def open_picture(data: bytes, kept_size: int = KEPT_SIZE) -> Image.Image:
    """Decode a JPEG or PNG that is what it says, turned as its camera held it, in RGB.

    :param kept_size: longest side of the result, in pixels, at most
    :raises MaskingError: see :func:`mask_document`
    """
    _check_type(data)
    try:
        with Image.open(io.BytesIO(data), formats=tuple(TYPES.values())) as picture:
            width, height = picture.size
            # The header tells the size before anything is decoded.
            if width * height > MAX_PIXELS:
                raise MaskingError("TOO_MANY_PIXELS")
            if min(width, height) < MIN_SIDE:
                raise MaskingError("TOO_SMALL")
            picture.draft("RGB", (kept_size, kept_size))
            image = ImageOps.exif_transpose(picture).convert("RGBA")
    except MaskingError:
        raise
    except Image.DecompressionBombError:
        raise MaskingError("TOO_MANY_PIXELS") from None
    except (OSError, ValueError, SyntaxError):
        raise MaskingError("NOT_A_PICTURE") from None
    # New pixels on white: nothing of the file's other contents comes along.
    clean = Image.new("RGB", image.size, "white")
    clean.paste(image, mask=image.getchannel("A"))
    clean.thumbnail((kept_size, kept_size), Image.Resampling.LANCZOS)
    return clean


def _check_type(data: bytes) -> None:
    if not data:
        raise MaskingError("EMPTY")
    if len(data) > MAX_BYTES:
        raise MaskingError("TOO_LARGE")
    found = magic.from_buffer(data[:4096], mime=True)
    if found in HEIC or data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypheif"):
        raise MaskingError("HEIC")
    if found == "application/pdf":
        raise MaskingError("PDF")
    if found not in TYPES:
        raise MaskingError("NOT_A_PICTURE")


# -- finding ------------------------------------------------------------------------------------


def _find_number(reader: Reader, image: Image.Image, kind: str) -> tuple[int, Number | None]:
    """How the picture has to be turned, and the number that is on it then.

    :raises MaskingError: ``NUMBER_NOT_FOUND`` if the kind has a number and none is read
    """
    numbered = kind in NUMBERED
    for size in READ_SIZES if numbered else READ_SIZES[:1]:
        for turn in TURNS:
            for number in find_numbers(reader.words(_turn(image, turn), size), kind):
                if _is_certain(number, kind):
                    return turn, number
    if numbered:
        raise MaskingError("NUMBER_NOT_FOUND")
    return 0, None


def _is_certain(number: Number, kind: str) -> bool:
    if kind in PATTERNS:
        return bool(PATTERNS[kind].fullmatch(number.text))
    return len(number.text) == 12 and is_valid(number.text)


def find_numbers(words: list[Word], kind: str) -> Iterator[Number]:
    """Numbers of a kind among the words of a picture, and each Aadhaar-like number."""
    lines: dict[tuple[int, int, int], list[Word]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word)
    for line in lines.values():
        yield from _find_digits(line)
        if kind in PATTERNS:
            yield from _find_pattern(line, PATTERNS[kind])


def _find_digits(line: list[Word]) -> Iterator[Number]:
    """Runs of words that together are 12 digits (Aadhaar) or 16 (its virtual id)."""
    for first in range(len(line)):
        text = ""
        for last in range(first, min(first + 5, len(line))):
            piece = _digits(line[last].text)
            if not piece:
                break
            text += piece
            if len(text) in (12, 16) and not _goes_on(line, last, text):
                yield Number(text, tuple(line[first : last + 1]))


def _goes_on(line: list[Word], last: int, text: str) -> bool:
    """Whether 12 digits are only the beginning of a virtual id."""
    if len(text) != 12 or last + 1 >= len(line):
        return False
    return len(_digits(line[last + 1].text)) == 4


def _find_pattern(line: list[Word], pattern: re.Pattern) -> Iterator[Number]:
    for first in range(len(line)):
        text = ""
        for last in range(first, min(first + 4, len(line))):
            text += _squeeze(line[last].text)
            if pattern.fullmatch(text):
                yield Number(text, tuple(line[first : last + 1]))


# What Tesseract takes for a digit's neighbour in print.
_LOOKALIKE = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1", "|": "", "S": "5", "B": "8"})


def _digits(text: str) -> str:
    """Digits of a word that is a number and nothing else, or an empty text."""
    squeezed = _squeeze(text)
    if sum(char.isdigit() for char in squeezed) * 2 < len(squeezed):
        return ""
    squeezed = squeezed.translate(_LOOKALIKE)
    return squeezed if squeezed.isascii() and squeezed.isdigit() else ""


def _squeeze(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z|]", "", text)


# -- painting -----------------------------------------------------------------------------------


def _mask_all(
    reader: Reader, image: Image.Image, kind: str, number: str | None, boxes: list[Box]
) -> None:
    """Paint until nothing of a number is read any more, at any size.

    :raises MaskingError: ``NOT_MASKED`` if a part of it still is
    """
    for _round in range(ROUNDS):
        found: list[Box] = []
        for size in READ_SIZES:
            words = reader.words(image, size)
            found += [
                box for one in find_numbers(words, kind) for box in one.secret_boxes()
            ] + _find_remains(words, number)
        if not found:
            break
        _paint(image, found, boxes)
    else:
        raise MaskingError("NOT_MASKED")
    # Another copy of the number may stand another way up.
    for turn in TURNS[1:]:
        words = reader.words(_turn(image, turn), READ_SIZES[0])
        if any(find_numbers(words, kind)) or _find_remains(words, number):
            raise MaskingError("NOT_MASKED")


def _find_remains(words: list[Word], number: str | None) -> list[Box]:
    """Words that show a part of the number other than its last four characters.

    Machine-readable lines of passports repeat the number, so they go as a whole.
    """
    boxes = [word.box for word in words if word.text.count("<") >= 3]
    if not number:
        return boxes
    secret = number[:-4]
    parts = {secret[place : place + 4] for place in range(len(secret) - 3)}
    for word in words:
        squeezed = _squeeze(word.text)
        text = _digits(word.text) or squeezed
        if text != number[-4:] and any(part in text for part in parts):
            boxes.append(_hide_all_but_last_four(word, text, number))
    return boxes


def _hide_all_but_last_four(word: Word, text: str, number: str) -> Box:
    if text.endswith(number[-4:]) and len(text) > 4:
        return _part(word.box, (len(text) - 4) / len(text))
    return word.box


def _part(box: Box, share: float) -> Box:
    """The left part of a box with a margin, since boxes cut letters' edges."""
    left, top, right, bottom = box
    height = bottom - top
    side = height // 4
    end = right + side if share >= 1 else left + round((right - left) * share)
    return left - side, top - height // 4, end, bottom + height // 4


def _hull(boxes: list[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _paint(image: Image.Image, found: list[Box], boxes: list[Box]) -> None:
    draw = ImageDraw.Draw(image)
    for box in found:
        draw.rectangle(box, fill="black")
        boxes.append(box)


def _turn(image: Image.Image, degrees: int) -> Image.Image:
    turns = {
        90: Image.Transpose.ROTATE_90,
        180: Image.Transpose.ROTATE_180,
        270: Image.Transpose.ROTATE_270,
    }
    return image.transpose(turns[degrees]) if degrees else image


# -- reading ------------------------------------------------------------------------------------


def read_words(
    image: Image.Image, size: int, mode: int = 11, seconds: float = TESSERACT_SECONDS
) -> list[Word]:
    """What Tesseract reads, with boxes in the picture's own pixels.

    :param size: longest side at which it looks
    :param mode: Tesseract's page segmentation mode; 11 looks for text in no order
    :raises MaskingError: ``NOT_MASKED`` if Tesseract gives up, for then nobody can vouch
    """
    scale = size / max(image.size)
    grey = ImageOps.autocontrast(image.convert("L"), cutoff=1)
    grey = grey.resize(
        (max(1, round(image.width * scale)), max(1, round(image.height * scale))),
        Image.Resampling.LANCZOS,
    )
    pipe = io.BytesIO()
    grey.save(pipe, "PNG", compress_level=1)
    try:
        answer = subprocess.run(
            ["tesseract", "stdin", "stdout", "--dpi", "300", "--psm", str(mode), "tsv"],
            input=pipe.getvalue(),
            capture_output=True,
            timeout=seconds,
            check=True,
            # One thread: on a server many pictures come at once.
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except (subprocess.SubprocessError, OSError):
        # Without the details: they would carry the picture into a log.
        raise MaskingError("NOT_MASKED") from None
    return list(_parse_tsv(answer.stdout.decode("utf-8", "replace"), scale))


def _parse_tsv(text: str, scale: float) -> Iterator[Word]:
    for row in text.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != "5" or not cells[11].strip():
            continue
        left, top, width, height = (float(cell) / scale for cell in cells[6:10])
        box = (int(left), int(top), int(left + width) + 1, int(top + height) + 1)
        line = (int(cells[2]), int(cells[3]), int(cells[4]))
        yield Word(cells[11].strip(), box, line, float(cells[10]))

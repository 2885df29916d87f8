"""Traces that an edit of a receipt leaves: another paper, grain, ink, size or font in one place.

Each checked value is compared with its surroundings and with the other values of the same page.
What can't be judged is said to be so; it never counts as clean.
"""

import re
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from PIL import Image, ImageChops, ImageFilter, ImageStat

from odoo.addons.hostel_base.tools.identity_masking import Box, Word

from .receipt_image import smooth
from .receipt_parser import Found

# Limits, found on the training part of the corpus so that none of its edits passes.
PAPER_STEP = 4.0
GRAIN_SHARE = 0.45
GRAIN_MORE = 2.5
GRAIN_FROM = 0.8
INK_STEP = 0.14
# On a page whose other values differ in ink no more than this, it came from a screen.
SCREEN_SPREAD = 0.006
SCREEN_INK_STEP = 0.012
BASE_STEP = 0.05
HEIGHT_SHARE = 0.13
SIZE_SHARE = 0.11
GLYPH_FAR = 0.08
VALUE_FAR = 0.03
# On a page of one font, characters are no farther apart than this.
FONT_FROM = 0.05
OTHER_SIZE = 0.04
GLYPH_SIZE = (16, 24)
GLYPH_SCALE = 3
# The letters of a month touch each other in many fonts; its digits tell enough.
DAY_WITH_MONTH = re.compile(r"(\d{1,2})(\W?[A-Za-z]{3,}\W?)(\d{2,4})")
# In heights of a character: farther from the label's base line is another line.
SAME_LINE = 0.8
# A value of which fewer characters can be told apart is not judged.
SEEN_SHARE = 0.6


@dataclass
class Glyph:
    """One character: what it is said to be, its box in the crop's pixels, its picture."""

    char: str
    top: float
    bottom: float
    left: float
    right: float
    shape: Image.Image
    foot: float = 0.0
    page_left: float = 0.0

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass
class Mark:
    """What was measured of one value, for verdicts and for finding the limits.

    ``foot``: how far below the base line of its label, ``reach``: how far to the right of it, both
    in heights of a character; None where the label stands on another line.
    """

    name: str
    paper_step: float = 0.0
    grain: float = 1.0
    ink: float = 0.0
    size: float | None = None
    foot: float | None = None
    reach: float = 0.0
    height: float = 0.0
    seen: float = 1.0
    uneven: float = 0.0
    glyph_far: float = 0.0
    value_far: float = 0.0
    compared: int = 0
    glyphs: list[Glyph] = field(default_factory=list)


def find_traces(image: Image.Image, values: Iterable[Found]) -> dict[str, set[str]]:
    """Which of the fields look edited, and why.

    :param image: the flat page, as it was photographed
    :param values: all that is checked, at least the student's number, the date and the balances
    :return: by name of the field, what was found on any of its values, among ``paper``, ``grain``,
        ``ink``, ``line``, ``size``, ``uneven``, ``font`` and ``unclear``
    """
    measured = measure(image, values)
    traces: dict[str, set[str]] = {}
    for name, several in measured.items():
        for mark in several:
            # Edits of one column are alike, so none of them may vouch for another.
            marks = [mark if other == name else rest[0] for other, rest in measured.items()]
            _compare_glyphs(marks)
            if found := _judge(mark, marks):
                traces.setdefault(name, set()).update(found)
    return traces


def _judge(mark: Mark, marks: list[Mark]) -> set[str]:
    grains = [one.grain for one in marks]
    found = set()
    # Blurred letters darken the paper around them, on the whole page alike.
    if abs(mark.paper_step - statistics.median(one.paper_step for one in marks)) > PAPER_STEP:
        found.add("paper")
    # A patch is cleaner than its surroundings; compressing puts grain beside all letters alike.
    if mark.grain < GRAIN_SHARE or mark.grain > GRAIN_MORE * max(1, statistics.median(grains)):
        found.add("grain")
    if _is_other_ink(mark, marks):
        found.add("ink")
    if _is_off_the_line(mark, marks):
        found.add("line")
    if _is_other_size(mark, marks):
        found.add("size")
    if mark.seen < SEEN_SHARE:
        found.add("unclear")
    if mark.uneven > HEIGHT_SHARE:
        found.add("uneven")
    if mark.compared < min(2, max(1, len(mark.glyphs))):
        found.add("unclear")
    elif _is_other_font(mark, marks):
        found.add("font")
    return found


def _is_other_ink(mark: Mark, marks: list[Mark]) -> bool:
    """Whether a value is darker or lighter; on a screenshot all are alike to a shade."""
    others = [one.ink for one in marks if one is not mark]
    step = abs(mark.ink - statistics.median(others or [mark.ink]))
    is_screen = len(others) > 2 and max(others) - min(others) <= SCREEN_SPREAD
    return step > (SCREEN_INK_STEP if is_screen else INK_STEP)


def _is_off_the_line(mark: Mark, marks: list[Mark]) -> bool:
    """Whether a value stands above or below the base line of its label.

    A page that still leans takes all values off, the farther from their label the more.
    """
    leaning = [
        one.foot / one.reach
        for one in marks
        if one is not mark and one.foot is not None and one.reach > 1
    ]
    if mark.foot is None or mark.reach <= 1 or len(leaning) < 2:
        return False
    return abs(mark.foot - statistics.median(leaning) * mark.reach) > BASE_STEP


def _is_other_font(mark: Mark, marks: list[Mark]) -> bool:
    """Whether a value's characters are farther from those of the others than these are from each
    other; blur moves all of them apart."""
    others = [one for one in marks if one is not mark and one.compared] or [mark]
    value = statistics.median(one.value_far for one in others)
    glyph = statistics.median(one.glyph_far for one in others)
    slack = 0.0
    if abs(mark.height / statistics.median(one.height for one in marks if one.height) - 1) > 0.08:
        # On a screen, the same character looks a little different in another size.
        slack = OTHER_SIZE
    return (mark.value_far > FONT_FROM and mark.value_far - value > VALUE_FAR + slack) or (
        mark.glyph_far - glyph > GLYPH_FAR + slack
    )


def _is_other_size(mark: Mark, marks: list[Mark]) -> bool:
    """Whether a value is larger or smaller than its label and the other values allow.

    A college may print a balance large, but then its label is large too.
    """
    sizes = [one.size for one in marks if one.size]
    heights = [one.height for one in marks if one.height]
    if not mark.height or abs(mark.height / statistics.median(heights) - 1) <= SIZE_SHARE:
        return False
    return not mark.size or abs(mark.size / statistics.median(sizes) - 1) > SIZE_SHARE


def measure(image: Image.Image, values: Iterable[Found]) -> dict[str, list[Mark]]:
    """The figures of each value on which :func:`find_traces` decides, by name of the field."""
    grey = image.convert("L")
    soft = ImageChops.difference(grey, grey.filter(ImageFilter.GaussianBlur(1)))
    clean = smooth(grey)
    marks: dict[str, list[Mark]] = {}
    for found in values:
        marks.setdefault(found.name, []).append(_measure_value(grey, clean, soft, found))
    return marks


def _measure_value(grey: Image.Image, clean: Image.Image, soft: Image.Image, found: Found) -> Mark:
    """Figures of one value; ``clean`` is without grain, ``soft`` is grain and edges alone."""
    mark = Mark(found.name)
    left, top, right, bottom = found.box
    height = bottom - top
    inner = _grown(found.box, height * 0.2, grey.size)
    rings = [
        _clip((left, top - round(1.15 * height), right, top - round(0.5 * height)), grey.size),
        _clip(
            (left, bottom + round(0.5 * height), right, bottom + round(1.15 * height)), grey.size
        ),
    ]
    rings = [ring for ring in rings if ring[3] - ring[1] > 3 and ring[2] - ring[0] > 3]
    paper = _paper(grey.crop(inner))
    around = [_paper(grey.crop(ring)) for ring in rings] or [paper]
    mark.paper_step = paper - statistics.mean(around)
    darkest = _darkest(grey.crop(found.box))
    mark.ink = (paper - darkest) / max(paper, 1)
    mark.grain = _grain_ratio(grey, soft, inner, rings)
    characters = 0
    for word in found.words:
        if word.text.isalpha() and found.name == "date":
            continue
        glyphs = cut_glyphs(clean, word)
        wanted = [char for char in word.text if char.isalnum()]
        if match := DAY_WITH_MONTH.fullmatch(word.text):
            wanted = list(match[1] + match[3])
        characters += len(wanted)
        mark.glyphs += [glyph for glyph in glyphs if glyph.char.isalnum()]
    mark.seen = len(mark.glyphs) / characters if characters else 0.0
    tall = [glyph for glyph in mark.glyphs if re.match("[0-9A-Z]", glyph.char)]
    mark.uneven = _unevenness(tall)
    mark.height = statistics.median(glyph.height for glyph in tall) if tall else 0.0
    if found.label_word and tall:
        _measure_against_label(mark, clean, tall, found.label_word)
    return mark


def _measure_against_label(mark: Mark, grey: Image.Image, tall: list[Glyph], label: Word) -> None:
    """How large a value is beside its label's capital, and how far off the label's base line."""
    heads = [glyph for glyph in cut_glyphs(grey, label)[:1] if glyph.char.isupper()]
    if not heads or heads[0].height < 4:
        return
    mark.size = mark.height / heads[0].height
    foot = statistics.median(glyph.foot for glyph in tall)
    off = (foot - heads[0].foot) * GLYPH_SCALE / mark.height
    if abs(off) < SAME_LINE:
        mark.foot = off
        mark.reach = (tall[0].page_left - heads[0].page_left) * GLYPH_SCALE / mark.height


def _grown(box: Box, margin: float, size: tuple[int, int]) -> Box:
    left, top, right, bottom = box
    side = max(1, round(margin))
    return _clip((left - side, top - side, right + side, bottom + side), size)


def _clip(box: Box, size: tuple[int, int]) -> Box:
    left, top, right, bottom = box
    return max(0, left), max(0, top), min(size[0], right), min(size[1], bottom)


def _share(image: Image.Image, low: float, high: float) -> float:
    """Mean level of the pixels between two shares of the sorted pixels."""
    levels = sorted(image.tobytes())
    part = levels[int(low * len(levels)) : max(int(high * len(levels)), int(low * len(levels)) + 1)]
    return statistics.fmean(part)


def _paper(crop: Image.Image) -> float:
    return _share(crop, 0.65, 0.95)


def _darkest(crop: Image.Image) -> float:
    return _share(crop, 0.0, 0.06)


def _grain_ratio(grey: Image.Image, soft: Image.Image, inner: Box, rings: list[Box]) -> float:
    """Grain of the paper inside against outside; 1.0 where there is none to compare."""
    crop = grey.crop(inner)
    paper, dark = _paper(crop), _darkest(crop)
    # Of the value, also for the paper around it, whose darkest is but grain.
    level = round(paper - 0.25 * (paper - dark) - 4)
    inside = _grain(crop, soft.crop(inner), level)
    outside = [_grain(grey.crop(ring), soft.crop(ring), level) for ring in rings]
    outside = [one for one in outside if one is not None]
    if inside is None or not outside:
        return 1.0
    mean = statistics.mean(outside)
    # Compressing puts grain beside letters, even where the paper has none.
    if mean < GRAIN_FROM:
        return 1.0
    return (inside + 0.3) / (mean + 0.3)


def _grain(grey: Image.Image, soft: Image.Image, level: int) -> float | None:
    """Mean of the fine differences on paper away from ink, which is darker than the level."""
    ink = grey.point([255 if value < level else 0 for value in range(256)])
    away = ImageChops.invert(ink.filter(ImageFilter.MaxFilter(9)))
    stat = ImageStat.Stat(soft, away)
    return stat.mean[0] if stat.count[0] > 60 else None


# -- marks ----------------------------------------------------------------------------------------

MARK_CELL = 16
MARK_INK = 0.28
MARK_CELLS = 4
MARK_HEIGHT = 2.2
# The emblem of the college stands here.
HEAD_SHARE = 0.18


def has_marks(even: Image.Image, words: Iterable[Word]) -> bool:
    """Whether there is ink on the page that nobody has read: a stamp, a scribble, a blot.

    A stamp across the page is seldom read, and may say that the paper is void. Rules and borders
    are thin and don't count, nor does the head of the page.

    :param even: the page in grey, evened out
    :param words: all that was read
    """
    ink = even.point([255 if level < 150 else 0 for level in range(256)])
    read = [word for word in words if word.text.strip("|_-—~=.")]
    heights = [word.box[3] - word.box[1] for word in read]
    # The letters of a stamp may be taken for words; they are larger than those of the text.
    tallest = MARK_HEIGHT * statistics.median(heights or [0])
    for word, height in zip(read, heights, strict=True):
        if height <= tallest:
            ink.paste(0, _grown(word.box, max(3, 0.3 * height), ink.size))
    cells = (max(1, ink.width // MARK_CELL), max(1, ink.height // MARK_CELL))
    levels = ink.resize(cells, Image.Resampling.BOX).tobytes()
    body = levels[int(HEAD_SHARE * cells[1]) * cells[0] :]
    # The edge of a page that was cut out of a photograph is often the table.
    inner = [
        level
        for place, level in enumerate(body)
        if 2 <= place % cells[0] < cells[0] - 2 and place < len(body) - 2 * cells[0]
    ]
    return sum(level > MARK_INK * 255 for level in inner) >= MARK_CELLS


# -- characters ---------------------------------------------------------------------------------


def cut_glyphs(grey: Image.Image, word: Word) -> list[Glyph]:
    """The characters of a word, where as many pieces of ink lie side by side as it has."""
    box = _grown(word.box, max(2, 0.1 * (word.box[3] - word.box[1])), grey.size)
    crop = grey.crop(box)
    scale = GLYPH_SCALE
    crop = crop.resize((crop.width * scale, crop.height * scale), Image.Resampling.BICUBIC)
    paper, dark = _paper(crop), _darkest(crop)
    if paper - dark < 30:
        return []
    middle = round((paper + dark) / 2)
    ink = crop.point([255 if level < middle else 0 for level in range(256)])
    pieces = list(_runs(ink.resize((ink.width, 1), Image.Resampling.BOX).tobytes(), 3))
    characters = [char for char in word.text if not char.isspace()]
    if match := DAY_WITH_MONTH.fullmatch(word.text):
        characters = list(match[1] + match[3])
        if len(pieces) <= len(characters):
            return []
        pieces = pieces[: len(match[1])] + pieces[-len(match[3]) :]
    if len(pieces) != len(characters):
        return []
    glyphs = []
    for char, (start, end) in zip(characters, pieces, strict=True):
        bounds = ink.crop((start, 0, end, ink.height)).getbbox()
        if bounds:
            shape = crop.crop((start, bounds[1], end, bounds[3]))
            shape = shape.point(_stretch(paper, dark)).resize(GLYPH_SIZE, Image.Resampling.BOX)
            foot, place = box[1] + bounds[3] / scale, box[0] + start / scale
            glyphs.append(Glyph(char, bounds[1], bounds[3], start, end, shape, foot, place))
    return glyphs


def _stretch(paper: float, dark: float) -> list[int]:
    span = max(1.0, paper - dark)
    return [max(0, min(255, round(255 * (level - dark) / span))) for level in range(256)]


def _runs(columns: bytes, least: int) -> Iterator[tuple[int, int]]:
    """Where columns hold ink, without specks narrower than ``least``."""
    start = None
    for place, value in enumerate([*columns, 0]):
        if value and start is None:
            start = place
        elif not value and start is not None:
            if place - start >= least:
                yield start, place
            start = None


def _unevenness(tall: list[Glyph]) -> float:
    """How far one character's height or foot is from the others', in heights."""
    if len(tall) < 3:
        return 0.0
    height = statistics.median(glyph.height for glyph in tall)
    foot = statistics.median(glyph.bottom for glyph in tall)
    straight = [glyph for glyph in tall if glyph.char not in "QJ"]
    return max(
        max((abs(glyph.height - height) for glyph in straight), default=0.0),
        max((abs(glyph.bottom - foot) for glyph in straight), default=0.0),
    ) / max(height, 1)


def _compare_glyphs(marks: list[Mark]) -> None:
    """Measure each value's characters against the same characters in the other values."""
    for mark in marks:
        distances = []
        for glyph in mark.glyphs:
            others = [
                one
                for other in marks
                if other is not mark
                for one in other.glyphs
                if one.char == glyph.char
            ]
            if others:
                distances.append(min(_distance(glyph, one) for one in others))
        mark.glyph_far = max(distances, default=0.0)
        mark.value_far = statistics.mean(distances or [0.0])
        mark.compared = len(distances)


def _distance(one: Glyph, other: Glyph) -> float:
    """Difference of two pictures of the same character, 0 to 1, with that of their proportions."""
    difference = ImageStat.Stat(ImageChops.difference(one.shape, other.shape)).mean[0] / 255
    first = (one.right - one.left) / max(one.height, 1)
    second = (other.right - other.left) / max(other.height, 1)
    return difference + 0.5 * abs(first - second) / max(first, second)

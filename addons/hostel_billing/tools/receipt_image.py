"""From an upload to a flat, upright page that Tesseract can read, with Pillow alone.

Pages are found by their brightness and straightened by the four corners; the tilt that is left is
found by how sharply rows of text and rows of paper differ. Measured against the corpus in
``tests/receipt_corpus.py``; OpenCV would have brought 90 MB for the same.
"""

import itertools
import re
import subprocess
from collections.abc import Iterator

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from odoo.addons.hostel_base.tools.identity_masking import MAX_BYTES, MaskingError, open_picture

# Longest side of what is read and kept, in pixels.
PAGE_SIZE = 2200
# Levels by which a point of plain paper differs from its neighbours in a noisy photograph.
GRAINY = 4
# Degrees of tilt that count as none.
LEVEL = 0.2
PDF_SECONDS = 20
PDF_MEMORY = 1 << 30

Point = tuple[float, float]


class ReceiptError(ValueError):
    """An upload that can't be taken; ``code`` says why."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


def open_receipt(data: bytes) -> Image.Image:
    """Decode what was uploaded, without its metadata, as RGB.

    :param data: bytes of a JPEG, a PNG, or a PDF of one page
    :raises ReceiptError: ``EMPTY``, ``TOO_LARGE``, ``HEIC``, ``NOT_A_PICTURE``,
        ``TOO_MANY_PIXELS``, ``TOO_SMALL``, ``BAD_PDF`` or ``MANY_PAGES``
    """
    if len(data) <= MAX_BYTES and data[:1024].lstrip().startswith(b"%PDF-"):
        return _render_pdf(data)
    try:
        return open_picture(data, PAGE_SIZE)
    except MaskingError as exc:
        raise ReceiptError("BAD_PDF" if exc.code == "PDF" else exc.code) from None


def _render_pdf(data: bytes) -> Image.Image:
    """The page as a picture, drawn by a process that may neither grow nor stay."""
    command = ["prlimit", f"--as={PDF_MEMORY}", f"--cpu={PDF_SECONDS}"]
    # Scaled to a fixed size, so that a page of a kilometre's length is no larger either.
    command += ["pdftoppm", "-f", "1", "-l", "2", "-scale-to", str(PAGE_SIZE), "-"]
    try:
        answer = subprocess.run(
            command, input=data, capture_output=True, timeout=PDF_SECONDS, check=True
        ).stdout
    except (subprocess.SubprocessError, OSError):
        raise ReceiptError("BAD_PDF") from None
    head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", answer)
    if not head:
        raise ReceiptError("BAD_PDF")
    size = int(head[1]), int(head[2])
    end = head.end() + 3 * size[0] * size[1]
    if len(answer) > end:
        raise ReceiptError("MANY_PAGES")
    if min(size) < 100:
        raise ReceiptError("TOO_SMALL")
    return Image.frombytes("RGB", size, answer[head.end() : end])


# -- the page ---------------------------------------------------------------------------------


def flatten(image: Image.Image) -> Image.Image:
    """Cut the page out of a photograph, and take out its perspective and tilt.

    :param image: RGB, any way up
    """
    corners = find_page(image)
    if corners:
        image = _unwarp(image, corners)
    angle = find_tilt(image)
    if abs(angle) < LEVEL:
        return image
    return image.rotate(
        angle, Image.Resampling.BICUBIC, expand=True, fillcolor=_paper_colour(image)
    )


def find_page(image: Image.Image) -> list[Point] | None:
    """Corners of a bright page before a darker ground: top left, top right, bottom right, bottom
    left; None where the picture is the page.
    """
    size = 300
    scale = size / max(image.size)
    grey = image.convert("L").resize(
        (max(8, round(image.width * scale)), max(8, round(image.height * scale))),
        Image.Resampling.BOX,
    )
    # Closes the letters, so that the page is one bright area.
    grey = grey.filter(ImageFilter.MaxFilter(7)).filter(ImageFilter.MinFilter(7))
    level = _otsu(grey.histogram())
    mask = grey.point([0] * (level + 1) + [255] * (255 - level))
    mask = mask.filter(ImageFilter.MinFilter(5)).filter(ImageFilter.MaxFilter(5))
    if _share_of_bright_border(mask) > 0.5:
        return None
    pixels = mask.tobytes()
    width = mask.width
    bright = [divmod(place, width)[::-1] for place, value in enumerate(pixels) if value]
    if len(bright) < 0.2 * len(pixels):
        return None
    corners = [
        min(bright, key=lambda p: p[0] + p[1]),
        max(bright, key=lambda p: p[0] - p[1]),
        max(bright, key=lambda p: p[0] + p[1]),
        min(bright, key=lambda p: p[0] - p[1]),
    ]
    if not 0.85 < len(bright) / max(1.0, _area(corners)) < 1.15:
        return None
    return [((x + 0.5) / scale, (y + 0.5) / scale) for x, y in corners]


def _share_of_bright_border(mask: Image.Image) -> float:
    width, height = mask.size
    edges = [(0, 0, width, 1), (0, height - 1, width, height), (0, 0, 1, height)]
    edges.append((width - 1, 0, width, height))
    border = b"".join(mask.crop(edge).tobytes() for edge in edges)
    return sum(1 for value in border if value) / len(border)


def _area(corners: list[Point]) -> float:
    pairs = zip(corners, [*corners[1:], corners[0]], strict=True)
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)) / 2


def _otsu(histogram: list[int]) -> int:
    """Level that parts a histogram into its two best classes."""
    total, weighted = sum(histogram), sum(i * n for i, n in enumerate(histogram))
    best, level, below, below_weighted = -1.0, 127, 0, 0
    for place, count in enumerate(histogram):
        below += count
        below_weighted += place * count
        above = total - below
        if not below or not above:
            continue
        gap = below_weighted / below - (weighted - below_weighted) / above
        if (between := below * above * gap * gap) > best:
            best, level = between, place
    return level


def _unwarp(image: Image.Image, corners: list[Point]) -> Image.Image:
    top_left, top_right, bottom_right, bottom_left = corners
    width = round(max(_distance(top_left, top_right), _distance(bottom_left, bottom_right)))
    height = round(max(_distance(top_left, bottom_left), _distance(top_right, bottom_right)))
    target = [(0, 0), (width, 0), (width, height), (0, height)]
    data = perspective(target, corners)
    return image.transform(
        (width, height), Image.Transform.PERSPECTIVE, data, Image.Resampling.BICUBIC
    )


def _distance(one: Point, other: Point) -> float:
    return ((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5


def perspective(target: list[Point], source: list[Point]) -> list[float]:
    """Eight numbers for Pillow that lead four points of the result to four of the source."""
    rows = []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    return _solve(rows)


def _solve(rows: list[list[float]]) -> list[float]:
    """Gauss with the largest pivot; each row ends in its right side."""
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row, at=column: abs(rows[row][at]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        lead = rows[column]
        for row in range(size):
            if row != column and rows[row][column]:
                factor = rows[row][column] / lead[column]
                pairs = zip(rows[row], lead, strict=True)
                rows[row] = [a - factor * b for a, b in pairs]
    return [rows[place][size] / rows[place][place] for place in range(size)]


def find_tilt(image: Image.Image) -> float:
    """Degrees by which to turn counter-clockwise so that lines of text lie level, within 10."""
    scale = 700 / max(image.size)
    grey = even_out(
        image.convert("L").resize(
            (max(1, round(image.width * scale)), max(1, round(image.height * scale))),
            Image.Resampling.BOX,
        )
    )
    ink = ImageOps.invert(grey)
    best = max(range(-10, 11), key=lambda angle: _line_sharpness(ink, angle))
    fine = [best + step / 4 for step in range(-4, 5)]
    # A page that lies level already is left as it is unless turning it is clearly better.
    angle = max(fine, key=lambda one: _line_sharpness(ink, one))
    return angle if _line_sharpness(ink, angle) > 1.02 * _line_sharpness(ink, 0) else 0.0


def _line_sharpness(ink: Image.Image, angle: float) -> float:
    turned = ink.rotate(angle, Image.Resampling.BILINEAR) if angle else ink
    # The corners that turning leaves empty would be edges of their own.
    side = turned.width // 8
    turned = turned.crop((side, 0, turned.width - side, turned.height))
    rows = turned.resize((1, turned.height), Image.Resampling.BOX).tobytes()
    return sum((a - b) ** 2 for a, b in itertools.pairwise(rows))


def even_out(grey: Image.Image) -> Image.Image:
    """Take shadows and tints out of the paper: white ground, dark ink."""
    small = (max(1, grey.width // 12), max(1, grey.height // 12))
    paper = grey.resize(small, Image.Resampling.BOX).filter(ImageFilter.MaxFilter(5))
    paper = paper.filter(ImageFilter.GaussianBlur(3)).resize(grey.size, Image.Resampling.BICUBIC)
    return ImageOps.autocontrast(ImageOps.invert(ImageChops.subtract(paper, grey)), cutoff=(0.5, 0))


def smooth(grey: Image.Image) -> Image.Image:
    """Take out the grain of a photograph made in the dark; a clean page stays as it is."""
    soft = ImageChops.difference(grey, grey.filter(ImageFilter.GaussianBlur(1)))
    grain = ImageStat.Stat(soft).median[0]
    if grain < GRAINY:
        return grey
    return grey.filter(ImageFilter.MedianFilter(3)).filter(ImageFilter.GaussianBlur(1))


def _paper_colour(image: Image.Image) -> tuple[int, ...]:
    thumb = image.resize((16, 16), Image.Resampling.BOX)
    colours = sorted(thumb.get_flattened_data(), key=sum)
    return tuple(colours[len(colours) * 3 // 4])


# -- the same picture again ----------------------------------------------------------------------

HASH_SIDE = 64
HASH_STEP = 12


def picture_hash(image: Image.Image) -> str:
    """Hash of how a photograph or scan looks before it is made flat, as 1,024 hexadecimal digits.

    Empty for screenshots and files: there two receipts of one layout differ in fewer pixels than a
    copy from its original, so looks prove nothing, and the receipt's number has to.
    """
    if find_page(image) is None and abs(find_tilt(image)) < LEVEL:
        return ""
    size = (HASH_SIDE * 8, HASH_SIDE * 8)
    tiny = even_out(image.convert("L").resize(size, Image.Resampling.BOX))
    levels = tiny.resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.BOX).tobytes()
    bits = 0
    for left, right in _neighbours(levels):
        # Paper without ink is no difference, whatever its grain.
        bits = bits << 1 | (left - right > HASH_STEP)
    return f"{bits:0{HASH_SIDE * HASH_SIDE // 4}x}"


def _neighbours(levels: bytes) -> Iterator[tuple[int, int]]:
    for row in range(HASH_SIDE):
        line = levels[row * (HASH_SIDE + 1) : (row + 1) * (HASH_SIDE + 1)]
        yield from itertools.pairwise(line)


def hash_distance(one: str, other: str) -> float:
    """How different two photographs are, from 0 to 1; 1 where one of them is none."""
    if not one or not other:
        return 1.0
    first, second = int(one, 16), int(other, 16)
    return (first ^ second).bit_count() / max(1, (first | second).bit_count())

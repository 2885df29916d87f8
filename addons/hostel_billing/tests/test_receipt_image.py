"""Decoding and straightening of uploads; real files, no database."""

import io
import struct
import zlib
from unittest import TestCase

from PIL import Image, ImageDraw
from reportlab.pdfgen import canvas

from odoo.addons.hostel_billing.tests import receipt_corpus as corpus
from odoo.addons.hostel_billing.tools import receipt_image as tool
from odoo.addons.hostel_billing.tools.receipt_checks import SAME_PICTURE


def pdf(pages=1, encrypt=None, size=(600, 420)):
    out = io.BytesIO()
    sheet = canvas.Canvas(out, pagesize=size, encrypt=encrypt)
    for number in range(pages):
        sheet.drawString(60, 300, f"Receipt No RC{number}")
        sheet.showPage()
    sheet.save()
    return out.getvalue()


def png_header(width, height):
    """A PNG that promises a picture of a size and has none."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(head)) + b"IHDR" + head
    data = b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    body = zlib.compress(b"\0" * 100)
    return data + struct.pack(">I", len(body)) + b"IDAT" + body + b"\0\0\0\0"


class TestReceiptImage(TestCase):
    def _refused(self, data):
        with self.assertRaises(tool.ReceiptError) as caught:
            tool.open_receipt(data)
        return caught.exception.code

    def test_what_can_not_be_taken_says_why(self):
        tiny = io.BytesIO()
        Image.new("RGB", (120, 90)).save(tiny, "PNG")
        heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100
        for data, code in (
            (b"", "EMPTY"),
            (heic, "HEIC"),
            (b"x" * (tool.MAX_BYTES + 1), "TOO_LARGE"),
            (b"%PDF-1.7 no pdf at all", "BAD_PDF"),
            (pdf(encrypt="secret"), "BAD_PDF"),
            (pdf(pages=2), "MANY_PAGES"),
            (png_header(60000, 60000), "TOO_MANY_PIXELS"),
            (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "NOT_A_PICTURE"),
            (tiny.getvalue(), "TOO_SMALL"),
            (b"GIF89a" + b"\0" * 50, "NOT_A_PICTURE"),
            (b"<html>receipt</html>", "NOT_A_PICTURE"),
        ):
            with self.subTest(code=code, data=data[:12]):
                self.assertEqual(self._refused(data), code)

    def test_a_pdf_is_drawn_at_a_fixed_size(self):
        self.assertEqual(max(tool.open_receipt(pdf()).size), tool.PAGE_SIZE)
        self.assertLessEqual(max(tool.open_receipt(pdf(size=(14000, 9000))).size), tool.PAGE_SIZE)

    def test_the_camera_says_how_it_was_held(self):
        picture = Image.new("RGB", (800, 500), "white")
        exif = Image.Exif()
        exif[0x0112] = 6
        out = io.BytesIO()
        picture.save(out, "JPEG", exif=exif)
        opened = tool.open_receipt(out.getvalue())
        self.assertEqual(opened.size, (500, 800))
        self.assertFalse(opened.getexif())

    def _page(self):
        page = Image.new("RGB", (1000, 700), "white")
        draw = ImageDraw.Draw(page)
        for line in range(12):
            draw.rectangle(
                (80, 60 + 50 * line, 900 - 40 * (line % 3), 78 + 50 * line), fill="black"
            )
        return page

    def test_tilts_are_found(self):
        for angle in (-6, -2.5, 0, 3, 7):
            turned = self._page().rotate(angle, Image.Resampling.BICUBIC, fillcolor="white")
            with self.subTest(angle=angle):
                self.assertAlmostEqual(tool.find_tilt(turned), -angle, delta=0.3)

    def test_a_page_on_a_table_is_cut_out(self):
        corners = [(140, 90), (900, 130), (930, 690), (100, 640)]
        data = tool.perspective(corners, [(0, 0), (1000, 0), (1000, 700), (0, 700)])
        table = Image.new("RGB", (1060, 780), (60, 50, 45))
        paper = self._page().transform(table.size, Image.Transform.PERSPECTIVE, data)
        mask = Image.new("L", (1000, 700), 255)
        table.paste(paper, mask=mask.transform(table.size, Image.Transform.PERSPECTIVE, data))
        found = tool.find_page(table)
        for corner, wanted in zip(found, corners, strict=True):
            self.assertAlmostEqual(corner[0], wanted[0], delta=12)
            self.assertAlmostEqual(corner[1], wanted[1], delta=12)

    def test_a_screenshot_is_its_own_page(self):
        self.assertIsNone(tool.find_page(self._page()))

    @staticmethod
    def _open(sample):
        return tool.open_receipt(sample.data)

    def _copy(self, picture, scale, quality):
        out = io.BytesIO()
        size = (round(picture.width * scale), round(picture.height * scale))
        picture.resize(size).save(out, "JPEG", quality=quality)
        return tool.open_receipt(out.getvalue())

    def test_copies_of_a_photograph_are_known_and_other_photographs_are_not(self):
        look = {"look": "photo", "layout": "lines", "font": corpus.TRAIN_FONTS[0]}
        first, *others = (self._open(corpus.make_sample(seed, **look)) for seed in range(4))
        known = tool.picture_hash(first)
        for scale, quality in ((1, 40), (0.6, 60), (1.2, 90)):
            with self.subTest(scale=scale):
                copy = tool.picture_hash(self._copy(first, scale, quality))
                self.assertLess(tool.hash_distance(known, copy), SAME_PICTURE)
        for other in others:
            distance = tool.hash_distance(known, tool.picture_hash(other))
            self.assertGreater(distance, SAME_PICTURE)

    def test_looks_prove_nothing_about_screenshots(self):
        page = self._open(corpus.make_sample(1, look="screen"))
        self.assertEqual(tool.picture_hash(page), "")
        self.assertEqual(tool.hash_distance("", ""), 1.0)

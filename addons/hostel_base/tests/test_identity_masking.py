"""Masking of identity documents against a corpus of made-up cards; real Tesseract, no database."""

import io
import os
import random
import subprocess
import unittest
from unittest.mock import patch

import qrcode
from PIL import Image

from odoo.addons.hostel_base.tools import identity_masking, verhoeff
from odoo.addons.hostel_base.tools.identity_masking import MaskingError, mask_document
from odoo.addons.hostel_base.tools.qr_finder import find_qr_codes

from . import identity_corpus

# More by hand: HOSTEL_CORPUS=200 scripts/test addons/hostel_base -k corpus
SAMPLES = int(os.environ.get("HOSTEL_CORPUS", "6"))


def encode(image, form="PNG", **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


class TestVerhoeff(unittest.TestCase):
    def test_published_example(self):
        # Wikipedia, Verhoeff algorithm: 236 gets the check digit 3.
        self.assertEqual(verhoeff.check_digit("236"), "3")
        self.assertTrue(verhoeff.is_valid("2363"))

    def test_every_single_error_and_every_swap_of_neighbours_is_noticed(self):
        number = identity_corpus.aadhaar_number(random.Random(1))
        self.assertTrue(verhoeff.is_valid(number))
        for place, digit in enumerate(number):
            for other in "0123456789".replace(digit, ""):
                self.assertFalse(verhoeff.is_valid(number[:place] + other + number[place + 1 :]))
        for place in range(11):
            pair = number[place : place + 2]
            if pair[0] != pair[1]:
                swapped = number[:place] + pair[::-1] + number[place + 2 :]
                self.assertFalse(verhoeff.is_valid(swapped))


class TestMaskingCorpus(unittest.TestCase):
    """No sample may leak; a refusal is a nuisance, a leak is a breach."""

    def _read_again(self, masked):
        with Image.open(io.BytesIO(masked.jpeg)) as picture:
            return "".join(
                word.text for mode in (6, 11) for word in self._words(picture.copy(), mode)
            )

    def _words(self, picture, mode):
        return identity_masking.read_words(picture, max(picture.size), mode)

    def test_no_number_of_the_corpus_is_left(self):
        masked_count = 0
        for seed in range(SAMPLES):
            sample = identity_corpus.make_sample(seed)
            with self.subTest(sample=sample.name):
                try:
                    masked = mask_document(sample.data, "aadhaar")
                except MaskingError as exc:
                    self.assertIn(exc.code, ("NUMBER_NOT_FOUND", "NOT_MASKED"))
                    continue
                masked_count += 1
                self.assertEqual(masked.last_four, sample.number[-4:])
                # The generator knows where the digits are: none of their pixels may show.
                self.assertLess(identity_corpus.shown_share(masked, sample.secret), 0.02)
                self.assertLess(identity_corpus.shown_share(masked, sample.qr), 0.02)
                text = self._read_again(masked)
                self.assertNotIn(sample.number[:4], text)
                self.assertNotIn(sample.number[4:8], text)
        self.assertGreaterEqual(masked_count, SAMPLES * 0.8)

    def test_the_check_of_the_corpus_would_notice_a_leak(self):
        sample = identity_corpus.make_sample(3)
        image = identity_masking.open_picture(sample.data)
        turned = identity_masking._turn(image, (360 - sample.turn) % 360)
        untouched = identity_masking.Masked(
            encode(turned, "JPEG"), None, (360 - sample.turn) % 360, turned.size
        )
        self.assertGreater(identity_corpus.shown_share(untouched, sample.secret), 0.5)
        self.assertIn(sample.number[:4], self._read_again(untouched))

    def test_each_turn_is_set_upright(self):
        for turn in (0, 90, 180, 270):
            sample = identity_corpus.make_sample(
                11, turn=turn, tilt=0, blur=0, noise=0, quality=90, scale=1.0
            )
            with self.subTest(turn=turn):
                masked = mask_document(sample.data, "aadhaar")
                self.assertEqual((masked.turn + turn) % 360, 0)
                self.assertGreater(masked.size[0], masked.size[1])

    def test_a_pan_card_keeps_its_last_four(self):
        sample = identity_corpus.make_sample(
            21, number="ABCPK1234F", title="INCOME TAX DEPARTMENT", turn=0, scale=1.5, blur=0
        )
        masked = mask_document(sample.data, "pan")
        self.assertEqual(masked.last_four, "234F")
        self.assertLess(identity_corpus.shown_share(masked, sample.secret), 0.05)
        self.assertNotIn("ABCPK", self._read_again(masked))

    def test_nothing_of_the_file_but_its_pixels_stays(self):
        sample = identity_corpus.make_sample(5)
        self.assertIn(b"taken at home", sample.data)
        masked = mask_document(sample.data, "aadhaar")
        self.assertNotIn(b"taken at home", masked.jpeg)
        with Image.open(io.BytesIO(masked.jpeg)) as picture:
            self.assertFalse(picture.getexif())

    def test_no_temporary_file_is_made(self):
        made = []
        real_open = os.open

        def noting(path, flags, *args, **kwargs):
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                made.append(path)
            return real_open(path, flags, *args, **kwargs)

        sample = identity_corpus.make_sample(5)
        with patch("os.open", noting), patch("tempfile.NamedTemporaryFile") as named:
            mask_document(sample.data, "aadhaar")
        self.assertFalse(named.called)
        self.assertEqual(made, [])


class TestMaskingRefusals(unittest.TestCase):
    def assertRefused(self, code, data, kind="aadhaar"):
        with self.assertRaises(MaskingError) as caught:
            mask_document(data, kind)
        self.assertEqual(caught.exception.code, code)

    def test_what_is_no_picture(self):
        card = encode(Image.new("RGB", (800, 500), "white"), "JPEG")
        for code, data in {
            "EMPTY": b"",
            "PDF": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
            "HEIC": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\0" * 200,
            "NOT_A_PICTURE": b"<html><script>alert(1)</script></html>",
            "TOO_LARGE": card + b"\0" * (identity_masking.MAX_BYTES + 1),
        }.items():
            with self.subTest(code=code):
                self.assertRefused(code, data)

    def test_a_damaged_picture(self):
        card = encode(Image.effect_noise((800, 500), 80), "PNG")
        self.assertRefused("NOT_A_PICTURE", card[:20])
        self.assertRefused("NOT_A_PICTURE", b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 400)

    def test_other_picture_formats(self):
        for form in ("GIF", "TIFF", "BMP"):
            with self.subTest(form=form):
                self.assertRefused(
                    "NOT_A_PICTURE", encode(Image.new("RGB", (800, 500), "white"), form)
                )

    def test_a_bomb_is_refused_by_its_header(self):
        bomb = encode(Image.new("1", (9_000, 9_000)), "PNG")
        self.assertLess(len(bomb), 200_000)
        self.assertRefused("TOO_MANY_PIXELS", bomb)

    def test_a_stamp_is_too_small(self):
        self.assertRefused("TOO_SMALL", encode(Image.new("RGB", (200, 120), "white")))

    def test_a_picture_without_a_number(self):
        self.assertRefused("NUMBER_NOT_FOUND", encode(Image.new("RGB", (800, 500), "white")))

    def test_a_number_with_a_wrong_check_digit_is_no_aadhaar_number(self):
        number = identity_corpus.aadhaar_number(random.Random(7))
        wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
        sample = identity_corpus.make_sample(7, number=wrong, turn=0, blur=0, noise=0)
        self.assertRefused("NUMBER_NOT_FOUND", sample.data)

    def test_a_picture_of_noise_is_given_up_in_time(self):
        noise = encode(Image.effect_noise((800, 500), 80), "PNG")
        with patch.object(identity_masking.Reader.__init__, "__defaults__", (2.0,)):
            self.assertRefused("NOT_MASKED", noise)

    def test_when_tesseract_gives_up_nothing_is_kept(self):
        sample = identity_corpus.make_sample(5)
        gone = subprocess.TimeoutExpired("tesseract", 1)
        with patch("subprocess.run", side_effect=gone):
            self.assertRefused("NOT_MASKED", sample.data)

    def test_an_aadhaar_card_given_as_something_else_is_masked_too(self):
        sample = identity_corpus.make_sample(3)
        masked = mask_document(sample.data, "other")
        self.assertLess(identity_corpus.shown_share(masked, sample.secret), 0.02)


class TestQrFinder(unittest.TestCase):
    def _draw(self, angle, module):
        code = qrcode.make("uid=999999990019 " * 6, box_size=module, border=4).get_image()
        code = code.convert("RGB")
        page = Image.new("RGB", (1400, 1000), (235, 235, 235))
        box = (600, 250)
        layer = Image.new("L", page.size, 0)
        inner = module * 4
        far = code.width - inner
        layer.paste(255, (600 + inner, 250 + inner, 600 + far, 250 + far))
        page.paste(code, box)
        return page.rotate(angle, fillcolor="gray"), layer.rotate(angle)

    def test_codes_are_covered_however_they_are_turned(self):
        for angle in (0, 7, 45, 90, 180):
            for module in (3, 6):
                page, layer = self._draw(angle, module)
                boxes = find_qr_codes(page)
                with self.subTest(angle=angle, module=module):
                    self.assertTrue(boxes)
                    for box in boxes:
                        layer.paste(0, box)
                    left = sum(level > 200 for level in layer.tobytes())
                    self.assertEqual(left, 0)

    def test_a_page_of_text_has_no_code(self):
        sample = identity_corpus.draw_card(random.Random(1), "234123412346", with_qr=False)[0]
        self.assertEqual(find_qr_codes(sample), [])

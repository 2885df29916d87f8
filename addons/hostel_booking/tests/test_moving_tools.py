"""Passes, places in terms and signatures; no database."""

import base64
import io
import unittest

from PIL import Image, ImageDraw

from odoo.addons.hostel_booking.tools.agreement_text import fill, unknown_places
from odoo.addons.hostel_booking.tools.check_in_pass import (
    PassRefused,
    looks_like_pass,
    make_pass,
    read_pass,
)
from odoo.addons.hostel_booking.tools.signature_picture import SIZE, clean_signature

SECRET = b"a secret of the test"
NOW = 1_900_000_000


def signature(ink=True, size=(900, 300)):
    """Base64 of a drawn PNG, as a browser sends it."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    if ink:
        ImageDraw.Draw(image).line((20, 20, 500, 200), fill=(10, 10, 80, 255), width=6)
    out = io.BytesIO()
    image.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


class TestCheckInPass(unittest.TestCase):
    def assertRefused(self, code, *args):
        with self.assertRaises(PassRefused) as caught:
            read_pass(*args)
        self.assertEqual(caught.exception.code, code)

    def test_a_pass_says_whose_it_is(self):
        text = make_pass(SECRET, 42, NOW + 60)
        self.assertTrue(looks_like_pass(text))
        self.assertEqual(read_pass(SECRET, f" {text.lower()}\n", NOW).stay_id, 42)

    def test_it_is_small_enough_for_a_small_code(self):
        self.assertRegex(make_pass(SECRET, 2_000_000_000, NOW), r"^[A-Z0-9.]{1,72}$")

    def test_it_is_over_at_its_second(self):
        text = make_pass(SECRET, 42, NOW + 60)
        self.assertTrue(read_pass(SECRET, text, NOW + 59.9))
        self.assertRefused("expired", SECRET, text, NOW + 60)

    def test_no_letter_of_it_can_be_changed(self):
        text = make_pass(SECRET, 42, NOW + 60)
        for place in range(4, len(text)):
            other = "A" if text[place] != "A" else "B"
            with self.subTest(place=place), self.assertRaises(PassRefused):
                read_pass(SECRET, text[:place] + other + text[place + 1 :], NOW)

    def test_the_stay_of_another_can_not_be_written_in(self):
        text = make_pass(SECRET, 42, NOW + 60)
        self.assertRefused("forged", SECRET, text.replace(".42.", ".43."), NOW)
        self.assertRefused("forged", b"another secret", text, NOW)

    def test_anything_else_is_no_pass(self):
        for text in ("", "HP1", "HP1.1.2.3.4", "22ME1021", "HP1." + "9" * 500):
            self.assertRefused("malformed", SECRET, text, NOW)

    def test_two_passes_of_a_stay_differ(self):
        one, two = (read_pass(SECRET, make_pass(SECRET, 1, NOW + 9), NOW) for _ in range(2))
        self.assertNotEqual(one.nonce, two.nonce)


class TestAgreementText(unittest.TestCase):
    def test_places_are_filled_and_escaped(self):
        text = fill("<p>{student} in {room}</p>", {"student": "<b>A</b> & Co", "room": "214"})
        self.assertEqual(text, "<p>&lt;b&gt;A&lt;/b&gt; &amp; Co in 214</p>")

    def test_a_name_in_braces_inside_a_value_is_not_filled_again(self):
        self.assertEqual(fill("{student}", {"student": "{room}", "room": "214"}), "{room}")

    def test_unknown_places_are_named_once(self):
        self.assertEqual(unknown_places("{room} {roof} {bed} {roof} {wall}"), ["roof", "wall"])


class TestSignaturePicture(unittest.TestCase):
    def test_a_signature_comes_out_on_white(self):
        picture = Image.open(io.BytesIO(clean_signature(signature())))
        self.assertEqual((picture.format, picture.mode), ("PNG", "RGB"))
        self.assertLessEqual(picture.width, SIZE[0])
        self.assertEqual(picture.getpixel((picture.width - 1, picture.height - 1)), (255,) * 3)

    def test_what_is_no_signature(self):
        huge = signature(size=(3000, 2000))
        for text in (
            None,
            "",
            "not base64!",
            "aGVsbG8=",
            signature(ink=False),
            huge,
            "A" * 500_000,
        ):
            with self.subTest(text=str(text)[:20]), self.assertRaises(ValueError):
                clean_signature(text)

"""A small part of the corpus through the real Tesseract; `scripts/bench ocr` reads all of it."""

import io
from unittest import TestCase

from PIL import Image, ImageDraw, ImageFont

from odoo.addons.hostel_base.tools.identity_masking import Word
from odoo.addons.hostel_billing.tools.receipt_parser import Template, find_college, parse
from odoo.addons.hostel_billing.tools.receipt_reader import (
    Reading,
    read_receipt,
    read_receipt_by,
    redact,
)
from odoo.addons.hostel_billing.tools.receipt_trace import has_marks

from . import receipt_corpus as corpus
from .receipt_trial import TEMPLATE, is_accepted, judge, read_fields

# Seeds of the known layouts and fonts: two screens, two photographs.
GENUINE = (1, 2, 4, 6)
# With a seed at which the genuine receipt of the same look is accepted.
FORGED = {
    "other_student": 20,
    "balance_due": 21,
    "other_college": 60,
    "stamped": 23,
    "words_differ": 24,
    "patch_font_balance": 25,
    "patch_plain_font_number": 26,
    "digit_number": 27,
    "late_patch_balance": 120,
}


class TestReceiptCorpus(TestCase):
    def test_genuine_receipts_are_read_and_most_are_accepted(self):
        accepted = 0
        for seed in GENUINE:
            sample = corpus.make_sample(seed)
            reading = read_receipt(sample.data, TEMPLATE)
            with self.subTest(layout=sample.layout, look=sample.look):
                wrong = [name for name, ok in read_fields(reading, sample.facts).items() if not ok]
                self.assertEqual(wrong, [])
            accepted += is_accepted(judge(reading, sample))
        self.assertGreaterEqual(accepted, 3)

    def test_forged_ones_are_refused_where_the_genuine_one_is_accepted(self):
        for number, (kind, seed) in enumerate(FORGED.items()):
            look = ("screen", "scan", "photo")[number % 3]
            for one in ("genuine", kind):
                sample = corpus.make_sample(seed, one, look=look)
                verdicts = judge(read_receipt(sample.data, TEMPLATE), sample)
                with self.subTest(kind=kind, picture=one):
                    self.assertEqual(is_accepted(verdicts), one == "genuine")

    def test_every_row_of_a_table_is_looked_at(self):
        """The first row says 0.00 and is untouched; the second and the total are forged."""
        for kind in (
            "genuine", "patch_font_balance", "patch_size_balance", "patch_tone_balance",
            "strike_balance", "late_patch_balance",
        ):  # fmt: skip
            sample = corpus.make_sample(25, kind, look="screen", layout="table")
            reading = read_receipt(sample.data, TEMPLATE)
            with self.subTest(kind=kind):
                self.assertEqual(reading.parsed.get("balance").value, 0)
                self.assertEqual(is_accepted(judge(reading, sample)), kind == "genuine")

    def test_what_was_handed_in_before_is_known_by_its_number_and_a_photograph_by_its_looks(self):
        used = {"USED_NUMBER", "USED_PICTURE"}
        for look, codes in (("photo", used), ("screen", {"USED_NUMBER"})):
            sample = corpus.make_sample(29, "same_picture", look=look, layout="lines")
            verdicts = judge(read_receipt(sample.data, TEMPLATE), sample)
            with self.subTest(look=look):
                self.assertEqual({one.code for one in verdicts} & used, codes)

    def test_a_patch_in_the_receipts_own_font_and_size_stands_off_its_line(self):
        """Nothing but place and shade tell it on a screenshot."""
        own = next(fonts for fonts in corpus.HELD_OUT_FONTS if corpus.FORGER_PLAIN in fonts)
        for kind, traces in (("genuine", {}), ("late_patch_balance", {"ink", "line"})):
            sample = corpus.make_sample(3, kind, font=own, look="screen", layout="lines")
            reading = read_receipt(sample.data, TEMPLATE)
            with self.subTest(picture=kind):
                self.assertEqual(reading.traces.get("balance", {}), traces)
                self.assertEqual(is_accepted(judge(reading, sample)), kind == "genuine")

    def test_the_college_is_found_in_light_letters_on_a_dark_bar(self):
        sample = corpus.make_sample(3, look="screen", layout="lines")
        page = Image.open(io.BytesIO(sample.data)).convert("RGB")
        draw = ImageDraw.Draw(page)
        face = ImageFont.truetype(str(corpus.FONTS / corpus.TRAIN_FONTS[0][1]), 36)
        for name, is_ours in ((corpus.COLLEGE, True), (corpus.OTHER_COLLEGES[1], False)):
            draw.rectangle((0, 0, page.width, 150), fill=(70, 20, 90))
            draw.text((60, 50), name, font=face, fill=(250, 250, 250))
            out = io.BytesIO()
            page.save(out, "PNG")
            with self.subTest(name=name):
                college = read_receipt(out.getvalue(), TEMPLATE).college
                self.assertEqual(bool(college), is_ours)
                if is_ours:
                    self.assertTrue(40 < college.box[1] < college.box[3] < 110)

    def test_letters_of_a_stamp_that_are_taken_for_words_stay_marks(self):
        page = Image.new("L", (1000, 700), 255)
        draw = ImageDraw.Draw(page)
        path = str(corpus.FONTS / corpus.TRAIN_FONTS[0][1])
        words = []
        for place in range(6):
            at = (80, 200 + 70 * place)
            draw.text(at, "Balance", font=ImageFont.truetype(path, 26), fill=20)
            box = draw.textbbox(at, "Balance", font=ImageFont.truetype(path, 26))
            words.append(Word("Balance", box, (0, 0, place), 96.0))
        self.assertFalse(has_marks(page, words))
        face = ImageFont.truetype(path, 84)
        draw.text((500, 300), "VOID", font=face, fill=90)
        stamp = Word("NJ", draw.textbbox((500, 300), "VOID", font=face), (0, 0, 9), 77.0)
        self.assertTrue(has_marks(page, [*words, stamp]))

    def test_several_templates_share_one_look_at_the_page(self):
        data = corpus.make_sample(33, look="screen").data
        others = Template(colleges=("Another College",)), Template(colleges=("A Third One",))
        alone = read_receipt(data, TEMPLATE)
        twin = Template(colleges=TEMPLATE.colleges, labels={"balance": ("net dues",)})
        readings = read_receipt_by(data, [others[0], TEMPLATE, twin])
        self.assertEqual(list(readings), [1, 2])
        for reading in readings.values():
            self.assertIs(reading.words, readings[1].words)
            self.assertEqual(reading.again, alone.again)
            self.assertEqual(reading.traces, alone.traces)
        # A page of nobody's college is read all the same, for a person.
        [(_place, unknown)] = read_receipt_by(data, list(others)).items()
        self.assertIsNone(unknown.college)
        self.assertEqual(unknown.parsed.values, alone.parsed.values)

    def test_a_page_on_its_head_is_turned(self):
        sample = corpus.make_sample(31, look="screen", layout="lines", turn=180)
        reading = read_receipt(sample.data, TEMPLATE)
        self.assertEqual(reading.parsed.get("student_no").value, sample.facts.number)

    def test_identity_numbers_are_painted_over_and_the_receipt_number_stays(self):
        sample = corpus.make_sample(32, look="screen", layout="lines", aadhaar="234123412346")
        reading = read_receipt(sample.data, TEMPLATE)
        page, boxes = redact(reading)
        self.assertTrue(boxes)
        left, top, right, bottom = boxes[-1]
        self.assertEqual(page.getpixel(((left + right) // 2, (top + bottom) // 2)), (0, 0, 0))
        for box in boxes:
            for name in ("student_no", "receipt_no", "balance"):
                self.assertFalse(self._overlap(box, reading.parsed.get(name).box), name)

    def test_an_identity_number_that_is_glued_to_its_label_is_painted_over(self):
        """The last four characters stay; made by hand, since Tesseract glues by chance."""
        aadhaar, pan = "234123412346", "ABCDE1234F"
        for glued in (
            aadhaar, pan, f"No:{aadhaar}", f"UID:{aadhaar}", f"UID::{aadhaar}", f"No1:{aadhaar}",
            f"(UID:{aadhaar})", f"Aadhaar/UID:{aadhaar}", f"Aadhaar:No:{aadhaar}", f"No.{aadhaar}",
            f"UID-{aadhaar}", f"UID{aadhaar}", "UID:2341-2341-2346", "VID:2341234123412346",
            f"PAN:{pan}", f"PAN-{pan}", f"PAN.No:{pan}", f"PAN{pan}", f"No:{pan},",
        ):  # fmt: skip
            with self.subTest(glued=glued):
                self.assertTrue(self._hides(glued))
        self.assertTrue(self._hides("UID:2341", "2341", "2346"))
        for plain in (f"ID:{aadhaar}", "Rs.42,000.00", "Dt:12-06-2026", "10:20:30", "PAN:", "No:7"):
            with self.subTest(plain=plain):
                self.assertEqual(self._hides(plain), plain.startswith("ID:"))

    def test_numbers_that_the_receipt_is_checked_by_stay_where_they_are_glued(self):
        self.assertFalse(self._hides("Receipt", "No:234123412346"))
        self.assertFalse(self._hides("Roll", "No:ABCDE1234F"))

    @staticmethod
    def _hides(*texts):
        """Whether all but about four characters of the last word are painted; 20 pixels each."""
        words, left = [], 40
        for text in texts:
            right = left + 20 * len(text)
            words.append(Word(text, (left, 100, right, 130), (0, 0, 0), 90.0))
            left = right + 15
        page = Image.new("RGB", (900, 300), "white")
        page, boxes = redact(Reading(page, parse(words, TEMPLATE), None, "", words))
        if not boxes:
            return False
        end = words[-1].box[2]
        painted = [page.getpixel((at, 115)) == (0, 0, 0) for at in range(end - 300, end)]
        if len(texts) == 1 and len(texts[0]) >= 10:
            return all(painted[100:190]) and not any(painted[-70:])
        return any(painted)

    @staticmethod
    def _overlap(one, other):
        return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]

    def test_the_college_is_found_where_the_heading_is(self):
        reading = read_receipt(corpus.make_sample(33, look="screen").data, TEMPLATE)
        found = find_college(reading.parsed, TEMPLATE)
        self.assertTrue(all(isinstance(word, Word) for word in found.words))
        self.assertLess(found.box[3], reading.image.height / 4)

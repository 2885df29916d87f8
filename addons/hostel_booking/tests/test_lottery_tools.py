import random
from datetime import datetime, timedelta

import vobject

from odoo.tests import BaseCase, tagged

from ..tools import lottery
from ..tools.slot_ics import make_ics

LISTED = ["aaaa00000001", "bbbb00000002", "cccc00000003", "dddd00000004"]
NUMBER = "24123.45"


@tagged("post_install", "-at_install")
class TestLotteryTools(BaseCase):
    """What anybody must be able to recompute."""

    def test_known_answers(self):
        # static/tests/lottery.test.js holds the same figures.
        text = lottery.list_text(reversed(LISTED))
        self.assertEqual(text, "".join(f"{reference}\n" for reference in LISTED))
        list_hash = lottery.sha256(text)
        self.assertEqual(
            list_hash, "ba9ff0bd0ce56d29b8e4f959b56f7f1b3d5e110372138aed19a840ec5bda56b1"
        )
        seed = lottery.make_seed(list_hash, NUMBER)
        self.assertEqual(seed, "308a2e75895defb60180ae1c3a8688d231c6edea0f22e1a45f51c71e648a861a")
        self.assertEqual(
            lottery.draw(LISTED, seed),
            ["dddd00000004", "aaaa00000001", "bbbb00000002", "cccc00000003"],
        )

    def test_the_same_input_gives_the_same_order_whatever_the_order_of_the_list(self):
        rng = random.Random(1)
        for _turn in range(50):
            references = [lottery.new_reference() for _one in range(rng.randint(1, 60))]
            shuffled = rng.sample(references, len(references))
            self.assertEqual(lottery.list_text(references), lottery.list_text(shuffled))
            order = lottery.draw(references, "seed")
            self.assertEqual(order, lottery.draw(shuffled, "seed"))
            self.assertEqual(sorted(order), sorted(references))

    def test_any_change_of_one_reference_changes_the_hash(self):
        rng = random.Random(2)
        references = sorted({f"{rng.getrandbits(48):012x}" for _one in range(40)})
        known = lottery.sha256(lottery.list_text(references))
        for place in range(len(references)):
            for position in range(12):
                changed = list(references)
                old = changed[place]
                letter = "0" if old[position] != "0" else "1"
                changed[place] = old[:position] + letter + old[position + 1 :]
                if len(set(changed)) == len(changed):
                    self.assertNotEqual(lottery.sha256(lottery.list_text(changed)), known)
        self.assertNotEqual(lottery.sha256(lottery.list_text(references[:-1])), known)

    def test_every_place_is_equally_likely(self):
        """Chi-square over 6 references and 3,000 seeds; 20.5 is the 0.1 % point of 5 degrees."""
        references = [f"{number:012x}" for number in range(6)]
        turns = 3000
        counts = {reference: [0] * 6 for reference in references}
        for turn in range(turns):
            for place, reference in enumerate(lottery.draw(references, f"seed {turn}")):
                counts[reference][place] += 1
        expected = turns / 6
        for reference, places in counts.items():
            chi = sum((count - expected) ** 2 / expected for count in places)
            self.assertLess(chi, 20.5, reference)

    def test_bad_lists_and_numbers_are_refused(self):
        for references in ([], ["a", "a"]):
            with self.assertRaises(ValueError):
                lottery.list_text(references)
        self.assertEqual(lottery.clean_number(" 24,123.45 "), NUMBER)
        self.assertEqual(lottery.clean_number("1,00,000"), "100000")
        for text in ("", "24.1.2", "-4", "1e5", "about 3", ".5"):
            with self.assertRaises(ValueError):
                lottery.clean_number(text)

    def test_references_do_not_meet(self):
        self.assertEqual(len({lottery.new_reference() for _one in range(20_000)}), 20_000)


@tagged("post_install", "-at_install")
class TestSlotIcs(BaseCase):
    def test_a_phone_reads_the_slot(self):
        opens_at = datetime(2026, 11, 28, 4, 50)
        content = make_ics(
            uid="hostel-slot-7@demo",
            sequence=2,
            opens_at=opens_at,
            minutes=15,
            summary="Choose your bed: Jan–May 2027",
            description="Number 212 of 840, with a comma; and a semicolon",
            url="https://hostel.example/hostel",
            stamp=datetime(2026, 11, 20),
        )
        event = vobject.readOne(content.decode()).vevent
        self.assertEqual(event.uid.value, "hostel-slot-7@demo")
        self.assertEqual(event.sequence.value, "2")
        self.assertEqual(event.dtstart.value.utctimetuple()[:5], opens_at.utctimetuple()[:5])
        self.assertIn(b"DTSTART:20261128T045000Z", content)
        self.assertEqual(event.dtend.value - event.dtstart.value, timedelta(minutes=15))
        self.assertEqual(event.summary.value, "Choose your bed: Jan–May 2027")
        self.assertIn("a comma; and", event.description.value)
        self.assertEqual(event.valarm.trigger.value, timedelta(minutes=-15))
        self.assertTrue(content.startswith(b"BEGIN:VCALENDAR"))
        self.assertIn(b"METHOD:PUBLISH", content)

"""References and coarse groups of masked occupants, without a database."""

from odoo.tests import BaseCase

from ..tools.masking import SMALLEST_GROUP, coarsen, references


class TestMasking(BaseCase):
    def test_a_viewer_sees_the_same_reference_again(self):
        first = references("secret", 1, [10, 11])
        self.assertEqual(first, references("secret", 1, [11, 10]))
        self.assertTrue(all(len(ref) == 4 and ref.isdigit() for ref in first.values()))

    def test_two_viewers_and_two_stays_can_not_be_linked(self):
        stays = range(100, 400)
        mine = references("secret", 1, stays)
        # Another viewer gets other digits, and so does every other stay; by chance some agree.
        same = sum(mine[stay] == references("secret", 2, [stay])[stay] for stay in stays)
        self.assertLess(same, 3)
        self.assertLess(sum(mine[stay] == mine[stay + 1] for stay in stays[:-1]), 3)
        self.assertNotEqual(mine, references("another secret", 1, stays))

    def test_references_in_one_room_never_collide(self):
        everybody = references("secret", 1, range(10_000))
        self.assertEqual(len(set(everybody.values())), 10_000)

    def test_a_small_group_is_coarsened_until_nobody_stands_out(self):
        sizes = {
            ("AIML", 2): SMALLEST_GROUP,
            ("AIML", 3): 1,
            ("Civil", 4): 1,
            ("Arts", 2): 2,
        }
        self.assertEqual(coarsen("AIML", 2, sizes), ("AIML", 2))
        self.assertEqual(coarsen("AIML", 3, sizes), ("AIML", None))
        self.assertEqual(coarsen("Arts", 2, sizes), (None, 2))
        self.assertEqual(coarsen("Civil", 4, sizes), (None, None))
        self.assertEqual(coarsen("", 2, sizes), (None, 2))

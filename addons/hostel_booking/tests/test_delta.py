import time

from odoo.tests import BaseCase, tagged

from ..relay import FIRST_SECONDS, MERGE_SECONDS, Relay, encode_frame
from ..tools.delta import RELOAD, Delta, DoorsNews


@tagged("post_install", "-at_install")
class TestDelta(BaseCase):
    def test_a_published_change_is_read(self):
        delta = Delta.parse("key|3|18|2|5|1")
        self.assertEqual((delta.key, delta.epoch, delta.start, delta.end), ("key", 3, 17, 18))
        self.assertEqual((delta.layout_version, delta.changes), (2, {5: "1"}))

    def test_a_loaded_floor_asks_to_reload(self):
        self.assertEqual(Delta.parse("key|3|18|2|-1|").start, RELOAD)

    def test_neighbours_merge_and_the_last_state_wins(self):
        merged = Delta.parse("k|1|5|1|2|1").merge(Delta.parse("k|1|6|1|2|0"))
        self.assertEqual((merged.start, merged.end, merged.changes), (4, 6, {2: "0"}))

    def test_a_gap_asks_to_reload(self):
        merged = Delta.parse("k|1|5|1|2|1").merge(Delta.parse("k|1|7|1|3|1"))
        self.assertEqual((merged.start, merged.end, merged.changes), (RELOAD, 7, {}))

    def test_another_epoch_asks_to_reload(self):
        merged = Delta.parse("k|1|5|1|2|1").merge(Delta.parse("k|2|6|1|3|1"))
        self.assertEqual((merged.epoch, merged.start), (2, RELOAD))

    def test_an_older_change_adds_nothing(self):
        newer = Delta.parse("k|1|5|1|2|1")
        self.assertIs(newer.merge(Delta.parse("k|1|5|1|9|1")), newer)

    def test_a_frame_has_the_shape_of_the_bus(self):
        frame = encode_frame([Delta.parse("k|1|5|2|2|1")], 77)
        self.assertEqual(
            frame,
            '[{"id":77,"message":{"type":"hostel.floor/delta",'
            '"payload":{"k":"k","e":1,"f":4,"t":5,"lv":2,"d":[[2,"1"]]}}}]',
        )

    def test_news_of_windows_merge_and_keep_the_keys_to_themselves(self):
        old = DoorsNews.parse('doors|{"k":["a","b"],"v":4,"w":[{"id":1,"p":true},{"id":2}]}')
        new = DoorsNews.parse('doors|{"k":["a","b"],"v":5,"w":[{"id":1,"p":false}]}')
        merged = old.merge(new)
        self.assertEqual(merged.version, 5)
        self.assertEqual(merged.windows, [{"id": 1, "p": False}, {"id": 2}])
        self.assertNotIn('"a"', merged.encode())

    def test_a_lone_change_is_quick_and_a_burst_is_merged(self):
        relay = Relay("nowhere")
        self.assertEqual(relay._get_patience(), FIRST_SECONDS)
        relay._handed_at = time.monotonic()
        self.assertGreater(relay._get_patience(), MERGE_SECONDS / 2)

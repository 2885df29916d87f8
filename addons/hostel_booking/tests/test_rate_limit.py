import time

from odoo.tests import BaseCase

from ..tools.rate_limit import Rate, RateLimit
from ..tools.redis_client import get_client


class TestRateLimit(BaseCase):
    def setUp(self):
        super().setUp()
        self.rates = RateLimit(get_client(), "test-rates")
        self.addCleanup(self._forget)

    def _forget(self):
        for name in get_client().scan_iter("hostel:test-rates:*"):
            get_client().delete(name)

    def test_a_burst_passes_then_calls_wait_and_one_returns_with_time(self):
        rate = Rate(3, 1500)
        self.assertEqual([self.rates.take("room", 1, rate) for _call in range(3)], [0, 0, 0])
        wait = self.rates.take("room", 1, rate)
        self.assertTrue(0 < wait <= 1500, wait)
        time.sleep(wait / 1000 + 0.02)
        self.assertEqual(self.rates.take("room", 1, rate), 0)

    def test_each_has_a_bucket_of_their_own_that_vanishes_by_itself(self):
        rate = Rate(1, 1000)
        self.assertEqual(self.rates.take("room", 1, rate), 0)
        self.assertGreater(self.rates.take("room", 1, rate), 0)
        self.assertEqual(self.rates.take("room", 2, rate), 0)
        self.assertEqual(self.rates.take("best", 1, rate), 0)
        time.sleep(1.1)
        self.assertEqual(list(get_client().scan_iter("hostel:test-rates:*")), [])

import threading
import time

from odoo.tests import BaseCase, tagged

from ..storm import Gate


@tagged("post_install", "-at_install")
class TestGate(BaseCase):
    def test_no_more_are_inside_than_there_are_places(self):
        gate, inside, most = Gate(3), [], []

        def call():
            with gate.enter():
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.005)
                inside.pop()

        threads = [threading.Thread(target=call) for _number in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(most), max(most)), (30, 3))

    def test_who_is_inside_is_not_stopped_at_a_second_door(self):
        gate = Gate(1)
        passed = []
        with gate.enter(), gate.enter():
            passed.append("twice")
        with gate.enter():
            passed.append("again")
        self.assertEqual(passed, ["twice", "again"])

    def test_a_failure_gives_the_place_back(self):
        gate = Gate(1)
        for _time in range(3):
            with self.assertRaises(ValueError), gate.enter():
                raise ValueError

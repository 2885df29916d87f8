from odoo.tests import BaseCase, tagged

from ..relay import FLOOR_COMMAND, Relay
from ..tools.delta import Delta, DoorsNews


class Socket:
    """What the relay knows of a websocket: a queue of commands."""

    def __init__(self):
        self.commands = []

    def _send_control_command(self, command):
        self.commands.append(command)


@tagged("post_install", "-at_install")
class TestRelayDoors(BaseCase):
    """One pause, thousands of maps: each socket is woken once, the text is made once."""

    def setUp(self):
        super().setUp()
        self.relay = Relay("nowhere")
        # Nothing is read from Redis here.
        self.relay._thread = self
        self.sockets = [Socket() for _one in range(3000)]
        for socket in self.sockets:
            self.relay.watch(socket, {"k1", "k2", "k3"})
        self.stranger = Socket()
        self.relay.watch(self.stranger, {"other"})

    def _news(self, version=5, paused=True):
        window = {"id": 1, "p": paused, "c": 1000, "m": "Slow."}
        return DoorsNews(["k1", "k2", "k3", "k4"], version, [window])

    def test_each_socket_of_the_round_hears_it_once(self):
        news = self._news()
        self.relay._hand_out_doors(news)
        self.assertTrue(all(one.commands == [FLOOR_COMMAND] for one in self.sockets))
        self.assertFalse(self.stranger.commands)
        taken = [self.relay.take_dirty(one) for one in self.sockets]
        self.assertTrue(all(len(dirty) == 1 for dirty in taken))
        texts = {id(dirty[0].encode()) for dirty in taken}
        self.assertEqual(len(texts), 1, "the text is made once for all")

    def test_a_slow_socket_keeps_the_last_word_and_its_beds(self):
        socket = self.sockets[0]
        self.relay._hand_out_doors(self._news(5, True))
        self.relay._hand_out_doors(self._news(6, False))
        self.relay._hand_out(Delta("k1", 1, 3, 4, 1, {0: "1"}))
        self.assertEqual(socket.commands, [FLOOR_COMMAND])
        dirty = self.relay.take_dirty(socket)
        self.assertEqual(len(dirty), 2)
        [news] = [one for one in dirty if isinstance(one, DoorsNews)]
        self.assertEqual((news.version, news.windows[0]["p"]), (6, False))

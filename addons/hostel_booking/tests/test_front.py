import select
import socket
import threading

from werkzeug.serving import make_server

from odoo.tests import BaseCase

from ..tools.front import expect_no_more

BODY = b'{"key": "k", "i": 1}'
REQUEST = (
    b"POST / HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(BODY)
) + BODY
SIZE = 3_000_000


class TestFront(BaseCase):
    """A server that was told that all was read waits for nothing, and answers all the same."""

    def test_there_is_nothing_to_wait_for_and_the_answer_goes_out(self):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            caller = socket.create_connection(listening.getsockname())
            connection, _address = listening.accept()
        with caller, connection:
            # What the server would do: nothing comes, and the caller has not hung up.
            self.assertEqual(select.select([connection], [], [], 0)[0], [])
            expect_no_more({"werkzeug.socket": connection})
            self.assertEqual(select.select([connection], [], [], 0)[0], [connection])
            self.assertEqual(connection.recv(10), b"")
            connection.sendall(b"answer")
            self.assertEqual(caller.recv(10), b"answer")

    def test_a_large_answer_arrives_whole(self):
        bodies, answers = [], []

        def app(environ, start_response):
            bodies.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            expect_no_more(environ)
            start_response("200 OK", [("Content-Length", str(SIZE))])
            return [b"x" * SIZE]

        def ask():
            with socket.create_connection(server.server_address) as caller:
                caller.sendall(REQUEST)
                got = b"".join(iter(lambda: caller.recv(65536), b""))
                answers.append(got.partition(b"\r\n\r\n")[2])

        server = make_server("127.0.0.1", 0, app)
        self.addCleanup(server.server_close)
        caller = threading.Thread(target=ask)
        caller.start()
        server.handle_request()
        caller.join()
        self.assertEqual((bodies, len(answers[0])), ([BODY], SIZE))

    def test_without_a_socket_nothing_happens(self):
        expect_no_more({})
        closed = socket.socket()
        closed.close()
        expect_no_more({"werkzeug.socket": closed})

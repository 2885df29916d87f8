"""A real sandbox process and a real receiver of its webhooks."""

import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest

ROOT = Path(__file__).parents[2]
SECRET = "sandbox-test-secret"
# The first one's number, in the year in which the test runs.
RECEIPT = f"RC{time.strftime('%y', time.gmtime())}00001"


class Receiver:
    """Stands where the hostel server would; keeps what it gets, answers what it is told."""

    def __init__(self):
        self.got = []
        self.answers = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((time.time(), dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.end_headers()

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count, seconds=10):
        deadline = time.time() + seconds
        while len(self.got) < count and time.time() < deadline:
            time.sleep(0.02)
        assert len(self.got) >= count, f"{len(self.got)} of {count} webhooks came"
        return [json.loads(body) for _at, _headers, body in self.got]


class Sandbox:
    """One process of scripts/camu-sandbox's package, and how a test talks to it."""

    def __init__(self, state_dir, webhook_url):
        self.state_dir, self.webhook_url = state_dir, webhook_url
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "camu_sandbox", "--port", "0", "--retry-base", "0.1"],
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT / "scripts" / "lib"),
                "CAMU_STATE_DIR": str(self.state_dir),
                "CAMU_WEBHOOK_URL": self.webhook_url,
                "CAMU_WEBHOOK_SECRET": SECRET,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.url = re.search(r"http://\S+?(?=,)", self.process.stdout.readline()).group()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(10) == 0

    def call(self, path, data=None, form=None, headers=None):
        """Return (status, body, final address); redirects of another host are not followed."""
        body = json.dumps(data).encode() if data is not None else None
        headers = dict(headers or {})
        if body:
            headers["Content-Type"] = "application/json"
        if form is not None:
            body = urlencode(form).encode()
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        opener = urllib.request.build_opener(_StayHere(self.url))
        try:
            with opener.open(request, timeout=10) as answer:
                return answer.status, answer.read().decode(), answer.url
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers.get("Location", error.url)

    def wait_for(self, words, seconds=10):
        """Wait until the operator's page shows some words."""
        deadline = time.time() + seconds
        while words not in (page := self.call("/")[1]) and time.time() < deadline:
            time.sleep(0.05)
        assert words in page

    def settle(self, reference, outcome="upi", **behaviour):
        status, body, _url = self.call(
            "/sandbox/settle", {"reference": reference, "outcome": outcome, **behaviour}
        )
        assert status == 200, body
        return json.loads(body)

    def ask(self, reference, secret=SECRET, at=None):
        query = urlencode({"reference": reference})
        header = sign_header(query.encode(), secret, at)
        status, body, _url = self.call(f"/status?{query}", headers={"X-Camu-Signature": header})
        return status, json.loads(body)


class _StayHere(urllib.request.HTTPRedirectHandler):
    def __init__(self, own):
        self.own = own

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if not newurl.startswith(self.own):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def sign_header(body, secret=SECRET, at=None):
    """The documented signature, written down a third time on purpose."""
    moment = int(time.time()) if at is None else at
    message = str(moment).encode() + b"." + body
    return f"t={moment},v1={hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}"


def order(reference="HB-000001-abc123", **changes):
    """A signed order as the hostel server would send it."""
    fields = {
        "referenceNo": reference,
        "studentId": "CS22B014",
        "academicTerm": "2026-ODD",
        "feeHead": "Hostel fee",
        "amount": "42000.00",
        "currency": "INR",
        "returnUrl": "http://hostel.test/payment/camu/return",
        "timestamp": str(int(time.time())),
    } | changes
    message = urlencode(sorted(fields.items())).encode()
    fields["signature"] = hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
    return fields


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()


@pytest.fixture
def sandbox(tmp_path, receiver):
    sandbox = Sandbox(tmp_path, receiver.url)
    yield sandbox
    if sandbox.process.poll() is None:
        sandbox.stop()

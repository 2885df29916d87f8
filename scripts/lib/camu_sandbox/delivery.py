"""Sending webhooks: signed anew at each try, repeated until someone says 2xx."""

import http.client
import logging
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from . import signing
from .config import Config
from .const import SIGNATURE_HEADER
from .store import Store

_logger = logging.getLogger(__name__)
TIMEOUT_S = 10
LONGEST_PAUSE_S = 300
# Answers that say "never again": a retry would send the same refused bytes.
FINAL_REFUSALS = {400, 413}


class Deliverer(threading.Thread):
    """Sends what is due, some at once. What it had not sent is sent after a restart."""

    def __init__(self, config: Config, store: Store) -> None:
        super().__init__(name="camu-delivery", daemon=True)
        self.config = config
        self.store = store
        self.wake = threading.Event()
        self.pool = ThreadPoolExecutor(config.senders, "camu-sender")

    def run(self) -> None:
        while True:
            try:
                if not self.store.behaviour().get("down"):
                    while due := self.store.due_deliveries():
                        list(self.pool.map(self.send, due))
            except Exception:
                _logger.exception("delivery round failed")
            self.wake.wait(0.2)
            self.wake.clear()

    def send(self, delivery: dict) -> None:
        """Try one delivery and note what came of it."""
        answer, accepted, final = self._post(delivery["body"].encode())
        attempts = delivery["attempts"] + 1
        if accepted:
            state = "delivered"
        elif final or attempts >= self.config.max_attempts:
            state = "given up"
        else:
            state = "queued"
        pause = min(self.config.retry_base_s * 2 ** (attempts - 1), LONGEST_PAUSE_S)
        self.store.note_delivery(delivery["id"], state, answer, time.time() + pause)
        _logger.info("event %s: %s (%s)", delivery["event_id"], state, answer)

    def _post(self, body: bytes) -> tuple[str, bool, bool]:
        """Return (what was answered, whether accepted, whether a retry is pointless)."""
        request = urllib.request.Request(
            self.config.webhook_url,
            data=body,
            headers={
                "Content-Type": "application/json",
                SIGNATURE_HEADER: signing.header(self.config.secret, body),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                return (
                    f"{response.status} {response.read(200).decode(errors='replace')}",
                    True,
                    False,
                )
        except urllib.error.HTTPError as error:
            text = f"{error.code} {error.read(200).decode(errors='replace')}"
            return text, False, error.code in FINAL_REFUSALS
        except (OSError, http.client.HTTPException) as error:
            return f"unreachable: {getattr(error, 'reason', error)}", False, False

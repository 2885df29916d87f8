"""Start and stop of the process."""

import logging
import signal
import sys
from typing import Any
from urllib.parse import urlsplit

from werkzeug.serving import WSGIRequestHandler, make_server

from .app import App
from .config import Config, parse
from .delivery import Deliverer
from .store import Store

_logger = logging.getLogger("camu_sandbox")


class QuietHandler(WSGIRequestHandler):
    """Requests are logged without their query: it may carry a signature."""

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        _logger.info("%s %s %s", self.command, urlsplit(self.path).path, code)


def _stop(message: str) -> None:
    print(f"camu-sandbox: {message}", file=sys.stderr)
    raise SystemExit(1)


def _check(config: Config) -> None:
    parts = urlsplit(config.webhook_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        _stop(
            f"the webhook address {config.webhook_url!r} is no http(s) address; set --webhook-url"
        )
    try:
        config.state_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _stop(f"can't make the state directory {config.state_dir}: {error.strerror}")


def serve(config: Config) -> None:
    """Run until SIGTERM or SIGINT."""
    _check(config)
    store = Store(config.database)
    deliverer = Deliverer(config, store)
    app = App(config, store, deliverer)
    try:
        server = make_server(
            config.host, config.port, app, threaded=True, request_handler=QuietHandler
        )
    except (OSError, SystemExit):
        # Werkzeug explains a taken port on its own and exits.
        _stop(f"can't listen on {config.host}:{config.port}; is it taken? Choose another --port")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    deliverer.start()
    print(
        f"Camu sandbox on http://{config.host}:{server.server_port}, events go to"
        f" {config.webhook_url}",
        flush=True,
    )
    try:
        server.serve_forever()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.server_close()


def main(argv: list[str] | None = None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    serve(parse(argv))

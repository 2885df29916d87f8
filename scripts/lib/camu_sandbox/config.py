"""Settings of one sandbox process, from the command line and the environment."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

# The demo campus has this name too, so that receipts from here are its own.
COLLEGE = "Aranyak Institute of Technology"


@dataclass(frozen=True)
class Config:
    """How one sandbox runs.

    :param retry_base_s: pause before the second try of a webhook; doubles each time
    :param max_attempts: tries before a webhook is given up
    """

    host: str
    port: int
    state_dir: Path
    webhook_url: str
    secret: str
    college: str = COLLEGE
    retry_base_s: float = 2.0
    max_attempts: int = 10
    public_url: str = ""
    senders: int = 4
    seed: int | None = None

    @property
    def database(self) -> Path:
        return self.state_dir / "camu.sqlite3"


def _parser() -> argparse.ArgumentParser:
    env = os.environ.get
    parser = argparse.ArgumentParser(
        prog="camu-sandbox",
        description="Run the Camu sandbox: a pay page, signed webhooks, a status endpoint and a"
        " settlement file, for trying the hostel addons without a college's ERP.",
        epilog="The page at / lists payments and deliveries. The sandbox asks nobody for a"
        " password: keep it on the loopback interface.",
    )
    add = parser.add_argument
    add("--host", default=env("CAMU_HOST", "127.0.0.1"), help="address to listen on (CAMU_HOST)")
    add("--port", type=int, default=env("CAMU_PORT", "8090"), help="port (CAMU_PORT, 8090)")
    add(
        "--state-dir",
        type=Path,
        default=env("CAMU_STATE_DIR", ".run/camu"),
        help="where payments are kept between runs (CAMU_STATE_DIR, .run/camu)",
    )
    add(
        "--webhook-url",
        default=env("CAMU_WEBHOOK_URL", "http://localhost:8069/payment/camu/webhook"),
        help="where events are sent (CAMU_WEBHOOK_URL)",
    )
    add(
        "--secret",
        default=env("CAMU_WEBHOOK_SECRET", ""),
        help="shared secret for all signatures (CAMU_WEBHOOK_SECRET; the environment is the safer"
        " place, other users can read a command line)",
    )
    add("--college", default=env("CAMU_COLLEGE", COLLEGE), help="name on the pay page")
    add("--retry-base", type=float, default=2.0, help="seconds before the second try (2)")
    add("--senders", type=int, default=4, help="webhooks that may be under way at once (4)")
    add("--seed", type=int, default=None, help="makes what is lost and shuffled repeatable")
    add("--max-attempts", type=int, default=10, help="tries before giving up (10)")
    return parser


def parse(argv: list[str] | None = None) -> Config:
    """Read the settings; a missing one ends the process with one line."""
    parser = _parser()
    args = parser.parse_args(argv)
    if not args.secret:
        parser.error("no secret: pass --secret or set CAMU_WEBHOOK_SECRET")
    return Config(
        host=args.host,
        port=args.port,
        state_dir=args.state_dir,
        webhook_url=args.webhook_url,
        secret=args.secret,
        college=args.college,
        retry_base_s=args.retry_base,
        max_attempts=args.max_attempts,
        senders=max(1, args.senders),
        seed=args.seed,
    )

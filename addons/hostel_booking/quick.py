"""Puts the quick hold in front of Odoo: for a known session no cursor is opened.

The session's file still has to be there and be the one that the pass was made for, so whoever signs
out or is signed out loses the pass with it; a changed password or a withdrawn consent drops it.
"""

import io
import json
import logging
import re

import redis
from werkzeug.http import parse_cookie

from odoo import http

from .locks import get_locks
from .tools.front import expect_no_more
from .tools.quick_hold import FloorCards, QuickPasses, proof_of, quick_hold

_logger = logging.getLogger(__name__)

PATH = "/hostel/booking/hold"
OUTCOME = "hostel.quick_outcome"
MAX_BODY_BYTES = 1024
STATUSES = {200: "200 OK", 409: "409 Conflict", 429: "429 Too Many Requests"}

_cards = FloorCards()


def get_passes(dbname=None):
    locks = get_locks(dbname)
    return QuickPasses(locks.client, locks.namespace)


def answer_quickly(environ):
    """The answer to a hold, or None where Odoo must give it."""
    order = _read_order(environ)
    known = order and _find_pass(environ)
    if not known:
        return None
    locks = get_locks()
    card = _cards.find(locks, order["key"])
    if not card:
        return None
    answer, outcome = quick_hold(locks, card, known, order["key"], order["i"])
    if answer is None:
        # It happened: the route has to describe it, not to do it again.
        environ[OUTCOME] = outcome
    return answer


def _read_order(environ):
    """The body of a hold if it is as it should be; Odoo says what is wrong with another."""
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    length = environ.get("CONTENT_LENGTH") or "0"
    is_short = re.fullmatch("[0-9]{1,4}", length) and int(length) <= MAX_BODY_BYTES
    if kind != "application/json" or not is_short:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    try:
        order = json.loads(body)
    except ValueError:
        return None
    is_plain = (
        isinstance(order, dict)
        and order.keys() == {"key", "i"}
        and isinstance(order["key"], str)
        and type(order["i"]) is int
        and 0 <= order["i"] < 2**31
    )
    return order if is_plain else None


def _find_pass(environ):
    cookies = parse_cookie(environ.get("HTTP_COOKIE", ""))
    store = http.root.session_store
    sid = cookies.get("session_id", "")
    if not sid or not store.is_valid_key(sid):
        return None
    session = store.get(sid)
    if session.is_new or not session.get("uid") or "next_sid" in session:
        return None
    if session.get("db") != get_locks().namespace:
        return None
    known = get_passes().find(session["uid"], sid, proof_of(session.get("session_token") or ""))
    # The words of the pass are in the language of the page that was open then.
    return known if known and known.language == cookies.get("frontend_lang", "") else None


def wrap(app):
    """Put the quick hold in front of ``Application.__call__``, unbound."""

    def application(self, environ, start_response):
        if environ.get("PATH_INFO") != PATH or environ.get("REQUEST_METHOD") != "POST":
            return app(self, environ, start_response)
        try:
            answer = answer_quickly(environ)
        except redis.RedisError as exc:
            _logger.warning("no quick hold: %s", type(exc).__name__)
            answer = None
        except Exception:
            # Odoo's own way is slower and the same.
            _logger.exception("quick hold failed")
            answer = None
        if answer is None:
            return app(self, environ, start_response)
        expect_no_more(environ)
        status, payload = answer
        body = json.dumps(payload).encode()
        headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("Content-Length", str(len(body))),
        ]
        retry_after = payload.get("details", {}).get("retry_after")
        if retry_after:
            headers.append(("Retry-After", str(retry_after)))
        start_response(STATUSES[status], headers)
        return [body]

    return application

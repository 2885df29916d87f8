"""What our pages say while PostgreSQL is away, and how they hear of news once it is back.

Odoo's own answer signs the visitor out and shows its database page: on booking
day that would throw everyone out of the queue for one restart of the database.
"""

import functools
import json
import logging
import threading

import psycopg2

from odoo import http, sql_db

from odoo.addons.bus.models import bus

_logger = logging.getLogger(__name__)

RETRY_AFTER_S = 5
# Odoo listens for news again 50 seconds after it lost the database: until then open pages are deaf.
LISTEN_AGAIN_S = 1
PATHS = ("/hostel", "/payment/camu")
PAGE = """<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{seconds}">
<title>Back in a moment</title>
<style>body {{ font: 18px/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 24em }}</style>
<h1 style="font-size: 1.4em">Back in a moment</h1>
<p>Your beds and payments are safe. This page tries again by itself.</p>
<small>DATABASE_AWAY</small>
"""


def is_ours(path):
    """Whether a path belongs to the hostel's pages."""
    return any(path == prefix or path.startswith(prefix + "/") for prefix in PATHS)


def outage_response(httprequest):
    """503 with Retry-After: a page for a browser, JSON for everyone else."""
    headers = {"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"}
    if httprequest.method == "GET" and "text/html" in httprequest.headers.get("Accept", ""):
        page = PAGE.format(seconds=RETRY_AFTER_S)
        return http.Response(page, status=503, mimetype="text/html", headers=headers)
    body = {
        "success": False,
        "error": "The database is away for a moment. Nothing is lost; try again.",
        "code": "DATABASE_AWAY",
        "details": {"retry_after": RETRY_AFTER_S},
    }
    return http.Response(json.dumps(body), status=503, mimetype="application/json", headers=headers)


def install():
    """Answer for our paths before Odoo gives up on the database."""
    serve_db = http.Request._serve_db

    @functools.wraps(serve_db)
    def serve(self):
        try:
            return serve_db(self)
        except http.RegistryError:
            if not is_ours(self.httprequest.path):
                raise
            return outage_response(self.httprequest)

    http.Request._serve_db = serve
    bus.ImDispatch.run = listen


def listen(dispatch):
    """Body of the bus's thread: listen, and soon again after the database went away."""
    while not bus.stop_event.is_set():
        try:
            dispatch.loop()
        except Exception as exc:
            _logger.warning("the bus lost the database: %s", type(exc).__name__)
            while not bus.stop_event.wait(LISTEN_AGAIN_S) and not is_database_there():
                pass
            # Once it listens again, everybody fetches what was said in between.
            timer = threading.Timer(LISTEN_AGAIN_S, catch_up, [dispatch])
            timer.daemon = True
            timer.start()


def is_database_there():
    """Whether PostgreSQL answers."""
    try:
        with sql_db.db_connect("postgres").cursor() as cr:
            cr.execute("SELECT 1")
    except psycopg2.Error:
        return False
    return True


def catch_up(dispatch):
    """Let every open websocket look for news."""
    sockets = {one for several in list(dispatch._channels_to_ws.values()) for one in list(several)}
    for websocket in sockets:
        websocket.trigger_notification_dispatching()

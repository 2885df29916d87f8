"""What our pages say while PostgreSQL is away, and how they hear of news once it is back.

Odoo's own answer signs the visitor out and shows its database page: on booking
day that would throw everyone out of the queue for one restart of the database.
"""

import functools
import json
import logging
import re
import threading

import psycopg2

from odoo import http, sql_db

from odoo.addons.bus.models import bus

_logger = logging.getLogger(__name__)

RETRY_AFTER_S = 5
# Odoo listens for news again 50 seconds after it lost the database: until then open pages are deaf.
LISTEN_AGAIN_S = 1
PATHS = ("/hostel", "/my", "/verify", "/payment/camu")
# A page in another language than the site's own begins with it: /hi/my.
LANGUAGE = re.compile(r"/[a-z]{2}(?=/)|/[a-z]{2,3}_[A-Za-z]{2,4}(?=/)")
# By language, because translations are in the database that is away.
WORDS = {
    "en": {
        "title": "Back in a moment",
        "safe": "Your beds and payments are safe. This page tries again by itself.",
        "unsent": "What you sent was not saved. Go back and send it again.",
        "error": "The database is away for a moment. Nothing is lost; try again.",
    },
    "hi": {
        "title": "थोड़ी देर में वापस",
        "safe": "आपके बेड और भुगतान सुरक्षित हैं। यह पेज अपने आप फिर कोशिश करता है।",
        "unsent": "आपने जो भेजा वह सेव नहीं हुआ। वापस जाकर फिर से भेजें।",
        "error": "डेटाबेस कुछ पल के लिए बंद है। कुछ खोया नहीं है; फिर कोशिश करें।",
    },
}
PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}
<title>{title}</title>
<style>body {{ font: 18px/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 24em;
padding: 0 1em }}</style>
<h1 style="font-size: 1.4em">{title}</h1>
<p>{text}</p>
<small>DATABASE_AWAY</small>
"""


def is_ours(path):
    """Whether a path belongs to the hostel's pages, in whatever language."""
    found = LANGUAGE.match(path)
    # /my could be a language itself.
    paths = (path, path[found.end() :]) if found else (path,)
    return any(one == prefix or one.startswith(prefix + "/") for prefix in PATHS for one in paths)


def find_language(httprequest):
    """The language of :data:`WORDS` in which the visitor's pages were."""
    language = httprequest.cookies.get("frontend_lang", "")[:2]
    return language if language in WORDS else "en"


def outage_response(httprequest):
    """503 with Retry-After: a page for a browser, JSON for everyone else."""
    headers = {"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"}
    language = find_language(httprequest)
    words = WORDS[language]
    if "text/html" in httprequest.headers.get("Accept", ""):
        reads = httprequest.method in ("GET", "HEAD")
        # A form that was sent must not become a look at its address.
        page = PAGE.format(
            language=language,
            title=words["title"],
            text=words["safe" if reads else "unsent"],
            refresh=f'<meta http-equiv="refresh" content="{RETRY_AFTER_S}">' if reads else "",
        )
        return http.Response(page, status=503, mimetype="text/html", headers=headers)
    body = {
        "success": False,
        "error": words["error"],
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

"""JSON routes that refuse with a code and never with a traceback."""

import functools
import inspect
import json
import logging

from psycopg2 import IntegrityError, OperationalError

from odoo import fields, http
from odoo.exceptions import AccessDenied, AccessError, MissingError, UserError, ValidationError
from odoo.http import request
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..errors import HostelError
from ..tools.storable import storable

_logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024
# Whoever gets one of these is told when to come back.
WAIT_STATUSES = (429, 503)
# Of PostgreSQL's integers: ids, places, versions.
MAX_INT = 2**31 - 1


def error_payload(exc):
    """Map an exception to what a JSON client is told.

    :param Exception exc: what a route raised
    :return: (HTTP status, ``{"success", "error", "code", "details"}``)
    """
    status, code, message, details = (
        500,
        "INTERNAL",
        request.env._("Something went wrong on our side."),
        {},
    )
    if isinstance(exc, HostelError):
        status, code, message, details = exc.http_status, exc.code, str(exc), exc.details
    elif isinstance(exc, (AccessError, AccessDenied, MissingError)):
        # A foreign record and a missing one look the same from outside.
        status, code, message = 404, "NOT_FOUND", request.env._("There is nothing here for you.")
    elif isinstance(exc, ValidationError):
        status, code, message = 422, "INVALID", str(exc)
    elif isinstance(exc, UserError):
        status, code, message = 422, "REFUSED", str(exc)
    return status, {"success": False, "error": message, "code": code, "details": details}


def error_response(exc):
    """Build the HTTP answer for an exception, with Retry-After where it waits."""
    status, payload = error_payload(exc)
    headers = {"Cache-Control": "no-store"}
    retry_after = payload["details"].get("retry_after")
    if retry_after or status in WAIT_STATUSES:
        headers["Retry-After"] = str(retry_after or 1)
    return request.make_json_response(payload, headers=headers, status=status)


def _speak_the_pages_language():
    """Answer in the language of the page that asks, which may differ from the user's own.

    Only Odoo's website routes have it in their address; it leaves a cookie for the others.
    """
    code = request.env["ir.http"].get_nearest_lang(request.cookies.get("frontend_lang"))
    if code:
        request.update_context(lang=code)


def _read_body():
    """Return the JSON object of a POST, refusing what is not one."""
    httprequest = request.httprequest
    if httprequest.mimetype != "application/json":
        # A form of another site can't send this type, so it also stops forged posts.
        raise HostelError("UNSUPPORTED_MEDIA_TYPE", request.env._("Send JSON, please."), 415)
    if (httprequest.content_length or 0) > MAX_BODY_BYTES:
        raise HostelError("TOO_LARGE", request.env._("That is too much data."), 413)
    try:
        body = json.loads(httprequest.get_data() or b"{}")
    except (ValueError, RecursionError):
        raise HostelError(
            "BAD_REQUEST", request.env._("The request is not valid JSON."), 400
        ) from None
    if not isinstance(body, dict):
        raise HostelError("BAD_REQUEST", request.env._("The request must be a JSON object."), 400)
    return body


def _bind(endpoint, params):
    """Refuse missing or unknown parameters before the method sees them."""
    try:
        inspect.signature(endpoint).bind(None, **params)
    except TypeError:
        raise HostelError(
            "BAD_REQUEST", request.env._("A parameter is missing or not expected."), 400
        ) from None


def _call(endpoint, controller, params, writes):
    """Run the endpoint; a refusal leaves nothing of what it wrote."""
    if not writes:
        return endpoint(controller, **params)
    with request.env.cr.savepoint(flush=False):
        result = endpoint(controller, **params)
        request.env.flush_all()
    return result


def json_route(route, *, methods=("GET",), auth="user", writes=False, cache="no-store", **kwargs):
    """Declare a JSON route whose method returns a dict.

    The answer is ``{"success": true, **dict}``, or the mapped refusal.
    Database conflicts pass through, so Odoo can retry the call.

    :param writes: whether the method writes to PostgreSQL; a refusal is then
        rolled back to where the method started
    :param cache: Cache-Control of a good answer
    """
    retried = (IntegrityError, OperationalError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)

    def decorator(endpoint):
        @http.route(
            route,
            type="http",
            auth=auth,
            methods=list(methods),
            csrf=False,
            sitemap=False,
            # Whoever refuses before the method is reached answers in JSON too.
            hostel_json=True,
            **kwargs,
        )
        @functools.wraps(endpoint)
        def wrapper(self, **params):
            try:
                _speak_the_pages_language()
                if request.httprequest.method == "POST":
                    # Path variables win over the body.
                    params = {**_read_body(), **params}
                _bind(endpoint, params)
                result = _call(endpoint, self, params, writes)
            except retried:
                raise
            except UserError as exc:
                return error_response(exc)
            except Exception as exc:
                _logger.exception("route %s failed", request.httprequest.path)
                return error_response(exc)
            return request.make_json_response(
                {"success": True, **(result or {})}, headers={"Cache-Control": cache}
            )

        return wrapper

    return decorator


def as_int(value, name):
    """Read an integer parameter, as PostgreSQL can store it.

    :raises HostelError: ``BAD_REQUEST`` if it is not one
    """
    try:
        number = int(value)
        if isinstance(value, (bool, float)) or abs(number) > MAX_INT:
            raise ValueError
        return number
    except (TypeError, ValueError, OverflowError):
        raise HostelError(
            "BAD_REQUEST", request.env._("%(name)s must be a whole number.", name=name), 400
        ) from None


def as_text(value, name, max_length=200):
    """Read a short text parameter.

    :raises HostelError: ``BAD_REQUEST`` if it is not one
    """
    if not isinstance(value, str) or not 0 < len(value) <= max_length or storable(value) != value:
        raise HostelError(
            "BAD_REQUEST", request.env._("%(name)s must be a short text.", name=name), 400
        )
    return value


def as_form_text(value, max_length=200):
    """A free text of a form, cut to its length and as PostgreSQL can store it; a file is none."""
    return storable(value).strip()[:max_length] if isinstance(value, str) else ""


def as_form_date(value):
    """A day that a form sends as ``2026-07-01``; None for what is none, be it a file."""
    try:
        return fields.Date.to_date(value) or None
    except (TypeError, ValueError):
        return None

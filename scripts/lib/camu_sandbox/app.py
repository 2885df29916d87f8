"""The sandbox's HTTP side."""

import json
import logging
import time
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from jinja2 import Environment, FileSystemLoader
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from . import behaviour, money, receipts, signing
from .campus import IST, Campus
from .config import Config
from .const import (
    DUE_PREFIX,
    ORDER_FIELDS,
    ORDER_MAX_AGE_S,
    OUTCOMES,
    PAID,
    RETURN_FIELD,
    SIGNATURE_HEADER,
    STATUS_TOLERANCE_S,
    TERM_FIELD,
    TIMESTAMP_FIELD,
)
from .delivery import Deliverer
from .store import Store

_logger = logging.getLogger(__name__)

ROUTES = Map(
    [
        Rule("/", endpoint="operator"),
        Rule("/health", endpoint="health"),
        Rule("/pay", endpoint="pay"),
        Rule("/pay/<token>", endpoint="pay_page", methods=["GET"]),
        Rule("/pay/<token>", endpoint="press", methods=["POST"]),
        Rule("/status", endpoint="status"),
        Rule("/student", endpoint="student_search", methods=["GET"]),
        Rule("/student/<student>", endpoint="student", methods=["GET"]),
        Rule("/student/<student>/pay/<int:due_id>", endpoint="pay_due", methods=["POST"]),
        Rule("/receipt/<number>.<any(png, pdf):kind>", endpoint="receipt", methods=["GET"]),
        Rule("/sandbox/dues", endpoint="dues", methods=["POST"]),
        Rule("/sandbox/deliveries", endpoint="deliveries", methods=["GET"]),
        Rule("/settlement/<day>.csv", endpoint="settlement"),
        Rule("/sandbox/behaviour", endpoint="behaviour"),
        Rule("/sandbox/settle", endpoint="settle", methods=["POST"]),
        Rule("/sandbox/redeliver", endpoint="redeliver", methods=["POST"]),
    ]
)
# A college's ERP that is down still can be switched on again, and asked whether it lives.
ALWAYS_UP = {"operator", "health", "behaviour", "redeliver"}


class Refusal(Exception):
    """A call that is refused with a code and a sentence."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def json_answer(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data), status=status, mimetype="application/json")


class App:
    """WSGI application of the sandbox."""

    def __init__(self, config: Config, store: Store, deliverer: Deliverer) -> None:
        self.config = config
        self.store = store
        self.deliverer = deliverer
        self.campus = Campus(config, store)
        self.templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters["rupees"] = money.rupees
        self.templates.filters["clock"] = self._clock

    @staticmethod
    def _clock(moment: float | None) -> str:
        return datetime.fromtimestamp(moment, IST).strftime("%d %b %Y, %H:%M:%S") if moment else "–"

    def __call__(self, environ: dict, start_response: Callable) -> Any:
        request = Request(environ)
        request.max_content_length = 64 * 1024
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            endpoint, values = ROUTES.bind_to_environ(request.environ).match()
            if self.campus.behaviour["down"] and endpoint not in ALWAYS_UP:
                raise Refusal("DOWN", "The payment service is having a break.", 503)
            return getattr(self, f"on_{endpoint}")(request, **values)
        except Refusal as refusal:
            return self._refuse(request, refusal)
        except NotFound:
            return self._refuse(request, Refusal("NOT_FOUND", "There is no such page.", 404))
        except HTTPException as error:
            return error.get_response(request.environ)
        except Exception:
            _logger.exception("%s failed", request.path)
            return self._refuse(request, Refusal("INTERNAL", "Something went wrong here.", 500))

    def _refuse(self, request: Request, refusal: Refusal) -> Response:
        if request.path.startswith("/pay"):
            return self._page("refused.html", refusal.status, refusal=refusal)
        return json_answer({"error": refusal.message, "code": refusal.code}, refusal.status)

    def _page(self, name: str, status: int = 200, **values: Any) -> Response:
        html = self.templates.get_template(name).render(college=self.config.college, **values)
        response = Response(html, status=status, mimetype="text/html")
        response.headers["Cache-Control"] = "no-store"
        return response

    # The payer

    def on_pay(self, request: Request) -> Response:
        """Take a signed order and show its pay page under a secret address."""
        fields = request.form.to_dict() or request.args.to_dict()
        payment = self._open_order(fields)
        return redirect(f"/pay/{payment['token']}", 303)

    def _open_order(self, fields: dict[str, str]) -> dict:
        missing = [
            name
            for name in (*ORDER_FIELDS, RETURN_FIELD)
            # What is paid may belong to no term: a wallet, a charge without a stay.
            if not fields.get(name) and not (name in fields and name == TERM_FIELD)
        ]
        if missing:
            raise Refusal("BAD_ORDER", f"The order lacks: {', '.join(missing)}.", 400)
        if not signing.fields_are_good(self.config.secret, fields):
            raise Refusal("BAD_SIGNATURE", "The order was not signed by the hostel office.", 403)
        moment = fields.get(TIMESTAMP_FIELD, "")
        if not moment.isdigit() or abs(time.time() - int(moment)) > ORDER_MAX_AGE_S:
            raise Refusal("STALE_ORDER", "This payment link is too old. Start again.", 410)
        if urlsplit(fields[RETURN_FIELD]).scheme not in ("http", "https"):
            raise Refusal("BAD_ORDER", "The order names no page to go back to.", 400)
        try:
            return self.campus.open(fields, fields[RETURN_FIELD])
        except ValueError:
            raise Refusal("BAD_ORDER", "The amount can't be read.", 400) from None

    def _payment_of(self, token: str) -> dict:
        payment = self.store.payment_by_token(token)
        if not payment:
            raise Refusal("NOT_FOUND", "There is no such payment.", 404)
        return payment

    def on_pay_page(self, _request: Request, token: str) -> Response:
        payment = self._payment_of(token)
        return self._page(
            "pay.html",
            payment=payment,
            paid=payment["status"] == PAID,
            back=self._back(payment),
            back_host=urlsplit(payment["return_url"]).netloc,
        )

    def on_press(self, request: Request, token: str) -> Response:
        payment = self._payment_of(token)
        outcome = request.form.get("outcome", "")
        if outcome not in OUTCOMES:
            raise Refusal("BAD_ORDER", "Press one of the buttons.", 400)
        names = [
            name for name in ("delay_s", "duplicate", "wrong_amount") if request.form.get(name)
        ]
        try:
            once = behaviour.clean({name: int(request.form[name]) for name in names})
        except ValueError as error:
            raise Refusal("BAD_ORDER", str(error), 400) from None
        payment = self.campus.settle(payment, outcome, once)
        self.deliverer.wake.set()
        return redirect(self._back(payment), 303)

    @staticmethod
    def _back(payment: dict) -> str:
        """The shop's address; the added query is a courtesy that nobody may trust."""
        parts = urlsplit(payment["return_url"])
        query = urlencode({"reference": payment["reference"], "status": payment["status"]})
        return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, query]))))

    # The student's own page

    def on_student_search(self, request: Request) -> Response:
        student = request.args.get("number", "").strip()
        if student:
            return redirect(f"/student/{quote(student, safe='')}", 303)
        return self._page("student_search.html")

    def on_student(self, _request: Request, student: str) -> Response:
        """Dues and receipts of a student."""
        payments = self.store.payments_of(student)
        dues = self.store.dues(student)
        owed = sum(Decimal(due["amount"]) for due in dues if due["status"] != PAID)
        return self._page(
            "student.html",
            student=student,
            student_name=self.store.student_name(student),
            dues=[due for due in dues if due["status"] != PAID],
            owed=str(owed),
            receipts=[payment for payment in payments if payment["status"] == PAID],
            open_orders=[
                payment
                for payment in payments
                if payment["status"] != PAID and not payment["reference"].startswith(DUE_PREFIX)
            ],
            layouts=list(receipts.LAYOUTS),
        )

    def on_pay_due(self, request: Request, student: str, due_id: int) -> Response:
        due = self.store.due(due_id)
        if not due or due["student"] != student:
            raise Refusal("NOT_FOUND", "There is no such due.", 404)
        back = f"{request.host_url}student/{quote(student, safe='')}"
        return redirect(f"/pay/{self.campus.open_due(due, back)['token']}", 303)

    def on_receipt(self, request: Request, number: str, kind: str) -> Response:
        """A printed receipt; ``?layout=`` chooses how the counter's printer is set."""
        payment = self.store.payment_by_receipt(number)
        layout = request.args.get("layout", "classic")
        if not payment or layout not in receipts.LAYOUTS:
            raise Refusal("NOT_FOUND", "There is no such receipt or layout.", 404)
        data = receipts.draw(self.campus.receipt(payment), layout, kind)
        mimetype = "application/pdf" if kind == "pdf" else "image/png"
        response = Response(data, mimetype=mimetype)
        response.headers["Content-Disposition"] = f'inline; filename="{number}-{layout}.{kind}"'
        response.headers["Cache-Control"] = "no-store"
        return response

    # The hostel's server

    def on_status(self, request: Request) -> Response:
        signed = request.headers.get(SIGNATURE_HEADER, "")
        if not signing.header_is_good(
            self.config.secret, signed, request.query_string, STATUS_TOLERANCE_S
        ):
            raise Refusal("BAD_SIGNATURE", "Sign the query string.", 401)
        status = self.campus.status(request.args.get("reference", ""))
        if not status:
            raise Refusal("UNKNOWN_REFERENCE", "Nobody has brought this reference here.", 404)
        return json_answer(status)

    def on_settlement(self, _request: Request, day: str) -> Response:
        try:
            text = self.campus.settlement(date.fromisoformat(day))
        except ValueError:
            raise Refusal("BAD_DAY", "Name the day as YYYY-MM-DD.", 400) from None
        return Response(text, mimetype="text/csv")

    # The operator and the tests

    def on_operator(self, _request: Request) -> Response:
        return self._page(
            "operator.html",
            payments=self.store.payments(),
            deliveries=self.store.deliveries(),
            behaviour=self.campus.behaviour,
            webhook_url=self.config.webhook_url,
            today=datetime.now(IST).date().isoformat(),
        )

    def on_health(self, _request: Request) -> Response:
        return json_answer({"ok": True, "down": bool(self.campus.behaviour["down"])})

    def on_behaviour(self, request: Request) -> Response:
        if request.method == "POST":
            from_page = request.mimetype != "application/json"
            try:
                # An unticked box is not sent, so the page's form starts from the defaults.
                values = (
                    behaviour.DEFAULTS | {name: int(value) for name, value in request.form.items()}
                    if from_page
                    else request.get_json()
                )
                self.store.set_behaviour(behaviour.clean(values))
            except (ValueError, HTTPException) as error:
                raise Refusal("BAD_BEHAVIOUR", str(error), 400) from None
            self.deliverer.wake.set()
            if from_page:
                return redirect("/", 303)
        return json_answer(self.campus.behaviour)

    def on_settle(self, request: Request) -> Response:
        """Press a button without a browser: JSON {reference, outcome, and behaviour if wanted}."""
        data = request.get_json()
        payment = self.store.payment(str(data.pop("reference", "")))
        outcome = data.pop("outcome", "upi")
        if not payment or outcome not in OUTCOMES:
            raise Refusal("NOT_FOUND", "No such payment or outcome.", 404)
        try:
            payment = self.campus.settle(payment, outcome, behaviour.clean(data))
        except ValueError as error:
            raise Refusal("BAD_BEHAVIOUR", str(error), 400) from None
        self.deliverer.wake.set()
        return json_answer({"status": payment["status"], "receiptNo": payment["receipt_no"]})

    def on_dues(self, request: Request) -> Response:
        """Ask something of a student: JSON {student, name, term, feeHead, amount}."""
        data = request.get_json()
        try:
            student = str(data["student"])
            amount = money.wire(money.parse(str(data["amount"])))
            if data.get("name"):
                self.store.set_student(student, str(data["name"]))
            due_id = self.store.add_due(
                student, str(data.get("term", "")), str(data.get("feeHead", "Tuition fee")), amount
            )
        except (KeyError, TypeError, ValueError):
            raise Refusal("BAD_DUE", "Send student and amount.", 400) from None
        return json_answer({"id": due_id}, 201)

    def on_deliveries(self, _request: Request) -> Response:
        """How many webhooks are in which state."""
        return json_answer(self.store.count_deliveries())

    def on_redeliver(self, request: Request) -> Response:
        from_page = request.mimetype != "application/json"
        event_id = (request.form if from_page else request.get_json()).get("event_id", "")
        if not self.store.event_exists(event_id):
            raise Refusal("NOT_FOUND", "There is no such event.", 404)
        self.store.add_delivery(event_id, time.time())
        self.deliverer.wake.set()
        return redirect("/", 303) if from_page else json_answer({"queued": True})

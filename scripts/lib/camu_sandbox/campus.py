"""What the college's side does with a payment: settle it, tell about it, list it."""

import csv
import io
import random
import secrets
import time
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from . import behaviour, money
from .config import Config
from .const import DUE_PREFIX, IST_OFFSET_S, OPEN, ORDER_FIELDS, OUTCOMES, PAID
from .receipts import Receipt
from .store import Store

IST = timezone(timedelta(seconds=IST_OFFSET_S))
CSV_COLUMNS = ("receiptNo", *ORDER_FIELDS, "paidOn", "method")


class Campus:
    """The rules of the sandbox, without HTTP."""

    def __init__(self, config: Config, store: Store) -> None:
        self.config = config
        self.store = store
        self.chance = random.Random(config.seed)

    @property
    def behaviour(self) -> dict:
        return behaviour.DEFAULTS | self.store.behaviour()

    def open(self, fields: dict[str, str], return_url: str) -> dict:
        """Register an order and return its payment."""
        order = {name: fields.get(name, "") for name in ORDER_FIELDS}
        order["amount"] = money.wire(money.parse(order["amount"]))
        return self.store.open_payment(
            order["referenceNo"], secrets.token_urlsafe(24), order, return_url
        )

    def settle(self, payment: dict, outcome: str, once: dict | None = None) -> dict:
        """Press a button of the pay page; a payment that is already paid stays as it is.

        :param outcome: a key of ``OUTCOMES``
        :param once: behaviour for this press only, over the general one
        :return: the payment afterwards
        """
        rules = self.behaviour | (once or {})
        status = OUTCOMES[outcome]
        if status == PAID and self.store.take_one("fail_next"):
            status, outcome = "FAILED", "fail"
        settled = self.store.settle(payment["reference"], status, outcome)
        if settled:
            self._announce(settled, rules)
        return settled or payment

    def _announce(self, payment: dict, rules: dict) -> None:
        event_id = f"evt_{secrets.token_hex(12)}"
        body = self._event_body(event_id, payment, rules)
        self.store.add_event(event_id, payment["reference"], payment["status"], body)
        due_on = time.time() + rules["delay_s"]
        # Not one of the copies comes through.
        silent = rules["drop_webhook"] or self.chance.randrange(100) < rules["lose_all_percent"]
        for copy in range(1 + rules["duplicate"]):
            lost = silent or self.chance.randrange(100) < rules["lose_percent"]
            # What comes later may overtake what came before.
            moment = due_on + copy * 0.05 + self.chance.uniform(0, rules["reorder_s"])
            self.store.add_delivery(event_id, moment, "dropped" if lost else "queued")

    def _event_body(self, event_id: str, payment: dict, rules: dict) -> dict:
        fields = payment["fields"]
        if payment["reference"].startswith(DUE_PREFIX):
            # Of its own fees the college knows what is left.
            left = self.balance(fields["studentId"], fields["academicTerm"])
            fields = fields | {"balance": money.wire(left)}
        amount = Decimal(fields["amount"])
        if rules["wrong_amount"]:
            amount -= 1
        moment = payment["paid_on"] or payment["updated_on"]
        return fields | {
            "eventId": event_id,
            "amount": money.wire(amount),
            "paymentStatus": payment["status"],
            "paidOn": datetime.fromtimestamp(moment, IST).isoformat(timespec="seconds"),
            "receiptNo": payment["receipt_no"],
        }

    def status(self, reference: str) -> dict | None:
        """Answer of the status endpoint, or None for a reference nobody brought here."""
        payment = self.store.payment(reference)
        if not payment:
            return None
        words = {PAID: "paid", "PENDING": "pending"}
        return {
            "status": words.get(payment["status"], "unpaid"),
            "event": None if payment["status"] == OPEN else self.store.last_event(reference),
        }

    # The student's own page

    def open_due(self, due: dict, back: str) -> dict:
        """The payment of a due of the college's own."""
        fields = {
            "referenceNo": f"{DUE_PREFIX}{due['id']}",
            "studentId": due["student"],
            "academicTerm": due["term"],
            "feeHead": due["fee_head"],
            "amount": due["amount"],
            "currency": "INR",
        }
        return self.open(fields, back)

    def balance(self, student: str, term: str) -> Decimal:
        """What a student still owes the college for a term."""
        return sum(
            (
                Decimal(due["amount"])
                for due in self.store.dues(student)
                if due["term"] == term and due["status"] != PAID
            ),
            Decimal(0),
        )

    def receipt(self, payment: dict) -> Receipt:
        """What stands on the receipt of a paid payment."""
        fields = payment["fields"]
        student = fields["studentId"]
        return Receipt(
            college=self.config.college,
            number=payment["receipt_no"],
            reference=payment["reference"],
            student_id=student,
            student_name=self.store.student_name(student) or "–",
            term=fields["academicTerm"],
            fee_head=fields["feeHead"],
            amount=Decimal(fields["amount"]),
            balance=self.balance(student, fields["academicTerm"]),
            paid_on=datetime.fromtimestamp(payment["paid_on"], IST),
            method=payment["method"],
        )

    def settlement(self, day: date) -> str:
        """CSV of what was paid on an Indian calendar day."""
        start = datetime(day.year, day.month, day.day, tzinfo=IST).timestamp()
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, CSV_COLUMNS)
        writer.writeheader()
        for payment in self.store.payments_between(start, start + 86400):
            paid_on = datetime.fromtimestamp(payment["paid_on"], IST)
            writer.writerow(
                payment["fields"]
                | {
                    "receiptNo": payment["receipt_no"],
                    "paidOn": paid_on.isoformat(timespec="seconds"),
                    "method": payment["method"],
                }
            )
        return buffer.getvalue()

"""Payments, events and deliveries in one SQLite file, so a restart loses nothing."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS payment (
    reference TEXT PRIMARY KEY, token TEXT UNIQUE NOT NULL, fields TEXT NOT NULL,
    return_url TEXT NOT NULL, status TEXT NOT NULL, method TEXT NOT NULL DEFAULT '',
    receipt_no TEXT NOT NULL DEFAULT '', paid_on REAL, created_on REAL NOT NULL,
    updated_on REAL NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    id TEXT PRIMARY KEY, reference TEXT NOT NULL, status TEXT NOT NULL, body TEXT NOT NULL,
    created_on REAL NOT NULL);
CREATE INDEX IF NOT EXISTS event_reference ON event (reference, created_on);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL REFERENCES event (id),
    due_on REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL,
    answer TEXT NOT NULL DEFAULT '', updated_on REAL NOT NULL);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, due_on);
CREATE TABLE IF NOT EXISTS student (id TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS due (
    id INTEGER PRIMARY KEY AUTOINCREMENT, student TEXT NOT NULL, term TEXT NOT NULL,
    fee_head TEXT NOT NULL, amount TEXT NOT NULL, created_on REAL NOT NULL);
CREATE INDEX IF NOT EXISTS due_student ON due (student);
CREATE TABLE IF NOT EXISTS behaviour (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS receipt (number INTEGER PRIMARY KEY AUTOINCREMENT);
"""


class Store:
    """All state of a sandbox. Every method is one transaction and safe in any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(SCHEMA)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.path, timeout=10)
        db.row_factory = sqlite3.Row
        try:
            with db:
                yield db
        finally:
            db.close()

    def _rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        with self._open() as db:
            return [dict(row) for row in db.execute(sql, values)]

    # Payments

    def open_payment(self, reference: str, token: str, fields: dict, return_url: str) -> dict:
        """Return the payment of a reference; a new or unpaid one takes the latest fields."""
        now = time.time()
        with self._open() as db:
            db.execute(
                "INSERT INTO payment (reference, token, fields, return_url, status, created_on,"
                " updated_on) VALUES (?, ?, ?, ?, 'CREATED', ?, ?)"
                " ON CONFLICT (reference) DO UPDATE"
                " SET fields = excluded.fields, return_url = excluded.return_url,"
                " updated_on = excluded.updated_on WHERE status <> 'SUCCESS'",
                (reference, token, json.dumps(fields), return_url, now, now),
            )
        return self.payment(reference)

    def payment(self, reference: str) -> dict | None:
        return self._payment("reference", reference)

    def payment_by_token(self, token: str) -> dict | None:
        return self._payment("token", token)

    def _payment(self, column: str, value: str) -> dict | None:
        rows = self._rows(f"SELECT * FROM payment WHERE {column} = ?", value)
        return rows[0] | {"fields": json.loads(rows[0]["fields"])} if rows else None

    def payments(self, limit: int = 50) -> list[dict]:
        rows = self._rows("SELECT * FROM payment ORDER BY updated_on DESC LIMIT ?", limit)
        return [row | {"fields": json.loads(row["fields"])} for row in rows]

    def payments_between(self, start: float, end: float) -> list[dict]:
        """Paid payments with ``start <= paid_on < end`` (unix seconds), oldest first."""
        rows = self._rows(
            "SELECT * FROM payment WHERE status = 'SUCCESS' AND paid_on >= ? AND paid_on < ?"
            " ORDER BY paid_on",
            start,
            end,
        )
        return [row | {"fields": json.loads(row["fields"])} for row in rows]

    def settle(self, reference: str, status: str, method: str) -> dict | None:
        """Move a payment to a status; None if it is already paid (a second press)."""
        now = time.time()
        with self._open() as db:
            moved = db.execute(
                "UPDATE payment SET status = ?, method = ?, updated_on = ?, paid_on = ?"
                " WHERE reference = ? AND status <> 'SUCCESS'",
                (status, method, now, now if status == "SUCCESS" else None, reference),
            ).rowcount
            if moved and status == "SUCCESS":
                number = db.execute("INSERT INTO receipt DEFAULT VALUES").lastrowid
                db.execute(
                    "UPDATE payment SET receipt_no = ? WHERE reference = ?",
                    # The year keeps letters and rows of noughts apart: machines mistake those.
                    (f"RC{time.strftime('%y', time.gmtime(now))}{number:05d}", reference),
                )
        return self.payment(reference) if moved else None

    def payments_of(self, student: str) -> list[dict]:
        """Everything that was opened for a student, the latest first."""
        rows = self._rows("SELECT * FROM payment ORDER BY updated_on DESC")
        rows = [row | {"fields": json.loads(row["fields"])} for row in rows]
        return [row for row in rows if row["fields"]["studentId"] == student]

    def payment_by_receipt(self, receipt_no: str) -> dict | None:
        return self._payment("receipt_no", receipt_no)

    # Students and what the college itself asks of them

    def set_student(self, student: str, name: str) -> None:
        with self._open() as db:
            db.execute("INSERT OR REPLACE INTO student VALUES (?, ?)", (student, name))

    def student_name(self, student: str) -> str:
        rows = self._rows("SELECT name FROM student WHERE id = ?", student)
        return rows[0]["name"] if rows else ""

    def add_due(self, student: str, term: str, fee_head: str, amount: str) -> int:
        with self._open() as db:
            return db.execute(
                "INSERT INTO due (student, term, fee_head, amount, created_on)"
                " VALUES (?, ?, ?, ?, ?)",
                (student, term, fee_head, amount, time.time()),
            ).lastrowid

    def dues(self, student: str) -> list[dict]:
        """Dues of a student with their payment's status, or None where none was opened."""
        return self._rows(
            "SELECT due.*, payment.status, payment.receipt_no FROM due"
            " LEFT JOIN payment ON payment.reference = 'DUE-' || due.id"
            " WHERE due.student = ? ORDER BY due.id",
            student,
        )

    def due(self, due_id: int) -> dict | None:
        rows = self._rows("SELECT * FROM due WHERE id = ?", due_id)
        return rows[0] if rows else None

    # Events and deliveries

    def add_event(self, event_id: str, reference: str, status: str, body: dict) -> None:
        with self._open() as db:
            db.execute(
                "INSERT INTO event VALUES (?, ?, ?, ?, ?)",
                (event_id, reference, status, json.dumps(body), time.time()),
            )

    def last_event(self, reference: str) -> dict | None:
        rows = self._rows(
            "SELECT * FROM event WHERE reference = ? ORDER BY status = 'SUCCESS' DESC,"
            " created_on DESC LIMIT 1",
            reference,
        )
        return json.loads(rows[0]["body"]) if rows else None

    def event_exists(self, event_id: str) -> bool:
        return bool(self._rows("SELECT 1 FROM event WHERE id = ?", event_id))

    def add_delivery(self, event_id: str, due_on: float, state: str = "queued") -> None:
        with self._open() as db:
            db.execute(
                "INSERT INTO delivery (event_id, due_on, state, updated_on) VALUES (?, ?, ?, ?)",
                (event_id, due_on, state, time.time()),
            )

    def count_deliveries(self) -> dict[str, int]:
        rows = self._rows("SELECT state, count(*) AS number FROM delivery GROUP BY state")
        return {row["state"]: row["number"] for row in rows}

    def due_deliveries(self, limit: int = 100) -> list[dict]:
        return self._rows(
            "SELECT delivery.*, event.body FROM delivery JOIN event ON event.id = event_id"
            " WHERE state = 'queued' AND due_on <= ? ORDER BY due_on LIMIT ?",
            time.time(),
            limit,
        )

    def note_delivery(self, delivery_id: int, state: str, answer: str, due_on: float) -> None:
        with self._open() as db:
            db.execute(
                "UPDATE delivery SET state = ?, answer = ?, due_on = ?, attempts = attempts + 1,"
                " updated_on = ? WHERE id = ?",
                (state, answer, due_on, time.time(), delivery_id),
            )

    def deliveries(self, limit: int = 50) -> list[dict]:
        return self._rows(
            "SELECT delivery.*, event.reference, event.status FROM delivery"
            " JOIN event ON event.id = event_id ORDER BY delivery.id DESC LIMIT ?",
            limit,
        )

    # Behaviour

    def behaviour(self) -> dict[str, Any]:
        rows = self._rows("SELECT name, value FROM behaviour")
        return {row["name"]: json.loads(row["value"]) for row in rows}

    def set_behaviour(self, values: dict[str, Any]) -> None:
        with self._open() as db:
            db.executemany(
                "INSERT OR REPLACE INTO behaviour VALUES (?, ?)",
                [(name, json.dumps(value)) for name, value in values.items()],
            )

    def take_one(self, name: str) -> bool:
        """Use up one of a counted behaviour; tell whether there was one."""
        with self._open() as db:
            return bool(
                db.execute(
                    "UPDATE behaviour SET value = CAST(value AS INTEGER) - 1"
                    " WHERE name = ? AND CAST(value AS INTEGER) > 0",
                    (name,),
                ).rowcount
            )

"""How a sample of the corpus is put before the checks; shared by the tests and the benchmark."""

from datetime import date, timedelta

from odoo.addons.hostel_billing.tools.receipt_checks import Expected, check_receipt, is_approved
from odoo.addons.hostel_billing.tools.receipt_image import (
    hash_distance,
    open_receipt,
    picture_hash,
)
from odoo.addons.hostel_billing.tools.receipt_parser import Template, squeeze

from . import receipt_corpus as corpus

TEMPLATE = Template(colleges=(corpus.COLLEGE,))
TODAY = date(2026, 7, 5)


def judge(reading, sample):
    """Verdicts about a sample, as its uploader would get them.

    What was handed in before is known by its number and by its picture's hash, as in production.
    """
    seen = picture_hash(open_receipt(sample.before)) if sample.before else ""
    used = {squeeze(sample.facts.receipt)} if sample.before else set()
    expected = Expected(
        numbers=frozenset({sample.claims}),
        first_day=TODAY - timedelta(days=95),
        last_day=TODAY,
        year="2026-27",
        is_number_used=used.__contains__,
        nearest_picture=lambda fingerprint: (
            hash_distance(fingerprint, seen) if fingerprint and seen else None
        ),
    )
    return check_receipt(reading, expected, TEMPLATE)


def is_accepted(verdicts):
    return is_approved(verdicts)


def read_fields(reading, facts):
    """Which values were read as they are printed: bool by name."""
    parsed = reading.parsed
    wanted = {
        "student_no": squeeze(facts.number),
        "receipt_no": squeeze(facts.receipt),
        "date": facts.day,
        "amount": facts.paid,
        "amount_words": facts.paid,
        "balance": facts.balance,
    }
    read = {
        name: bool(parsed.get(name)) and parsed.get(name).value == value
        for name, value in wanted.items()
    }
    return read | {"college": reading.college is not None}

"""Receipts of the sandbox before the reader of the product, in each layout and as each file."""

import re
import urllib.request
from datetime import date, timedelta

import pytest

import odoo.addons

from .conftest import RECEIPT, ROOT, order

ADDONS = str(ROOT / "addons")
DEMO = ROOT / "addons" / "hostel_demo" / "campus"
LAYOUTS = ("classic", "ledger", "slip")


def _constant(file, name):
    """A text that the demo campus is made with."""
    return re.search(rf'{name}"?(?: =|:) "([^"]+)"', (DEMO / file).read_text())[1]


def _read(sandbox, layout, kind, number="CS22B014", term="2026ODD"):
    """What the demo campus makes of a receipt that a student hands in: (reading, verdicts)."""
    # Nothing has told Odoo where the addons are when these tests run alone.
    if ADDONS not in odoo.addons.__path__:
        odoo.addons.__path__.append(ADDONS)
    from odoo.addons.hostel_billing.tools.receipt_checks import Expected, check_receipt
    from odoo.addons.hostel_billing.tools.receipt_parser import Template
    from odoo.addons.hostel_billing.tools.receipt_reader import read_receipt

    template = Template(
        colleges=(_constant("books.py", "COLLEGE"),),
        labels={
            "receipt_no": (_constant("receipts.py", "labels_receipt_no").casefold(),),
            "amount": (_constant("receipts.py", "labels_amount").casefold(),),
        },
    )
    expected = Expected(
        numbers=frozenset({number}),
        first_day=date.today() - timedelta(days=90),
        last_day=date.today() + timedelta(days=1),
        year="2026-27",
        term=term,
        is_number_used=lambda number: False,
        nearest_picture=lambda fingerprint: None,
    )
    path = f"{sandbox.url}/receipt/{RECEIPT}.{kind}?layout={layout}"
    with urllib.request.urlopen(path, timeout=10) as answer:
        reading = read_receipt(answer.read(), template)
    return reading, check_receipt(reading, expected, template)


def _codes(verdicts):
    return {(verdict.check, verdict.code) for verdict in verdicts if verdict.state != "ok"}


@pytest.fixture
def paid(sandbox):
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123")
    return sandbox


@pytest.mark.parametrize("kind", ["png", "pdf"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_machine_reads_each_layout_and_finds_nothing_to_doubt(paid, layout, kind):
    reading, verdicts = _read(paid, layout, kind)
    assert _codes(verdicts) == set()
    assert reading.parsed.get("receipt_no").value == RECEIPT
    assert reading.parsed.get("amount").value == reading.parsed.get("amount_words").value == 42000


@pytest.mark.parametrize("layout", LAYOUTS)
def test_who_owes_or_is_somebody_else_is_not_cleared(paid, layout):
    due = {"student": "CS22B014", "name": "Asha Rao", "term": "2026-ODD", "amount": "1250.50"}
    paid.call("/sandbox/dues", due | {"feeHead": "Library"})
    codes = _codes(_read(paid, layout, "png", number="CS22B015", term="2027ODD")[1])
    assert codes >= {("balance", "BALANCE_DUE"), ("student", "OTHER_STUDENT")}
    # Only this layout prints the term where others print the academic year.
    assert (("year", "NOT_UNDERSTOOD") in codes) == (layout == "ledger")


def test_an_amount_whose_words_need_two_lines(sandbox):
    sandbox.call("/pay", form=order(amount="81260.00"))
    sandbox.settle("HB-000001-abc123")
    reading, verdicts = _read(sandbox, "slip", "png")
    assert reading.parsed.get("amount_words").value == 81260
    assert _codes(verdicts) == set()


def test_the_sandbox_is_the_demo_campus_s_college(sandbox):
    assert _constant("books.py", "COLLEGE") in sandbox.call("/student?number=CS22B014")[1]

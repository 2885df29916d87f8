"""Dues, receipts, and the ways in which webhooks go astray."""

import json
import runpy
import shutil
import subprocess
import urllib.request
from decimal import Decimal

import pytest

from .conftest import RECEIPT, ROOT, order

LAYOUTS = ("classic", "ledger", "slip")


def _fetch(sandbox, path):
    """Bytes and type of a file; the ordinary call decodes text."""
    with urllib.request.urlopen(sandbox.url + path, timeout=10) as answer:
        return answer.read(), answer.headers["Content-Type"]


def _add_due(sandbox, **changes):
    due = {
        "student": "CS22B014",
        "name": "Asha Rao",
        "term": "2026-ODD",
        "feeHead": "Tuition fee",
        "amount": "75000",
    } | changes
    return sandbox.call("/sandbox/dues", due)


def test_student_sees_dues_and_pays_them(sandbox, receiver):
    assert _add_due(sandbox)[0] == 201
    page = sandbox.call("/student?number=CS22B014")[1]
    assert "Asha Rao" in page and "₹75,000" in page and "Tuition fee" in page
    _status, _page, url = sandbox.call("/student/CS22B014/pay/1", form={})
    assert "/pay/" in url
    back = sandbox.call(url.removeprefix(sandbox.url), form={"outcome": "upi"})
    assert back[0] == 200 and "No dues" in back[1]
    (event,) = receiver.wait(1)
    assert event["referenceNo"] == "DUE-1" and event["feeHead"] == "Tuition fee"
    assert event["paymentStatus"] == "SUCCESS" and event["balance"] == "0.00"


def test_each_due_tells_what_is_left(sandbox, receiver):
    for amount, term in (("75000", "2026-ODD"), ("850.50", "2026-ODD"), ("10", "2027-ODD")):
        _add_due(sandbox, amount=amount, term=term)
    for due, left in ((1, "850.50"), (2, "0.00")):
        _status, _page, url = sandbox.call(f"/student/CS22B014/pay/{due}", form={})
        sandbox.call(url.removeprefix(sandbox.url), form={"outcome": "upi"})
        event = receiver.wait(due)[-1]
        assert (event["referenceNo"], event["balance"]) == (f"DUE-{due}", left)
    assert sandbox.ask("DUE-2")[1]["event"]["balance"] == "0.00"


def test_an_order_of_the_hostel_s_tells_no_balance(sandbox, receiver):
    _add_due(sandbox)
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123")
    assert "balance" not in receiver.wait(1)[0]


def test_someone_else_s_due_is_not_paid(sandbox):
    _add_due(sandbox)
    assert sandbox.call("/student/OTHER/pay/1", form={})[0] == 404
    assert sandbox.call("/student/CS22B014/pay/99", form={})[0] == 404


@pytest.mark.parametrize("wrong", [{"amount": "many"}, {"amount": "-1"}, {"amount": None}])
def test_wrong_dues_are_refused(sandbox, wrong):
    assert _add_due(sandbox, **wrong)[0] == 400


def test_receipts_come_in_several_layouts(sandbox):
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123")
    seen = set()
    for layout in LAYOUTS:
        picture, kind = _fetch(sandbox, f"/receipt/{RECEIPT}.png?layout={layout}")
        assert kind == "image/png" and picture.startswith(b"\x89PNG")
        paper, kind = _fetch(sandbox, f"/receipt/{RECEIPT}.pdf?layout={layout}")
        assert kind == "application/pdf" and paper.startswith(b"%PDF")
        seen.add(picture)
    assert len(seen) == len(LAYOUTS)
    assert sandbox.call(f"/receipt/{RECEIPT}.png?layout=none")[0] == 404
    assert sandbox.call("/receipt/RC9999999.png")[0] == 404


@pytest.mark.parametrize("layout", LAYOUTS)
def test_receipt_can_be_read(sandbox, layout, tmp_path):
    assert shutil.which("tesseract"), "scripts/setup installs Tesseract"
    _add_due(sandbox, amount="1250.50")
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123")
    picture = tmp_path / "receipt.png"
    picture.write_bytes(_fetch(sandbox, f"/receipt/{RECEIPT}.png?layout={layout}")[0])
    done = subprocess.run(
        ["tesseract", picture, "-", "--psm", "4"], capture_output=True, text=True, check=True
    )
    text = " ".join(done.stdout.split())
    for word in (RECEIPT, "42,000.00", "1,250.50", "Forty Two Thousand", "2026-ODD"):
        assert word in text, (word, text)


def test_lost_webhooks_are_known_by_the_status(sandbox):
    sandbox.call("/sandbox/behaviour", {"lose_percent": 100})
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123")
    assert json.loads(sandbox.call("/sandbox/deliveries")[1]) == {"dropped": 1}
    assert sandbox.ask("HB-000001-abc123")[1]["status"] == "paid"


def test_shuffled_webhooks_overtake_each_other(sandbox, receiver):
    sandbox.call("/sandbox/behaviour", {"reorder_s": 0.6})
    for number in range(12):
        sandbox.call("/pay", form=order(f"S-{number:02}"))
        sandbox.settle(f"S-{number:02}")
    came = [event["referenceNo"] for event in receiver.wait(12)]
    assert sorted(came) == [f"S-{number:02}" for number in range(12)]
    assert came != sorted(came)


def test_words_of_amounts():
    # The tests' own package has the sandbox's name.
    place = ROOT / "scripts" / "lib" / "camu_sandbox" / "words.py"
    words = runpy.run_path(str(place))
    for amount, text in (
        ("42000", "Rupees Forty Two Thousand Only"),
        ("1", "Rupees One Only"),
        ("0.05", "Rupees Zero and Five Paise Only"),
        ("10000678.90", "Rupees One Crore Six Hundred Seventy Eight and Ninety Paise Only"),
        ("100019", "Rupees One Lakh Nineteen Only"),
    ):
        assert words["rupees"](Decimal(amount)) == text

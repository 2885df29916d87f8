"""What the payer sees and does."""

import time

from .conftest import RECEIPT, order


def test_signed_order_shows_its_pay_page(sandbox):
    status, page, url = sandbox.call("/pay", form=order())
    assert status == 200
    assert "₹42,000" in page and "CS22B014" in page and "Pay by card" in page
    assert "HB-000001" not in url, "the page's address must not be guessable"


def test_forged_amount_is_refused(sandbox):
    status, page, _url = sandbox.call("/pay", form=order() | {"amount": "1.00"})
    assert status == 403
    assert "BAD_SIGNATURE" in page


def test_unsigned_return_address_is_refused(sandbox):
    status, _page, _url = sandbox.call("/pay", form=order() | {"returnUrl": "http://evil.test/"})
    assert status == 403


def test_old_link_is_refused(sandbox):
    status, page, _url = sandbox.call("/pay", form=order(timestamp=str(int(time.time()) - 7200)))
    assert status == 410
    assert "STALE_ORDER" in page


def test_incomplete_and_unreadable_orders_are_refused(sandbox):
    assert sandbox.call("/pay", form={"amount": "1"})[0] == 400
    assert sandbox.call("/pay")[0] == 400
    for amount in ("0.00", "-5", "NaN", "1e400", "1.234", "many"):
        status, page, _url = sandbox.call("/pay", form=order(amount=amount))
        assert status == 400, amount
        assert "BAD_ORDER" in page


def test_what_belongs_to_no_term_is_paid_too(sandbox):
    """A wallet, or a charge without a stay: the term is named and empty, never left out."""
    assert sandbox.call("/pay", form=order(academicTerm=""))[0] == 200
    without = order()
    del without["academicTerm"]
    status, page, _url = sandbox.call("/pay", form=without)
    assert (status, "academicTerm" in page) == (400, True)


def test_payer_goes_back_and_the_webhook_leaves(sandbox, receiver):
    _status, _page, url = sandbox.call("/pay", form=order())
    path = url.removeprefix(sandbox.url)
    status, _body, back = sandbox.call(path, form={"outcome": "upi"})
    assert status == 303
    assert back.startswith("http://hostel.test/payment/camu/return?reference=HB-000001-abc123")
    (event,) = receiver.wait(1)
    assert event["paymentStatus"] == "SUCCESS"
    assert event["amount"] == "42000.00"
    assert event["receiptNo"] == RECEIPT
    assert event["paidOn"].endswith("+05:30")


def test_second_press_pays_once(sandbox, receiver):
    _status, _page, url = sandbox.call("/pay", form=order())
    path = url.removeprefix(sandbox.url)
    sandbox.call(path, form={"outcome": "upi"})
    sandbox.call(path, form={"outcome": "card"})
    receiver.wait(1)
    time.sleep(0.5)
    assert len(receiver.got) == 1
    assert f"Receipt {RECEIPT}" in sandbox.call(path)[1]


def test_failed_payment_can_be_tried_again(sandbox, receiver):
    _status, _page, url = sandbox.call("/pay", form=order())
    path = url.removeprefix(sandbox.url)
    sandbox.call(path, form={"outcome": "fail"})
    assert "try again" in sandbox.call(path)[1]
    sandbox.call(path, form={"outcome": "upi"})
    assert [event["paymentStatus"] for event in receiver.wait(2)] == ["FAILED", "SUCCESS"]


def test_names_are_shown_as_text(sandbox):
    _status, page, _url = sandbox.call("/pay", form=order(feeHead="<script>alert(1)</script>"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page

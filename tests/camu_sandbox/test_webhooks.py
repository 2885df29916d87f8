"""How events travel."""

from .conftest import order, sign_header


def _timestamp(headers):
    return int(headers["X-Camu-Signature"].split(",")[0].removeprefix("t="))


def test_every_try_is_signed_over_its_own_time(sandbox, receiver):
    receiver.answers = [500, 503]
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123")
    receiver.wait(3)
    assert len({body for _at, _headers, body in receiver.got}) == 1
    for at, headers, body in receiver.got:
        moment = _timestamp(headers)
        assert abs(at - moment) < 2
        assert headers["X-Camu-Signature"] == sign_header(body, at=moment)


def test_pauses_between_tries_grow(sandbox, receiver):
    receiver.answers = [500, 500, 500]
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123")
    receiver.wait(4)
    times = [at for at, _headers, _body in receiver.got]
    assert times[3] - times[2] > times[1] - times[0]


def test_refusal_for_good_is_not_repeated(sandbox, receiver):
    receiver.answers = [400]
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123")
    receiver.wait(1)
    sandbox.wait_for("Given up")
    assert len(receiver.got) == 1


def test_duplicates_carry_one_event_id(sandbox, receiver):
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123", duplicate=3)
    assert len({event["eventId"] for event in receiver.wait(4)}) == 1


def test_wrong_amount_is_only_in_the_message(sandbox, receiver):
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123", wrong_amount=True)
    assert receiver.wait(1)[0]["amount"] == "41999.00"
    assert "₹42,000" in sandbox.call("/")[1]


def test_delay_holds_the_message_back(sandbox, receiver):
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123", delay_s=1.5)
    settled = sandbox.ask("HB-000001-abc123")[1]
    assert settled["status"] == "paid" and not receiver.got
    receiver.wait(1)


def test_general_behaviour_holds_until_changed(sandbox, receiver):
    assert sandbox.call("/sandbox/behaviour", {"fail_next": 1, "drop_webhook": True})[0] == 200
    sandbox.call("/pay", form=order("A-1"))
    sandbox.call("/pay", form=order("A-2"))
    assert sandbox.settle("A-1")["status"] == "FAILED"
    assert sandbox.settle("A-2")["status"] == "SUCCESS"
    assert "Dropped" in sandbox.call("/")[1] and not receiver.got
    assert sandbox.ask("A-2")[1]["status"] == "paid"


def test_unknown_behaviour_is_refused(sandbox):
    for wrong in ({"explode": 1}, {"delay_s": -1}, {"duplicate": "many"}, [1]):
        status, body, _url = sandbox.call("/sandbox/behaviour", wrong)
        assert status == 400 and "BAD_BEHAVIOUR" in body


def test_restart_keeps_payments_and_sends_what_was_due(sandbox, receiver):
    receiver.answers = [500] * 3
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123", delay_s=1)
    sandbox.stop()
    assert not receiver.got
    sandbox.start()
    receiver.wait(4)
    assert sandbox.ask("HB-000001-abc123")[1]["status"] == "paid"


def test_event_can_be_sent_again(sandbox, receiver):
    sandbox.call("/pay", form=order())
    sandbox.settle("HB-000001-abc123")
    (event,) = receiver.wait(1)
    assert sandbox.call("/sandbox/redeliver", {"event_id": event["eventId"]})[0] == 200
    assert receiver.wait(2)[1] == event
    assert sandbox.call("/sandbox/redeliver", {"event_id": "evt_none"})[0] == 404

"""The page about the live map is enough to write a client from: this is one, and it works."""

import pytest
from map_client import FREE, HELD, MapClient, Refused
from people import find_free_students


@pytest.fixture
def asha(stack):
    yield from client_of(stack)


@pytest.fixture
def bina(stack):
    yield from client_of(stack)


def client_of(stack):
    login = find_free_students(stack, 1)[0]
    client = MapClient(stack.url)
    client.sign_in(login, login)
    yield client
    if client.socket:
        client.disconnect()


def test_a_client_written_from_the_page_books_beside_another(asha, bina):
    # What there is, without knowing any id before.
    hostels = asha.get("/hostel/booking/hostels")["hostels"]
    hostel = next(one for one in hostels if one["eligible"] and one["free"])
    for client in (asha, bina):
        client.open(hostel["id"])
        client.connect()
    key, bed = next(place for place in asha.find_beds() if place in bina.find_beds())

    # A hold is seen by the other one.
    hold = asha.hold(key, bed)
    assert 0 < hold["expires_in_ms"] <= hold["hold_ms"]
    for client in (asha, bina):
        client.wait_for(key, bed, HELD)
    assert asha.get_mine()["hold"]["token"] == hold["token"]
    assert bina.get_mine()["hold"] is None

    # The other one is refused, with beds like it.
    with pytest.raises(Refused) as refused:
        bina.hold(key, bed)
    assert (refused.value.status, refused.value.code) == (409, "BED_TAKEN")
    for one in refused.value.details["next"]:
        assert bina.floors[one["key"]].states[one["i"]] == FREE

    # More time is given once.
    assert asha.extend(hold["token"])["extended"]
    with pytest.raises(Refused) as refused:
        asha.extend(hold["token"])
    assert (refused.value.status, refused.value.code) == (409, "ALREADY_EXTENDED")

    # A change that does not fit is made good by the state.
    number = bina.floors[key].number
    bina.floors[key].number -= 1
    asha.release(hold["token"])
    for client in (asha, bina):
        client.wait_for(key, bed, FREE)
    assert (bina.floors[key].repairs, asha.floors[key].repairs) == (1, 0)
    assert bina.floors[key].number > number

    # What happens while a client is away is in the state that it asks for when it is back.
    bina.disconnect()
    hold = asha.hold(key, bed)
    asha.wait_for(key, bed, HELD)
    bina.connect()
    bina.wait_for(key, bed, HELD)
    asha.release(hold["token"])
    for client in (asha, bina):
        client.wait_for(key, bed, FREE)
    for client in (asha, bina):
        assert client.floors[key].deltas, "no change came over the socket"
    bina.look(bina.floors[key], bina.floors[key].number)
    assert bina.floors[key].states == asha.floors[key].states

    # A token is worth something to its owner only.
    hold = bina.hold(key, bed)
    with pytest.raises(Refused) as refused:
        asha.release(hold["token"])
    assert (refused.value.status, refused.value.code) == (410, "HOLD_EXPIRED")
    bina.release(hold["token"])


def test_what_a_client_does_wrong_is_answered_in_words(asha):
    hostels = asha.get("/hostel/booking/hostels")["hostels"]
    asha.open(next(one["id"] for one in hostels if one["eligible"]))
    key = next(iter(asha.floors))
    for body, status, code in (
        ({"key": key}, 400, "BAD_REQUEST"),
        ({"key": key, "i": 0, "more": 1}, 400, "BAD_REQUEST"),
        ({"key": "nosuchkey", "i": 0}, 404, "NOT_FOUND"),
    ):
        with pytest.raises(Refused) as refused:
            asha.post("/hostel/booking/hold", **body)
        assert (refused.value.status, refused.value.code) == (status, code)
    answer = asha.session.post(f"{asha.url}/hostel/booking/hold", data={"key": key, "i": 0})
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")

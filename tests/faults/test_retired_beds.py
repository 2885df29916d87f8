"""A bed is booked and retired at once: whoever commits first, nobody is left without it."""

import pytest

CONFLICT = "SerializationFailure"


def attempt(racers, **order) -> tuple[str, str, bool]:
    """(code of the booker, code of the warden, whether the student has a retired bed)"""
    ground = racers.run("prepare", rooms=1, sharing=2, contenders=1)
    answer = racers.run(
        "retire",
        term=ground["term"],
        bed=ground["beds"][0][0],
        student=ground["students"]["female"][0],
        **order,
    )
    return answer["booker"], answer["warden"], answer["stranded"]


@pytest.mark.parametrize("place", ["bed", "room"])
def test_a_booking_that_the_warden_could_not_see_is_not_stranded(racers, place):
    done = attempt(racers, first="booker", place=place)
    assert done == ("OK", "BED_IN_USE", False)


def test_without_the_probe_the_warden_goes_by_what_was(racers):
    done = attempt(racers, first="booker", place="bed", without="_probe_free")
    assert done == ("OK", "OK", True)


@pytest.mark.parametrize("place", ["bed", "room"])
def test_who_saw_the_bed_in_use_has_to_look_again(racers, place):
    done = attempt(racers, first="warden", place=place)
    assert done == (CONFLICT, "OK", False)


def test_without_the_mark_on_its_beds_a_retired_room_is_booked(racers):
    done = attempt(racers, first="warden", place="room", without="_make_bookers_look_again")
    assert done == ("OK", "OK", True)

"""The next best beds for someone whose bed was taken, without the ORM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

LIMIT = 3


def next_best(
    layout: dict[str, Any],
    states: str,
    wanted: int,
    gender: str,
    limit: int = LIMIT,
    kept: Collection[int] = (),
) -> list[dict[str, Any]]:
    """Free beds of the floor that are most like the one that was wanted.

    Same room first, then same price and sharing, then the nearest on the drawing.

    :param layout: drawing of the floor, with ``rooms`` and their ``beds``
    :param states: one character a bed, by map index; "0" is free
    :param wanted: map index of the bed that was wanted
    :param gender: ``male`` or ``female``; rooms of the other are left out
    :param kept: map indexes of beds that are kept for others
    :return: ``[{"i", "room", "label", "price"}]``, the best first
    """
    pairs = [(room, bed) for room in layout["rooms"] for bed in room["beds"]]
    home, target = next(((r, b) for r, b in pairs if b["i"] == wanted), (None, None))

    def rank(pair):
        room, bed = pair
        if not home:
            return (0, bed["i"])
        return (
            room["id"] != home["id"],
            bed["price"] != target["price"],
            room["sharing"] != home["sharing"],
            (room["x"] - home["x"]) ** 2 + (room["y"] - home["y"]) ** 2,
            bed["i"],
        )

    free = [
        (room, bed)
        for room, bed in pairs
        if bed["i"] != wanted
        and bed["i"] not in kept
        and bed["i"] < len(states)
        and states[bed["i"]] == "0"
        and room["g"] in ("", gender)
    ]
    return [
        {"i": bed["i"], "room": room["n"], "label": bed["l"], "price": bed["price"]}
        for room, bed in sorted(free, key=rank)[:limit]
    ]

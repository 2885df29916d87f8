"""Brings decisions from PostgreSQL's outbox to the map in Redis."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .seat_lock import SeatLock

_logger = logging.getLogger(__name__)

# Rows that another drain is working on are skipped, and the rows of a batch
# disappear only if Redis took every one of them.
TAKE = """
    DELETE FROM hostel_booking_outbox
     WHERE id IN (
           SELECT id FROM hostel_booking_outbox
            WHERE NOT (round_id = ANY(%s))
            ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
 RETURNING id, round_id, floor_id, map_index, state, fence, student_id
"""
BATCH = 200


def drain(cr, locks: SeatLock, batch: int = BATCH) -> int:
    """Paint every waiting decision; commits batch by batch.

    A round whose map has to be loaded first keeps its rows.

    :param cr: a cursor of its own, which is committed
    :return: how many decisions were brought to the map
    :raises redis.RedisError: if Redis can't be reached; nothing is lost
    """
    stale: set[int] = set()
    done = 0
    while True:
        cr.execute(TAKE, [sorted(stale), batch])
        rows = sorted(cr.fetchall())
        if not rows:
            cr.rollback()
            return done
        refused = _paint(cr, locks, rows)
        if refused:
            # Put the whole batch back and go on with the other rounds.
            cr.rollback()
            stale |= refused
            continue
        # The cursor is this function's own: a batch is done when Redis took it.
        cr.commit()  # pylint: disable=invalid-commit
        done += len(rows)


def _paint(cr, locks: SeatLock, rows) -> set[int]:
    """Paint rows; returns the rounds whose map must be loaded first."""
    cr.execute(
        "SELECT id, key, epoch FROM hostel_booking_round WHERE id = ANY(%s)",
        [sorted({row[1] for row in rows})],
    )
    rounds = {round_id: (key, epoch) for round_id, key, epoch in cr.fetchall()}
    refused = set()
    for _id, round_id, floor_id, index, state, fence, student_id in rows:
        key, epoch = rounds[round_id]
        if locks.mark(key, floor_id, index, state, fence, epoch, student_id) == "EPOCH":
            refused.add(round_id)
    return refused

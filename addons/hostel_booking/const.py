"""Vocabulary of the live map."""

from .tools.seat_lock import BLOCKED, BOOKED, PAYING

# What a viewer sees of a live allocation.
MAP_STATE = {
    "offered": PAYING,
    "paying": PAYING,
    "awaiting_approval": BOOKED,
    "allocated": BOOKED,
    "checked_in": BOOKED,
    "blocked": BLOCKED,
}
# When a bed has several rows within a round, the first of these wins.
MAP_STATE_ORDER = (BOOKED, BLOCKED, PAYING)
GENDER_LETTER = {"male": "m", "female": "f", "other": "o"}
NO_GENDER = "-"
FLOOR_CHANNEL = "hostel.floor:"
HOLD_MINUTES = 10

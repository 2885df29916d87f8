"""Vocabulary that several models share."""

GENDERS = [("male", "Male"), ("female", "Female"), ("other", "Other")]

# Which students a hostel of each type takes; a mixed hostel decides by room.
HOSTEL_GENDER = {"boys": "male", "girls": "female", "mixed": False}

# State machine of an allocation: each state and where it may go.
TRANSITIONS = {
    "offered": {"paying", "awaiting_approval", "expired", "cancelled"},
    "paying": {"awaiting_approval", "expired", "cancelled"},
    "awaiting_approval": {"allocated", "cancelled"},
    "allocated": {"checked_in", "cancelled", "transferred"},
    "checked_in": {"vacated", "transferred"},
    "blocked": {"cancelled"},
    "expired": {"unplaced"},
    "cancelled": {"unplaced"},
    "unplaced": {"reassigned", "refund_due"},
    "refund_due": {"refunded"},
    "vacated": set(),
    "transferred": set(),
    "reassigned": set(),
    "refunded": set(),
}

# States in which a row occupies its bed; the EXCLUDE constraints judge these.
LIVE_STATES = (
    "offered",
    "paying",
    "awaiting_approval",
    "allocated",
    "checked_in",
    "blocked",
)
UNPAID_STATES = ("offered", "paying")
OCCUPIED_STATES = ("allocated", "checked_in")

STAFF_ROLES = [
    ("warden", "Warden"),
    ("supervisor", "Supervisor"),
    ("floor_incharge", "Floor in-charge"),
    ("guard", "Guard"),
    ("mess_manager", "Mess manager"),
]

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
BOARD_CHANNEL = "hostel.board:"
HOLD_MINUTES = 10

# What may order the students of an allocation, with who goes first.
ALLOCATION_CRITERIA = [
    ("year", "Higher years first"),
    ("year_junior", "Lower years first"),
    ("merit", "Better results first"),
    ("distance", "Longer way home first"),
]
# A run may also follow the slots of its windows, which the students know already.
RUN_CRITERIA = [*ALLOCATION_CRITERIA, ("slot", "Order of the window's slots")]

# A group that wants to live together, or one person with wishes: each state and where it may go.
COHORT_TRANSITIONS = {
    "forming": {"complete", "cancelled"},
    "complete": {"forming", "awaiting_financial_clearance", "allocated", "cancelled"},
    "awaiting_financial_clearance": {"complete", "cleared", "cancelled"},
    "cleared": {"awaiting_financial_clearance", "complete", "allocated", "cancelled"},
    "allocated": {"confirmed", "complete", "awaiting_financial_clearance", "cancelled"},
    "confirmed": {"allocated", "complete", "awaiting_financial_clearance", "cancelled"},
    "cancelled": set(),
}
# Members and wishes can be changed in these only.
COHORT_OPEN_STATES = ("forming", "complete")
COHORT_SUBMITTED_STATES = ("awaiting_financial_clearance", "cleared")
COHORT_PLACED_STATES = ("allocated", "confirmed")
MAX_COHORT_SIZE = 8
INVITE_DAYS = 7
MAX_WISHES = 20
# Where students state ranked wishes.
WISHES_URL = "/my/cohort"

# How a bed came to be asked for.
BOOKING_SOURCES = [
    ("map", "Live map"),
    ("engine", "Allocation run"),
    ("waitlist", "Waitlist"),
    ("office", "By hand"),
]
# Why a warden refuses a bed; the student reads a sentence that goes with it.
REJECT_REASONS = [
    ("papers", "Papers are missing or not right"),
    ("eligibility", "The student may not have this bed"),
    ("needed", "The bed is needed for another"),
    ("twice", "Applied twice"),
    ("other", "Another reason"),
]
# Why a booking is cancelled; the first ones are what a student chooses from.
CANCEL_REASONS = [
    ("home", "I stay at home or with relatives"),
    ("other_lodging", "I found another place to live"),
    ("leaves_college", "I leave the college"),
    ("money", "The fee is too high for me"),
    ("other_bed", "I want another bed"),
    ("other", "Another reason"),
    ("office", "Decision of the office"),
    ("no_show", "Did not come"),
]
OFFICE_CANCEL_REASONS = {"office", "no_show"}

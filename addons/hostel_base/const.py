"""Vocabulary that several models share."""

# For companies that name no time zone; every day is the college's.
DEFAULT_TIMEZONE = "Asia/Kolkata"

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

# Why a student leaves a bed for good.
VACATE_REASONS = [
    ("graduation", "Graduation"),
    ("year_end", "End of the term or year"),
    ("transfer", "Leaves for another college or lodging"),
    ("opted_out", "Opted out"),
    ("expulsion", "Expulsion"),
    ("other", "Other"),
]
# Why beds are out of use.
BLOCK_KINDS = [
    ("repair", "Repair"),
    ("painting", "Painting and cleaning"),
    ("pest_control", "Pest control"),
    ("inspection", "Inspection"),
    ("quarantine", "Sick room"),
    ("reserved", "Kept for guests or an event"),
    ("other", "Other"),
]

STAFF_ROLES = [
    ("warden", "Warden"),
    ("supervisor", "Supervisor"),
    ("floor_incharge", "Floor in-charge"),
    ("guard", "Guard"),
    ("mess_manager", "Mess manager"),
    ("caretaker", "Caretaker"),
    ("cleaner", "Cleaner"),
]
# Group that a post brings with it; the other roles do their work without the system.
STAFF_GROUPS = {
    "warden": "hostel_base.group_hostel_warden",
    "supervisor": "hostel_base.group_hostel_supervisor",
    "floor_incharge": "hostel_base.group_hostel_floor_incharge",
    "guard": "hostel_base.group_hostel_guard",
    "mess_manager": "hostel_base.group_hostel_mess_manager",
}

# Who reads what is nobody else's business: not the guardian, not finance, not the floor.
PRIVATE_GROUPS = "hostel_base.group_hostel_supervisor"

# Reservation categories of Indian admissions.
CATEGORIES = [
    ("general", "General"),
    ("ews", "EWS"),
    ("obc", "OBC"),
    ("sc", "SC"),
    ("st", "ST"),
]
BLOOD_GROUPS = [(group, group) for group in ("A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-")]
POLICE_VERIFICATION = [
    ("not_started", "Not started"),
    ("submitted", "Submitted"),
    ("verified", "Verified"),
    ("failed", "Not verified"),
]

# Lifestyle questionnaire: each question has a fixed vocabulary, so that answers compare.
LIFESTYLE = {
    "lifestyle_sleep": [
        ("1", "Before 10 PM"),
        ("2", "Around 11 PM"),
        ("3", "Around midnight"),
        ("4", "Around 1 AM"),
        ("5", "After 2 AM"),
    ],
    "lifestyle_tidiness": [
        ("1", "Things may lie about"),
        ("2", "Tidied now and then"),
        ("3", "Tidy most of the time"),
        ("4", "Tidy"),
        ("5", "Spotless"),
    ],
    "lifestyle_noise": [
        ("1", "Silence"),
        ("2", "Quiet"),
        ("3", "Some noise is fine"),
        ("4", "Lively"),
        ("5", "Music and company"),
    ],
    "lifestyle_guests": [
        ("never", "No guests in the room"),
        ("sometimes", "Now and then"),
        ("often", "Often"),
    ],
    "lifestyle_study": [
        ("room", "In the room"),
        ("library", "In the library"),
        ("both", "Both"),
    ],
    "lifestyle_food": [
        ("vegetarian", "Vegetarian room"),
        ("egg", "Eggs are fine"),
        ("any", "Anything"),
    ],
    "lifestyle_smoking": [
        ("never", "Smoke-free room"),
        ("outside", "Outside only"),
        ("any", "Does not matter"),
    ],
    "lifestyle_alcohol": [
        ("never", "Alcohol-free room"),
        ("any", "Does not matter"),
    ],
}

# The portal as an app: file, size in pixels, purpose in the manifest.
PWA_THEME_COLOUR = "#5b4a8b"
PWA_ICONS = (
    ("icon-192.png", 192, "any"),
    ("icon-512.png", 512, "any"),
    ("icon-maskable-192.png", 192, "maskable"),
    ("icon-maskable-512.png", 512, "maskable"),
)
# What students' data is used for. Whoever lives in a hostel can't do without the first ones; the
# others are asked one by one, and another addon that needs one asks ``_has_agreed(code)``.
NECESSARY_PURPOSES = [
    ("allocation", "Giving and keeping a bed"),
    ("safety", "Safety and emergencies"),
    ("fees", "Fees and receipts"),
]
OPTIONAL_PURPOSES = [
    ("guard_photo", "Photo for the guards"),
    ("lifestyle", "Matching of roommates"),
    ("roommates", "First name for roommates"),
    ("push", "Messages on the phone"),
]
PURPOSES = [*NECESSARY_PURPOSES, *OPTIONAL_PURPOSES]

"""Names on the wire.

No public Camu contract exists (looked for in November 2025), so these names are
the sandbox's own. A real college maps its names in the provider's settings.
"""

SIGNATURE_HEADER = "X-Camu-Signature"
SIGNATURE_FIELD = "signature"
TIMESTAMP_FIELD = "timestamp"
RETURN_FIELD = "returnUrl"

# What the pay page needs, and what each webhook carries besides the outcome.
TERM_FIELD = "academicTerm"
ORDER_FIELDS = ("referenceNo", "studentId", TERM_FIELD, "feeHead", "amount", "currency")

# Outcome of a press on the pay page -> status word in the webhook.
OUTCOMES = {
    "upi": "SUCCESS",
    "card": "SUCCESS",
    "fail": "FAILED",
    "pending": "PENDING",
    "cancel": "CANCELLED",
}
PAID, OPEN = "SUCCESS", "CREATED"

# References of what the college collects for itself.
DUE_PREFIX = "DUE-"

# A signed link to the pay page may lie open this long before it is used.
ORDER_MAX_AGE_S = 1800
STATUS_TOLERANCE_S = 300

# Indian colleges close their books by the Indian day; there is no summer time.
IST_OFFSET_S = 19800

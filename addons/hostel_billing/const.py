"""Facts about the world outside.

Camu (a college ERP) publishes no contract for payments: its site and help pages,
looked through on 20 November 2026, name neither fields nor headers. So nothing
here is Camu's: these are the names that the provider starts with, and a college
replaces them in the provider's settings when its own Camu tells others.
"""

# Internal name -> name in Camu's messages. A dot steps into an object:
# "payment.amount". null means that Camu does not send it, and it is not checked.
DEFAULT_FIELD_MAP = {
    "event_id": "eventId",
    "reference": "referenceNo",
    "student_ref": "studentId",
    "term": "academicTerm",
    "fee_head": "feeHead",
    "amount": "amount",
    "currency": "currency",
    "status": "paymentStatus",
    "paid_at": "paidOn",
    "receipt_no": "receiptNo",
    # What the student still owes for the term afterwards; Camu's sandbox sends it.
    "balance": None,
}

# Camu's word, in capitals -> internal status.
DEFAULT_STATUS_MAP = {
    "SUCCESS": "success",
    "FAILED": "failed",
    "PENDING": "pending",
    "CANCELLED": "cancelled",
    "REFUNDED": "refunded",
}

DEFAULT_SIGNATURE_HEADER = "X-Camu-Signature"
DEFAULT_TOLERANCE_S = 300

# Fields of the redirect form beside those of the field map.
RETURN_FIELD = "returnUrl"
TIMESTAMP_FIELD = "timestamp"
SIGNATURE_FIELD = "signature"

# What the fee is called on Camu's side.
FEE_HEAD = "Hostel fee"
WALLET_HEAD = "Hostel wallet"

# References that no order has: messages of "Send a test message".
TEST_REFERENCE_PREFIX = "HOSTEL-TEST-"

MAX_WEBHOOK_BYTES = 64 * 1024
STATUS_TIMEOUT_S = 5
SHORTEST_SECRET = 16

SUPPORTED_CURRENCIES = ("INR",)
DEFAULT_PAYMENT_METHOD_CODES = {"camu"}

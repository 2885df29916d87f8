from . import (
    account_move,
    hostel_allocation,
    hostel_booking_desk,
    hostel_cancellation,
    payment_transaction,
)

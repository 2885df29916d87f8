from . import (
    account_move,
    hostel_allocation,
    hostel_booking_desk,
    hostel_cancellation,
    hostel_fee_structure,
    payment_transaction,
)

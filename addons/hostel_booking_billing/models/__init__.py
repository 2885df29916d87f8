from . import (
    account_move,
    hostel_allocation,
    hostel_allocation_evidence,
    hostel_allocation_exit,
    hostel_booking_desk,
    hostel_cancellation,
    hostel_exit,
    hostel_fee_structure,
    hostel_key_movement,
    hostel_room_condition,
    hostel_student,
    payment_transaction,
)

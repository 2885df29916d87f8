from . import account_move, hostel_allocation, hostel_booking_desk, payment_transaction

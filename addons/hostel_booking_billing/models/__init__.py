from . import hostel_allocation, hostel_booking_desk, payment_transaction

from . import (
    hostel_allotment_letter,
    hostel_booking_xlsx,
    hostel_move_report,
)

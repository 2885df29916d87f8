from . import (
    hostel_allocation,
    hostel_booking_desk,
    hostel_booking_outbox,
    hostel_camu_event,
)

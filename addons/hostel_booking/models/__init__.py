from . import (
    hostel_allocation,
    hostel_bed,
    hostel_booking_desk,
    hostel_booking_map,
    hostel_booking_outbox,
    hostel_booking_round,
    hostel_booking_window,
    hostel_floor,
    hostel_student,
    ir_http,
    ir_websocket,
)

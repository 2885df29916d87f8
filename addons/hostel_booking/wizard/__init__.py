from . import (
    hostel_bed_vacate,
    hostel_booking_cancel,
    hostel_booking_check,
    hostel_booking_reject,
    hostel_booking_window_change,
    hostel_key_hand_over,
    hostel_move_refuse,
    hostel_no_dues_hold,
    hostel_no_show_release,
    hostel_print_list,
    hostel_waitlist_offer,
)

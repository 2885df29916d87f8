from . import (
    test_access,
    test_alternatives,
    test_booking_api,
    test_delta,
    test_desk,
    test_hindi,
    test_js,
    test_live_wsgi,
    test_matching,
    test_round,
    test_seat_lock,
    test_tours,
)

from . import (
    hostel_bill_pay,
    hostel_camu_event_resolve,
    hostel_payment_reverse,
    hostel_rate_check,
)

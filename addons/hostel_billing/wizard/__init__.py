from . import (
    hostel_bill_pay,
    hostel_camu_event_resolve,
    hostel_clearance_import,
    hostel_payment_reverse,
    hostel_rate_check,
    hostel_meter_import,
    hostel_meter_key,
    hostel_meter_round,
    hostel_wallet_adjust,
    hostel_camu_secret,
    hostel_camu_settlement_resolve,
    hostel_refund_book,
)

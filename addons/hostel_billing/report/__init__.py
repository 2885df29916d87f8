from . import (
    hostel_bill,
    hostel_camu_settlement_report,
    hostel_receipt,
    hostel_wallet_statement,
)

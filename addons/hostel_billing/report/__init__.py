from . import (
    hostel_bill,
    hostel_camu_settlement_report,
    hostel_finance_xlsx,
    hostel_fee_statement,
    hostel_receipt,
    hostel_refund_letter,
    hostel_wallet_statement,
)

from . import (
    amount_words,
    camu_door,
    camu_payload,
    camu_signature,
    fee_math,
    receipt_checks,
    receipt_image,
    receipt_parser,
    receipt_reader,
    receipt_trace,
    settlement,
)

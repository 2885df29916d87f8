from . import (
    account_move,
    hostel_allocation,
    hostel_camu_event,
    payment_provider,
    payment_transaction,
)

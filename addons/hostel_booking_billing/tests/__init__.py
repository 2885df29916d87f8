from . import (
    test_cancel_books,
    test_checkout,
    test_hold_amount,
    test_late_money,
    test_pay_page,
    test_unpaid,
)

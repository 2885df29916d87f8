from . import (
    test_cancel_books,
    test_checkout,
    test_desk_loan,
    test_dues_by_books,
    test_exit_books,
    test_hold_amount,
    test_fee_holds,
    test_late_money,
    test_move_books,
    test_pay_page,
    test_stay_price,
    test_unpaid,
)

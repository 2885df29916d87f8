from . import test_checkout, test_late_money, test_pay_page, test_unpaid

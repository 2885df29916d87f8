from . import hostel_bill, hostel_receipt
from . import hostel_wallet_statement

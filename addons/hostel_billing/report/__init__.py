from . import hostel_bill, hostel_receipt

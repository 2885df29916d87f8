from . import hostel_allotment_letter

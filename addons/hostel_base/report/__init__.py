from . import hostel_id_card, hostel_list, hostel_list_pdf, hostel_list_xlsx

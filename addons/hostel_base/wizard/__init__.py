from . import (  # isort: skip  # the parents first
    hostel_strict_wizard,
    hostel_bed_choice,
)
from . import hostel_bed_assign, hostel_bed_transfer, hostel_bed_vacate, hostel_room_close
from . import hostel_bed_assign, hostel_print_list, hostel_room_close
from . import hostel_bed_assign, hostel_consent_paper, hostel_room_close

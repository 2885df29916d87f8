from . import hostel_bed_assign, hostel_room_close

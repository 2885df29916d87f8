from . import hostel_camu_event_resolve

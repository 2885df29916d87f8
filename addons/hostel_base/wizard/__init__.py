from . import (  # isort: skip  # the parents first
    hostel_strict_wizard,
    hostel_bed_choice,
)
from . import (
    hostel_bed_assign,
    hostel_bed_transfer,
    hostel_bed_vacate,
    hostel_consent_paper,
    hostel_floor_generate,
    hostel_floor_svg,
    hostel_identity_reject,
    hostel_print_list,
    hostel_retention_preview,
    hostel_room_close,
    hostel_verification_revoke,
)

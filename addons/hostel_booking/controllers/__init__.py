from . import (
    bed_links,
    booking,
    cohort,
    counter,
    pages,
    portal,
)

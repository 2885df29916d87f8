from . import (
    bed_links,
    booking,
    cancellation,
    cohort,
    counter,
    pages,
    portal,
)

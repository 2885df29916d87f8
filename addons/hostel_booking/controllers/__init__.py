from . import (
    bed_links,
    booking,
    cancellation,
    cohort,
    counter,
    keep,
    moves,
    pages,
    portal,
    roommates,
    waitlist,
)

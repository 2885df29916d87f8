from . import (
    bed_links,
    booking,
    cancellation,
    cohort,
    counter,
    moves,
    pages,
    portal,
    roommates,
    waitlist,
)

from . import (
    bed_links,
    booking,
    cancellation,
    cohort,
    counter,
    keep,
    moves,
    moving,
    pages,
    portal,
    roommates,
    waitlist,
)

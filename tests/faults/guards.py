"""Guards that a twin takes away, so that its race is seen to be real."""

from contextlib import contextmanager

BED = "hostel_allocation_bed_free"
STUDENT = "hostel_allocation_student_once"


@contextmanager
def without_constraints(execute, names, tidy, table="hostel_allocation"):
    """PostgreSQL's own guards taken away, as if they had never been made; put back at the end.

    :param execute: runs one statement in a transaction of its own and returns its rows
    :param tidy: statement after which what is left fits the constraints again
    """
    definitions = {
        name: execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", name
        )[0][0]
        for name in names
    }
    for name in names:
        execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        execute(tidy)
        for name, definition in definitions.items():
            execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")

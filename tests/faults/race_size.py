"""How many race at once."""

PROCESSES = 3
# Of each process, each with a cursor of its own.
THREADS = 4

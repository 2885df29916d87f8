"""Brings rows that were read from a file into the database, a batch at a time."""

from .rooms import RoomImporter
from .students import StudentImporter

IMPORTERS = {"students": StudentImporter, "rooms": RoomImporter}

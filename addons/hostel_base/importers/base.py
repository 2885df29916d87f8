"""What the importers of students and of rooms share."""

import logging
from dataclasses import dataclass, field
from typing import Any

from psycopg2 import Error as PostgresError
from psycopg2 import IntegrityError, OperationalError

from odoo.exceptions import UserError

from ..tools.import_rows import Repeats, key_of, read_cells
from ..tools.import_values import Problem, squash

_logger = logging.getLogger(__name__)

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
# Nothing is told to followers and nothing is logged for records that did not exist before.
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "no_vat_validation": True,
}


@dataclass
class Item:
    """One row on its way: what was read, which record it means, what becomes of it."""

    number: int
    cells: list[str]
    row: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    outcome: str = ""
    label: str = ""
    record: Any = None
    vals: dict[str, Any] = field(default_factory=dict)
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    def refuse(self, code, target="", value="", **params):
        self.problems.append(Problem(code, target, str(value), params))


class Catalogue:
    """Records by what people call them.

    In a dry run, what would be created has a negative id.
    """

    def __init__(self, records, names_of):
        self.ids = {}
        for record in records:
            for name in names_of(record):
                self.ids.setdefault(self._key(name), record.id)

    @staticmethod
    def _key(name):
        # Names in scripts without case or of signs only keep what they are.
        return squash(name or "") or name

    def get(self, name):
        return self.ids.get(self._key(name))

    def add(self, name, record_id=None):
        record_id = record_id or -1 - len(self.ids)
        self.ids[self._key(name)] = record_id
        return record_id


class Importer:
    """Reads and applies the rows of one batch.

    :param job: the ``hostel.import``
    :param bool apply: whether to write, or only to say what would happen
    """

    kind = ""
    readers: dict = {}

    def __init__(self, job, apply):
        self.job = job
        self.env = job.env(context={**job.env.context, **QUIET})
        self.apply = apply
        self.columns = [
            (column.index, column.target)
            for column in job.column_ids
            if column.target and column.target != "amenity_flag"
        ]
        self.repeats = Repeats(lambda row: key_of(self.kind, row))
        # What is created besides the rows: {"programmes": {"BCA", …}}
        self.created = {}

    # -- overridden ------------------------------------------------------------------------------
    def finish_row(self, item):
        raise NotImplementedError

    def match(self, items):
        raise NotImplementedError

    def create_records(self, items):
        raise NotImplementedError

    def update(self, item):
        raise NotImplementedError

    # -- reading ---------------------------------------------------------------------------------
    def remember(self, rows):
        """Learn the keys of the rows before the batch.

        :param rows: pairs of row number and cells
        """
        keys = {
            "hostel", "room", "roll_number", "application_number"
        }  # fmt: skip
        columns = [(index, target) for index, target in self.columns if target in keys]
        for number, cells in rows:
            row, _problems = read_cells(cells, columns, self.readers)
            self.complete_key(row)
            self.repeats.check(number, row)

    def complete_key(self, row):
        """Add to a row what its key needs and the file does not say."""

    def run(self, rows):
        """Judge the rows of a batch, and write them if this is no dry run.

        :param rows: pairs of row number and cells
        :return: list of :class:`Item`
        """
        items = []
        for number, cells in rows:
            row, problems = read_cells(cells, self.columns, self.readers)
            item = Item(number, cells, row, problems)
            self.complete_key(row)
            self.finish_row(item)
            repeated = self.repeats.check(number, row)
            if repeated:
                item.problems.append(repeated)
            items.append(item)
        self.match(items)
        for item in items:
            if item.problems:
                item.outcome = REFUSED
        if self.apply:
            self._write(items)
        return items

    def note_created(self, what, name):
        self.created.setdefault(what, set()).add(name)

    # -- writing ---------------------------------------------------------------------------------
    def _write(self, items):
        """All at once; if that fails, each row on its own, so that one bad row refuses itself."""
        new = [item for item in items if item.outcome == NEW]
        if new and not self._try(new, lambda: self.create_records(new)):
            for item in new:
                self._try([item], lambda item=item: self.create_records([item]), refuse=True)
        changed = [item for item in items if item.outcome == CHANGED]
        if changed and not self._try(changed, lambda: self.update_all(changed)):
            for item in changed:
                self._try([item], lambda item=item: self.update(item), refuse=True)

    def update_all(self, items):
        for item in items:
            self.update(item)

    def _try(self, items, call, refuse=False):
        """Do it or leave no trace of it; conflicts with others pass, so that the job is retried."""
        try:
            with self.env.cr.savepoint():
                call()
                self.env.flush_all()
        except OperationalError:
            raise
        except (UserError, PostgresError) as error:
            self.env.invalidate_all()
            if refuse:
                for item in items:
                    item.outcome = REFUSED
                    item.refuse("ROW_REFUSED", reason=self._reason(error))
            return False
        return True

    def _reason(self, error):
        if isinstance(error, UserError):
            return str(error)
        if isinstance(error, IntegrityError):
            return self.env["hostel.import"]._sql_error_to_message(error)
        _logger.warning("import %s: a row was refused by PostgreSQL", self.job.id)
        return self.env._("The database did not take it.")

    # -- comparing -------------------------------------------------------------------------------
    def compare(self, item, current):
        """Keep of an item's values those that differ from the record's; empty cells change nothing.

        :param dict current: values of the record by field
        """
        for name, value in list(item.vals.items()):
            present = current.get(name)
            if value == present or (not value and not present):
                del item.vals[name]
                continue
            item.changes.append((name, self._show(name, present), self._show(name, value)))

    def _show(self, name, value):
        """A value as the report of changes prints it."""
        if value in (None, False, ""):
            return "–"
        return str(value)

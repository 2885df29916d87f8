import re
from contextlib import closing
from datetime import date

from psycopg2.errors import ExclusionViolation

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..errors import HostelError

FOREVER = date(9999, 12, 31)
# The bed and the days of the row that was there first, as PostgreSQL names them in every language.
CONFLICT = re.compile(r"\((\d+), \[(\d{4}-\d\d-\d\d),(\d{4}-\d\d-\d\d)\)\)")


class HostelAllocation(models.Model):
    """Retiring beds: nobody who has one, now or later, is left without it."""

    _inherit = "hostel.allocation"

    @api.model
    def _check_may_retire(self, beds):
        """Refuse to retire beds that somebody has from today on; closures alone don't count.

        :param beds: ``hostel.bed``, which this transaction goes on to retire
        :raises HostelError: ``BED_IN_USE`` with ``details`` ``{students, until, bed_ids}``,
            ``BED_BUSY``
        """
        beds = beds.sudo()
        if not beds:
            return
        self._lock_bed(beds)
        today = self.env.company._get_college_day(self.env.cr.now())
        rows = self.sudo().search(
            [("bed_id", "in", beds.ids), *self._live_between(today, FOREVER)], order="date_from"
        )
        taken = rows.filtered(lambda row: not row.is_block)
        if taken:
            raise self._error_bed_in_use(taken)
        self._probe_free(beds, rows, today)
        self._make_bookers_look_again(beds)

    @api.model
    def _make_bookers_look_again(self, beds):
        """Change the beds' rows, so that whoever saw their room in use before can't lock them.

        Such a booking is a conflict for PostgreSQL, and Odoo tries it again.
        """
        self.env.cr.execute(
            SQL("UPDATE hostel_bed SET write_date = write_date WHERE id = ANY(%s)", beds.ids)
        )

    @api.model
    def _probe_free(self, beds, closures, today):
        """Let the constraint judge, which sees also what was committed after our snapshot.

        One statement tries to take every day of every bed that no closure has; nothing stays of it.
        """
        gaps = self._get_days_without(beds, closures, today)
        if not gaps:
            return
        self.flush_model()
        probe = SQL(
            """INSERT INTO hostel_allocation (name, state, is_block, bed_id, date_from, date_to)
                    SELECT '/', 'blocked', TRUE, bed_id, date_from, date_to
                      FROM unnest(%s::integer[], %s::date[], %s::date[])
                        AS gap (bed_id, date_from, date_to)""",
            *(list(column) for column in zip(*gaps, strict=True)),
        )
        try:
            with closing(self.env.cr.savepoint(flush=False)):
                self.env.cr.execute(probe, log_exceptions=False)
        except ExclusionViolation as exc:
            raise self._error_bed_just_taken(beds, exc) from None

    @api.model
    def _get_days_without(self, beds, closures, today):
        """``(bed id, first day, day after the last)`` of all days from today on without a closure.

        :param closures: rows of ``hostel.allocation`` in the order of their days
        """
        per_bed = closures.grouped("bed_id")
        gaps = []
        for bed in beds:
            day = today
            for row in per_bed.get(bed, ()):
                if row.date_from > day:
                    gaps.append((bed.id, day, row.date_from))
                day = max(day, row.date_to)
            gaps.append((bed.id, day, FOREVER))
        return [gap for gap in gaps if gap[1] < gap[2]]

    def _error_bed_in_use(self, taken):
        beds, until = taken.bed_id, max(taken.mapped("date_to"))
        students = len(taken.student_id)
        shown = ", ".join(beds[:3].mapped("display_name")) + (" …" if len(beds) > 3 else "")
        values = {"beds": shown, "day": format_date(self.env, until), "students": students}
        if students == 1:
            text = self.env._(
                "One student has %(beds)s, until %(day)s. Move the student to another bed first.",
                **values,
            )
        else:
            text = self.env._(
                "%(students)s students have %(beds)s, the last until %(day)s. Move them to other"
                " beds first.",
                **values,
            )
        details = {
            "students": students,
            "until": fields.Date.to_string(until),
            "bed_ids": beds.ids,
        }
        return HostelError("BED_IN_USE", text, details=details)

    def _error_bed_just_taken(self, beds, exc):
        """Of a row that only the constraint sees its bed and days are known, not whose it is."""
        found = CONFLICT.findall(exc.diag.message_detail or "")
        if not found:
            text = self.env._(
                "One of these beds was booked or closed a moment ago. Look again, and move whoever"
                " has it first."
            )
            return HostelError("BED_IN_USE", text)
        bed_id, _first, until = found[-1]
        text = self.env._(
            "%(bed)s was booked or closed a moment ago, until %(day)s. Look again, and move whoever"
            " has it first.",
            bed=beds.browse(int(bed_id)).display_name,
            day=format_date(self.env, until),
        )
        return HostelError("BED_IN_USE", text, details={"until": until, "bed_ids": [int(bed_id)]})

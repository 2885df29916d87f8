import logging
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError

_logger = logging.getLogger(__name__)

GATHER_HOURS = 24


class HostelWaitlistEntry(models.Model):
    """Beds that are kept together for a group, and why somebody was passed over.

    A group needs several beds at once, and beds become free one by one. When its turn comes, beds
    are kept closed for it, one by one, for so many hours. If there are enough by then they are
    offered; if not, they go to who comes next, and the group keeps its place and is served when
    enough beds are free at the same time. Each group has this time once, so nobody behind it
    waits for ever.
    """

    _inherit = "hostel.waitlist.entry"

    gather_until = fields.Datetime(
        string="Beds kept together until",
        readonly=True,
        copy=False,
        tracking=True,
        help="The group's time during which beds are kept for it one by one. It comes once.",
    )
    gathered_ids = fields.One2many(
        "hostel.allocation", "gathered_for_id", string="Beds kept so far", readonly=True
    )
    gathered_count = fields.Integer(string="Kept so far", compute="_compute_gathered_count")
    passed_over = fields.Char(
        string="Passed over because",
        readonly=True,
        copy=False,
        help="Why a bed that became free went to the next in line.",
    )
    passed_over_at = fields.Datetime(string="Passed over on", readonly=True, copy=False)

    @api.depends("gathered_ids.state")
    def _compute_gathered_count(self):
        for entry in self:
            entry.gathered_count = len(entry.sudo()._get_gathered())

    def _get_gathered(self):
        """Closed beds that wait until there are enough for the group."""
        return self.sudo().gathered_ids.filtered(lambda row: row.state == "blocked")

    # ------------------------------------------------------------------
    # Keeping beds together
    # ------------------------------------------------------------------

    def _gather(self, bed):
        """Keep one bed until there are enough for the group.

        :return: whether it is kept
        """
        self.ensure_one()
        entry = self.sudo()
        if entry.size < 2 or not entry._can_use(bed) or entry._get_obstacle():
            return False
        gathered = entry._get_gathered()
        if gathered and gathered.hostel_id != bed.hostel_id:
            # A group lives in one hostel.
            return False
        if any(bed._is_kept_from(student) for student in entry._get_students()):
            return False
        if not entry.try_lock_for_update(allow_referencing=True) or entry.state != "waiting":
            return False
        now = self.env.cr.now()
        until = entry.gather_until or now + timedelta(
            hours=self._get_setting("waitlist_gather_hours", GATHER_HOURS)
        )
        if until <= now:
            return False
        try:
            with self.env.cr.savepoint():
                row = (
                    self.env["hostel.allocation"]
                    .sudo()
                    ._block(
                        bed,
                        entry.term_id.date_from,
                        entry.term_id.date_to,
                        self.env._("Kept until there are enough beds for a group in line"),
                        "reserved",
                    )
                )
                row.write({"gathered_for_id": entry.id})
        except HostelError as exc:
            _logger.info("waitlist entry %s: bed %s: %s", entry.id, bed.id, exc.code)
            return False
        entry.gather_until = until
        entry._notify()
        return True

    def _release_gathered(self):
        for row in self._get_gathered():
            row._transition("cancelled")

    @api.model
    def _stop_gathering(self):
        """Let beds go that were kept long enough, or for a group that can't have them any more."""
        rows = (
            self.env["hostel.allocation"]
            .sudo()
            .search([("gathered_for_id", "!=", False), ("state", "=", "blocked")])
        )
        now = self.env.cr.now()
        for entry in rows.gathered_for_id:
            if entry.state == "waiting" and entry.gather_until > now and not entry._get_obstacle():
                continue
            try:
                with self.env.cr.savepoint():
                    if entry.try_lock_for_update(allow_referencing=True):
                        entry._release_gathered()
                        entry._notify()
            except HostelError as exc:
                # A bed is being worked on; the next run comes back to it.
                _logger.info("waitlist entry %s still keeps beds: %s", entry.id, exc.code)

    @api.model
    def _expire_due(self, limit=200):
        super()._expire_due(limit)
        self._stop_gathering()

    def _end(self, state, reason=False):
        self._release_gathered()
        return super()._end(state, reason)

    # ------------------------------------------------------------------
    # What the office is told
    # ------------------------------------------------------------------

    def _note_passed_over(self, reason):
        """Remember why the bed went to the next; a reason that stands already is not written."""
        self.ensure_one()
        entry = self.sudo()
        if entry.passed_over != reason and entry.try_lock_for_update(allow_referencing=True):
            entry.write({"passed_over": reason, "passed_over_at": self.env.cr.now()})

    def _pass_over_group(self, bed):
        """A bed that would do goes to the next: the group may have none, or there are too few."""
        if self.size > 1 and self._can_use(bed):
            obstacle = self._get_obstacle()
            self._note_passed_over(
                self._get_obstacle_text(obstacle)
                if obstacle
                else self.env._("Too few beds were free for the group.")
            )

    def _get_obstacle_text(self, code):
        """A code of :meth:`_get_obstacle` in words."""
        texts = {
            "WINDOW_CLOSED": self.env._("The booking is closed."),
            "STUDENT_INACTIVE": self.env._("Not an active student at the moment."),
            "NOT_ELIGIBLE": self.env._("The window is not open to the student at the moment."),
            "HAS_ALLOCATION": self.env._("Has a bed for the term."),
            "COHORT_CHANGED": self.env._("The group is not what it was when it got in line."),
        }
        return texts.get(code, code)

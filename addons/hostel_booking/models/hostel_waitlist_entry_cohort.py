import logging

from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError

from ..const import COHORT_PLACED_STATES, COHORT_TRANSITIONS
from .hostel_waitlist_entry import OPEN_STATES

_logger = logging.getLogger(__name__)

LINE_URL = "/my/waitlist"


class HostelWaitlistEntry(models.Model):
    """A cohort in line: all its members get beds in one offer, or none."""

    _inherit = "hostel.waitlist.entry"

    cohort_id = fields.Many2one(
        "hostel.cohort", readonly=True, ondelete="cascade", index="btree_not_null"
    )

    def _get_students(self):
        cohort = self.sudo().cohort_id
        return cohort._get_students() if cohort else super()._get_students()

    def _get_obstacle(self):
        cohort = self.sudo().cohort_id
        # Who has beds by another way leaves the line for that, however many are left.
        if cohort and cohort.state not in COHORT_PLACED_STATES and not self._is_as_large_as_group():
            return "COHORT_CHANGED"
        return super()._get_obstacle()

    def _is_as_large_as_group(self):
        cohort = self.sudo().cohort_id
        return cohort.state != "cancelled" and len(cohort._get_students()) == self.size

    # ------------------------------------------------------------------
    # A group that changes
    # ------------------------------------------------------------------

    def _follow_cohort(self):
        """Wait for those who are in the group now, in the same place in line.

        One who is left waits alone. Who answers for the group is its leader.
        """
        self.ensure_one()
        entry = self.sudo()
        cohort, students = entry.cohort_id, entry._get_students()
        if cohort.state in ("cancelled", *COHORT_PLACED_STATES) or not students:
            return
        holder = entry._find_holder(students)
        if not holder:
            entry._end_for_group(students)
            return
        changed = entry.size != len(students)
        vals = {"student_id": holder.id, "size": len(students)}
        if changed:
            entry._fit_beds(students)
            vals |= {"passed_over": False, "passed_over_at": False}
        if len(students) == 1:
            vals["cohort_id"] = False
        entry.write(vals)
        entry.flush_recordset()
        entry._notify()
        if changed and len(students) == 1:
            entry._tell_alone(holder, cohort)

    def _find_holder(self, students):
        """Who of a group answers for it: the leader, else one who is not on the list alone."""
        self.ensure_one()
        known = self.search(
            [
                ("id", "!=", self.id),
                ("waitlist_id", "=", self.waitlist_id.id),
                ("student_id", "in", students.ids),
                ("state", "in", OPEN_STATES),
            ]
        ).student_id
        leader = self.cohort_id.leader_id & students
        return ((leader | (self.student_id & students) | students) - known)[:1]

    def _fit_beds(self, students):
        """Give back what the group has no use for any more; too few are no offer."""
        self.ensure_one()
        self._release_gathered()
        if self.state != "offered":
            return
        kept = self._get_kept().sorted("bed_id")
        gone = kept.filtered(lambda row: row.student_id and row.student_id not in students)
        surplus = len(kept - gone) - len(students)
        if surplus < 0:
            self._release_beds()
            self.write({"state": "waiting", "offer_until": False, "offer_reason": False})
            return
        # A bed that was kept closed is for whoever has an unpaid one, and so of nobody yet.
        self._release_beds(gone | kept.filtered("is_block")[:surplus])

    def _end_for_group(self, students):
        """All who are left wait on the list alone already."""
        cohort = self.cohort_id
        self._release_beds()
        self._end("left", self.env._("All who are left of the group are on the list alone."))
        for student in students:
            told = cohort._in_language_of(student)
            told._write_to(
                student,
                told.env._("Your group is not in line any more"),
                told.env._(
                    "The group that got in line for %(beds)s has changed. Your own place on that"
                    " list stays.",
                    beds=self.with_env(told.env).waitlist_id._get_class_label(),
                ),
                path=LINE_URL,
            )

    def _tell_alone(self, student, cohort):
        told = cohort._in_language_of(student)
        told._write_to(
            student,
            told.env._("You are in line alone now"),
            told.env._(
                "You are the only one left of the group that got in line for %(beds)s. You keep the"
                " place, for one bed. If you do not want it, leave the list.",
                beds=self.with_env(told.env).waitlist_id._get_class_label(),
            ),
            path=LINE_URL,
        )

    @api.model
    def _expire_due(self, limit=200):
        super()._expire_due(limit)
        self._catch_up_with_cohorts()

    @api.model
    def _catch_up_with_cohorts(self):
        """Find groups whose members changed past the ORM, or while a bed was being worked on."""
        entries = self.sudo().search([("state", "in", OPEN_STATES), ("cohort_id", "!=", False)])
        for entry in entries.filtered(lambda one: not one._is_as_large_as_group()):
            try:
                with self.env.cr.savepoint():
                    if entry.try_lock_for_update(allow_referencing=True):
                        entry._follow_cohort()
            except HostelError as exc:
                # A bed is being worked on; the next run comes back to it.
                _logger.info("waitlist entry %s: group not followed: %s", entry.id, exc.code)

    # ------------------------------------------------------------------
    # Offers
    # ------------------------------------------------------------------

    def _keep_beds(self, beds, seconds):
        # The beds are the group's: nobody leaves it because of them.
        entry = self.with_context(hostel_cohort_gives=bool(self.sudo().cohort_id))
        return super(HostelWaitlistEntry, entry)._keep_beds(beds, seconds)

    def _turn_into_booking(self, block, student):
        block = block.with_context(hostel_cohort_gives=bool(self.sudo().cohort_id))
        return super()._turn_into_booking(block, student)

    def _get_paid_refusal(self, student):
        if student == self.sudo().student_id:
            return super()._get_paid_refusal(student)
        # What another one has paid for is not the leader's business.
        return HostelError(
            "NOT_ELIGIBLE",
            self.env._("One of your group can't take a bed at the moment, so nobody does."),
            403,
        )

    def _accept(self):
        rows = super()._accept()
        cohort = self.sudo().cohort_id
        if cohort:
            rows.write({"cohort_id": cohort.id})
            if "allocated" in COHORT_TRANSITIONS[cohort.state]:
                cohort._move("allocated")
        return rows

from odoo import api, models

from odoo.addons.hostel_base.const import LIVE_STATES, OCCUPIED_STATES, UNPAID_STATES
from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.reservation import Wanted

from ..const import COHORT_OPEN_STATES, COHORT_PLACED_STATES, COHORT_SUBMITTED_STATES

ENDED_STATES = ("vacated", "transferred")


class HostelCohort(models.Model):
    """Beds of a group: given to all or to nobody, and lost."""

    # One subject a file.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.cohort"

    def _give_beds(self, pairs, state, prices=None, **kwargs):
        """Reserve a bed for every member, or none at all.

        :param pairs: list of ``(hostel.student, hostel.bed)``, one for each member
        :param state: ``offered`` or ``awaiting_approval``
        :param prices: ``{bed id: price}`` as frozen when the beds were held
        :param kwargs: as of ``hostel.allocation._reserve``
        :return: the rows
        :raises HostelError: ``COHORT_CHANGED``, or whatever refuses one of the beds
        """
        self.ensure_one()
        [outcome] = self._give_many([(self, pairs)], state, prices, **kwargs)
        if isinstance(outcome, HostelError):
            raise outcome
        return outcome

    @api.model
    def _give_many(self, plans, state, prices=None, values=None, **kwargs):
        """Reserve beds for many cohorts at once, each for every member or not at all.

        :param plans: list of ``(hostel.cohort, pairs)``, as of :meth:`_give_beds`
        :param values: further values of a cohort's rows: function of the cohort, or None
        :return: for each cohort its rows, or the ``HostelError`` that refuses it
        """
        cohorts = self.sudo().browse().union(*(cohort for cohort, _pairs in plans))
        cohorts._lock()
        outcomes = [
            cohort.sudo().with_prefetch(cohorts.ids)._get_give_refusal(pairs)
            for cohort, pairs in plans
        ]
        left = [index for index, outcome in enumerate(outcomes) if outcome is None]
        groups = []
        for index in left:
            cohort, pairs = plans[index][0].sudo(), plans[index][1]
            # The rows are the group's from the start: no second write, no second audit.
            extra = {"cohort_id": cohort.id, **(values(cohort) if values else {})}
            # In the order of the beds, as everybody who locks several does.
            groups.append(
                [
                    Wanted(bed, student, cohort.term_id, (prices or {}).get(bed.id), values=extra)
                    for student, bed in sorted(pairs, key=lambda pair: pair[1].id)
                ]
            )
        given = self.env["hostel.allocation"]._reserve_many(groups, state, **kwargs)
        placed = cohorts.browse()
        for index, outcome in zip(left, given, strict=True):
            outcomes[index] = outcome
            if not isinstance(outcome, HostelError):
                cohort, outcomes[index] = plans[index][0].sudo(), outcome.sudo()
                # One that a member had been paying before is taken over.
                others = outcome.sudo().filtered(lambda row, mine=cohort: row.cohort_id != mine)
                if others:
                    others.cohort_id = cohort
                placed |= cohort
        if placed:
            placed._move("allocated")
        return outcomes

    def _get_give_refusal(self, pairs):
        """Why the cohort can't have beds now, whichever they are, or None."""
        students = [student.id for student, _bed in pairs]
        if sorted(students) != sorted(self._get_students().ids):
            return HostelError(
                "COHORT_CHANGED", self.env._("The group has changed meanwhile. Look again.")
            )
        try:
            self._check_leads_to("allocated")
        except HostelError as exc:
            return exc
        return None

    def _found_bed(self, member):
        """A member took a bed alone: the others go on without, and hand in again.

        :param member: one ``hostel.cohort.member`` of this cohort
        """
        self.ensure_one()
        cohort = self.sudo()
        cohort._lock()
        if cohort.state not in (*COHORT_OPEN_STATES, *COHORT_SUBMITTED_STATES):
            return
        cohort._go_on_without(member)

    def _rows_changed(self):
        """A bed of the cohort changed its state: follow it."""
        for cohort in self.sudo():
            if cohort.state not in COHORT_PLACED_STATES:
                continue
            # A stay that ended as it should is no bed that was lost.
            live = cohort.allocation_ids.filtered(
                lambda row: row.state in (*LIVE_STATES, *ENDED_STATES)
            )
            if not live:
                cohort._lose_beds()
            elif all(row.state in (*OCCUPIED_STATES, *ENDED_STATES) for row in live):
                if cohort.state != "confirmed":
                    cohort._move("confirmed")
                cohort._release_without_bed(live)
            elif cohort.state == "confirmed":
                cohort._move("allocated")
            else:
                cohort._notify_members()

    def _lose_beds(self):
        """Nobody has a bed any more: they may try again while there is time."""
        self.ensure_one()
        if self.submitted_at:
            self._move("awaiting_financial_clearance", cleared_at=False)
            self._clearance_changed()
        else:
            self._move("complete")

    def _release_without_bed(self, live):
        """Who let the bed go is free for something else."""
        self.ensure_one()
        lost = self._get_members().filtered(lambda row: row.student_id not in live.student_id)
        if not lost:
            return
        lost.write({"state": "left", "left_at": self.env.cr.now()})
        if self.leader_id in lost.student_id:
            self.leader_id = self._get_members()[:1].student_id

    def _bed_was_lost(self, row):
        """A row of the cohort ran out or was let go: a strict cohort keeps none.

        All in the transaction in which the row was lost: a bed that is being worked on refuses
        that, too.

        :raises HostelError: ``BED_BUSY``
        """
        self.ensure_one()
        cohort = self.sudo()
        if not cohort.is_strict or self.env.context.get("hostel_cohort_falls"):
            return
        others = (cohort.allocation_ids - row).with_context(hostel_cohort_falls=True)
        # In the order of the beds, as everybody who locks several does.
        others = others.filtered(lambda one: one._can_fall_with_group()).sorted("bed_id")
        for_wardens = others.filtered(lambda one: one.state not in UNPAID_STATES)
        for other in others:
            other._fall_with_group()
        for rows in for_wardens.grouped("hostel_id").values():
            rows[0]._tell_wardens_of_fall(cohort, rows)

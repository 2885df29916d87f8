from odoo import models

from odoo.addons.hostel_base.errors import HostelError

from ..const import COHORT_OPEN_STATES, COHORT_SUBMITTED_STATES


class HostelCohort(models.Model):
    """Which window a group is in, and what may be changed there until when."""

    # One subject a file.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.cohort"

    def _takes_wishes(self):
        """Whether the window places people by ranked wishes, not by live picking only."""
        self.ensure_one()
        return self._get_window().mode in ("ranked", "both")

    def _picks_live(self):
        """Whether the window lets people pick beds on the map."""
        self.ensure_one()
        return self._get_window().mode in ("live", "both")

    def _get_window(self):
        """The window that the group is in: its own, or, once that has closed and nothing is
        handed in, the next one of the round."""
        self.ensure_one()
        cohort = self.sudo()
        if cohort.state in COHORT_OPEN_STATES and not cohort._is_own_window_running():
            return cohort._get_next_window() or cohort.window_id
        return cohort.window_id

    def _get_next_window(self):
        """A window of the round in which an undecided group could go on, or an empty recordset."""
        self.ensure_one()
        cohort = self.sudo()
        return self.env["hostel.cohort.desk"]._pick_window(cohort.leader_id, cohort.round_id)

    def _is_own_window_running(self):
        self.ensure_one()
        window = self.sudo().window_id
        return bool(window) and window.closes_at > self.env.cr.now()

    def _is_before_deadline(self):
        """Whether the group's window still runs, by PostgreSQL's clock."""
        self.ensure_one()
        window = self._get_window()
        return bool(window) and window.closes_at > self.env.cr.now()

    def _is_being_placed(self):
        """Whether an allocation works on the group right now, which must not change meanwhile."""
        self.ensure_one()
        cohort = self.sudo()
        if cohort.state not in COHORT_SUBMITTED_STATES:
            return False
        return bool(
            self.env["hostel.allocation.run"]
            .sudo()
            .search_count(
                [
                    ("round_id", "=", cohort.round_id.id),
                    ("window_id", "in", (False, cohort.window_id.id)),
                    ("is_simulation", "=", False),
                    ("state", "in", ("solving", "applying")),
                ],
                limit=1,
            )
        )

    def _was_left_out(self):
        """Whether it is handed in still, and the last allocation gave it no beds."""
        self.ensure_one()
        if self.sudo().state not in COHORT_SUBMITTED_STATES:
            return False
        Line = self.env["hostel.allocation.run.line"].sudo()
        return bool(
            Line.search_count(
                [
                    *Line._get_shown_domain(),
                    ("cohort_id", "=", self.id),
                    ("state", "!=", "done"),
                ],
                limit=1,
            )
        )

    def _bind_window(self):
        """Take the group on into the window that it is in now."""
        self.ensure_one()
        cohort, window = self.sudo(), self._get_window()
        if cohort.window_id != window:
            cohort.window_id = window

    # ------------------------------------------------------------------
    # Leaving, and taking back
    # ------------------------------------------------------------------

    def _can_be_left(self):
        """Whether a member may go and the leader may end the group."""
        self.ensure_one()
        return (
            self.sudo().state in (*COHORT_OPEN_STATES, *COHORT_SUBMITTED_STATES)
            and not self._is_being_placed()
        )

    def _can_be_withdrawn(self):
        """Whether what was handed in may be taken back: there must be time for something else."""
        self.ensure_one()
        return (
            self.sudo().state in COHORT_SUBMITTED_STATES
            and (self._is_own_window_running() or bool(self._get_next_window()))
            and not self._is_being_placed()
        )

    def _check_can_be_left(self):
        """:raises HostelError: ``COHORT_LOCKED``, ``BEING_PLACED``"""
        self.ensure_one()
        if self.sudo().state not in (*COHORT_OPEN_STATES, *COHORT_SUBMITTED_STATES):
            raise HostelError(
                "COHORT_LOCKED",
                self.env._("Your group has beds. To give yours up, open the page of your stay."),
            )
        self._check_not_being_placed()

    def _check_not_being_placed(self):
        """:raises HostelError: ``BEING_PLACED``"""
        if self._is_being_placed():
            raise HostelError(
                "BEING_PLACED",
                self.env._("Beds are being given right now. Look again once you have the result."),
            )

    def _check_deadline(self):
        if not self._is_before_deadline():
            raise HostelError(
                "WINDOW_CLOSED", self.env._("The time for changes is over: the window closed."), 403
            )

    def _withdraw(self):
        """Take what was handed in back: until the window closes, or to go on in another one.

        :raises HostelError: ``INVALID_TRANSITION``, ``WINDOW_CLOSED``, ``BEING_PLACED``
        """
        self.ensure_one()
        if self.sudo().state not in COHORT_SUBMITTED_STATES:
            raise HostelError(
                "INVALID_TRANSITION", self.env._("There is nothing to take back at the moment.")
            )
        if not self._is_own_window_running() and not self._get_next_window():
            self._check_deadline()
        self._check_not_being_placed()
        self._move("complete", submitted_at=False, cleared_at=False)

    def _go_on_without(self, member):
        """One goes; the last one ends the group.

        What was handed in comes back while there is time to hand it in again. After that the
        others stay handed in, in a group that is as large as they are.

        :param member: one ``hostel.cohort.member`` of this cohort
        """
        self.ensure_one()
        cohort = self.sudo()
        if cohort.member_count == 1:
            cohort._cancel()
            return
        was_submitted = cohort.state in COHORT_SUBMITTED_STATES
        if was_submitted and cohort._is_own_window_running():
            cohort._move("complete", submitted_at=False, cleared_at=False)
        member.write({"state": "left", "left_at": self.env.cr.now()})
        if cohort.leader_id == member.student_id:
            cohort.leader_id = cohort._get_members()[:1].student_id
        if cohort.state in COHORT_SUBMITTED_STATES:
            cohort._close_places()
            cohort._clearance_changed()
        else:
            cohort._settle_size()
        if was_submitted:
            cohort._tell_one_left()

    def _close_places(self):
        """Make the group as large as there are people in it."""
        self.ensure_one()
        cohort = self.sudo()
        cohort._number_seats()
        count = len(cohort._get_members())
        vals = {"size_min": min(count, cohort.size_min), "size_max": count}
        if count == 1:
            vals |= {"is_solo": True, "invite_token": False}
        cohort.write(vals)

    def _number_seats(self):
        """Number the places from one without gaps, so that the last ones can go."""
        for seat, member in enumerate(self._get_members(), 1):
            if member.seat != seat:
                member.seat = seat
                member.flush_recordset()

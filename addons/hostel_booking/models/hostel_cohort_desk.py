from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import api, models

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.storable import storable

from ..const import COHORT_OPEN_STATES, MAX_COHORT_SIZE
from ..tools.eligibility import DUES

INVITATION_HOURS = 72


class HostelCohortDesk(models.AbstractModel):
    """What students do about the people they want to live with.

    Everything is about the signed-in student and the own cohort; ids are those of its rows.
    """

    _name = "hostel.cohort.desk"
    _description = "Cohort Desk"

    # ------------------------------------------------------------------
    # Who and where
    # ------------------------------------------------------------------

    @api.model
    def _get_student(self):
        """The signed-in student.

        :raises HostelError: ``NOT_A_STUDENT``
        """
        return self.env["hostel.booking.desk"]._get_student()

    @api.model
    def _get_round(self):
        """The open round.

        :raises HostelError: ``NO_ROUND``
        """
        booking_round = self._find_round()
        if booking_round:
            return booking_round
        if self.env["hostel.booking.desk"]._get_round():
            text = self.env._(
                "Only practice is going on at the moment. Groups and wishes are for real beds: come"
                " back when booking opens."
            )
        else:
            text = self.env._("No booking is going on at the moment.")
        raise HostelError("NO_ROUND", text, 404)

    @api.model
    def _find_round(self):
        """The open round, or an empty recordset; a group is never for practice."""
        return self.env["hostel.booking.desk"]._get_real_round()

    @api.model
    def _find_cohort(self, student, booking_round):
        """The live cohort of a student in a round, or an empty recordset."""
        member = (
            self.env["hostel.cohort.member"]
            .sudo()
            .search(
                [
                    ("student_id", "=", student.id),
                    ("round_id", "=", booking_round.id),
                    ("state", "=", "joined"),
                ],
                limit=1,
            )
        )
        return member.cohort_id

    @api.model
    def _get_own(self, lead=False):
        """The signed-in student and the own cohort, which no one else changes meanwhile.

        :param lead: only for the leader
        :raises HostelError: ``NO_COHORT``, ``NOT_LEADER``
        """
        student = self._get_student()
        cohort = self._find_cohort(student, self._get_round())
        if not cohort:
            raise HostelError("NO_COHORT", self.env._("You are in no group at the moment."), 404)
        cohort._lock()
        if lead and cohort.leader_id != student:
            raise HostelError(
                "NOT_LEADER", self.env._("Only the one who leads the group can do that."), 403
            )
        cohort._bind_window()
        return student, cohort

    def _get_own_member(self, cohort, member_id, states=("joined",)):
        member = cohort.member_ids.filtered(lambda row: row.id == member_id and row.state in states)
        if not member:
            raise self._not_found()
        return member

    def _not_found(self):
        return self.env["hostel.booking.desk"]._not_found()

    # ------------------------------------------------------------------
    # Who may
    # ------------------------------------------------------------------

    @api.model
    def _pick_window(self, student, booking_round):
        """The window that a cohort of this student belongs to: one with wishes first."""
        now = self.env.cr.now()
        windows = booking_round.window_ids.filtered(
            lambda window: self._is_meant_for(window, student) and window.closes_at > now
        )
        return windows.sorted(lambda window: (window.mode == "live", window.closes_at))[:1]

    def _is_meant_for(self, window, student):
        """Whether a window is for a student, dues aside: for those a group waits."""
        facts = student._get_booking_facts(window.round_id)
        return not set(window._judge(facts)) - {DUES}

    @api.model
    def _check_eligible(self, student, booking_round, window):
        """Whether a student may plan a bed in a window at all.

        :raises HostelError: ``NOT_ELIGIBLE``, ``STUDENT_INACTIVE``, ``HAS_ALLOCATION``
        """
        code = student._get_booking_refusal(booking_round)
        if not code and (
            not window
            or not self._is_meant_for(window, student)
            or window.closes_at <= self.env.cr.now()
        ):
            code = "NOT_ELIGIBLE"
        if code == "NOT_ELIGIBLE":
            raise HostelError(
                code, self.env._("No booking window is open to you at the moment."), 403
            )
        if code:
            status, message = self.env["hostel.booking.desk"]._refusal_text(code)
            raise HostelError(code, message, status)

    @api.model
    def _get_size_limit(self, window, gender):
        """The most who can live in one room of a window."""
        rooms = (
            self.env["hostel.room"]
            .sudo()
            ._read_group(
                [
                    ("hostel_id", "in", window.hostel_ids.ids),
                    ("gender", "in", (False, gender)),
                ],
                ["room_type_id"],
            )
        )
        limit = max((room_type.sharing for [room_type] in rooms), default=1)
        return min(limit, MAX_COHORT_SIZE)

    # ------------------------------------------------------------------
    # A new group
    # ------------------------------------------------------------------

    @api.model
    def _create(self, size, is_solo=False):
        """Start a group of so many, or rank wishes alone.

        :raises HostelError: ``COHORT_SIZE``, ``ALREADY_IN_COHORT``, see :meth:`_check_eligible`
        """
        student, booking_round = self._get_student(), self._get_round()
        window = self._pick_window(student, booking_round)
        self._check_eligible(student, booking_round, window)
        size = 1 if is_solo else size
        limit = self._get_size_limit(window, student.gender)
        if not is_solo and not 2 <= size <= limit:
            raise HostelError(
                "COHORT_SIZE",
                self.env._("A group has between 2 and %(limit)s people.", limit=limit),
                422,
            )
        cohort = (
            self.env["hostel.cohort"]
            .sudo()
            .create(
                {
                    "round_id": booking_round.id,
                    "window_id": window.id,
                    "leader_id": student.id,
                    "gender": student.gender,
                    "is_solo": is_solo,
                    "size_min": min(size, 2),
                    "size_max": size,
                }
            )
        )
        if not is_solo:
            cohort._renew_token()
        self._take_seat(cohort, student)
        cohort._settle_size()
        return cohort

    def _take_seat(self, cohort, student, member=None):
        """Let a student join at the first free place; PostgreSQL decides who was first.

        :raises HostelError: ``COHORT_FULL``, ``ALREADY_IN_COHORT``
        """
        taken = set(cohort._get_members().mapped("seat"))
        seat = next((n for n in range(1, cohort.size_max + 1) if n not in taken), None)
        if seat is None:
            raise HostelError(
                "COHORT_FULL", self.env._("The group is full. Ask its leader for a place.")
            )
        vals = {"state": "joined", "seat": seat, "joined_at": self.env.cr.now()}
        Member = self.env["hostel.cohort.member"].sudo()
        try:
            with self.env.cr.savepoint():
                if member:
                    member.write(vals)
                else:
                    member = Member.create(
                        {"cohort_id": cohort.id, "student_id": student.id, **vals}
                    )
                member.flush_recordset()
        except IntegrityError as exc:
            raise self._seat_error(exc) from None
        return member

    def _seat_error(self, exc):
        if exc.diag.constraint_name == "hostel_cohort_member_seat_once":
            return HostelError(
                "COHORT_FULL", self.env._("Someone took this place a second ago. Try again.")
            )
        return HostelError(
            "ALREADY_IN_COHORT", self.env._("You are in a group already. Leave it first.")
        )

    # ------------------------------------------------------------------
    # The invite link
    # ------------------------------------------------------------------

    @api.model
    def _find_by_token(self, token):
        """The cohort behind a link that works.

        :raises HostelError: ``NOT_FOUND``, whatever is wrong with the link
        """
        token = storable(token)
        cohort = (
            self.env["hostel.cohort"]
            .sudo()
            .search([("invite_token", "=", token), ("state", "!=", "cancelled")], limit=1)
            if token
            else None
        )
        if not cohort or cohort.invite_expires_at <= self.env.cr.now():
            raise HostelError(
                "NOT_FOUND",
                self.env._("This link does not work any more. Ask your friend for a new one."),
                404,
            )
        return cohort

    @api.model
    def _preview(self, token):
        """What somebody with the link sees before joining: only what the leader shares.

        :raises HostelError: ``NOT_FOUND``, ``GENDER_MISMATCH``, see :meth:`_check_eligible`
        """
        student, cohort = self._get_student(), self._find_by_token(token)
        self._check_may_join(cohort, student)
        return {
            "leader": self._describe_person(cohort.leader_id),
            "term": cohort.term_id.name,
            "size": cohort.size_max,
            "joined": cohort.member_count,
            "mine": self._find_cohort(student, cohort.round_id) == cohort,
        }

    def _check_may_join(self, cohort, student):
        if student.gender != cohort.gender:
            raise HostelError(
                "GENDER_MISMATCH",
                self.env._("Rooms are shared by students of one gender only."),
                403,
            )
        self._check_eligible(student, cohort.round_id, cohort._get_window())

    @api.model
    def _join(self, token):
        """Join the group behind a link.

        :raises HostelError: ``NOT_FOUND``, ``COHORT_LOCKED``, ``COHORT_FULL``,
            ``ALREADY_IN_COHORT``, ``GENDER_MISMATCH``, see :meth:`_check_eligible`
        """
        student, cohort = self._get_student(), self._find_by_token(token)
        cohort._lock()
        self._check_may_join(cohort, student)
        mine = self._find_cohort(student, cohort.round_id)
        if mine == cohort:
            return cohort
        self._check_joinable(cohort)
        invited = cohort.member_ids.filtered(
            lambda row: row.student_id == student and row.state == "invited"
        )
        self._take_seat(cohort, student, invited)
        self._decline_others(cohort, student)
        cohort._settle_size()
        return cohort

    def _check_joinable(self, cohort):
        if cohort.state not in COHORT_OPEN_STATES:
            raise HostelError(
                "COHORT_LOCKED", self.env._("The group has handed its wishes in already.")
            )
        cohort._check_deadline()

    def _decline_others(self, cohort, student):
        """Who joined somewhere has answered the other invitations too."""
        self.env["hostel.cohort.member"].sudo().search(
            [
                ("student_id", "=", student.id),
                ("round_id", "=", cohort.round_id.id),
                ("state", "=", "invited"),
            ]
        ).write({"state": "declined", "left_at": self.env.cr.now()})

    @api.model
    def _renew_link(self):
        _student, cohort = self._get_own(lead=True)
        cohort._check_open()
        cohort._renew_token()

    # ------------------------------------------------------------------
    # Invitations to somebody who was suggested
    # ------------------------------------------------------------------

    def _invite(self, cohort, student):
        """Ask a student, who stays unknown to the group until the answer is yes."""
        self._check_joinable(cohort)
        known = cohort.member_ids.filtered(
            lambda row: row.student_id == student and row.state in ("invited", "declined", "joined")
        )
        if known:
            # One who declined is not asked again, and looks like one who has not answered.
            known[:1].is_taken_back = False
            return known[:1]
        again = self._get_asked(cohort).filtered(
            lambda row: row.student_id == student and row.is_taken_back
        )[:1]
        if again:
            # The same question, with the time that is left for an answer.
            again.write({"state": "invited", "left_at": False, "is_taken_back": False})
            cohort._notify(student)
            return again
        member = (
            self.env["hostel.cohort.member"]
            .sudo()
            .create(
                {
                    "cohort_id": cohort.id,
                    "student_id": student.id,
                    "state": "invited",
                    "expires_at": self.env.cr.now() + timedelta(hours=INVITATION_HOURS),
                }
            )
        )
        cohort._notify(student)
        cohort._tell_invited(student)
        return member

    def _get_asked(self, cohort):
        """Rows of those whom the group asked a short time ago, whatever became of it.

        Also of a question that was taken back: it was asked, and its end frees nothing.
        """
        now = self.env.cr.now()
        return cohort.member_ids.filtered(
            lambda row: (
                row.state in ("invited", "declined", "removed")
                and row.expires_at
                and row.expires_at > now
            )
        )

    @api.model
    def _count_invitations(self, student):
        """How many groups wait for an answer of a student."""
        booking_round = self._find_round()
        return len(self._get_invitations(student, booking_round)) if booking_round else 0

    @api.model
    def _get_invitations(self, student, booking_round):
        return (
            self.env["hostel.cohort.member"]
            .sudo()
            .search(
                [
                    ("student_id", "=", student.id),
                    ("round_id", "=", booking_round.id),
                    ("state", "=", "invited"),
                    ("expires_at", ">", self.env.cr.now()),
                    ("cohort_id.state", "in", COHORT_OPEN_STATES),
                ]
            )
        )

    @api.model
    def _answer(self, member_id, accept):
        """Accept or decline an invitation.

        :raises HostelError: ``NOT_FOUND``, and what :meth:`_join` refuses
        """
        student = self._get_student()
        member = self._get_invitations(student, self._get_round()).filtered(
            lambda row: row.id == member_id
        )
        if not member:
            raise self._not_found()
        cohort = member.cohort_id
        if not accept:
            # Nobody is told: it looks like silence until the invitation ends.
            member.write({"state": "declined", "left_at": self.env.cr.now()})
            return
        cohort._lock()
        self._check_may_join(cohort, student)
        self._check_joinable(cohort)
        self._take_seat(cohort, student, member)
        self._decline_others(cohort, student)
        cohort._settle_size()

    # ------------------------------------------------------------------
    # Leaving, removing, leading
    # ------------------------------------------------------------------

    @api.model
    def _leave(self):
        """Leave the own group; the last one ends it, a leader hands over to the next.

        Of a group that handed in, see ``hostel.cohort._go_on_without``.

        :raises HostelError: ``COHORT_LOCKED``, ``BEING_PLACED``
        """
        student, cohort = self._get_own()
        cohort._check_can_be_left()
        cohort._go_on_without(cohort._get_members().filtered(lambda r: r.student_id == student))
        cohort._notify(student)

    def _drop(self, cohort, member, state="left"):
        member.write({"state": state, "left_at": self.env.cr.now()})
        cohort._settle_size()

    @api.model
    def _remove(self, member_id):
        """The leader takes somebody out of the group, or takes an invitation back.

        :raises HostelError: ``NOT_FOUND``, ``NOT_LEADER``, ``COHORT_LOCKED``
        """
        student, cohort = self._get_own(lead=True)
        cohort._check_open()
        member = self._get_own_member(cohort, member_id, ("joined", "invited", "declined"))
        if member.student_id == student:
            raise HostelError(
                "NOT_YOURSELF", self.env._("To go yourself, leave the group or end it."), 422
            )
        gone = member.student_id if member.state == "joined" else None
        # A no that is taken back looks like silence that is.
        member.is_taken_back = not gone
        if member.state != "declined":
            self._drop(cohort, member, "removed")
        # Otherwise the link in the other's hands would let them in again.
        cohort._renew_token()
        if gone:
            cohort._notify(gone)

    @api.model
    def _hand_over(self, member_id):
        """Another member leads from now on."""
        _student, cohort = self._get_own(lead=True)
        if cohort.state == "cancelled":
            raise self._not_found()
        cohort.leader_id = self._get_own_member(cohort, member_id).student_id
        cohort._renew_token()
        cohort._notify_members()

    @api.model
    def _disband(self):
        """End the group; all of it are free.

        :raises HostelError: ``NOT_LEADER``, ``COHORT_LOCKED``, ``BEING_PLACED``
        """
        student, cohort = self._get_own(lead=True)
        cohort._check_can_be_left()
        others = cohort._get_students() - student
        cohort._cancel()
        cohort._tell_ended(others)

    @api.model
    def _set_size(self, size):
        """More places, or fewer: as many as there are people closes the group."""
        _student, cohort = self._get_own(lead=True)
        cohort._check_open()
        limit = self._get_size_limit(cohort.window_id, cohort.gender)
        if cohort.is_solo or not max(2, cohort.member_count) <= size <= limit:
            raise HostelError(
                "COHORT_SIZE",
                self.env._(
                    "A group has between %(least)s and %(limit)s people.",
                    least=max(2, cohort.member_count),
                    limit=limit,
                ),
                422,
            )
        cohort._number_seats()
        cohort.size_max = size
        cohort._settle_size()

    @api.model
    def _set_strict(self, is_strict):
        _student, cohort = self._get_own(lead=True)
        cohort._check_open()
        cohort.is_strict = is_strict
        cohort._notify_members()

    # ------------------------------------------------------------------
    # Submitting
    # ------------------------------------------------------------------

    @api.model
    def _submit(self):
        student, cohort = self._get_own(lead=True)
        self._check_eligible(student, cohort.round_id, cohort.window_id)
        for other in cohort._get_students() - student:
            self._check_other_eligible(other, cohort)
        cohort._submit()

    def _check_other_eligible(self, other, cohort):
        """Refuse in words about the other member; what speaks against them is their own business.

        :raises HostelError: ``NOT_ELIGIBLE``
        """
        try:
            self._check_eligible(other, cohort.round_id, cohort.window_id)
        except HostelError:
            name = self._describe_person(other)["name"]
            raise HostelError(
                "NOT_ELIGIBLE",
                self.env._(
                    "%(name)s can't get a bed at the moment, so your wishes wait. Talk about it:"
                    " the hostel office tells only them why.",
                    name=name or self.env._("One of your group"),
                ),
                403,
            ) from None

    @api.model
    def _withdraw(self):
        _student, cohort = self._get_own(lead=True)
        cohort._withdraw()

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _describe_person(self, student, agreed=None):
        """What other students may know: the first name if agreed to, department and year."""
        student = student.sudo()
        agreed = student._get_agreed() if agreed is None else agreed
        shares = "roommates" in agreed.get(student.id, ())
        return {
            "name": student.name.split()[0] if shares else "",
            "department": student.department or "",
            "year": student.year_of_study,
        }

from odoo import models

from odoo.addons.hostel_base.errors import HostelError


class HostelWaitlistDesk(models.AbstractModel):
    _inherit = "hostel.waitlist.desk"

    def _get_entries(self, student):
        """Also those of the cohorts that the student is in."""
        entries = super()._get_entries(student)
        cohorts = (
            self.env["hostel.cohort.member"]
            .sudo()
            .search([("student_id", "=", student.id), ("state", "=", "joined")])
            .cohort_id
        )
        return entries | entries.search([("cohort_id", "in", cohorts.ids)])

    def _join_with_cohort(self, hostel_id=None, room_type_id=None):
        """Get in line for beds for the whole cohort; its leader does that.

        :raises HostelError: as :meth:`_join`, ``NO_COHORT``, ``NOT_THE_LEADER``,
            ``NOT_ELIGIBLE`` where another member can't wait
        """
        student = self._get_student().sudo()
        cohort = self._get_cohort(student)
        if not cohort:
            raise HostelError("NO_COHORT", self.env._("You are in no group for this term."), 404)
        if cohort.leader_id != student:
            raise HostelError(
                "NOT_THE_LEADER", self.env._("The leader of your group gets in line for all."), 403
            )
        hostel, kind = self._read_class(student, hostel_id, room_type_id)
        window = self._get_window(student, hostel)
        if not window:
            raise self._no_window()
        self._check_may_wait(student, window)
        for other in cohort._get_students() - student:
            self._check_other_may_wait(other, window)
        waitlist = self.env["hostel.waitlist"]._get_or_create(window, hostel, kind)
        return self._enter(student, waitlist, cohort_id=cohort.id, size=len(cohort._get_students()))

    def _check_other_may_wait(self, other, window):
        """Refuse in words about the other member; what speaks against them is their own business.

        :raises HostelError: ``NOT_ELIGIBLE``
        """
        try:
            self._check_may_wait(other, window)
        except HostelError:
            name = self.env["hostel.cohort.desk"]._describe_person(other)["name"]
            raise HostelError(
                "NOT_ELIGIBLE",
                self.env._(
                    "%(name)s can't get in line at the moment, so your group does not. Talk about"
                    " it: the hostel office tells only them why.",
                    name=name or self.env._("One of your group"),
                ),
                403,
            ) from None

    def _get_led_size(self):
        student = self._get_student().sudo()
        cohort = self._get_cohort(student)
        return len(cohort._get_students()) if cohort.leader_id == student else 0

    def _get_cohort(self, student):
        """The student's group in the open round, of more than one."""
        booking_round = self.env["hostel.booking.desk"].sudo()._get_real_round()
        members = (
            self.env["hostel.cohort.member"]
            .sudo()
            .search([("student_id", "=", student.id), ("state", "=", "joined")])
        )
        return members.cohort_id.filtered(
            lambda cohort: (
                cohort.round_id == booking_round
                and cohort.state != "cancelled"
                and len(cohort._get_students()) > 1
            )
        )[:1]

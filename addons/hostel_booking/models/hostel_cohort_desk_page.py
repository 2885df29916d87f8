from odoo import api, models

from odoo.addons.hostel_base.errors import HostelError

from ..const import COHORT_OPEN_STATES, MAX_WISHES

JOIN_PATH = "/my/cohort/join/"


class HostelCohortDesk(models.AbstractModel):
    """What the page “Live together” shows."""

    # One subject a file: people, wishes, beds, the page.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.cohort.desk"

    @api.model
    def _get_page(self):
        """Everything that the page shows about the own group.

        :raises HostelError: ``NOT_A_STUDENT``, ``NO_ROUND``
        """
        student, booking_round = self._get_student(), self._get_round()
        cohort = self._find_cohort(student, booking_round)
        window = (cohort and cohort._get_window()) or self._pick_window(student, booking_round)
        invitations = self._get_invitations(student, booking_round)
        return {
            "term": booking_round.term_id.name,
            "window": self._describe_window(window) if window else None,
            "limits": {
                "min": 2,
                "max": self._get_size_limit(window, student.gender) if window else 1,
                "wishes": MAX_WISHES,
            },
            "refusal": "" if cohort else self._get_refusal(student, booking_round, window),
            "shares_name": student._has_agreed("roommates"),
            "cohort": self._describe_cohort(cohort, student) if cohort else None,
            "invitations": [
                {
                    "id": row.id,
                    "leader": self._describe_person(row.cohort_id.leader_id),
                    "size": row.cohort_id.size_max,
                    "joined": row.cohort_id.member_count,
                }
                for row in invitations - invitations.filtered(lambda r: r.cohort_id == cohort)
            ],
        }

    def _get_refusal(self, student, booking_round, window):
        try:
            self._check_eligible(student, booking_round, window)
        except HostelError as exc:
            return str(exc)
        return ""

    def _describe_window(self, window):
        now = self.env.cr.now()
        state = "open"
        if window.opens_at > now:
            state = "soon"
        if window.closes_at <= now:
            state = "closed"
        return {
            "name": window.name,
            "state": state,
            "takes_wishes": window.mode in ("ranked", "both"),
            "picks_live": window.mode in ("live", "both"),
            "closes_in_ms": max(0, int((window.closes_at - now).total_seconds() * 1000)),
            "closes_label": self.env["hostel.booking.desk"]._format_moment(window.closes_at),
        }

    def _describe_cohort(self, cohort, student):
        leads = cohort.leader_id == student
        labels = dict(cohort._fields["state"]._description_selection(self.env))
        return {
            "name": cohort.name,
            "state": cohort.state,
            "state_label": labels[cohort.state],
            "is_solo": cohort.is_solo,
            "is_strict": cohort.is_strict,
            "size": cohort.size_max,
            "leads": leads,
            "can_change": cohort.state in COHORT_OPEN_STATES and cohort._is_before_deadline(),
            "was_left_out": cohort._was_left_out(),
            "can_leave": cohort._can_be_left(),
            "can_withdraw": leads and cohort._can_be_withdrawn(),
            "members": self._describe_members(cohort, student),
            "invited": self._describe_invited(cohort) if leads else [],
            "invite": self._describe_invite(cohort) if leads else None,
            "wishes": self._describe_wishes(cohort),
            "beds": self._describe_beds(cohort, student),
            "held": self._get_held(cohort, student),
        }

    def _describe_members(self, cohort, student):
        """The group for one of it: first names of who shares them, and cleared or not yet."""
        rows = cohort._get_members()
        agreed = rows.student_id._get_agreed()
        missing = cohort._get_missing()
        return [
            {
                "id": row.id,
                "is_me": row.student_id == student,
                "is_leader": row.student_id == cohort.leader_id,
                "is_cleared": row.student_id not in missing,
                **self._describe_person(row.student_id, agreed),
                # Everybody knows the own name.
                **({"name": student.name.split()[0]} if row.student_id == student else {}),
            }
            for row in rows
        ]

    def _describe_invited(self, cohort):
        """Whom the leader asked without knowing them, described as they were suggested; a no looks
        like no answer yet."""
        now = self.env.cr.now()
        rows = cohort.member_ids.filtered(
            lambda row: (
                row.state in ("invited", "declined")
                and not row.is_taken_back
                and row.expires_at
                and row.expires_at > now
            )
        )
        if not rows:
            return []
        Occupants = self.env["hostel.booking.occupants"]
        sizes = Occupants._get_group_sizes(cohort.gender)
        return [
            {"id": row.id, **Occupants._describe_person(row.student_id.sudo(), sizes)}
            for row in rows
        ]

    def _describe_invite(self, cohort):
        now = self.env.cr.now()
        if not cohort.invite_token or cohort.state not in COHORT_OPEN_STATES:
            return None
        ends_in = (cohort.invite_expires_at - now).total_seconds()
        return {
            "path": f"{JOIN_PATH}{cohort.invite_token}",
            "ends_in_ms": max(0, int(ends_in * 1000)),
            "ends_label": self.env["hostel.booking.desk"]._format_moment(cohort.invite_expires_at),
        }

    def _describe_beds(self, cohort, student):
        """Beds that the group was given; of the others only whether they confirmed."""
        desk = self.env["hostel.booking.desk"]
        rows = cohort.allocation_ids.filtered(
            lambda row: row.student_id in cohort._get_students()
        ).sorted("id", reverse=True)
        agreed = rows.student_id._get_agreed() if rows else {}
        latest = {}
        for row in rows:
            latest.setdefault(row.student_id, row)
        return [
            {
                **self._describe_person(row.student_id, agreed),
                "is_mine": row.student_id == student,
                "place": row._get_bed_label(),
                "price": desk._format_money(row._get_asked_price()),
                "is_settled": row.state not in ("offered", "paying"),
                "state": row.state if row.student_id == student else "",
                "state_label": dict(row._fields["state"]._description_selection(self.env))[
                    row.state
                ]
                if row.student_id == student
                else "",
                "hold_ms": max(0, int((row.hold_until - self.env.cr.now()).total_seconds() * 1000))
                if row.hold_until
                else None,
            }
            for row in latest.values()
            if row.state not in ("expired", "cancelled")
        ]

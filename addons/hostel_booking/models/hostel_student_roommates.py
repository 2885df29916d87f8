from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.const import PRIVATE_GROUPS
from odoo.addons.hostel_base.errors import HostelError


class HostelStudent(models.Model):
    """What a student wants of others who look for a roommate."""

    # One subject a file: windows, matching, roommates.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.student"

    takes_pings = fields.Boolean(
        string="Takes messages about the room",
        default=True,
        copy=False,
        groups=PRIVATE_GROUPS,
        help="Students who look at the room may write once, without learning who it is.",
    )
    pings_suspended_until = fields.Datetime(
        string="May not write until",
        copy=False,
        groups=PRIVATE_GROUPS,
        help="After a report the warden may stop a student's messages for a while.",
    )
    is_ping_suspended = fields.Boolean(
        string="Messages are stopped",
        compute="_compute_is_ping_suspended",
        groups=PRIVATE_GROUPS,
    )
    looking_round_id = fields.Many2one(
        "hostel.booking.round",
        string="Looks for roommates in",
        copy=False,
        groups=PRIVATE_GROUPS,
        index="btree_not_null",
        ondelete="set null",
    )

    @api.depends("pings_suspended_until")
    def _compute_is_ping_suspended(self):
        now = self.env.cr.now()
        for student in self:
            until = student.pings_suspended_until
            student.is_ping_suspended = bool(until and until > now)

    def write(self, vals):
        if "pings_suspended_until" in vals and not self.env.su:
            raise AccessError(self.env._("Messages are stopped by a report, from its form."))
        return super().write(vals)

    def action_allow_pings(self):
        """Let a student write to others again, before the time is over."""
        self.check_access("write")
        if not (self.env.su or self.env.user.has_group("hostel_base.group_hostel_warden")):
            raise AccessError(self.env._("Only wardens stop messages and allow them again."))
        self._allow_pings()

    def _allow_pings(self):
        """Lift the stop, and write on the reports behind it who did so.

        :raises HostelError: ``INVALID_TRANSITION`` where nothing is stopped
        """
        for student in self.sudo():
            if not student.is_ping_suspended:
                raise HostelError(
                    "INVALID_TRANSITION", self.env._("This student may write to others already.")
                )
            student.pings_suspended_until = False
            reports = self.env["hostel.roommate.ping"].sudo()
            for ping in reports.search(
                [("sender_id", "=", student.id), ("report_state", "=", "acted")]
            ):
                ping.message_post(body=self.env._("The sender may write to others again."))

    def _get_exported_fields(self):
        return [*super()._get_exported_fields(), "takes_pings", "looking_round_id"]

    def _get_personal_data(self):
        data = super()._get_personal_data()
        student = self.sudo()
        groups = self.env["hostel.cohort.member"].sudo().search([("student_id", "=", student.id)])
        pings = self.env["hostel.roommate.ping"].sudo()
        return {
            **data,
            "groups": [
                self._export_record(row, ["cohort_id", "state", "joined_at", "left_at"])
                for row in groups
            ],
            "messages_sent": [
                self._export_record(row, ["phrase", "message", "sent_at", "expires_at"])
                for row in pings.search([("sender_id", "=", student.id)])
            ],
            "messages_received": [
                self._export_record(row, ["phrase", "message", "sent_at", "state"])
                for row in pings.search(
                    [("recipient_id", "=", student.id), ("is_delivered", "=", True)]
                )
            ],
        }

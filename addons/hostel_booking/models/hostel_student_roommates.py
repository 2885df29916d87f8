from odoo import fields, models

from odoo.addons.hostel_base.const import PRIVATE_GROUPS


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
    looking_round_id = fields.Many2one(
        "hostel.booking.round",
        string="Looks for roommates in",
        copy=False,
        groups=PRIVATE_GROUPS,
        index="btree_not_null",
        ondelete="set null",
    )

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

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class HostelCohortMember(models.Model):
    """One student in one cohort; a place is numbered, so that two can't take the last one."""

    _name = "hostel.cohort.member"
    _description = "Member of a Cohort"
    _inherit = ["hostel.personal.mixin"]
    _order = "cohort_id, seat, id"
    _rec_name = "student_id"

    cohort_id = fields.Many2one(
        "hostel.cohort", required=True, readonly=True, ondelete="cascade", index=True
    )
    round_id = fields.Many2one(
        related="cohort_id.round_id", store=True, precompute=True, index=True
    )
    student_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="restrict", index=True
    )
    roll_number = fields.Char(related="student_id.roll_number")
    department = fields.Char(related="student_id.department")
    year_of_study = fields.Integer(related="student_id.year_of_study")
    state = fields.Selection(
        [
            ("invited", "Invited"),
            ("joined", "Joined"),
            ("declined", "Declined"),
            ("left", "Left"),
            ("removed", "Removed"),
        ],
        required=True,
        readonly=True,
        default="joined",
        index=True,
    )
    seat = fields.Integer(string="Place", readonly=True)
    joined_at = fields.Datetime(readonly=True)
    left_at = fields.Datetime(readonly=True)
    expires_at = fields.Datetime(string="Invitation ends", readonly=True)
    is_taken_back = fields.Boolean(
        readonly=True, help="The leader took the question back, whether it was answered or not."
    )
    is_leader = fields.Boolean(string="Leads", compute="_compute_is_leader", compute_sudo=True)
    is_cleared = fields.Boolean(string="Cleared", compute="_compute_is_cleared", compute_sudo=True)

    _one_live = models.UniqueIndex(
        "(student_id, round_id) WHERE state = 'joined'",
        "The student is in another group for this term already.",
    )
    _seat_once = models.UniqueIndex(
        "(cohort_id, seat) WHERE state = 'joined'", "Someone took this place a second ago."
    )
    _row_once = models.UniqueIndex(
        "(cohort_id, student_id) WHERE state IN ('invited', 'joined')",
        "The student is in this group already.",
    )
    _joined_has_seat = models.Constraint(
        "CHECK (state <> 'joined' OR (seat IS NOT NULL AND seat > 0))", "Who joined has a place."
    )

    @api.depends("cohort_id.leader_id", "student_id")
    def _compute_is_leader(self):
        for member in self:
            member.is_leader = member.student_id == member.cohort_id.leader_id

    def _compute_is_cleared(self):
        missing = self.cohort_id._get_missing_by_cohort()
        for member in self:
            member.is_cleared = member.state == "joined" and (
                member.student_id not in missing[member.cohort_id.id]
            )

    @api.constrains("student_id", "cohort_id", "state", "seat")
    def _check_fits(self):
        """A cohort lives in one room: one gender, and no more people than places."""
        for member in self.filtered(lambda row: row.state in ("invited", "joined")):
            cohort = member.cohort_id.sudo()
            if member.sudo().student_id.gender != cohort.gender:
                raise ValidationError(
                    self.env._("Rooms are shared by students of one gender only.")
                )
            if member.state == "joined" and member.seat > cohort.size_max:
                raise ValidationError(self.env._("There is no free place in this group."))

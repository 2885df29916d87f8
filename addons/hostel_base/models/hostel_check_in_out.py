from odoo import api, fields, models
from odoo.exceptions import AccessError

# Written by the check-in desk's buttons only.
PROTECTED_FIELDS = {
    "allocation_id",
    "check_in_at",
    "check_out_at",
    "last_check_in_at",
    "last_check_out_at",
    "checked_in_by_id",
    "checked_out_by_id",
}
SNAPSHOT_FIELDS = ("check_out_at", "checked_out_by_id", "key_returned", "condition_out")


class HostelCheckInOut(models.Model):
    """When a student moved in and out, with what in hand; one record a stay.

    A stay over several terms has breaks in it: the *last* check-in and check-out are those of
    the break, the plain ones those of the whole stay. Passing the gate is another matter.
    """

    _name = "hostel.check.in.out"
    _description = "Check-in and Check-out"
    _inherit = ["mail.thread"]
    _order = "check_in_at desc, id desc"
    _rec_name = "allocation_id"

    allocation_id = fields.Many2one(
        "hostel.allocation", required=True, readonly=True, ondelete="restrict", index=True
    )
    student_id = fields.Many2one(related="allocation_id.student_id", store=True, index=True)
    hostel_id = fields.Many2one(related="allocation_id.hostel_id", store=True, index=True)
    floor_id = fields.Many2one(related="allocation_id.floor_id", store=True, index=True)
    bed_id = fields.Many2one(related="allocation_id.bed_id", store=True)
    term_id = fields.Many2one(related="allocation_id.term_id")
    company_id = fields.Many2one(related="allocation_id.company_id", store=True)
    check_in_at = fields.Datetime(string="Moved in", readonly=True, tracking=True)
    check_out_at = fields.Datetime(string="Moved out", readonly=True, tracking=True)
    last_check_in_at = fields.Datetime(
        string="Back from the break", readonly=True, help="Last arrival at the start of a term."
    )
    last_check_out_at = fields.Datetime(
        string="Left for the break", readonly=True, help="Last departure at the end of a term."
    )
    checked_in_by_id = fields.Many2one("res.users", string="Checked in by", readonly=True)
    checked_out_by_id = fields.Many2one("res.users", string="Checked out by", readonly=True)
    id_checked = fields.Boolean(string="Identity seen")
    documents_checked = fields.Boolean(string="Papers complete")
    key_number = fields.Char(string="Key number")
    key_given = fields.Boolean(string="Key given", tracking=True)
    key_returned = fields.Boolean(string="Key returned", tracking=True)
    condition_in = fields.Char(string="Room at arrival")
    condition_out = fields.Char(string="Room at departure", tracking=True)
    note = fields.Text()
    status = fields.Selection(related="allocation_id.stay_status", string="Stay")

    _allocation_uniq = models.Constraint(
        "UNIQUE (allocation_id)", "This stay has its check-in record already."
    )
    _out_after_in = models.Constraint(
        "CHECK (check_out_at IS NULL OR check_out_at >= check_in_at)",
        "Nobody leaves before arriving.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A check-in is recorded at the check-in desk."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and PROTECTED_FIELDS & vals.keys():
            raise AccessError(self.env._("Times are recorded by the buttons of the desk only."))
        return super().write(vals)

    def _is_away(self):
        """Whether the last that was seen of the student was a departure.

        The arrival is unknown for stays from before these records.
        """
        out, since = self.last_check_out_at, self.last_check_in_at or self.check_in_at
        return bool(out and (not since or out > since))

    def _get_snapshot(self):
        self.ensure_one()
        vals = {name: self[name] for name in SNAPSHOT_FIELDS}
        return vals | {
            "check_out_at": fields.Datetime.to_string(self.check_out_at),
            "checked_out_by_id": self.checked_out_by_id.id,
        }

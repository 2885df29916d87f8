from odoo import api, fields, models
from odoo.exceptions import AccessError

DESK = "hostel_base.group_hostel_supervisor"
REPORT = "hostel_booking.hostel_no_dues_report"


class HostelNoDues(models.Model):
    """A student leaves: every station says that nothing is owed, then the student may go."""

    _name = "hostel.no.dues"
    _description = "No-Dues Clearance"
    _inherit = ["hostel.stay.paper"]
    _order = "leaving_day, id"

    student_name = fields.Char(related="student_id.name", string="Name")
    leaving_day = fields.Date(related="allocation_id.date_to", store=True, string="Leaves on")
    line_ids = fields.One2many("hostel.no.dues.line", "no_dues_id", string="Stations")
    state = fields.Selection(
        [
            ("open", "Being cleared"),
            ("cleared", "All clear"),
            ("left", "Moved out"),
            ("withdrawn", "Stays after all"),
        ],
        required=True,
        readonly=True,
        default="open",
        copy=False,
        index=True,
        tracking=True,
    )
    clear_count = fields.Integer(string="Clear", compute="_compute_counts", store=True)
    line_count = fields.Integer(string="Of", compute="_compute_counts", store=True)
    condition_id = fields.Many2one(
        "hostel.room.condition", string="Room-condition form", compute="_compute_room"
    )
    condition_state = fields.Char(string="Form", compute="_compute_room")
    keys_out = fields.Char(string="Keys not back", compute="_compute_room")
    left_at = fields.Datetime(string="Moved out on", readonly=True, copy=False)
    pdf = fields.Binary(string="Certificate")

    _allocation_uniq = models.Constraint(
        "UNIQUE (allocation_id)", "The clearance of this stay has begun already."
    )

    @api.depends("line_ids.state")
    def _compute_counts(self):
        for clearance in self:
            clearance.line_count = len(clearance.line_ids)
            clearance.clear_count = len(
                clearance.line_ids.filtered(lambda line: line.state == "clear")
            )

    @api.depends("allocation_id")
    def _compute_room(self):
        states = dict(
            self.env["hostel.room.condition"]._fields["state"]._description_selection(self.env)
        )
        for clearance in self:
            stay = clearance.sudo().allocation_id
            clearance.condition_id = stay.condition_ids[:1]
            clearance.condition_state = states.get(clearance.condition_id.state)
            clearance.keys_out = ", ".join(stay.key_ids.mapped("display_name"))

    @api.depends("student_id")
    def _compute_display_name(self):
        for clearance in self:
            clearance.display_name = clearance.sudo().student_id.display_name

    def _get_paper(self):
        return {
            "file": "no-dues",
            "report": REPORT,
            "made": self.env._("A clearance begins with the notice of a student."),
            "changed": self.env._("Each station signs for itself."),
            "kept": self.env._("Clearances are kept."),
            "code": "CLEARANCE_KEPT",
        }

    # ------------------------------------------------------------------
    # The way out
    # ------------------------------------------------------------------

    @api.model
    def _open_for(self, stay):
        """The clearance of a stay, begun if it was not; what answers by itself is asked."""
        stay = stay.sudo()
        clearance = self.sudo().search([("allocation_id", "=", stay.id)], limit=1)
        if not clearance:
            stations = self.env["hostel.no.dues.station"]._get_for(stay.hostel_id)
            clearance = self.sudo().create(
                {
                    "allocation_id": stay.id,
                    "line_ids": [(0, 0, {"station_id": station.id}) for station in stations],
                }
            )
        elif clearance.state == "withdrawn":
            clearance.line_ids.write(
                {"state": "pending", "signed_by_id": False, "signed_at": False}
            )
            clearance.state = "open"
        clearance._refresh()
        return clearance

    def _refresh(self):
        """Ask the stations that answer by themselves, and see whether all is clear.

        Who left before that gets the certificate and the deposit now.
        """
        for clearance in self.sudo():
            if clearance.state not in ("open", "cleared"):
                continue
            for line in clearance.line_ids:
                line._ask()
            all_clear = all(line.state == "clear" for line in clearance.line_ids)
            state = "cleared" if all_clear else "open"
            if clearance.state != state:
                clearance.state = state
            if all_clear and clearance.allocation_id._has_left_for_good():
                clearance._finish()

    def _withdraw(self):
        self.sudo().filtered(lambda one: one.state in ("open", "cleared")).state = "withdrawn"

    def _check_desk(self):
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(DESK)):
            raise AccessError(self.env._("Only supervisors and wardens work at the check-in desk."))

    def action_refresh(self):
        self._check_desk()
        self._refresh()

    def action_open_condition(self):
        """The room-condition form of the stay, for the comparison."""
        self.ensure_one()
        self._check_desk()
        return self.condition_id.get_formview_action()

    def action_move_out(self):
        """Everything is clear: the student leaves, gets the certificate, and the deposit is due."""
        self._check_desk()
        for clearance in self.sudo():
            clearance._refresh()
            stay = clearance.allocation_id
            stay._check_no_dues()
            today = clearance.env.company._get_college_day()
            stay._vacate(
                stay.vacate_reason or "year_end",
                today,
                note=stay.vacate_note,
                key_returned=True,
            )
            clearance._finish()
        return self.allocation_id._notify(
            self.env._("%(count)s moved out", count=len(self)),
            self.env._("The certificate is ready; the deposit goes to the accounts office."),
        )

    def _finish(self):
        """The student has left: certificate, code, refund. Repeating is harmless."""
        self.ensure_one()
        if self.state == "left":
            return
        self.write({"state": "left", "left_at": self.env.cr.now()})
        Verification = self.env["hostel.verification"].sudo()
        self.verification_id = Verification._issue(
            self.allocation_id, "no_dues", Verification._prepare_stay_facts(self.allocation_id)
        )
        self._print()
        self.allocation_id._deposit_refund_due()
        officer = self.env["res.users"]._get_finance_officer(self.allocation_id.company_id)
        if officer:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Return the deposit"),
                user_id=officer.id,
            )

from odoo import api, fields, models, tools

from ..const import GENDERS, LIVE_STATES


class HostelStudent(models.Model):
    _name = "hostel.student"
    _description = "Student"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _inherits = {"res.partner": "partner_id"}
    _order = "roll_number, id"
    _rec_names_search = ["roll_number", "application_number", "name", "phone", "email"]

    partner_id = fields.Many2one(
        "res.partner", string="Contact record", required=True, ondelete="restrict", index=True
    )
    roll_number = fields.Char(required=True, tracking=True, index="trigram")
    application_number = fields.Char(tracking=True)
    gender = fields.Selection(GENDERS, required=True, tracking=True)
    programme = fields.Char(tracking=True, help="Such as B.Tech AIML.")
    department = fields.Char(tracking=True)
    year_of_study = fields.Integer(string="Year", default=1, tracking=True)
    status = fields.Selection(
        [("active", "Active"), ("inactive", "Inactive"), ("alumni", "Alumni")],
        required=True,
        default="active",
        tracking=True,
    )
    guardian_ids = fields.One2many("hostel.guardian", "student_id", string="Guardians")
    clearance_ids = fields.One2many("hostel.clearance", "student_id", string="Clearances")
    allocation_ids = fields.One2many("hostel.allocation", "student_id", string="Allocations")
    allocation_count = fields.Integer(compute="_compute_allocation_count")
    current_allocation_id = fields.Many2one(
        "hostel.allocation", string="Current stay", compute="_compute_current_allocation_id"
    )
    current_hostel_id = fields.Many2one(
        "hostel.hostel", string="Hostel", compute="_compute_current_allocation_id"
    )
    current_bed_id = fields.Many2one(
        "hostel.bed", string="Bed", compute="_compute_current_allocation_id"
    )
    current_state = fields.Selection(
        selection=lambda self: self.env["hostel.allocation"]._fields["state"].selection,
        string="Stay",
        compute="_compute_current_allocation_id",
    )

    _roll_uniq = models.Constraint("UNIQUE (roll_number)", "Another student has this roll number.")
    _application_uniq = models.Constraint(
        "UNIQUE (application_number)", "Another student has this application number."
    )
    _partner_uniq = models.Constraint("UNIQUE (partner_id)", "This contact is a student already.")
    _year_positive = models.Constraint("CHECK (year_of_study > 0)", "The year starts at 1.")

    @api.depends("name", "roll_number")
    def _compute_display_name(self):
        for student in self:
            roll_number = f"[{student.roll_number}] " if student.roll_number else ""
            student.display_name = f"{roll_number}{student.name or ''}"

    def _compute_allocation_count(self):
        counts = dict(
            self.env["hostel.allocation"]._read_group(
                [("student_id", "in", self.ids)], ["student_id"], ["__count"]
            )
        )
        for student in self:
            student.allocation_count = counts.get(student, 0)

    def _compute_current_allocation_id(self):
        today = fields.Date.context_today(self)
        rows = self.env["hostel.allocation"].search(
            [
                ("student_id", "in", self.ids),
                ("state", "in", LIVE_STATES),
                ("date_to", ">", today),
            ],
            order="date_from desc",
        )
        per_student = {row.student_id.id: row for row in rows}
        for student in self:
            row = per_student.get(student.id, self.env["hostel.allocation"])
            student.current_allocation_id = row
            student.current_hostel_id = row.hostel_id
            student.current_bed_id = row.bed_id
            student.current_state = row.state

    @api.model_create_multi
    def create(self, vals_list):
        students = super().create(vals_list)
        self._drop_user_cache()
        return students

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"partner_id", "active"}:
            self._drop_user_cache()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_drop_user_cache(self):
        self._drop_user_cache()

    def _drop_user_cache(self):
        """Forget who is which student, if any process may have looked it up."""
        if self.sudo().partner_id.with_context(active_test=False).user_ids:
            self.env.registry.clear_cache()

    @api.model
    @tools.ormcache("uid")
    def _get_id_of_user(self, uid):
        """Id of the student who signs in as a user, or False."""
        user = self.env["res.users"].sudo().browse(uid)
        return self.sudo().search([("partner_id", "=", user.partner_id.id)], limit=1).id

    @api.model
    def _get_current(self):
        """The student who is signed in, with all rights, or an empty recordset."""
        student_id = self._get_id_of_user(self.env.uid)
        return self.sudo().browse(student_id or [])

    def _is_cleared(self, term):
        """Whether the student has no dues for a term."""
        self.ensure_one()
        return bool(
            self.env["hostel.clearance"]
            .sudo()
            .search_count([("student_id", "=", self.id), ("term_id", "=", term.id)], limit=1)
        )

    def action_open_current_stay(self):
        self.ensure_one()
        return self.current_allocation_id.get_formview_action()

    def action_open_allocations(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_allocation_action"
        )
        action["domain"] = [("student_id", "=", self.id)]
        action["context"] = {}
        return action

from odoo import fields, models


class HostelProgramme(models.Model):
    _name = "hostel.programme"
    _description = "Programme of Study"
    _order = "name, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, help="Such as B.Tech AIML.")
    code = fields.Char(required=True, help="Short code of the college's ERP, such as BAI.")
    department = fields.Char(help="Such as Computer Science.")
    duration = fields.Integer(
        string="Years", default=4, required=True, help="After this many years a student leaves."
    )
    student_ids = fields.One2many("hostel.student", "programme_id", string="Students")
    student_count = fields.Integer(compute="_compute_student_count")
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE (code)", "Another programme has this code.")
    _name_uniq = models.UniqueIndex("(lower(name))", "A programme of this name exists.")
    _duration_positive = models.Constraint(
        "CHECK (duration > 0)", "A programme takes a year at least."
    )

    def _compute_student_count(self):
        counts = dict(
            self.env["hostel.student"]._read_group(
                [("programme_id", "in", self.ids), ("status", "=", "active")],
                ["programme_id"],
                ["__count"],
            )
        )
        for programme in self:
            programme.student_count = counts.get(programme, 0)

    def action_open_students(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("hostel_base.hostel_student_action")
        action["domain"] = [("programme_id", "=", self.id)]
        action["context"] = {"default_programme_id": self.id}
        return action

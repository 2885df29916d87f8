from odoo import api, fields, models


class HostelBedAssign(models.TransientModel):
    _name = "hostel.bed.assign"
    _description = "Allocate a Bed"

    student_id = fields.Many2one("hostel.student", required=True)
    term_id = fields.Many2one(
        "hostel.term", required=True, default=lambda self: self._default_term_id()
    )
    hostel_id = fields.Many2one("hostel.hostel", required=True)
    free_bed_ids = fields.Many2many("hostel.bed", compute="_compute_free_bed_ids")
    bed_id = fields.Many2one("hostel.bed", required=True, domain="[('id', 'in', free_bed_ids)]")
    reason = fields.Char(help="Why this bed was given by hand.")

    @api.model
    def _default_term_id(self):
        """The term that runs today, else the next one."""
        today = fields.Date.context_today(self)
        return self.env["hostel.term"].search([("date_to", ">", today)], order="date_from", limit=1)

    @api.depends("student_id", "term_id", "hostel_id")
    def _compute_free_bed_ids(self):
        """Beds of the hostel that the student could have for the whole term."""
        Allocation = self.env["hostel.allocation"]
        for wizard in self:
            term = wizard.term_id
            if not (term and wizard.hostel_id and wizard.student_id):
                wizard.free_bed_ids = False
                continue
            wizard.free_bed_ids = self.env["hostel.bed"].search(
                [
                    ("hostel_id", "=", wizard.hostel_id.id),
                    ("room_id.gender", "=", wizard.student_id.gender),
                    "!",
                    (
                        "allocation_ids",
                        "any",
                        Allocation._live_between(term.date_from, term.date_to),
                    ),
                ]
            )

    def _is_newcomer(self):
        """Whether no hostel looks after the student yet, so that any warden may begin."""
        stays = self.env["hostel.allocation"].sudo()
        return not stays.search_count(
            [
                ("student_id", "=", self.student_id.id),
                ("state", "not in", ("expired", "cancelled")),
            ],
            limit=1,
        )

    def action_assign(self):
        """Reserve the bed for the student; it then waits for an approval."""
        self.ensure_one()
        self.bed_id.check_access("write")
        if not self._is_newcomer():
            self.student_id.check_access("read")
        row = self.env["hostel.allocation"]._reserve(
            self.bed_id, self.student_id, self.term_id, "awaiting_approval"
        )
        if self.reason:
            row.reason = self.reason
        return {
            "type": "ir.actions.act_window",
            "res_model": "hostel.allocation",
            "res_id": row.id,
            "view_mode": "form",
        }

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..errors import HostelError

WRITABLE = {"is_detained"}


class HostelRolloverLine(models.Model):
    """What the year-end does to one student, and what it did."""

    _name = "hostel.rollover.line"
    _description = "Year-end of a Student"
    _order = "rollover_id desc, id"
    _rec_name = "student_id"

    rollover_id = fields.Many2one(
        "hostel.rollover", required=True, readonly=True, ondelete="cascade", index=True
    )
    rollover_state = fields.Selection(related="rollover_id.state", string="Rollover")
    student_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="restrict", index=True
    )
    roll_number = fields.Char(related="student_id.roll_number")
    programme_id = fields.Many2one(related="student_id.programme_id")
    is_detained = fields.Boolean(string="Detained", help="Stays in the year of study.")
    decision = fields.Selection(
        [
            ("promote", "A year up"),
            ("graduate", "Becomes an alumnus"),
            ("detain", "Stays in the year"),
            ("none", "No change"),
        ],
        readonly=True,
        required=True,
    )
    year_from = fields.Integer(string="Year now", readonly=True, aggregator=None)
    year_to = fields.Integer(string="Year then", readonly=True, aggregator=None)
    allocation_id = fields.Many2one("hostel.allocation", string="Stay", readonly=True)
    bed_id = fields.Many2one(related="allocation_id.bed_id")
    hostel_id = fields.Many2one(related="allocation_id.hostel_id", store=True)
    stay_action = fields.Selection(
        [
            ("none", "Nothing"),
            ("vacate", "Leaves the bed"),
            ("schedule", "Leaves on the day"),
        ],
        string="Of the bed",
        readonly=True,
        required=True,
        default="none",
    )
    blocker = fields.Char(string="Settle first", readonly=True)
    state = fields.Selection(
        [
            ("ready", "Ready"),
            ("blocked", "Needs a person"),
            ("done", "Done"),
            ("failed", "Refused"),
            ("undone", "Undone"),
            ("kept", "Could not be undone"),
        ],
        required=True,
        readonly=True,
        default="ready",
        index=True,
    )
    message = fields.Char(string="Why", readonly=True)
    remark = fields.Char(compute="_compute_remark", help="What to settle, or why it was refused.")
    snapshot = fields.Json(readonly=True, help="How it was before.")
    fence_after = fields.Integer(readonly=True, aggregator=None)

    _student_once = models.Constraint(
        "UNIQUE (rollover_id, student_id)", "A student is rolled over once."
    )

    @api.depends("message", "blocker", "state")
    def _compute_remark(self):
        for line in self:
            line.remark = line.message or (line.state == "blocked" and line.blocker)

    @api.model_create_multi
    def create(self, vals_list):
        for rollover in self.env["hostel.rollover"].browse(
            {vals["rollover_id"] for vals in vals_list}
        ):
            rollover.check_access("write")
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and vals.keys() - WRITABLE:
            raise UserError(self.env._("The preview computes this."))
        if "is_detained" in vals and self.filtered(lambda line: line.rollover_state != "preview"):
            raise UserError(self.env._("Only a preview can be changed."))
        result = super().write(vals)
        if "is_detained" in vals:
            self._judge_again()
        return result

    def _judge_again(self):
        """Decide anew about lines whose mark was changed, by the rules of the preview."""
        for rollover, lines in self.grouped("rollover_id").items():
            troubles = rollover._get_troubles()
            for line in lines:
                vals = rollover._judge_line(
                    {
                        "year_from": line.year_from,
                        "is_detained": line.is_detained,
                        "programme_years": line.programme_id.duration,
                    },
                    line.allocation_id,
                    list(troubles.get(line.student_id.id, [])),
                )
                vals.pop("is_detained")
                line.sudo().write(vals)

    # ------------------------------------------------------------------
    # Doing and undoing, each line under a savepoint of its own
    # ------------------------------------------------------------------

    def _process(self, method):
        """Apply or revert the lines; what is refused says why and keeps nobody else.

        :param str method: ``_apply`` or ``_revert``
        :return: whether some bed was busy, so that its line must come again
        """
        busy = False
        refused = {"_apply": "failed", "_revert": "kept"}[method]
        # The lines are the record of the year-end; ten thousand messages are none.
        for line in self.sudo().with_context(tracking_disable=True):
            try:
                with self.env.cr.savepoint():
                    getattr(line, method)()
            except HostelError as exc:
                if exc.code == "BED_BUSY":
                    busy = True
                    continue
                line.write({"state": refused, "message": str(exc)})
        return busy

    def _apply(self):
        self.ensure_one()
        self._check_unchanged()
        student, row = self.student_id, self.allocation_id
        snapshot = {"year_of_study": student.year_of_study, "status": student.status}
        if self.stay_action != "none":
            snapshot["stay"] = row._get_stay_snapshot()
            day = min(self.rollover_id.leaving_day, row.date_to)
            # The administrator ends the year for all; who owes something still owes it.
            row._vacate("year_end", day, uncleared=True)
        vals = self._prepare_student_vals()
        if vals:
            student.write(vals)
        self.write(
            {"state": "done", "message": False, "snapshot": snapshot, "fence_after": row.fence}
        )

    def _prepare_student_vals(self):
        return {
            "promote": {"year_of_study": self.year_to},
            "graduate": {"status": "alumni"},
        }.get(self.decision, {})

    def _check_unchanged(self):
        """Refuse to work on what is no longer as the preview showed it.

        :raises HostelError: ``CHANGED_SINCE``
        """
        student, row = self.student_id, self.allocation_id
        moved = self.stay_action != "none" and row.state != "checked_in"
        if student.status != "active" or student.year_of_study != self.year_from or moved:
            raise HostelError(
                "CHANGED_SINCE",
                self.env._("%(student)s was changed after the preview.", student=student.name),
            )

    def _revert(self):
        self.ensure_one()
        student, row, snapshot = self.student_id, self.allocation_id, self.snapshot
        done = self._prepare_student_vals()
        if any(student[name] != value for name, value in done.items()):
            raise HostelError(
                "CHANGED_SINCE",
                self.env._("%(student)s was changed since then.", student=student.name),
            )
        if done:
            student.write({name: snapshot[name] for name in done})
        if "stay" in snapshot:
            row._undo_vacate(snapshot["stay"], self.fence_after)
        self.write({"state": "undone", "message": False})

    def action_detain(self):
        self.check_access("write")
        self.is_detained = True

    def action_promote(self):
        self.check_access("write")
        self.is_detained = False

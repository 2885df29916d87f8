from odoo import api, fields, models
from odoo.tools import SQL

from .hostel_access_log import SCOPES, WAYS

CHANGES = [("create", "Entered"), ("write", "Changed"), ("unlink", "Deleted")]


class HostelAccessEvent(models.Model):
    """Who looked at a student or changed something, from both logs, as one list."""

    _name = "hostel.access.event"
    _description = "Who Looked"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "user_id"

    date = fields.Datetime(readonly=True)
    student_id = fields.Many2one("hostel.student", readonly=True)
    user_id = fields.Many2one("res.users", string="Person", readonly=True)
    role = fields.Char(compute="_compute_role", compute_sudo=True)
    way = fields.Selection(WAYS + CHANGES, string="How", readonly=True)
    scope = fields.Selection([*SCOPES, ("change", "Change")], string="What kind", readonly=True)
    model = fields.Char(readonly=True)
    subject = fields.Char(string="What", compute="_compute_subject", compute_sudo=True)
    times = fields.Integer(readonly=True, aggregator="sum")

    def _compute_role(self):
        order = self._get_role_groups()
        for user, events in self.grouped("user_id").items():
            groups = user.all_group_ids
            role = next((group for group in order if group in groups), None)
            events.role = role.name if role else self.env._("No role")

    @api.model
    def _get_role_groups(self):
        """Roles, the highest first."""
        names = ("admin", "warden", "supervisor", "finance", "floor_incharge", "mess_manager")
        return [
            self.env.ref(f"hostel_base.group_hostel_{name}")
            for name in (*names, "guard", "guardian", "student")
        ]

    @api.depends("model")
    def _compute_subject(self):
        for event in self:
            model = self.env.get(event.model)
            event.subject = self.env["ir.model"]._get(event.model).name if model is not None else ""

    @property
    def _table_query(self):
        return SQL("%s UNION ALL %s", self._get_read_query(), self._get_change_query())

    def _get_read_query(self):
        # Looks within one hour at the same thing are one line, counted.
        return SQL(
            """
            SELECT min(log.id) * 2 AS id, max(log.date) AS date, log.student_ref AS student_id,
                   log.user_ref AS user_id, log.way, log.scope, log.model, count(*)::int AS times
              FROM hostel_access_log log
             GROUP BY log.student_ref, log.user_ref, log.way, log.scope, log.model,
                      date_trunc('hour', log.date)
            """
        )

    def _get_change_query(self):
        return SQL(
            """
            SELECT log.id * 2 + 1 AS id, log.create_date AS date,
                   log.hostel_student_ref AS student_id, log.user_id, log.method AS way,
                   'change' AS scope, log.model_model AS model, 1 AS times
              FROM auditlog_log log
             WHERE log.hostel_student_ref IS NOT NULL
               AND log.method IN ('create', 'write', 'unlink')
            """
        )

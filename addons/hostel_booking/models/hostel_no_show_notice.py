from odoo import api, fields, models
from odoo.tools import SQL


class HostelNoShowNotice(models.Model):
    """That a student was reminded to come; each reminder of a deadline goes out once."""

    _name = "hostel.no.show.notice"
    _description = "Reminder to Come"
    _order = "id desc"
    _rec_name = "allocation_id"
    _log_access = False

    allocation_id = fields.Many2one(
        "hostel.allocation", string="Stay", required=True, readonly=True, ondelete="cascade"
    )
    hostel_id = fields.Many2one(related="allocation_id.hostel_id", string="Hostel")
    kind = fields.Selection(
        [("early", "Some days before"), ("last", "The day before")], required=True, readonly=True
    )
    deadline = fields.Date(required=True, readonly=True)
    sent_at = fields.Datetime(readonly=True, required=True)

    _once = models.Constraint(
        "UNIQUE (allocation_id, kind, deadline)", "This reminder was sent already."
    )

    @api.model
    def _get_told_day(self, row, day):
        """Until when a student was told that the bed waits, of a deadline or a later one.

        :return: date, or False if nobody told
        """
        notice = self.sudo().search(
            [("allocation_id", "=", row.id), ("deadline", ">=", day)], order="deadline", limit=1
        )
        return notice.deadline

    @api.model
    def _take(self, row, kind, deadline):
        """Claim a reminder.

        :return: whether it is ours to send; False if it went out before
        """
        return bool(
            self.env.execute_query(
                SQL(
                    """
                    INSERT INTO hostel_no_show_notice (allocation_id, kind, deadline, sent_at)
                         VALUES (%s, %s, %s, %s)
                    ON CONFLICT DO NOTHING
                      RETURNING id
                    """,
                    row.id,
                    kind,
                    deadline,
                    self.env.cr.now(),
                )
            )
        )

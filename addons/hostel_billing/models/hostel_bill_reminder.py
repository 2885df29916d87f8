from odoo import api, fields, models
from odoo.tools import SQL


class HostelBillReminder(models.Model):
    """That somebody was reminded of a bill; each stage of each due day goes out once."""

    _name = "hostel.bill.reminder"
    _description = "Reminder of a Bill"
    _order = "id desc"
    _rec_name = "move_id"
    _log_access = False

    move_id = fields.Many2one(
        "account.move", string="Bill", required=True, readonly=True, ondelete="cascade", index=True
    )
    due_on = fields.Date(required=True, readonly=True)
    stage = fields.Integer(
        string="Days from the due day", required=True, readonly=True, help="Before it: negative."
    )
    sent_at = fields.Datetime(string="Sent on", required=True, readonly=True)

    _once = models.Constraint("UNIQUE (move_id, due_on, stage)", "This reminder was sent already.")

    @api.model
    def _take(self, bill, due_on, stage):
        """Claim a reminder.

        :return: whether it is ours to send; False if it went out before
        """
        taken = bool(
            self.env.execute_query(
                SQL(
                    """
                    INSERT INTO hostel_bill_reminder (move_id, due_on, stage, sent_at)
                         VALUES (%s, %s, %s, %s)
                    ON CONFLICT DO NOTHING
                      RETURNING id
                    """,
                    bill.id,
                    due_on,
                    stage,
                    self.env.cr.now(),
                )
            )
        )
        bill.invalidate_recordset(["hostel_reminder_ids"])
        return taken

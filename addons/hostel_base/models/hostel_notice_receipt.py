from odoo import api, fields, models
from odoo.tools import SQL


class HostelNoticeReceipt(models.Model):
    """That a notice was sent to a person, by which ways, and when it was read.

    Written by the delivery only. The places are those of the day on which it was sent.
    """

    _name = "hostel.notice.receipt"
    _description = "Recipient of a Notice"
    _order = "read_at desc nulls first, hostel_id, room_id, id"

    notice_id = fields.Many2one("hostel.notice", required=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Recipient", required=True, ondelete="cascade", index=True
    )
    kind = fields.Selection(
        [("student", "Student"), ("guardian", "Guardian"), ("staff", "Staff")],
        string="As",
        required=True,
        readonly=True,
    )
    student_id = fields.Many2one("hostel.student", ondelete="set null", readonly=True)
    hostel_id = fields.Many2one(
        "hostel.hostel", ondelete="set null", readonly=True, index="btree_not_null"
    )
    floor_id = fields.Many2one("hostel.floor", ondelete="set null", readonly=True)
    room_id = fields.Many2one("hostel.room", ondelete="set null", readonly=True)
    read_at = fields.Datetime(string="Read on", readonly=True)
    mail_state = fields.Selection(
        [
            ("none", "Not by e-mail"),
            ("queued", "Waiting"),
            ("sent", "Handed over"),
            ("no_address", "No address"),
            ("cancelled", "Cancelled"),
        ],
        string="E-mail",
        required=True,
        default="none",
        readonly=True,
    )
    mail_notification_id = fields.Many2one(
        "mail.notification", ondelete="set null", readonly=True, groups="base.group_system"
    )
    push_state = fields.Selection(
        [
            ("none", "No device"),
            ("queued", "Waiting"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        string="Phone",
        required=True,
        default="none",
        readonly=True,
    )
    push_error = fields.Char(readonly=True)
    push_at = fields.Datetime(readonly=True)

    _once = models.Constraint(
        "UNIQUE (notice_id, partner_id)", "A person gets a notice once, whatever the way."
    )
    _queued_idx = models.Index("(notice_id) WHERE mail_state = 'queued' OR push_state = 'queued'")

    @api.depends("partner_id.name", "notice_id.name")
    def _compute_display_name(self):
        for receipt in self:
            known = receipt.sudo()
            receipt.display_name = f"{known.partner_id.name} · {known.notice_id.name}"

    def _link_notifications(self, message):
        """Remember which of Odoo's notifications carries the mail, and thereby its fate."""
        self.flush_recordset()
        message.notification_ids.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE hostel_notice_receipt r SET mail_notification_id = n.id"
                " FROM mail_notification n"
                " WHERE r.id IN %s AND n.mail_message_id = %s AND n.res_partner_id = r.partner_id",
                tuple(self.ids),
                message.id,
            )
        )
        self.invalidate_recordset(["mail_notification_id"])

    def _note_push(self, answers):
        """Keep the outcome for a person who may have several devices.

        :param answers: list of reasons of failure, ``""`` for what was sent
        """
        self.ensure_one()
        if "" in answers:
            vals = {"push_state": "sent", "push_error": False}
        elif set(answers) <= {"gone", "refused"}:
            vals = {"push_state": "failed", "push_error": self.env._("The device is gone")}
        else:
            vals = {"push_state": "failed", "push_error": ", ".join(sorted(set(answers)))}
        self.write({**vals, "push_at": self.env.cr.now()})

    def _retry_push(self):
        """Send again to those whose device was not reached."""
        failed = self.filtered(
            lambda receipt: (
                receipt.push_state == "failed" and receipt.notice_id.state == "published"
            )
        )
        failed.write({"push_state": "queued", "push_error": False})
        for notice in failed.notice_id:
            notice._delay(self.env._("Notice to phones"))._push_batch()
        return failed

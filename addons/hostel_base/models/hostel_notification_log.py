from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..errors import HostelError

# Each source of rows has its own remainder, so that ids don't meet.
SOURCES = {"mail": 0, "loose_mail": 1, "sms": 2, "push": 3, "in_app": 4}
STEP = 8
CATEGORIES = [
    ("notice", "Notice"),
    ("stay", "Stay"),
    ("payment", "Payment"),
    ("account", "Account"),
    ("other", "Other"),
]
# What a message is about, by the model on which it was written.
CATEGORY_MODELS = {
    "notice": ("hostel.notice",),
    "stay": ("hostel.allocation", "hostel.student", "hostel.clearance", "hostel.undertaking"),
    "payment": ("account.move", "account.payment", "payment.transaction"),
    "account": ("res.users", "res.partner", "portal.wizard.user"),
}


class HostelNotificationLog(models.Model):
    """What was sent to whom, over Odoo's own records of mail and SMS and the receipts of notices.

    It shows that something was said and whether it arrived, never what was said.
    """

    _name = "hostel.notification.log"
    _description = "Notification Log"
    _auto = False
    _rec_name = "subject"
    _order = "sent_at desc, id desc"

    channel = fields.Selection(
        [("mail", "E-mail"), ("sms", "SMS"), ("push", "Phone"), ("in_app", "Portal")],
        readonly=True,
    )
    category = fields.Selection(CATEGORIES, readonly=True)
    partner_id = fields.Many2one("res.partner", string="Recipient", readonly=True)
    subject = fields.Char(readonly=True)
    state = fields.Selection(
        [
            ("queued", "Waiting"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        readonly=True,
    )
    failure_reason = fields.Char(readonly=True)
    sent_at = fields.Datetime(string="On", readonly=True)
    read_at = fields.Datetime(string="Read on", readonly=True)

    @property
    def _table_query(self):
        parts = [self._get_mail_sql(), self._get_loose_mail_sql(), *self._get_receipt_sql()]
        if "sms.sms" in self.env:
            parts.append(self._get_sms_sql())
        return SQL(" UNION ALL ").join(parts)

    @api.model
    def _get_category_sql(self):
        whens = SQL(" ").join(
            SQL("WHEN message.model IN %s THEN %s", models_of, category)
            for category, models_of in CATEGORY_MODELS.items()
        )
        return SQL("CASE %s ELSE 'other' END", whens)

    @api.model
    def _get_id_sql(self, alias, source):
        return SQL("%s * %s + %s", SQL.identifier(alias, "id"), STEP, SOURCES[source])

    @api.model
    def _get_mail_sql(self):
        """Mails of which Odoo keeps the fate for each recipient."""
        return SQL(
            """
            SELECT %(id)s AS id, 'mail' AS channel, %(category)s AS category,
                   n.res_partner_id AS partner_id, message.subject,
                   CASE WHEN n.notification_status IN ('ready', 'process') THEN 'queued'
                        WHEN n.notification_status IN ('bounce', 'exception') THEN 'failed'
                        WHEN n.notification_status = 'canceled' THEN 'cancelled'
                        ELSE 'sent' END AS state,
                   COALESCE(n.failure_reason, n.failure_type) AS failure_reason,
                   message.date AS sent_at, NULL::timestamp AS read_at
              FROM mail_notification n
              JOIN mail_message message ON message.id = n.mail_message_id
             WHERE n.notification_type = 'email'
            """,
            id=self._get_id_sql("n", "mail"),
            category=self._get_category_sql(),
        )

    @api.model
    def _get_loose_mail_sql(self):
        """Mails without such a record, such as a new password; one row a mail."""
        return SQL(
            """
            SELECT %(id)s, 'mail', %(category)s, recipient.res_partner_id, message.subject,
                   CASE mail.state WHEN 'outgoing' THEN 'queued' WHEN 'exception' THEN 'failed'
                        WHEN 'cancel' THEN 'cancelled' ELSE 'sent' END,
                   COALESCE(mail.failure_reason, mail.failure_type), message.date,
                   NULL::timestamp
              FROM mail_mail mail
              JOIN mail_message message ON message.id = mail.mail_message_id
              LEFT JOIN LATERAL (
                  SELECT rel.res_partner_id FROM mail_mail_res_partner_rel rel
                   WHERE rel.mail_mail_id = mail.id ORDER BY 1 LIMIT 1) recipient ON TRUE
             WHERE NOT EXISTS (SELECT FROM mail_notification n WHERE n.mail_mail_id = mail.id)
            """,
            id=self._get_id_sql("mail", "loose_mail"),
            category=self._get_category_sql(),
        )

    @api.model
    def _get_sms_sql(self):
        return SQL(
            """
            SELECT %(id)s, 'sms', %(category)s, sms.partner_id, message.subject,
                   CASE WHEN sms.state IN ('outgoing', 'process') THEN 'queued'
                        WHEN sms.state = 'error' THEN 'failed'
                        WHEN sms.state = 'canceled' THEN 'cancelled' ELSE 'sent' END,
                   sms.failure_type, sms.create_date, NULL::timestamp
              FROM sms_sms sms
              LEFT JOIN mail_message message ON message.id = sms.mail_message_id
            """,
            id=self._get_id_sql("sms", "sms"),
            category=self._get_category_sql(),
        )

    @api.model
    def _get_receipt_sql(self):
        """Notices: each receipt is a row for the portal, and one more for the phone."""
        push = SQL(
            """
            SELECT %s, 'push', 'notice', r.partner_id, n.name, r.push_state, r.push_error,
                   COALESCE(r.push_at, r.create_date), NULL::timestamp
              FROM hostel_notice_receipt r JOIN hostel_notice n ON n.id = r.notice_id
             WHERE r.push_state <> 'none'
            """,
            self._get_id_sql("r", "push"),
        )
        in_app = SQL(
            """
            SELECT %s, 'in_app', 'notice', r.partner_id, n.name, 'sent', NULL, r.create_date,
                   r.read_at
              FROM hostel_notice_receipt r JOIN hostel_notice n ON n.id = r.notice_id
            """,
            self._get_id_sql("r", "in_app"),
        )
        return push, in_app

    # ------------------------------------------------------------------
    # Sending again
    # ------------------------------------------------------------------

    def action_retry(self):
        """Send again what failed among the rows; the administrator's button.

        :raises HostelError: ``NOTHING_TO_RETRY``
        """
        self.env["hostel.hostel"].check_access("create")
        failed = self.search(Domain("id", "in", self.ids) & Domain("state", "=", "failed")).sudo()
        done = (
            failed._retry_notified_mails()
            + failed._retry_loose_mails()
            + failed._retry_sms()
            + failed._retry_push()
        )
        if not done:
            raise HostelError(
                "NOTHING_TO_RETRY",
                self.env._("None of these rows failed, or what failed is not kept any more."),
                422,
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%(count)s will be sent again.", count=done),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_source_ids(self, source):
        return [row.id // STEP for row in self if row.id % STEP == SOURCES[source]]

    def _retry_notified_mails(self):
        notifications = (
            self.env["mail.notification"]
            .browse(self._get_source_ids("mail"))
            .filtered(lambda n: n.mail_mail_id.state == "exception")
        )
        return self._resend(notifications.mail_mail_id, notifications)

    def _retry_loose_mails(self):
        mails = self.env["mail.mail"].browse(self._get_source_ids("loose_mail"))
        return self._resend(mails)

    def _resend(self, mails, notifications=None):
        mails.action_retry()
        if notifications:
            notifications.write({"notification_status": "ready", "failure_type": False})
        if mails:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        return len(notifications if notifications is not None else mails)

    def _retry_sms(self):
        ids = self._get_source_ids("sms")
        if not ids:
            return 0
        self.env["sms.sms"].browse(ids).set_outgoing()
        self.env.ref("sms.ir_cron_sms_scheduler_action")._trigger()
        return len(ids)

    def _retry_push(self):
        receipts = self.env["hostel.notice.receipt"].browse(self._get_source_ids("push"))
        return len(receipts._retry_push())

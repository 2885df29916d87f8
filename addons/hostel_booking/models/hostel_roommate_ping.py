from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError

MESSAGE_LENGTH = 200
PING_HOURS = 72
PINGS_A_DAY = 5
SUSPEND_DAYS = 30
# What the office writes by hand; all else goes through buttons and the students' page.
FREE_FIELDS = {"resolution"}


class HostelRoommatePing(models.Model):
    """One student asks who lives in a room, without knowing who it is.

    Nobody learns anything of the other before a yes. A no is kept, and looks like silence.
    """

    _name = "hostel.roommate.ping"
    _description = "Roommate Ping"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _mail_post_access = "read"

    sender_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="cascade", index=True
    )
    recipient_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="cascade", index=True
    )
    round_id = fields.Many2one(
        "hostel.booking.round", required=True, readonly=True, ondelete="cascade", index=True
    )
    allocation_id = fields.Many2one(
        "hostel.allocation", string="Stay", readonly=True, ondelete="set null"
    )
    hostel_id = fields.Many2one(
        related="allocation_id.hostel_id", store=True, index=True, precompute=True
    )
    phrase = fields.Selection(
        [
            ("hello", "Hello! I may move in. Shall we get to know each other?"),
            ("habits", "How do you like it in the room: quiet or lively?"),
            ("study", "Do you study in the room in the evenings?"),
            ("free", "Is the other bed nice? I would like to hear more."),
        ],
        required=True,
        readonly=True,
    )
    message = fields.Char(size=MESSAGE_LENGTH, readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("accepted", "Accepted"),
            ("declined", "Declined"),
            ("expired", "No answer"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    is_delivered = fields.Boolean(
        readonly=True, help="Whether the other one sees it: not who blocks it or takes none."
    )
    sent_at = fields.Datetime(required=True, readonly=True)
    expires_at = fields.Datetime(required=True, readonly=True, index=True)
    answered_at = fields.Datetime(readonly=True)
    # Counting would race: each message of a day has a number of its own.
    day = fields.Date(required=True, readonly=True)
    slot = fields.Integer(required=True, readonly=True)
    sender_mail = fields.Boolean(readonly=True)
    sender_phone = fields.Boolean(readonly=True)
    recipient_mail = fields.Boolean(readonly=True)
    recipient_phone = fields.Boolean(readonly=True)
    channel_id = fields.Many2one("discuss.channel", readonly=True, ondelete="set null")
    report_state = fields.Selection(
        [
            ("none", "Not reported"),
            ("open", "Reported"),
            ("dismissed", "No case"),
            ("acted", "Acted"),
        ],
        required=True,
        readonly=True,
        default="none",
        tracking=True,
        index=True,
    )
    report_text = fields.Text(string="What the recipient says", readonly=True)
    reported_at = fields.Datetime(readonly=True)
    handled_by_id = fields.Many2one("res.users", string="Handled by", readonly=True)
    resolution = fields.Text(string="What was done")
    sender_suspended_until = fields.Datetime(related="sender_id.pings_suspended_until")
    is_sender_suspended = fields.Boolean(related="sender_id.is_ping_suspended")

    _once = models.UniqueIndex(
        "(sender_id, recipient_id, round_id)", "You have written to this person already."
    )
    _slot_once = models.UniqueIndex(
        "(sender_id, day, slot)", "This message of today is written already."
    )
    _not_oneself = models.Constraint(
        "CHECK (sender_id <> recipient_id)", "Nobody writes to oneself."
    )

    @api.depends("sent_at")
    def _compute_display_name(self):
        for ping in self:
            ping.display_name = self.env._("Ping %(id)s", id=ping._origin.id or "")

    def write(self, vals):
        own = {name for name, field in self._fields.items() if field._module == "hostel_booking"}
        if not self.env.su and (vals.keys() & own) - FREE_FIELDS:
            raise AccessError(self.env._("Pings change through their buttons only."))
        return super().write(vals)

    @api.model
    def _get_setting(self, name, default):
        return self.env["hostel.allocation"]._get_minutes(f"hostel_booking.{name}", default)

    # ------------------------------------------------------------------
    # Answering
    # ------------------------------------------------------------------

    def _check_waiting(self):
        """:raises HostelError: ``PING_EXPIRED``, ``INVALID_TRANSITION``"""
        self.ensure_one()
        if self.state == "expired" or (
            self.state == "waiting" and self.expires_at <= self.env.cr.now()
        ):
            raise HostelError(
                "PING_EXPIRED", self.env._("This message is too old to be answered."), 410
            )
        if self.state != "waiting":
            raise HostelError(
                "INVALID_TRANSITION", self.env._("You have answered this message already.")
            )

    def _accept(self, shares_mail, shares_phone):
        """Both learn the other's name and what the other chose to share, and a chat opens."""
        self._check_waiting()
        ping = self.sudo()
        ping.write(
            {
                "state": "accepted",
                "answered_at": self.env.cr.now(),
                "recipient_mail": shares_mail,
                "recipient_phone": shares_phone,
                "channel_id": ping._open_chat().id,
            }
        )
        for student in ping.sender_id | ping.recipient_id:
            ping._tell(student)
        told = ping.with_context(lang=ping.sender_id.partner_id.lang)
        told._mail(
            ping.sender_id,
            told.env._("Someone answered you"),
            told.env._("You asked about a room, and the answer is yes. Sign in to see who it is."),
        )

    def _open_chat(self):
        """A group of the two in Discuss; no third person can be brought in from the portal."""
        partners = (self.sender_id | self.recipient_id).partner_id
        return (
            self.env["discuss.channel"]
            .sudo()
            .create(
                {
                    "channel_type": "group",
                    "name": self.env._("Roommates"),
                    "channel_member_ids": [
                        Command.create({"partner_id": partner.id}) for partner in partners
                    ],
                }
            )
        )

    def _decline(self):
        """Kept for us only: the sender sees what silence looks like."""
        self._check_waiting()
        self.sudo().write({"state": "declined", "answered_at": self.env.cr.now()})

    def _report(self, text):
        """Bring it before the wardens of the recipient's hostel.

        :raises HostelError: ``ALREADY_REPORTED``
        """
        self.ensure_one()
        ping = self.sudo()
        if ping.report_state != "none":
            raise HostelError(
                "ALREADY_REPORTED", self.env._("You have reported this message already.")
            )
        ping.write({"report_state": "open", "report_text": text, "reported_at": self.env.cr.now()})
        today = self.env.company._get_college_day()
        for user in ping._get_wardens():
            ping.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=today,
                user_id=user.id,
                summary=self.env._("A message between students was reported"),
            )

    def _get_wardens(self):
        return (
            self.env["hostel.staff"]
            .sudo()
            .search(
                [
                    ("hostel_id", "=", self.hostel_id.id),
                    ("role", "=", "warden"),
                    ("date_from", "<=", "today"),
                    "|",
                    ("date_to", "=", False),
                    ("date_to", ">", "today"),
                ]
            )
            .user_id
        )

    @api.model
    def _cron_expire(self):
        """Write down what the pages have said since the time was over."""
        self.sudo().search(
            [("state", "=", "waiting"), ("expires_at", "<=", self.env.cr.now())]
        ).write({"state": "expired"})

    # ------------------------------------------------------------------
    # Telling people
    # ------------------------------------------------------------------

    def _tell(self, student):
        """Open pages look again; what it is about is not said over the bus."""
        student.sudo().partner_id._bus_send("hostel.ping/me", {})

    @api.model
    def _mail(self, student, subject, body):
        """A mail that names nobody; what there is to read is read after signing in.

        Called in the student's language, of which the words are too.
        """
        student.with_env(self.env)._write_letter(
            subject, body, path="/my/roommates", label=self.env._("Sign in and read")
        )

    # ------------------------------------------------------------------
    # The office
    # ------------------------------------------------------------------

    def _close_report(self, state):
        self.check_access("write")
        pings = self.sudo()
        if any(ping.report_state != "open" for ping in pings):
            raise HostelError(
                "INVALID_TRANSITION", self.env._("This report is handled already."), 409
            )
        pings.write({"report_state": state, "handled_by_id": self.env.uid})
        pings.activity_unlink(["mail.mail_activity_data_todo"])

    def action_dismiss(self):
        """Close a report that is none."""
        self._close_report("dismissed")

    def action_suspend(self):
        """Stop the sender's messages for a while."""
        self._close_report("acted")
        days = self._get_setting("ping_suspend_days", SUSPEND_DAYS)
        until = self.env.cr.now() + timedelta(days=days)
        for ping in self.sudo():
            ping.sender_id.pings_suspended_until = until
            ping.message_post(
                body=self.env._("The sender may not write to others for %(days)s days.", days=days)
            )

    def action_allow_again(self):
        """Let the sender write to others again."""
        self.check_access("write")
        self.sudo().sender_id._allow_pings()

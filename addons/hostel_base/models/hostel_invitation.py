from datetime import timedelta

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize

from ..errors import HostelError

RESEND_MINUTES = 10
VALID_HOURS = 7 * 24


class HostelInvitation(models.Model):
    """One person's invitation to the portal: planned, sent, answered."""

    _name = "hostel.invitation"
    _description = "Portal Invitation"
    _order = "batch_id desc, id"
    _rec_name = "partner_id"

    batch_id = fields.Many2one(
        "hostel.invitation.batch", string="Mailing", required=True, ondelete="cascade", index=True
    )
    kind = fields.Selection([("student", "Student"), ("guardian", "Guardian")], required=True)
    student_id = fields.Many2one("hostel.student", required=True, ondelete="cascade", index=True)
    partner_id = fields.Many2one("res.partner", string="Person", required=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", string="Account", ondelete="set null")
    email = fields.Char(string="Mail")
    state = fields.Selection(
        [
            ("ready", "To send"),
            ("refused", "Can't be invited"),
            ("queued", "Queued"),
            ("sent", "Sent"),
            ("failed", "Failed"),
        ],
        required=True,
        default="ready",
        index=True,
    )
    reason = fields.Selection(
        [
            ("no_mail", "No mail address"),
            ("duplicate_mail", "Somebody else has the same mail"),
            ("has_account", "Signs in already"),
            ("invited", "Invited before"),
            ("inactive", "Not an active student"),
            ("staff", "Works here: signs in as staff"),
            ("switched_off", "The account was switched off"),
        ],
        string="Why not",
    )
    error = fields.Char()
    sent_at = fields.Datetime()
    sent_count = fields.Integer(string="Mails")
    login_date = fields.Datetime(string="Last sign-in", compute="_compute_login_date")
    progress = fields.Selection(
        [
            ("waiting", "On its way"),
            ("invited", "Never signed in"),
            ("accepted", "Accepted"),
            ("failed", "Failed"),
            ("refused", "Can't be invited"),
        ],
        compute="_compute_progress",
        search="_search_progress",
    )

    # Whatever else happens, nobody gets two first invitations.
    _once = models.UniqueIndex(
        "(partner_id) WHERE state IN ('queued', 'sent')", "This person was invited already."
    )

    @api.depends("user_id")
    def _compute_login_date(self):
        for invitation in self:
            invitation.login_date = invitation.sudo().user_id.login_date

    @api.depends("state", "user_id")
    def _compute_progress(self):
        for invitation in self:
            if invitation.state == "sent":
                invitation.progress = "accepted" if invitation.login_date else "invited"
            elif invitation.state in ("ready", "queued"):
                invitation.progress = "waiting"
            else:
                invitation.progress = invitation.state

    def _search_progress(self, operator, value):
        if operator != "in":
            return NotImplemented
        sent = Domain("state", "=", "sent")
        signed_in = Domain("user_id.log_ids", "!=", False)
        parts = {
            "waiting": Domain("state", "in", ("ready", "queued")),
            "invited": sent & ~signed_in,
            "accepted": sent & signed_in,
            "failed": Domain("state", "=", "failed"),
            "refused": Domain("state", "=", "refused"),
        }
        return Domain.OR([parts[name] for name in value if name in parts])

    # ------------------------------------------------------------------
    # Who can be invited
    # ------------------------------------------------------------------

    @api.model
    def _plan(self, students, with_guardians):
        """Vals of one invitation a person, each ready or with the reason against it."""
        students = students.sudo()
        rows = [("student", student, student.partner_id) for student in students]
        if with_guardians:
            wards = {}
            for line in students.guardian_ids:
                wards.setdefault(line.partner_id, line.student_id)
            rows += [("guardian", ward, partner) for partner, ward in wards.items()]
        reasons = self._get_reasons(rows)
        return [
            {
                "kind": kind,
                "student_id": student.id,
                "partner_id": partner.id,
                "email": partner.email,
                "reason": reasons[kind, partner],
                "state": "refused" if reasons[kind, partner] else "ready",
            }
            for kind, student, partner in rows
        ]

    @api.model
    def _get_reasons(self, rows):
        """Why each ``(kind, partner)`` can't be invited; False who can."""
        partners = self.env["res.partner"].sudo().union(*(partner for _k, _s, partner in rows))
        Users = self.env["res.users"].sudo().with_context(active_test=False)
        users = Users.search([("partner_id", "in", partners.ids)])
        users = users.grouped("partner_id")
        invited = self.sudo().search(
            [("partner_id", "in", partners.ids), ("state", "in", ("queued", "sent"))]
        )
        invited = invited.partner_id
        shared = self._get_shared_mails(partners)
        return {
            (kind, partner): self._get_reason(
                kind, student, partner, users.get(partner), partner in invited, shared
            )
            for kind, student, partner in rows
        }

    @api.model
    def _get_reason(self, kind, student, partner, user, is_invited, shared):
        mail = email_normalize(partner.email or "")
        if user and not user.share:
            return "staff"
        if user and not user.active:
            return "switched_off"
        if user and user.login_date:
            return "has_account"
        if is_invited:
            return "invited"
        if student.status != "active" or not student.active:
            return "inactive"
        if not mail:
            return "no_mail"
        return "duplicate_mail" if (kind, mail) in shared else False

    @api.model
    def _get_shared_mails(self, partners):
        """``(kind, mail)`` of mails that several students, or several guardians, have."""
        mails = [mail for mail in partners.mapped("email_normalized") if mail]
        shared = set()
        for kind, field in (("student", "hostel_student_ids"), ("guardian", "hostel_ward_ids")):
            groups = (
                self.env["res.partner"]
                .sudo()
                ._read_group(
                    [("email_normalized", "in", mails), (field, "!=", False)],
                    ["email_normalized"],
                    ["__count"],
                    having=[("__count", ">", 1)],
                )
            )
            shared |= {(kind, mail) for mail, _count in groups}
        return shared

    # ------------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------------

    def _invite(self):
        """Make the account and queue the mail, both or neither."""
        self.ensure_one()
        user = self._get_or_create_user()
        self.write(
            {
                "user_id": user.id,
                "state": "sent",
                "sent_at": self.env.cr.now(),
                "sent_count": self.sent_count + 1,
                "email": user.partner_id.email,
                "error": False,
            }
        )
        self._send_mail()

    def _get_or_create_user(self):
        self.ensure_one()
        partner = self.sudo().partner_id
        group = self.env.ref(f"hostel_base.group_hostel_{self.kind}")
        user = partner.with_context(active_test=False).user_ids[:1]
        if user:
            if not user.active:
                # Switched off since the list was made; only an administrator opens it again.
                raise HostelError("SWITCHED_OFF", self.env._("This account was switched off."), 409)
            user.group_ids = [Command.link(group.id)]
            return user
        if self.kind == "student":
            login = self.student_id._get_free_login(self.student_id.roll_number)
        else:
            login = email_normalize(partner.email)
        return (
            self.env["res.users"]
            .sudo()
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": login,
                    "partner_id": partner.id,
                    "group_ids": [Command.set(group.ids)],
                    "company_id": self.env.company.id,
                    "company_ids": [Command.set(self.env.company.ids)],
                }
            )
        )

    def _send_mail(self):
        self.ensure_one()
        template = self.env.ref("hostel_base.mail_template_portal_invitation")
        # The link sets a password, so the mail is nobody else's to read, not even the sender's.
        template.with_user(SUPERUSER_ID).with_context(signup_url=self._get_signup_url()).send_mail(
            self.id, email_values={"auto_delete": True, "model": False, "res_id": False}
        )

    def _get_signup_url(self):
        """Link on which the invited person chooses a password; it ends with the first sign-in."""
        self.ensure_one()
        partner = self.sudo().partner_id
        partner.signup_prepare()
        token = partner._generate_signup_token(expiration=VALID_HOURS)
        return f"{partner.get_base_url()}/web/reset_password?token={token}&welcome=1"

    def action_resend(self):
        """Send the mail again to those who have not signed in."""
        self.check_access("read")
        self.env["hostel.invitation.batch"].check_access("create")
        now = self.env.cr.now()
        rows = self.filtered(
            lambda row: (
                row.progress == "invited"
                and (not row.sent_at or row.sent_at < now - timedelta(minutes=RESEND_MINUTES))
            )
        )
        if not rows:
            raise HostelError(
                "NOTHING_TO_SEND",
                self.env._("These people have signed in, or got a mail a moment ago."),
                422,
            )
        for row in rows.sudo():
            row.write({"sent_at": now, "sent_count": row.sent_count + 1})
            row._send_mail()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%(count)s mails are on their way.", count=len(rows)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

import hashlib
import secrets
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models

from ..errors import HostelError

VALID_DAYS = 7
WAIT_MINUTES = 10
PER_DAY = 5


class HostelConsentRequest(models.Model):
    """A single-use link with which a guardian agrees for a minor.

    Only the hash of the link is stored, so that nobody who reads the table can agree.
    """

    _name = "hostel.consent.request"
    _description = "Guardian's Consent Link"
    _order = "id desc"

    student_id = fields.Many2one("hostel.student", required=True, ondelete="cascade", index=True)
    guardian_id = fields.Many2one("hostel.guardian", required=True, ondelete="cascade")
    notice_id = fields.Many2one("hostel.privacy.notice", required=True, ondelete="restrict")
    token_hash = fields.Char(required=True, groups="base.group_system", copy=False)
    sent_at = fields.Datetime(required=True, default=lambda self: self.env.cr.now())
    expires_at = fields.Datetime(required=True)
    used_at = fields.Datetime(readonly=True)
    state = fields.Selection(
        [("open", "Waiting"), ("used", "Used"), ("expired", "Expired")], compute="_compute_state"
    )

    _token_uniq = models.Constraint("UNIQUE (token_hash)", "A link is made once.")

    @api.depends("used_at", "expires_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for request in self:
            if request.used_at:
                request.state = "used"
            else:
                request.state = "open" if request.expires_at > now else "expired"

    @api.depends("guardian_id")
    def _compute_display_name(self):
        for request in self:
            request.display_name = request.guardian_id.display_name

    @api.model
    def _hash(self, token):
        return hashlib.sha256(token.encode()).hexdigest()

    @api.model
    def _get_open(self, student):
        """The link that a student's guardian can still use, or an empty recordset."""
        return self.sudo().search(
            [
                ("student_id", "=", student.id),
                ("used_at", "=", False),
                ("expires_at", ">", self.env.cr.now()),
                ("notice_id.state", "=", "published"),
            ],
            limit=1,
        )

    @api.model
    def _issue(self, student):
        """Send a new link to a minor's guardian; earlier links stop working.

        :raises HostelError: ``NO_GUARDIAN`` without a guardian's mail, ``CONSENT_NOT_NEEDED``,
            ``TOO_SOON`` or ``TOO_MANY`` with ``retry_after`` in seconds
        """
        student = student.sudo()
        notice = self.env["hostel.privacy.notice"]._get_current()
        if not notice or not student.is_minor or student._has_consent():
            raise HostelError(
                "CONSENT_NOT_NEEDED", self.env._("No guardian has to agree here."), 422
            )
        guardian = student._get_consent_guardian()
        if not guardian:
            raise HostelError(
                "NO_GUARDIAN",
                self.env._("The office has no mail address of your guardian. Please tell them."),
                422,
            )
        self._check_rate(student)
        now = self.env.cr.now()
        earlier = self.sudo().search(
            [("student_id", "=", student.id), ("used_at", "=", False), ("expires_at", ">", now)]
        )
        earlier.expires_at = now
        token = secrets.token_urlsafe(32)
        request = self.sudo().create(
            {
                "student_id": student.id,
                "guardian_id": guardian.id,
                "notice_id": notice.id,
                "token_hash": self._hash(token),
                "expires_at": now + timedelta(days=VALID_DAYS),
            }
        )
        request._send(token)
        return request

    @api.model
    def _check_rate(self, student):
        now = self.env.cr.now()
        rows = self.sudo().search(
            [("student_id", "=", student.id), ("sent_at", ">", now - timedelta(days=1))]
        )
        if len(rows) >= PER_DAY:
            raise HostelError(
                "TOO_MANY",
                self.env._("Five links went out today. The next one can be sent tomorrow."),
                429,
                {"retry_after": 24 * 3600},
            )
        wait = WAIT_MINUTES * 60 - (now - rows[:1].sent_at).total_seconds() if rows else 0
        if wait > 0:
            raise HostelError(
                "TOO_SOON",
                self.env._(
                    "A link went out a moment ago. You can send another in %(minutes)s minutes.",
                    minutes=int(wait // 60) + 1,
                ),
                429,
                {"retry_after": int(wait) + 1},
            )

    def _send(self, token):
        """Queue the mail; the token lives in the mail and nowhere else."""
        self.ensure_one()
        url = f"{self.get_base_url()}/hostel/consent/{token}"
        template = self.env.ref("hostel_base.mail_template_guardian_consent")
        # Neither the student who asked, as its author, nor the staff who see this record may read
        # the mail: whoever has the link can agree.
        template.with_user(SUPERUSER_ID).with_context(consent_url=url).send_mail(
            self.id, email_values={"auto_delete": True, "model": False, "res_id": False}
        )

    @api.model
    def _find(self, token):
        """The request that a link opens, or an empty recordset: unknown, used, expired, replaced,
        no longer needed and somebody else's look the same."""
        request = self.sudo().search([("token_hash", "=", self._hash(token or ""))])
        good = (
            request
            and not request.used_at
            and request.expires_at > self.env.cr.now()
            and request.notice_id.state == "published"
            and request.guardian_id.student_id == request.student_id
            and request.student_id.is_minor
        )
        return request if good else request.browse()

    def _use(self, declared_name, optional):
        """Give the consent and spend the link."""
        self.ensure_one()
        # A second click at the same moment fails here and is tried again, then finds it used.
        self.write({"used_at": self.env.cr.now()})
        return self.student_id._give_consent(
            self.guardian_id.partner_id,
            channel="guardian_link",
            optional=optional,
            declared_name=declared_name,
        )

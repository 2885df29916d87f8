from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL, is_html_empty
from odoo.tools.mail import html2plaintext

from ..errors import HostelError
from .hostel_notice_audience import SCOPE_TABLES
from .hostel_notice_delivery import SUMMARY_LENGTH

NOTICE_TYPES = [
    ("general", "General"),
    ("announcement", "Announcement"),
    ("warning", "Warning"),
    ("emergency", "Emergency"),
]
STATES = [
    ("draft", "Draft"),
    ("scheduled", "Scheduled"),
    ("published", "Published"),
    ("expired", "Expired"),
    ("withdrawn", "Withdrawn"),
]
LIVE = ("scheduled", "published")
# What the buttons and jobs write.
PROTECTED_FIELDS = {"state", "published_at", "author_id", "receipt_ids"}
# What people were told once they were told it: whoever wants it otherwise withdraws and copies.
LOCKED_FIELDS = {
    "audience",
    "to_students",
    "to_guardians",
    "to_staff",
    "company_id",
    "send_mail",
    "date_from",
    *SCOPE_TABLES,
}
DEFAULT_DAYS = 7


class HostelNotice(models.Model):
    """A notice to those who live in hostels, floors or rooms, their guardians and the staff."""

    _name = "hostel.notice"
    _description = "Notice"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "hostel.notice.audience",
        "hostel.notice.delivery",
    ]
    _order = "is_pinned desc, date_from desc, id desc"

    name = fields.Char(string="Title", required=True, tracking=True)
    body = fields.Html(string="Text", sanitize_attributes=True, sanitize_form=True)
    notice_type = fields.Selection(
        NOTICE_TYPES,
        string="Type",
        required=True,
        default="announcement",
        tracking=True,
        help="An emergency stays on the screen until its reader closes it.",
    )
    is_pinned = fields.Boolean(string="Pinned", tracking=True, help="On top of the list.")
    active = fields.Boolean(default=True)
    state = fields.Selection(
        STATES, required=True, default="draft", readonly=True, tracking=True, index=True
    )
    author_id = fields.Many2one(
        "res.users",
        string="Posted by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        copy=False,
        index=True,
    )
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    date_from = fields.Datetime(
        string="Shown from",
        required=True,
        copy=False,
        default=lambda self: self.env.cr.now().replace(microsecond=0),
        tracking=True,
    )
    date_to = fields.Datetime(
        string="Shown until",
        copy=False,
        default=lambda self: self._default_date_to(),
        tracking=True,
        help="Without it the notice stays until it is withdrawn.",
    )
    published_at = fields.Datetime(readonly=True, copy=False)

    audience = fields.Selection(
        [
            ("everyone", "All hostels"),
            ("hostel", "Hostels"),
            ("floor", "Floors"),
            ("room", "Rooms"),
            ("programme", "Programmes"),
        ],
        required=True,
        default=lambda self: self._default_audience(),
        tracking=True,
    )
    hostel_ids = fields.Many2many(
        "hostel.hostel",
        "hostel_notice_hostel_rel",
        "notice_id",
        "hostel_id",
        string="Hostels",
        default=lambda self: self._default_hostel_ids(),
    )
    floor_ids = fields.Many2many(
        "hostel.floor",
        "hostel_notice_floor_rel",
        "notice_id",
        "floor_id",
        string="Floors",
        default=lambda self: self._default_floor_ids(),
    )
    room_ids = fields.Many2many(
        "hostel.room", "hostel_notice_room_rel", "notice_id", "room_id", string="Rooms"
    )
    programme_ids = fields.Many2many(
        "hostel.programme",
        "hostel_notice_programme_rel",
        "notice_id",
        "programme_id",
        string="Programmes",
    )
    to_students = fields.Boolean(string="Students", default=True)
    to_guardians = fields.Boolean(string="Guardians")
    to_staff = fields.Boolean(string="Staff", help="Who has a post in these hostels.")
    scope_hostel_ids = fields.Many2many(
        "hostel.hostel",
        "hostel_notice_scope_rel",
        "notice_id",
        "hostel_id",
        string="Hostels reached",
        compute="_compute_scope_hostel_ids",
        store=True,
        help="The hostels in which the notice is read; empty means all.",
    )
    audience_label = fields.Char(string="For", compute="_compute_audience_label", compute_sudo=True)
    audience_summary = fields.Char(
        string="Reaches today", compute="_compute_audience_summary", compute_sudo=True
    )

    send_mail = fields.Boolean(string="Also by e-mail")
    attachment_ids = fields.Many2many(
        "ir.attachment",
        "hostel_notice_attachment_rel",
        "notice_id",
        "attachment_id",
        string="Attachments",
        copy=False,
    )
    summary = fields.Char(compute="_compute_summary")

    receipt_ids = fields.One2many(
        "hostel.notice.receipt", "notice_id", string="Recipients", copy=False, readonly=True
    )
    recipient_count = fields.Integer(
        string="Recipients", compute="_compute_receipt_counts", groups="base.group_user"
    )
    read_count = fields.Integer(
        string="Read by", compute="_compute_receipt_counts", groups="base.group_user"
    )
    unread_count = fields.Integer(
        string="Not read yet", compute="_compute_receipt_counts", groups="base.group_user"
    )
    read_percent = fields.Float(
        string="Read", compute="_compute_receipt_counts", groups="base.group_user"
    )
    mail_total = fields.Integer(
        string="To be mailed", compute="_compute_delivery_counts", groups="base.group_user"
    )
    mail_done = fields.Integer(
        string="Mailed", compute="_compute_delivery_counts", groups="base.group_user"
    )
    mail_percent = fields.Float(
        string="E-mails", compute="_compute_delivery_counts", groups="base.group_user"
    )
    delivery_summary = fields.Char(
        string="Delivery", compute="_compute_delivery_counts", groups="base.group_user"
    )
    can_manage = fields.Boolean(compute="_compute_can_manage", groups="base.group_user")
    is_current = fields.Boolean(
        string="Shown now", compute="_compute_is_current", search="_search_is_current"
    )
    is_for_me = fields.Boolean(
        string="For me", compute="_compute_is_for_me", search="_search_is_for_me"
    )

    _dates_ordered = models.Constraint(
        "CHECK (date_to IS NULL OR date_to > date_from)",
        "A notice must be shown for some time: “until” comes after “from”.",
    )
    _live_idx = models.Index("(date_from) WHERE state IN ('scheduled', 'published')")

    # ------------------------------------------------------------------
    # Defaults: what the person may address
    # ------------------------------------------------------------------

    def _default_date_to(self):
        return self.env.cr.now().replace(microsecond=0) + timedelta(days=DEFAULT_DAYS)

    def _default_audience(self):
        hostels, floors = self._get_own_places()
        return "floor" if floors and not hostels else "hostel"

    def _default_hostel_ids(self):
        hostels, _floors = self._get_own_places()
        return [Command.set(hostels.ids)]

    def _default_floor_ids(self):
        hostels, floors = self._get_own_places()
        return [Command.set([] if hostels else floors.ids)]

    @api.model
    def _get_own_places(self):
        """Hostels of which the user is warden now, and floors in the user's charge."""
        posts = (
            self.env["hostel.staff"]
            .sudo()
            .search([("user_id", "=", self.env.uid), ("is_current", "=", True)])
        )
        hostels = posts.filtered(lambda post: post.role == "warden").hostel_id
        floors = posts.filtered(lambda post: post.role == "floor_incharge").floor_ids
        return hostels.sudo(self.env.su), floors.sudo(self.env.su)

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("audience", "hostel_ids", "floor_ids.hostel_id", "room_ids.floor_id.hostel_id")
    def _compute_scope_hostel_ids(self):
        for notice in self:
            notice.scope_hostel_ids = {
                "hostel": notice.hostel_ids,
                "programme": notice.hostel_ids,
                "floor": notice.floor_ids.hostel_id,
                "room": notice.room_ids.floor_id.hostel_id,
            }.get(notice.audience, notice.hostel_ids.browse())

    @api.depends("audience", *SCOPE_TABLES)
    def _compute_audience_label(self):
        for notice in self:
            notice.audience_label = notice._get_place_label()

    def _get_place_label(self):
        """The places in words: ``Kaveri: floors 1, 2``."""
        self.ensure_one()
        hostels = ", ".join(self.hostel_ids.mapped("name"))
        if self.audience == "everyone":
            return self.env._("All hostels")
        if self.audience == "hostel":
            return hostels
        if self.audience == "programme":
            programmes = ", ".join(self.programme_ids.mapped("name"))
            return f"{programmes} ({hostels})" if hostels else programmes
        places = []
        if self.audience == "floor":
            for hostel, floors in self.floor_ids.grouped("hostel_id").items():
                names = ", ".join(floors.mapped("name"))
                places.append(
                    self.env._("%(hostel)s: floors %(names)s", hostel=hostel.name, names=names)
                )
        else:
            for hostel, rooms in self.room_ids.grouped("hostel_id").items():
                names = ", ".join(rooms.mapped("name"))
                places.append(
                    self.env._("%(hostel)s: rooms %(names)s", hostel=hostel.name, names=names)
                )
        return "; ".join(places)

    @api.depends("audience", "to_students", "to_guardians", "to_staff", "company_id", *SCOPE_TABLES)
    def _compute_audience_summary(self):
        for notice in self:
            notice.audience_summary = notice._describe_counts(notice._count_audience())

    def _describe_counts(self, counts):
        """``64 students and 71 guardians``, for the kinds that are addressed."""
        words = []
        if self.to_students:
            words.append(self.env._("%(count)s students", count=counts["student"]))
        if self.to_guardians:
            words.append(self.env._("%(count)s guardians", count=counts["guardian"]))
        if self.to_staff:
            words.append(self.env._("%(count)s staff", count=counts["staff"]))
        if len(words) > 1:
            first, last = ", ".join(words[:-1]), words[-1]
            return self.env._("%(first)s and %(last)s", first=first, last=last)
        return words[0] if words else self.env._("Nobody yet: choose who shall read it")

    @api.depends("body")
    def _compute_summary(self):
        for notice in self:
            text = html2plaintext(notice.body or "", include_references=False)
            text = " ".join(text.split())
            if len(text) > SUMMARY_LENGTH:
                text = f"{text[:SUMMARY_LENGTH].rsplit(' ', 1)[0]}…"
            notice.summary = text

    @api.depends("receipt_ids.read_at")
    def _compute_receipt_counts(self):
        rows = self.env["hostel.notice.receipt"]._read_group(
            [("notice_id", "in", self.ids)], ["notice_id"], ["__count", "read_at:count"]
        )
        counts = {notice.id: (total, read) for notice, total, read in rows}
        for notice in self:
            total, read = counts.get(notice.id, (0, 0))
            notice.recipient_count = total
            notice.read_count = read
            notice.unread_count = total - read
            notice.read_percent = 100 * read / total if total else 0

    @api.depends("receipt_ids.mail_state", "receipt_ids.push_state")
    def _compute_delivery_counts(self):
        Receipt = self.env["hostel.notice.receipt"]
        by_mail, by_push = (
            {
                (notice.id, state): count
                for notice, state, count in Receipt._read_group(
                    [("notice_id", "in", self.ids)], ["notice_id", field], ["__count"]
                )
            }
            for field in ("mail_state", "push_state")
        )
        for notice in self:
            mail = {
                state: by_mail.get((notice.id, state), 0)
                for state in ("queued", "sent", "no_address", "cancelled")
            }
            push = {
                state: by_push.get((notice.id, state), 0) for state in ("queued", "sent", "failed")
            }
            notice.mail_total = mail["queued"] + mail["sent"]
            notice.mail_done = mail["sent"]
            notice.mail_percent = (
                100 * notice.mail_done / notice.mail_total if notice.mail_total else 0
            )
            notice.delivery_summary = notice._describe_delivery(mail, push)

    def _describe_delivery(self, mail, push):
        words = []
        if self.send_mail:
            words.append(
                self.env._(
                    "E-mail: %(done)s of %(total)s handed over",
                    done=mail["sent"],
                    total=mail["sent"] + mail["queued"],
                )
            )
            if mail["no_address"]:
                words.append(self.env._("%(count)s without an address", count=mail["no_address"]))
        if any(push.values()):
            words.append(
                self.env._(
                    "Phones: %(done)s sent, %(failed)s failed, %(waiting)s waiting",
                    done=push["sent"],
                    failed=push["failed"],
                    waiting=push["queued"],
                )
            )
        return " · ".join(words)

    @api.depends_context("uid")
    @api.depends("state")
    def _compute_can_manage(self):
        allowed = self._filtered_access("write")
        for notice in self:
            notice.can_manage = notice in allowed or not notice.id

    @api.depends("state", "date_from", "date_to")
    def _compute_is_current(self):
        current = self.search([("id", "in", self.ids), ("is_current", "=", True)])
        for notice in self:
            notice.is_current = notice in current

    def _search_is_current(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain.custom(
            to_sql=lambda model, alias, query: model._get_validity_sql(SQL.identifier(alias))
        )

    @api.depends_context("uid")
    @api.depends("state", "date_from", "date_to", "audience", *SCOPE_TABLES)
    def _compute_is_for_me(self):
        mine = self.sudo().search([("id", "in", self.ids), ("is_for_me", "=", True)])
        for notice in self:
            notice.is_for_me = notice._origin in mine

    def _search_is_for_me(self, operator, value):
        if operator != "in":
            return NotImplemented
        ids = self._get_ids_for_partner_sql(self.env.user.partner_id)
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL("%s IN (%s)", SQL.identifier(alias, "id"), ids)
        )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_protected(vals)
            self._refuse_unknown_places(vals)
        if not self.env.su:
            # What the context proposes as a default counts no more than what is sent.
            vals_list = [{**vals, "author_id": self.env.uid} for vals in vals_list]
            self = self.with_context(
                default_state="draft", default_published_at=False, default_receipt_ids=False
            )
        notices = super().create(vals_list)
        notices._check_author()
        notices._adopt_attachments()
        return notices

    def write(self, vals):
        self._refuse_protected(vals)
        self._refuse_unknown_places(vals)
        locked = LOCKED_FIELDS & vals.keys()
        if locked and not self.env.su and any(notice.state != "draft" for notice in self):
            raise HostelError(
                "NOTICE_LOCKED",
                self.env._(
                    "People have been told already. Withdraw the notice and send a copy instead."
                ),
            )
        result = super().write(vals)
        if not self.env.su:
            self._check_author()
        if "attachment_ids" in vals:
            self._adopt_attachments()
        return result

    def _refuse_protected(self, vals):
        written = PROTECTED_FIELDS & vals.keys()
        # A client may send what a form shows anyway: the state of a draft, oneself as the author.
        if vals.get("state") == "draft" and not self:
            written.discard("state")
        if vals.get("author_id") == self.env.uid and not self:
            written.discard("author_id")
        if written and not self.env.su:
            raise AccessError(self.env._("A notice changes its state through its buttons only."))

    def _refuse_unknown_places(self, vals):
        """Places that the user can't even see are refused in words, before the ORM does it."""
        for name in SCOPE_TABLES.keys() & vals.keys():
            places = self.env[self._fields[name].comodel_name].browse(
                self._get_linked_ids(vals[name])
            )
            if places - places._filtered_access("read"):
                raise self._foreign_error()

    @api.model
    def _get_linked_ids(self, commands):
        """Ids that the commands of a many2many link."""
        ids = set()
        for command in commands or []:
            if isinstance(command, int):
                ids.add(command)
            elif command[0] == Command.SET:
                ids.update(command[2])
            elif command[0] == Command.LINK:
                ids.add(command[1])
        return ids

    def _foreign_error(self):
        return HostelError(
            "AUDIENCE_FOREIGN",
            self.env._(
                "You can only address your own hostels and floors. Choose among them, or ask the"
                " administrator to post it."
            ),
            403,
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if any(notice.state != "draft" for notice in self):
            raise HostelError(
                "NOTICE_KEPT",
                self.env._("What people were told is kept. Withdraw the notice instead."),
            )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        return [
            {**vals, "name": self.env._("%(name)s (copy)", name=notice.name)}
            for notice, vals in zip(self, vals_list, strict=True)
        ]

    def _adopt_attachments(self):
        """Bind uploaded files to their notice: whoever may read it may read them."""
        for notice in self:
            for attachment in notice.attachment_ids.sudo():
                mine = attachment.res_model == self._name and attachment.res_id == notice.id
                fresh = (
                    not attachment.res_id
                    and attachment.res_model in (False, self._name)
                    and attachment.create_uid == self.env.user
                )
                if not (mine or fresh or self.env.su):
                    raise HostelError(
                        "ATTACHMENT_FOREIGN",
                        self.env._("Upload the file here; another record's can't be used."),
                        403,
                    )
                if not mine:
                    attachment.write({"res_model": self._name, "res_id": notice.id})

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    def _check_author(self):
        """Whoever writes a notice may only address the own places.

        :raises HostelError: ``AUDIENCE_FOREIGN``
        """
        if self.env.su or self.env.user.has_group("hostel_base.group_hostel_admin"):
            return
        hostels, floors = self._get_own_places()
        for notice in self.sudo():
            if not notice._is_within(hostels.sudo(), floors.sudo()):
                raise self._foreign_error()

    def _is_within(self, hostels, floors):
        """Whether the notice addresses nobody outside of these hostels and floors."""
        self.ensure_one()
        if self.audience in ("hostel", "programme"):
            # A draft without a hostel addresses nobody, but a programme without one everybody.
            return not self.hostel_ids - hostels and (
                self.audience == "hostel" or bool(self.hostel_ids)
            )
        if self.audience in ("floor", "room"):
            reached = self.floor_ids if self.audience == "floor" else self.room_ids.floor_id
            return not reached.filtered(
                lambda floor: floor not in floors and floor.hostel_id not in hostels
            )
        return False

    def _check_publishable(self):
        """Refuse what nobody would see or understand.

        :raises HostelError: ``NOTICE_STATE``, ``NOTICE_EMPTY``, ``NOTICE_DATES``,
            ``NO_RECIPIENTS``
        """
        self.ensure_one()
        if self.state != "draft":
            raise HostelError(
                "NOTICE_STATE", self.env._("“%(name)s” is published already.", name=self.name)
            )
        if is_html_empty(self.body) and not self.attachment_ids:
            raise HostelError(
                "NOTICE_EMPTY", self.env._("Write what people shall know before you publish."), 422
            )
        now = self.env.cr.now()
        if self.date_to and self.date_to <= max(now, self.date_from):
            raise HostelError(
                "NOTICE_DATES",
                self.env._("“Shown until” is over already. Choose a later time."),
                422,
            )
        if not any(self.sudo()._count_audience().values()):
            raise HostelError(
                "NO_RECIPIENTS",
                self.env._(
                    "Nobody lives there today, so nobody would read it. Choose other places, or"
                    " other readers."
                ),
                422,
            )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_publish(self):
        """Show the notice from its time on: now, or by the clock."""
        self.check_access("write")
        self._check_author()
        for notice in self:
            notice._check_publishable()
            now = self.env.cr.now()
            if notice.date_from > now:
                notice.sudo().state = "scheduled"
                notice._trigger_clock()
            else:
                notice.sudo()._go_live()
        return True

    def action_withdraw(self):
        """Take the notice from every list and screen."""
        self.check_access("write")
        if any(notice.state not in LIVE for notice in self):
            raise HostelError("NOTICE_STATE", self.env._("Only what is shown can be withdrawn."))
        notices = self.sudo()
        notices.state = "withdrawn"
        for notice in notices:
            notice._stop_delivery()
        return True

    def action_back_to_draft(self):
        """Change a notice that waits for its time and has told nobody yet."""
        self.check_access("write")
        if any(notice.state != "scheduled" or notice.receipt_ids for notice in self.sudo()):
            raise HostelError(
                "NOTICE_STATE", self.env._("Only a notice that waits for its time can be changed.")
            )
        self.sudo().state = "draft"
        return True

    def action_pin(self):
        self.check_access("write")
        for notice in self:
            notice.is_pinned = not notice.is_pinned
        return True

    def action_mark_read(self):
        """The reader has seen it; called by the screens of those who are addressed."""
        self.check_access("read")
        self.sudo()._mark_read(self.env.user.partner_id)
        return True

    def action_open_receipts(self):
        return self._open_receipts({})

    def action_open_unread(self):
        return self._open_receipts({"search_default_unread": 1})

    def _open_receipts(self, context):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_notice_receipt_action"
        )
        action["domain"] = [("notice_id", "=", self.id)]
        action["context"] = context
        action["display_name"] = self.env._("Readers of “%(name)s”", name=self.name)
        return action

    # ------------------------------------------------------------------
    # Time
    # ------------------------------------------------------------------

    def _trigger_clock(self):
        self.env.ref("hostel_base.hostel_notice_cron_clock").sudo()._trigger(
            [notice.date_from for notice in self]
        )

    def _go_live(self):
        self.ensure_one()
        self.write({"state": "published", "published_at": self.env.cr.now()})
        self._deliver()
        if self.date_to:
            self.env.ref("hostel_base.hostel_notice_cron_clock").sudo()._trigger(self.date_to)

    @api.model
    def _cron_clock(self):
        """Deliver what has come due, and put away what is over.

        Readers don't wait for this job: what they see is judged by the clock of each query.
        """
        now = self.env.cr.now()
        due = self.search([("state", "=", "scheduled"), ("date_from", "<=", now)])
        over = self.search([("state", "in", LIVE), ("date_to", "<=", now)])
        for done, notice in enumerate(due - over, 1):
            notice._go_live()
            self.env["ir.cron"]._commit_progress(1, remaining=len(due - over) - done)
        over.state = "expired"

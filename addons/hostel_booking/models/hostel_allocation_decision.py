from urllib.parse import urljoin

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools.misc import format_datetime

from odoo.addons.hostel_base.tools.letters import LAYOUT, letter_body

from ..const import BOOKING_SOURCES, REJECT_REASONS
from .hostel_approval_batch import LEAST
from .hostel_booking_slot import INDIA

DECISION_FIELDS = {
    "booking_source",
    "window_id",
    "approval_batch_id",
    "accepted_without",
    "reject_reason",
    "reject_note",
    "allotted_on",
    "letter_state",
    "letter_tries",
    "letter_key",
    "letter_attachment_id",
}


class HostelAllocation(models.Model):
    """Where a booking came from, and what was decided about it."""

    _inherit = "hostel.allocation"

    booking_source = fields.Selection(
        BOOKING_SOURCES,
        string="Came from",
        readonly=True,
        copy=False,
        default=lambda self: self.env.context.get("booking_source", "office"),
        help="Whoever reserves says it in the context, as ``booking_source``.",
    )
    window_id = fields.Many2one(
        "hostel.booking.window",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        default=lambda self: self.env.context.get("booking_window_id", False),
        help="The door through which it was booked; in the context as ``booking_window_id``.",
    )
    approval_batch_id = fields.Many2one(
        "hostel.approval.batch", readonly=True, copy=False, index="btree_not_null"
    )
    accepted_without = fields.Char(
        string="Approved without",
        readonly=True,
        copy=False,
        tracking=True,
        help="Proof that was missing when a warden approved all the same.",
    )
    reject_reason = fields.Selection(
        REJECT_REASONS, string="Rejected because", readonly=True, copy=False, tracking=True
    )
    reject_note = fields.Char(
        string="Told the student", readonly=True, copy=False, help="Why the bed was refused."
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("is_block"):
                vals |= {"booking_source": False, "window_id": False}
            elif vals.get("origin_id"):
                # What replaces a booking came the same way.
                origin = self.sudo().browse(vals["origin_id"])
                vals.setdefault("booking_source", origin.booking_source)
                vals.setdefault("window_id", origin.window_id.id)
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and DECISION_FIELDS & vals.keys():
            raise AccessError(self.env._("An allocation changes through its buttons only."))
        return super().write(vals)

    def action_approve(self):
        """Many rows at once are one batch: one click, one way back, one progress bar."""
        self.check_access("write")
        rows = self._get_approvable()
        if len(rows) < LEAST:
            return super().action_approve()
        batch = self.env["hostel.approval.batch"]._start(rows)
        return self._notify(
            self.env._("%(count)s approved", count=len(rows)),
            self.env._("The approval desk shows how far they are, and takes them back."),
        ) | {"batch_id": batch.id}

    def _get_approvable(self):
        return self.filtered(lambda row: row.state == "awaiting_approval" and not row.approval_due)

    def action_withdraw_approval(self):
        result = super().action_withdraw_approval()
        self.sudo().filtered("accepted_without").accepted_without = False
        self.sudo().approval_batch_id._rows_withdrawn()
        return result

    # ------------------------------------------------------------------
    # Rejecting
    # ------------------------------------------------------------------

    def action_open_reject(self):
        """Open the dialog that asks why, and what becomes of the money."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reject"),
            "res_model": "hostel.booking.reject",
            # The desk opens it by itself, without the button's call that fills this in.
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_allocation_ids": self.ids},
        }

    def _reject(self, reason, note, money="other"):
        """Refuse the bed, follow the money's rule, and tell the student why.

        :param str reason: key of ``REJECT_REASONS``
        :param str note: what the student reads
        :param str money: of who has paid: ``other`` looks for an equal bed and asks for a refund
            if there is none, ``wait`` leaves the payment to the warden, ``refund`` asks for it
        :return: the row that the student got instead, or an empty recordset
        :raises HostelError: ``INVALID_TRANSITION``, ``BED_BUSY``
        """
        self.ensure_one()
        row = self.sudo()
        batch = row.approval_batch_id if row.approval_due else row.approval_batch_id.browse()
        row.write({"reject_reason": reason, "reject_note": note})
        row._transition("cancelled", approval_due=False, approved_by_id=False)
        batch._rows_withdrawn()
        new = row.browse()
        if row.paid_at:
            row._transition("unplaced")
            new = row._place_rejected(money)
        row._tell_rejected(new)
        return new.sudo(self.env.su)

    def _place_rejected(self, money):
        self.ensure_one()
        if money == "wait":
            return self.browse()
        new = self._find_replacement() if money == "other" else self.browse()
        self._transition("reassigned" if new else "refund_due")
        return new

    def _get_replacement_beds(self):
        """A bed that was refused to a student is not offered to the same student again."""
        beds = super()._get_replacement_beds()
        return beds - self.bed_id.sudo() if self.reject_reason else beds

    def _tell_rejected(self, new):
        row = self._in_student_language()
        bed = row._get_bed_label()
        lines = [row.reject_note or "", row._get_money_sentence(new.with_env(row.env))]
        row._tell_student(
            row.env._("About your bed %(bed)s", bed=bed),
            row.env._("The hostel office could not give you bed %(bed)s.", bed=bed),
            *filter(None, lines),
        )

    def _get_money_sentence(self, new):
        """What becomes of a payment, in the student's words."""
        if new:
            return self.env._(
                "Your payment is safe: bed %(bed)s is reserved for you instead. The warden"
                " confirms it next; you need not do anything.",
                bed=new._get_bed_label(),
            )
        if self.state == "refund_due":
            return self.env._("Your payment is on its way back to you.")
        if self.state == "unplaced":
            return self.env._("Your payment is safe. The hostel office is finding you another bed.")
        return self.env._("You can choose another bed while booking is open.")

    # ------------------------------------------------------------------
    # Words to the student
    # ------------------------------------------------------------------

    def _in_student_language(self):
        """The row with all rights, whose ``env._`` speaks as the student reads."""
        self.ensure_one()
        row = self.sudo()
        return row.with_context(lang=row.student_id.lang or self.env.lang)

    def _in_office_language(self):
        """The row with all rights, whose ``env._`` speaks as the college's office does."""
        self.ensure_one()
        row = self.sudo()
        return row.with_context(lang=row.company_id.partner_id.lang or False)

    def _format_moment(self, moment, dt_format="EEEE d MMM, HH:mm"):
        """A time as the student's clock shows it.

        :param datetime moment: naive UTC
        """
        self.ensure_one()
        tz = self.sudo().student_id.tz or INDIA
        return format_datetime(self.env, moment, tz=tz, dt_format=dt_format)

    def _tell_student(self, subject, *paragraphs, attachment_ids=(), path=None, label=None):
        """Write to the student: by mail, and to the phone where Odoo can.

        :param str subject: translated
        :param paragraphs: translated plain texts
        :param attachment_ids: files that go with it
        :param str path: page of the portal that the link opens; else the page of the stay
        :param str label: translated text of the link
        """
        self.ensure_one()
        row = self.sudo()
        partner = row.student_id.partner_id
        if not partner.email and not partner.user_ids:
            return
        url = urljoin(row.get_base_url(), path or f"/my/hostel/{row.id}")
        body = letter_body(*paragraphs, url=url, label=label or self.env._("Open my stay"))
        # Into Odoo's queue: nobody's click waits for the college's mail server.
        row.with_context(mail_notify_force_send=False).message_notify(
            partner_ids=partner.ids,
            subject=subject,
            body=body,
            author_id=self.env["hostel.student"]._get_mail_author(),
            attachment_ids=list(attachment_ids),
            email_layout_xmlid=LAYOUT,
        )

    def _tell_wardens(self, subject, *paragraphs):
        """Write to the wardens who serve in the row's hostel today."""
        self.ensure_one()
        row = self.sudo()
        posts = row.hostel_id.staff_ids.filtered(
            lambda post: post.role == "warden" and post.is_current
        )
        partners = posts.user_id.partner_id
        if partners:
            row.with_context(mail_notify_force_send=False).message_notify(
                partner_ids=partners.ids,
                subject=subject,
                body=letter_body(*paragraphs),
                email_layout_xmlid="mail.mail_notification_light",
            )

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Students have a link of their own in the text; Odoo's leads to the office."""
        groups = super()._notify_get_recipients_groups(
            message, model_description, msg_vals=msg_vals
        )
        for name, _match, options in groups:
            if name != "user":
                options["has_button_access"] = False
        return groups

import base64
import hashlib
import logging
import secrets
from datetime import timedelta

from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date, formatLang

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.storable import storable

from ..tools.agreement_text import fill
from ..tools.signature_picture import clean_signature

_logger = logging.getLogger(__name__)

ADMIN = "hostel_base.group_hostel_admin"
LINK_DAYS = 7
MAIL_BATCH = 100
MAX_NAME = 128
REPORT = "hostel_booking.hostel_licence_agreement_report"


class HostelLicenceAgreement(models.Model):
    """A student's agreement with the college about a bed, signed on the portal.

    The words are frozen when the student signs. A minor's guardian signs too, by a link that works
    once. Then the PDF is made, sealed with its fingerprint, and can be checked by anybody.
    """

    _name = "hostel.licence.agreement"
    _description = "Licence Agreement"
    _inherit = ["hostel.stay.paper"]
    _order = "id desc"

    terms_id = fields.Many2one(
        "hostel.licence.terms", required=True, readonly=True, ondelete="restrict", index=True
    )
    state = fields.Selection(
        [
            ("to_sign", "To be signed"),
            ("guardian", "Guardian signs next"),
            ("signed", "Signed"),
            ("void", "No longer needed"),
        ],
        required=True,
        readonly=True,
        default="to_sign",
        copy=False,
        index=True,
        tracking=True,
    )
    body = fields.Html(string="As signed", readonly=True, copy=False, sanitize=False)
    signed_name = fields.Char(string="Signed by", readonly=True, copy=False)
    signed_at = fields.Datetime(string="Signed on", readonly=True, copy=False)
    signature = fields.Image(readonly=True, copy=False, attachment=True)
    signed_ip = fields.Char(string="Signed from", readonly=True, copy=False, groups=ADMIN)
    guardian_id = fields.Many2one("hostel.guardian", readonly=True, copy=False)
    guardian_name = fields.Char(string="Countersigned by", readonly=True, copy=False)
    guardian_signed_at = fields.Datetime(string="Countersigned on", readonly=True, copy=False)
    guardian_signature = fields.Image(readonly=True, copy=False, attachment=True)
    guardian_ip = fields.Char(string="Countersigned from", readonly=True, copy=False, groups=ADMIN)
    # Only the hash, so that nobody who reads the table can sign.
    link_hash = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS, index=True)
    link_expires_at = fields.Datetime(readonly=True, copy=False, groups=ADMIN)
    told_at = fields.Datetime(string="Student told on", readonly=True, copy=False)

    _once = models.Constraint(
        "UNIQUE (allocation_id, terms_id)", "This stay has its agreement under these terms."
    )

    @api.depends("student_id", "terms_id")
    def _compute_display_name(self):
        for agreement in self:
            known = agreement.sudo()
            agreement.display_name = (
                f"{known.student_id.display_name} · {known.terms_id.display_name}"
            )

    def _get_paper(self):
        return {
            "file": "agreement",
            "report": REPORT,
            "made": self.env._("Agreements come with the allocation of a bed."),
            "changed": self.env._("An agreement changes by its signatures only."),
            "kept": self.env._("Agreements are kept."),
            "code": "AGREEMENT_KEPT",
        }

    # ------------------------------------------------------------------
    # Which one
    # ------------------------------------------------------------------

    @api.model
    def _ensure(self, stay):
        """The agreement of a stay under the terms in force, made if there is none.

        :return: the agreement with all rights; empty where no terms are in force
        """
        stay = stay.sudo()
        terms = self.env["hostel.licence.terms"]._get_current(stay.hostel_id)
        if not terms or not stay.student_id:
            return self.sudo().browse()
        known = self.sudo().search(
            [("allocation_id", "=", stay.id), ("terms_id", "=", terms.id)], limit=1
        )
        if known:
            if known.state == "void" and not known.signed_at:
                # The stay goes on after all.
                known.state = "to_sign"
            return known
        # What waited for a signature under older terms is not asked for any more.
        waiting = self.sudo().search(
            [("allocation_id", "=", stay.id), ("state", "in", ("to_sign", "guardian"))]
        )
        waiting.state = "void"
        return self.sudo().create({"allocation_id": stay.id, "terms_id": terms.id})

    @api.model
    def _get_untold_domain(self):
        return [("state", "=", "to_sign"), ("told_at", "=", False)]

    @api.model
    def _cron_tell(self, limit=MAIL_BATCH):
        """Write to students whose agreement waits for them, once an agreement.

        Beds are given by the hundred: whoever gives them doesn't wait for as many mails.
        """
        waiting = self.sudo().search(self._get_untold_domain(), limit=limit, order="id")
        left = self.sudo().search_count(self._get_untold_domain())
        for done, agreement in enumerate(waiting, 1):
            # Before the mail: one that can't be written is not tried for ever, nor holds others up.
            agreement.told_at = self.env.cr.now()
            try:
                with self.env.cr.savepoint():
                    agreement._tell_to_sign()
            except Exception:
                _logger.exception("student of agreement %s not told", agreement.id)
            self.env["ir.cron"]._commit_progress(1, remaining=left - done)

    def _tell_to_sign(self):
        self.ensure_one()
        stay = self.allocation_id._in_student_language()
        lines = [
            stay.env._(
                "The licence agreement about bed %(bed)s waits for you. Read it and sign it on"
                " your page.",
                bed=stay._get_bed_label(),
            )
        ]
        if stay.state == "allocated" and stay._is_on("hostel_booking.require_agreement"):
            lines.append(stay.env._("You can't move in before you have signed it."))
        stay._tell_student(
            stay.env._("Please sign your licence agreement"),
            *lines,
            path="/my/hostel/agreement",
            label=stay.env._("Read and sign"),
        )

    @api.model
    def _forget_unsigned(self, stay):
        """Nobody lives there any more: what was not signed is not asked for."""
        waiting = self.sudo().search(
            [("allocation_id", "=", stay.id), ("state", "in", ("to_sign", "guardian"))]
        )
        waiting.write({"state": "void", "link_hash": False})

    @api.model
    def _void_for(self, stay):
        """The bed is another's now: nothing is to be signed for it, and nothing holds."""
        agreements = self.sudo().search([("allocation_id", "=", stay.id)])
        for agreement in agreements.filtered(lambda one: one.state != "void"):
            agreement.write({"state": "void", "link_hash": False})
            if agreement.verification_id.state == "valid":
                agreement.verification_id._revoke(self.env._("The stay was cancelled or moved."))

    # ------------------------------------------------------------------
    # The words
    # ------------------------------------------------------------------

    def _get_places(self):
        """What the places of the terms are filled with for this stay."""
        self.ensure_one()
        stay = self.sudo().allocation_id
        student = stay.student_id
        return {
            "student": student.name or "",
            "roll_number": student.roll_number or "",
            "programme": student.programme_id.name or "",
            "guardian": student.guardian_ids[:1].partner_id.name or "",
            "college": stay.company_id.name,
            "hostel": stay.hostel_id.name,
            "room": stay.room_id.name,
            "bed": stay.bed_id.label,
            "room_type": stay.room_type_id.name,
            "term": stay.term_id.name or "",
            "date_from": format_date(self.env, stay.date_from, date_format="d MMM y"),
            "date_to": format_date(self.env, stay.date_to, date_format="d MMM y"),
            "price": formatLang(self.env, stay._get_asked_price(), currency_obj=stay.currency_id),
        }

    def _get_text(self):
        """The words as the reader sees them: frozen once signed, filled in before."""
        self.ensure_one()
        record = self.sudo()
        if record.body:
            return record.body
        # The terms are an HTML field, sanitized when they were written; places are escaped.
        return Markup(fill(record.terms_id.body or "", self._get_places()))

    # ------------------------------------------------------------------
    # Signatures
    # ------------------------------------------------------------------

    def _sign(self, name, signature, address):
        """The student signs.

        :param str name: as typed
        :param str signature: base64 of a PNG
        :param str address: IP address, kept for the administrator only
        :raises HostelError: ``NOT_TO_SIGN``, ``NAME_NEEDED``, ``SIGNATURE_NEEDED``
        """
        self.ensure_one()
        record = self.sudo()
        if record.state != "to_sign":
            raise HostelError("NOT_TO_SIGN", self.env._("There is nothing to sign here."))
        vals = {
            "body": self._get_text(),
            "signed_at": self.env.cr.now(),
            "signed_ip": address,
            **self._prepare_signature_vals("signed_name", "signature", name, signature),
        }
        if not record.student_id.is_minor:
            record.write(vals)
            record._complete()
            return
        record.write({**vals, "state": "guardian"})
        if record.student_id._get_consent_guardian():
            record._send_link()
        else:
            record._ask_office()

    def _prepare_signature_vals(self, name_field, image_field, name, signature):
        name = storable(name).strip()[:MAX_NAME] if isinstance(name, str) else ""
        if not name:
            raise HostelError("NAME_NEEDED", self.env._("Write your name to sign."), 422)
        try:
            picture = clean_signature(signature)
        except ValueError:
            raise HostelError(
                "SIGNATURE_NEEDED", self.env._("Draw or type your signature."), 422
            ) from None
        return {name_field: name, image_field: base64.b64encode(picture)}

    def _complete(self):
        """Both have signed: make the PDF, seal it, and let the older agreement go.

        With ``hostel_print_on_demand`` in the context the PDF is made when somebody asks for it;
        a pile of agreements that is taken over needs no hour at the printer.
        """
        self.ensure_one()
        self.state = "signed"
        Verification = self.env["hostel.verification"].sudo()
        facts = Verification._prepare_stay_facts(self.allocation_id)
        facts["signed_on"] = self.env.company._get_college_day(self.signed_at)
        # About the stay, not about this record: a later version supersedes the earlier code.
        self.verification_id = Verification._issue(self.allocation_id, "licence_agreement", facts)
        if not self.env.context.get("hostel_print_on_demand"):
            self._print()
        earlier = self.search(
            [
                ("allocation_id", "=", self.allocation_id.id),
                ("id", "!=", self.id),
                ("state", "=", "signed"),
            ]
        )
        earlier.state = "void"
        self.activity_ids.action_done()
        self.allocation_id._agreement_signed(self)

    def _make_pdf(self):
        """The one PDF of an agreement that all have signed, made now if it was not before.

        :return: bytes; empty while a signature is missing
        """
        self.ensure_one()
        record = self.sudo()
        # The code was issued with the last signature, and stays when the agreement is void.
        if record.verification_id and not record.pdf:
            record._print()
        return record._get_pdf()

    def _get_pdf(self):
        """The PDF as it was made, or no bytes; to look makes none."""
        self.ensure_one()
        return base64.b64decode(self.sudo().pdf or b"")

    def action_open_pdf(self):
        """Open the signed document.

        :raises HostelError: ``NOT_SIGNED``
        """
        self.ensure_one()
        self.check_access("read")
        if not self._make_pdf():
            raise HostelError("NOT_SIGNED", self.env._("There is no document before it is signed."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/pdf/{self.pdf_name.replace('/', '-')}",
        }

    def _ask_office(self):
        warden = self.hostel_id.staff_ids.filtered(
            lambda post: post.is_current and post.role == "warden"
        )[:1].user_id
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("No mail address of the guardian, who has to countersign"),
            user_id=warden.id or self.env.ref("base.user_admin").id,
        )

    # ------------------------------------------------------------------
    # The guardian of a minor
    # ------------------------------------------------------------------

    def action_send_link(self):
        """Send the guardian another link; the earlier one stops working."""
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group("hostel_base.group_hostel_warden")):
            raise AccessError(self.env._("Wardens send the links."))
        for agreement in self:
            if agreement.state != "guardian":
                raise HostelError("NOT_TO_SIGN", self.env._("No guardian has to sign here."))
            agreement.sudo()._send_link()

    @staticmethod
    def _hash(token):
        return hashlib.sha256(token.encode()).hexdigest()

    def _send_link(self):
        """Queue the mail with a fresh link; the token lives in the mail and nowhere else.

        :raises HostelError: ``NO_GUARDIAN``
        """
        self.ensure_one()
        guardian = self.student_id._get_consent_guardian()
        if not guardian:
            raise HostelError(
                "NO_GUARDIAN", self.env._("The guardian has no mail address yet."), 422
            )
        token = secrets.token_urlsafe(32)
        self.write(
            {
                "guardian_id": guardian.id,
                "link_hash": self._hash(token),
                "link_expires_at": self.env.cr.now() + timedelta(days=LINK_DAYS),
            }
        )
        template = self.env.ref("hostel_booking.mail_template_countersign")
        template.with_user(SUPERUSER_ID).with_context(
            link=f"{self.get_base_url()}/hostel/agreement/{token}"
        ).send_mail(self.id, email_values={"auto_delete": True, "model": False, "res_id": False})

    @api.model
    def _find_by_link(self, token):
        """The agreement that a link opens, or an empty recordset."""
        found = self.sudo().search(
            [
                ("link_hash", "=", self._hash(token or "")),
                ("state", "=", "guardian"),
                ("link_expires_at", ">", self.env.cr.now()),
            ]
        )
        return found if found.guardian_id.student_id == found.student_id else found.browse()

    def _countersign(self, name, signature, address):
        """The guardian signs and spends the link.

        :raises HostelError: ``NOT_TO_SIGN``, ``NAME_NEEDED``, ``SIGNATURE_NEEDED``
        """
        self.ensure_one()
        record = self.sudo()
        if record.state != "guardian":
            raise HostelError("NOT_TO_SIGN", self.env._("There is nothing to sign here."))
        record.write(
            {
                "guardian_signed_at": self.env.cr.now(),
                "guardian_ip": address,
                "link_hash": False,
                **self._prepare_signature_vals(
                    "guardian_name", "guardian_signature", name, signature
                ),
            }
        )
        record._complete()

import base64
import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..errors import HostelError
from ..tools import identity_masking
from ..tools.identity_masking import MaskingError

_logger = logging.getLogger(__name__)

KINDS = [
    ("aadhaar", "Aadhaar"),
    ("pan", "PAN card"),
    ("passport", "Passport"),
    ("voter_id", "Voter card"),
    ("driving_licence", "Driving licence"),
    ("college_id", "College card"),
    ("other", "Other"),
]
STATES = [("submitted", "Waits for a check"), ("verified", "Verified"), ("rejected", "Rejected")]
# Whoever sends picture after picture keeps the server busy reading them.
MAX_WAITING = 10


class HostelIdentityDocument(models.Model):
    """A picture of a student's identity document, with its number taken out.

    The number is painted over before anything is written; only its last four characters are
    kept. The picture itself is read by no view and no remote call: one route serves it to those
    who may see the document, and asks browsers not to keep it.
    """

    _name = "hostel.identity.document"
    _description = "Identity Document"
    _inherit = ["hostel.personal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "state, id desc"
    _rec_name = "kind"

    student_id = fields.Many2one("hostel.student", required=True, ondelete="cascade", index=True)
    kind = fields.Selection(KINDS, string="Document", required=True, default="aadhaar")
    state = fields.Selection(STATES, required=True, readonly=True, default="submitted", index=True)
    last_four = fields.Char(string="Ends in", readonly=True, copy=False)
    expiry_date = fields.Date(string="Valid until")
    is_expired = fields.Boolean(compute="_compute_is_expired", search="_search_is_expired")
    # The picture as it is uploaded: never stored, masked by `create`.
    upload = fields.Binary(string="Picture", store=False, copy=False)
    image = fields.Binary(
        attachment=False, readonly=True, copy=False, groups=fields.NO_ACCESS, prefetch=False
    )
    image_url = fields.Char(compute="_compute_image_url")
    reason = fields.Char(string="Why it was rejected", readonly=True, copy=False)
    decided_by_id = fields.Many2one("res.users", string="Checked by", readonly=True, copy=False)
    decided_at = fields.Datetime(string="Checked on", readonly=True, copy=False)

    _rejected_with_reason = models.Constraint(
        "CHECK (state <> 'rejected' OR reason <> '')", "Say why the document is rejected."
    )
    _has_image = models.Constraint("CHECK (image IS NOT NULL)", "A document has a picture.")

    @api.depends("kind", "last_four")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for document in self:
            ending = f" ••••{document.last_four}" if document.last_four else ""
            document.display_name = f"{kinds.get(document.kind, '')}{ending}"

    @api.depends("expiry_date")
    def _compute_is_expired(self):
        today = self.env.company._get_college_day()
        for document in self:
            document.is_expired = bool(document.expiry_date and document.expiry_date < today)

    def _search_is_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("expiry_date", "<", self.env.company._get_college_day())]

    def _compute_image_url(self):
        for document in self:
            document.image_url = document.id and f"/hostel/document/{document.id}"

    # ------------------------------------------------------------------
    # In
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        vals_list = [self._mask_vals(dict(vals)) for vals in vals_list]
        if self.env.su:
            return super().create(vals_list)
        # Nobody may write a picture but this method, which has just made it.
        documents = super(HostelIdentityDocument, self.sudo()).create(vals_list).sudo(False)
        documents.check_access("create")
        return documents

    def write(self, vals):
        if {"upload", "image", "last_four"} & vals.keys() and not self.env.su:
            raise HostelError(
                "DOCUMENT_IS_FINAL",
                self.env._("The picture of a document is not changed: upload a new document."),
                422,
            )
        if {"state", "reason", "decided_by_id", "decided_at"} & vals.keys() and not self.env.su:
            raise AccessError(self.env._("Verify or reject the document instead."))
        decided = any(document.state != "submitted" for document in self)
        if {"student_id", "kind"} & vals.keys() and decided and not self.env.su:
            raise AccessError(self.env._("What was decided on stays with its student."))
        return super().write(vals)

    def _mask_vals(self, vals):
        """Replace an uploaded picture by the masked one.

        :raises HostelError: with the code of the refusal
        """
        if not self.env.su:
            # Only a decision sets these, and only the mask makes a picture.
            for name in ("image", "last_four", "state", "reason", "decided_by_id", "decided_at"):
                vals.pop(name, None)
        upload = vals.pop("upload", None)
        if upload:
            vals |= self._prepare_masked_vals(self._decode(upload), vals.get("kind") or "aadhaar")
        elif not vals.get("image"):
            raise self._refuse("EMPTY")
        return vals

    @staticmethod
    def _decode(upload):
        try:
            return base64.b64decode(upload, validate=True)
        except ValueError:
            return b"?"

    @api.model
    def _prepare_masked_vals(self, data, kind):
        """Values of a document made from a file.

        :param bytes data: the file as it was uploaded
        """
        try:
            masked = identity_masking.mask_document(data, kind)
        except MaskingError as exc:
            _logger.info("identity document refused: %s", exc.code)
            raise self._refuse(exc.code) from None
        return {"image": base64.b64encode(masked.jpeg), "last_four": masked.last_four}

    @api.model
    def _submit(self, student, data, kind, expiry_date=None):
        """Keep a masked document of a student.

        :param student: whose document it is; the caller has checked that it may be given
        :param bytes data: the file as it was uploaded
        :raises HostelError: with the code of the refusal
        """
        if kind not in dict(KINDS):
            raise self._refuse("UNKNOWN_KIND")
        waiting = self.sudo().search_count(
            [("student_id", "=", student.id), ("state", "=", "submitted")], limit=MAX_WAITING
        )
        if waiting >= MAX_WAITING:
            raise self._refuse("TOO_MANY")
        # Reading a picture takes seconds: one at a time, so that nobody keeps all workers busy.
        self.env.cr.execute(
            "SELECT pg_try_advisory_xact_lock(hashtext('hostel.identity.document'), %s)",
            (student.id,),
        )
        if not self.env.cr.fetchone()[0]:
            raise self._refuse("BUSY")
        vals = self._prepare_masked_vals(data, kind)
        return self.sudo().create(
            {**vals, "student_id": student.id, "kind": kind, "expiry_date": expiry_date}
        )

    @api.model
    def _refuse(self, code):
        return HostelError(code, self._get_refusals()[code], 422)

    @api.model
    def _get_refusals(self):
        """What to tell the person, by the code of the refusal."""
        env = self.env
        return {
            "EMPTY": env._("Choose a picture first."),
            "TOO_LARGE": env._("The file is larger than 10 MB. Send a smaller picture."),
            "HEIC": env._(
                "This is a HEIC picture, which can't be read here. In the camera's settings choose "
                "“Most compatible”, or take a screenshot of the picture and send that."
            ),
            "PDF": env._("This is a PDF. Send a photo or a screenshot of the document instead."),
            "NOT_A_PICTURE": env._("This file is no JPEG or PNG picture, or it is damaged."),
            "TOO_MANY_PIXELS": env._("The picture has too many pixels. Take a normal photo."),
            "TOO_SMALL": env._("The picture is too small to be read. Come closer."),
            "NUMBER_NOT_FOUND": env._(
                "The number on the document could not be found, so nothing was kept. Take the "
                "photo from straight above, in good light, with the whole card in it and no "
                "reflection."
            ),
            "NOT_MASKED": env._(
                "The number could not be covered safely, so nothing was kept. Take the photo "
                "again, with only this one card in it."
            ),
            "BUSY": env._("Your last photo is still being read. Wait a moment."),
            "UNKNOWN_KIND": env._("Choose what kind of document it is."),
            "TOO_MANY": env._("Several documents wait for a check already. Ask the warden first."),
        }

    # ------------------------------------------------------------------
    # Out
    # ------------------------------------------------------------------

    def _get_image(self):
        """Bytes of the masked JPEG, for whoever may read the document; the look is noted."""
        self.ensure_one()
        self.check_access("read")
        self._note_access("attachment", ["image"])
        return base64.b64decode(self.sudo().image)

    # ------------------------------------------------------------------
    # The check
    # ------------------------------------------------------------------

    def _check_may_decide(self):
        self.check_access("write")
        if not self.env.user.has_group("hostel_base.group_hostel_warden"):
            raise AccessError(self.env._("Wardens check the documents."))
        if any(document.state != "submitted" for document in self):
            raise HostelError(
                "ALREADY_CHECKED", self.env._("This document was checked already."), 409
            )

    def action_verify(self):
        """The warden compared the picture with the student."""
        self._check_may_decide()
        self._decide("verified", False)

    def action_open_reject(self):
        """Ask why."""
        self._check_may_decide()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_identity_reject_action"
        )
        return action | {"context": {"default_document_ids": self.ids}}

    def _reject(self, reason):
        """
        :param str reason: what the student has to do differently, shown to the student
        """
        self._check_may_decide()
        self._decide("rejected", reason)

    def _decide(self, state, reason):
        self.sudo().write(
            {
                "state": state,
                "reason": reason,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
        for document in self.filtered(lambda one: one.kind == "aadhaar" and state == "verified"):
            document.student_id.sudo().aadhaar_last4 = document.last_four
        states = dict(self._fields["state"]._description_selection(self.env))
        for document in self:
            words = {"state": states[state], "reason": reason or ""}
            body = self.env._("Checked: %(state)s. %(reason)s", **words)
            document.sudo().message_post(body=body, author_id=self.env.user.partner_id.id)

import hashlib

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..errors import HostelError
from ..tools.qr_picture import qr_data_uri
from ..tools.verification_code import new_code, pretty, read_code

DESK = "hostel_base.group_hostel_warden"
# What a stranger with the code may learn, in the order of the page. Never the room, a phone, a
# full name or number, an amount that was not paid: who finds the paper learns no more from us.
FACTS = (
    "holder",
    "roll",
    "programme",
    "hostel",
    "term",
    "date_from",
    "date_to",
    "signed_on",
    "number",
    "amount",
)
DATES = {"date_from", "date_to", "signed_on"}
# Of a roll number, so many last characters are shown.
ROLL_TAIL = 3
# What was said about a document never changes.
FROZEN = {
    "code",
    "kind",
    "res_model",
    "res_id",
    "facts",
    "issued_at",
    "issued_by_id",
    "hostel_id",
    "company_id",
}


class HostelVerification(models.Model):
    """A code on a document with which anybody can check that the college issued it.

    What the checker may see is frozen at the issue. A document ends by being revoked, with a
    reason, or by being superseded by a newer one about the same record.
    """

    _name = "hostel.verification"
    _description = "Issued Document"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _rec_name = "code"
    _rec_names_search = ["code"]

    code = fields.Char(required=True, readonly=True, copy=False)
    printed_code = fields.Char(string="Code as printed", compute="_compute_printed_code")
    kind = fields.Selection(
        [
            ("allotment_letter", "Allotment letter"),
            ("licence_agreement", "Licence agreement"),
            ("room_condition", "Room-condition form"),
            ("no_dues", "No-dues certificate"),
            ("receipt", "Receipt"),
            ("other", "Other"),
        ],
        string="Document",
        required=True,
        readonly=True,
        index=True,
    )
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record", model_field="res_model", required=True, readonly=True, index=True
    )
    record_name = fields.Char(string="About", readonly=True)
    facts = fields.Json(string="What the checker sees", required=True, readonly=True)
    facts_text = fields.Text(string="The checker sees", compute="_compute_facts_text")
    pdf_sha256 = fields.Char(string="SHA-256 of the PDF", readonly=True, copy=False)
    issued_at = fields.Datetime(string="Issued on", required=True, readonly=True, copy=False)
    issued_by_id = fields.Many2one("res.users", string="Issued by", readonly=True, copy=False)
    hostel_id = fields.Many2one("hostel.hostel", readonly=True, ondelete="restrict", index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    state = fields.Selection(
        [("valid", "Valid"), ("superseded", "Replaced by a newer one"), ("revoked", "Revoked")],
        required=True,
        readonly=True,
        default="valid",
        copy=False,
        index=True,
        tracking=True,
    )
    superseded_by_id = fields.Many2one(
        "hostel.verification", string="Replaced by", readonly=True, copy=False
    )
    ended_at = fields.Datetime(string="Ended on", readonly=True, copy=False)
    revoked_by_id = fields.Many2one("res.users", string="Revoked by", readonly=True, copy=False)
    revoke_reason = fields.Char(string="Why it was revoked", readonly=True, copy=False)

    _code_uniq = models.Constraint("UNIQUE (code)", "A code belongs to one document.")
    _one_valid = models.UniqueIndex(
        "(res_model, res_id, kind) WHERE state = 'valid'",
        "There is a valid document of this kind already.",
    )
    _revoked_with_reason = models.Constraint(
        "CHECK (state <> 'revoked' OR revoke_reason <> '')", "Say why the document is revoked."
    )

    @api.depends("code")
    def _compute_printed_code(self):
        for document in self:
            document.printed_code = pretty(document.code or "")

    @api.depends("code", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for document in self:
            document.display_name = f"{kinds.get(document.kind, '')} {document.printed_code}"

    @api.depends("facts")
    def _compute_facts_text(self):
        for document in self:
            document.facts_text = "\n".join(
                f"{label}: {value}" for label, value in document._get_facts()
            )

    # ------------------------------------------------------------------
    # CRUD: documents are issued, never typed
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A code comes with the document that is issued."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("What was issued does not change. It can be revoked."))
        if FROZEN & vals.keys() or (vals.get("pdf_sha256") and any(self.mapped("pdf_sha256"))):
            raise HostelError(
                "DOCUMENT_IS_FINAL", self.env._("What was issued does not change."), 422
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise HostelError(
            "DOCUMENT_IS_FINAL",
            self.env._("Issued documents are kept, so that they can be checked. Revoke it."),
            422,
        )

    # ------------------------------------------------------------------
    # Issue
    # ------------------------------------------------------------------

    @api.model
    def _issue(self, record, kind, facts):
        """Give a document a code; an earlier valid one about the same record is superseded.

        The code is printed in the PDF, so the PDF comes afterwards: see :meth:`_seal`.

        :param record: one record that the document is about; its hostel decides which wardens
            see the document
        :param str kind: key of the selection ``kind``
        :param dict facts: what a stranger may see, with keys of ``FACTS``; dates as ``date``
        :return: one ``hostel.verification`` with all rights
        """
        record.ensure_one()
        unknown = facts.keys() - set(FACTS)
        if unknown:
            raise ValueError(f"not for strangers: {', '.join(sorted(unknown))}")
        record = record.sudo()
        hostel = record.hostel_id if "hostel_id" in record else False
        company = record.company_id if "company_id" in record else False
        earlier = self.sudo()._get_valid(record, kind)
        if earlier:
            # First, for one document only is valid at any moment.
            earlier.write({"state": "superseded", "ended_at": self.env.cr.now()})
            earlier.flush_recordset()
        document = self.sudo().create(
            {
                "code": new_code(),
                "kind": kind,
                "res_model": record._name,
                "res_id": record.id,
                "record_name": record.display_name,
                "facts": {
                    key: fields.Date.to_string(facts[key]) if key in DATES else str(facts[key])
                    for key in FACTS
                    if facts.get(key)
                },
                "issued_at": self.env.cr.now(),
                "issued_by_id": self.env.uid,
                "hostel_id": hostel.id if hostel else False,
                "company_id": (company or self.env.company).id,
            }
        )
        earlier.superseded_by_id = document
        return document

    @api.model
    def _get_valid(self, record, kind):
        """The valid document of a kind about a record, or an empty recordset."""
        return self.sudo().search(
            [
                ("res_model", "=", record._name),
                ("res_id", "=", record.id),
                ("kind", "=", kind),
                ("state", "=", "valid"),
            ],
            limit=1,
        )

    def _seal(self, pdf):
        """Keep the fingerprint of the PDF, once; the caller keeps the very same bytes.

        :param bytes pdf: as it is handed out
        """
        self.ensure_one()
        self.sudo().pdf_sha256 = hashlib.sha256(pdf).hexdigest()

    def _print_once(self, report, record, name):
        """Print a record with this code on it, seal the file and keep it with the record.

        :param str report: external id, of a report in the language of this record's context
        :param str name: of the file
        :return: ``ir.attachment``
        """
        self.ensure_one()
        # It carries its styles: the printer has nothing to ask of a worker.
        Report = self.env["ir.actions.report"].sudo().with_context(hostel_self_contained=True)
        pdf, _kind = Report._render_qweb_pdf(report, record.ids)
        self._seal(pdf)
        return (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": name,
                    "raw": pdf,
                    "mimetype": "application/pdf",
                    "res_model": record._name,
                    "res_id": record.id,
                }
            )
        )

    @api.model
    def _prepare_student_facts(self, student):
        """The least that says whose document it is: ``Asha R.``, ``…021``, programme."""
        student = student.sudo()
        words = (student.name or "").split()
        holder = words[0] if words else ""
        if len(words) > 1:
            holder = f"{holder} {words[-1][0]}."
        roll = student.roll_number or ""
        return {
            "holder": holder,
            "roll": f"…{roll[-ROLL_TAIL:]}" if len(roll) > ROLL_TAIL else "",
            "programme": student.programme_id.name or "",
        }

    @api.model
    def _prepare_stay_facts(self, stay):
        """Facts of a document about a stay; which room it is stays on the paper."""
        stay = stay.sudo()
        return {
            **self._prepare_student_facts(stay.student_id),
            "hostel": stay.hostel_id.name,
            "term": stay.term_id.name or "",
            "date_from": stay.date_from,
            "date_to": stay.date_to,
        }

    # ------------------------------------------------------------------
    # On paper
    # ------------------------------------------------------------------

    def _get_url(self):
        """Where the document is checked: the target of its QR code."""
        self.ensure_one()
        return f"{self.get_base_url()}/verify/{self.printed_code}"

    def _get_qr(self):
        """The QR code to print, as a data URI."""
        return qr_data_uri(self._get_url())

    # ------------------------------------------------------------------
    # Checking
    # ------------------------------------------------------------------

    @api.model
    def _find(self, text):
        """The document of a typed code, or an empty recordset.

        A code that can be none and one that nobody was given look the same.
        """
        code = read_code(text or "")
        return self.sudo().search([("code", "=", code)]) if code else self.sudo()

    def _get_facts(self):
        """What the checker sees: list of ``(label, value)`` in the reader's language."""
        labels = {
            "holder": self.env._("Issued for"),
            "roll": self.env._("Roll number ends in"),
            "programme": self.env._("Programme"),
            "hostel": self.env._("Hostel"),
            "term": self.env._("Term"),
            "date_from": self.env._("From"),
            "date_to": self.env._("Until"),
            "signed_on": self.env._("Signed on"),
            "number": self.env._("Number"),
            "amount": self.env._("Amount"),
        }
        facts = self.facts or {}
        return [
            (labels[key], self._format_fact(key, facts[key])) for key in FACTS if facts.get(key)
        ]

    def _format_fact(self, key, value):
        if key not in DATES:
            return value
        converter = self.env["ir.qweb.field.date"]
        return converter.value_to_html(fields.Date.to_date(value), {"format": "d MMM y"})

    # ------------------------------------------------------------------
    # The end of a document
    # ------------------------------------------------------------------

    def action_open_revoke(self):
        """Ask why."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_verification_revoke_action"
        )
        return action | {"context": {"default_document_ids": self.ids}}

    def action_open_record(self):
        """What the document is about, for whoever may see that."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    def action_open_page(self):
        """The public page, as a stranger sees it."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": f"/verify/{self.printed_code}"}

    def _revoke(self, reason):
        """Let the code say that the document no longer holds.

        :raises HostelError: ``ALREADY_ENDED``
        """
        for document in self.sudo():
            if document.state != "valid":
                raise HostelError(
                    "ALREADY_ENDED",
                    self.env._(
                        "%(document)s no longer holds anyway.", document=document.display_name
                    ),
                )
            document.write(
                {
                    "state": "revoked",
                    "ended_at": self.env.cr.now(),
                    "revoked_by_id": self.env.uid,
                    "revoke_reason": reason,
                }
            )

    def _check_may_revoke(self):
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(DESK)):
            raise AccessError(self.env._("Wardens revoke documents."))

import logging

from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError

_logger = logging.getLogger(__name__)

LETTER_STATES = ("allocated", "checked_in")
REPORT = "hostel_booking.report_allotment_letter"
KIND = "allotment_letter"
MAIL_BATCH = 100
MAX_TRIES = 3


class HostelAllocation(models.Model):
    """The allotment letter: issued with a code, mailed once, revoked when the bed is lost."""

    _inherit = "hostel.allocation"

    letter_state = fields.Selection(
        [("queued", "To be sent"), ("sent", "Sent"), ("failed", "Failed")],
        string="Letter",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    letter_tries = fields.Integer(readonly=True, copy=False)
    # What the letter says of the stay: when it changes, a new letter is issued.
    letter_key = fields.Char(readonly=True, copy=False)
    letter_attachment_id = fields.Many2one("ir.attachment", readonly=True, copy=False)

    def _after_transition(self, old_state):
        super()._after_transition(old_state)
        for row in self.sudo():
            if row.state == "allocated" and row._mails_letters():
                row.letter_state = "queued"
            elif row.state in ("cancelled", "transferred"):
                row.letter_state = False
                if row.letter_key:
                    row._revoke_letter()

    @api.model
    def _mails_letters(self):
        wanted = self.env["ir.config_parameter"].sudo().get_param("hostel_booking.mail_letters")
        return wanted in ("True", "1", "true")

    def _revoke_letter(self):
        letter = self.env["hostel.verification"]._get_valid(self, KIND)
        if letter:
            reasons = {
                "cancelled": self.env._("The booking was cancelled."),
                "transferred": self.env._("The student has moved to another bed."),
            }
            letter._revoke(reasons[self.state])
        self.write({"letter_key": False, "letter_attachment_id": False})

    # ------------------------------------------------------------------
    # Issuing
    # ------------------------------------------------------------------

    def _check_has_letter(self):
        """:raises HostelError: ``LETTER_NOT_READY``"""
        self.ensure_one()
        if self.is_block or self.state not in LETTER_STATES:
            raise HostelError(
                "LETTER_NOT_READY",
                self.env._(
                    "There is an allotment letter once the warden has approved the bed, and as"
                    " long as the student has it."
                ),
            )

    def _get_letter_key(self):
        return f"{self.bed_id.id}:{self.date_from}:{self.date_to}"

    def _get_letter_document(self):
        """The row's issued letter; a new one if what it says has changed.

        :return: one ``hostel.verification``, with all rights
        """
        self.ensure_one()
        row = self.sudo()
        row._check_has_letter()
        Verification = self.env["hostel.verification"]
        letter = Verification._get_valid(row, KIND)
        if letter and row.letter_key == row._get_letter_key():
            return letter
        letter = Verification._issue(row, KIND, Verification._prepare_stay_facts(row))
        row.write({"letter_key": row._get_letter_key(), "letter_attachment_id": False})
        return letter

    def _has_issued_letter(self):
        """Whether the letter of the booking as it is now was issued and printed."""
        self.ensure_one()
        row = self.sudo()
        return bool(
            row.state in LETTER_STATES
            and row.letter_attachment_id
            and row.letter_key == row._get_letter_key()
        )

    def _get_letter(self):
        """The letter as it was made the first time: every copy has the same fingerprint.

        :return: (file name, bytes of the PDF)
        :raises HostelError: ``LETTER_NOT_READY``
        """
        self.ensure_one()
        row = self.sudo()
        letter = row._get_letter_document()
        if not row.letter_attachment_id:
            # It carries its styles: the printer has nothing to ask of a worker.
            Report = self.env["ir.actions.report"].sudo().with_context(hostel_self_contained=True)
            pdf, _kind = Report._render_qweb_pdf(REPORT, row.ids)
            letter._seal(pdf)
            row.letter_attachment_id = (
                self.env["ir.attachment"]
                .sudo()
                .create(
                    {
                        "name": row._get_letter_name(),
                        "raw": pdf,
                        "mimetype": "application/pdf",
                        "res_model": row._name,
                        "res_id": row.id,
                    }
                )
            )
        return row._get_letter_name(), row.letter_attachment_id.raw

    def _get_letter_name(self):
        return f"Allotment {self.name.replace('/', '-')}.pdf"

    def action_print_letter(self):
        """One letter as it was issued, several as one file to print."""
        self.check_access("read")
        for row in self:
            row._check_has_letter()
        if len(self) == 1:
            self._get_letter()
            return {
                "type": "ir.actions.act_url",
                "url": f"/web/content/{self.sudo().letter_attachment_id.id}?download=true",
            }
        return self.env.ref("hostel_booking.hostel_allocation_report_letter").report_action(self)

    # ------------------------------------------------------------------
    # Mail
    # ------------------------------------------------------------------

    @api.model
    def _cron_mail_letters(self, limit=MAIL_BATCH):
        """Make and mail the letters that wait, one transaction each."""
        rows = self.sudo().search([("letter_state", "=", "queued")], limit=limit, order="id")
        for done, row in enumerate(rows, 1):
            row._mail_letter()
            self.env["ir.cron"]._commit_progress(1, remaining=len(rows) - done)

    def _mail_letter(self):
        """Mail the letter once; what fails is tried again, a few times."""
        self.ensure_one()
        if self.letter_state != "queued" or self.state not in LETTER_STATES:
            self.letter_state = False
            return
        try:
            with self.env.cr.savepoint():
                self._get_letter()
                row = self._in_student_language()
                row._tell_student(
                    row.env._("Your bed: %(bed)s", bed=row._get_bed_label()),
                    row.env._(
                        "The bed is yours from %(first)s. Your allotment letter is attached;"
                        " bring it when you move in.",
                        first=row._format_day(row.date_from),
                    ),
                    attachment_ids=self.letter_attachment_id.ids,
                )
                self.letter_state = "sent"
        except Exception:
            _logger.exception("letter of allocation %s not sent", self.id)
            tries = self.letter_tries + 1
            self.write(
                {
                    "letter_tries": tries,
                    "letter_state": "failed" if tries >= MAX_TRIES else "queued",
                }
            )

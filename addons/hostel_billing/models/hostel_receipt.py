import base64
import io
import logging
import time
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.fields import EncryptedText
from odoo.addons.hostel_base.tools.identity_masking import MAX_BYTES
from odoo.addons.hostel_base.tools.token_buckets import TokenBuckets
from odoo.addons.queue_job.exception import RetryableJobError

from ..tools import receipt_checks
from ..tools.receipt_image import ReceiptError, hash_distance, open_receipt
from ..tools.receipt_parser import squeeze
from ..tools.receipt_reader import read_receipt_by, redact

_logger = logging.getLogger(__name__)

STATES = [
    ("waiting", "Being read"),
    ("review", "Looked at by finance"),
    ("approved", "Accepted"),
    ("rejected", "Not accepted"),
    ("failed", "Could not be read"),
    ("withdrawn", "Taken back"),
]
# Nobody has decided yet.
OPEN = ("waiting", "review")
# Whoever sends picture after picture keeps the server busy reading them.
MAX_OPEN = 3
MAX_A_DAY = 12
# What can't be opened leaves no receipt that could be counted, and costs as much to try.
TRIES = TokenBuckets(burst=2 * MAX_A_DAY, per_second=2 * MAX_A_DAY / 86400)
FORGOTTEN_AFTER_MINUTES = 10
JPEG_QUALITY = 82
# Values that people see, in the order of a receipt.
SHOWN = (
    "college", "student_no", "student_name", "receipt_no", "date", "year", "amount",
    "amount_words", "balance",
)  # fmt: skip


class HostelReceipt(models.Model):
    """A picture of a receipt that a student uploads to be cleared.

    A job reads it once. What is right in every point is accepted, provisionally; all else goes to
    a person of finance. The upload is encrypted until it is read and then gone: what stays is the
    flat page, without identity numbers, for finance alone and not for ever.
    """

    _name = "hostel.receipt"
    _description = "Fee Receipt"
    _inherit = ["hostel.personal.mixin", "mail.thread", "hostel.encrypted.mixin"]
    _order = "id desc"

    student_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="cascade", index=True
    )
    term_id = fields.Many2one("hostel.term", required=True, readonly=True, ondelete="restrict")
    template_id = fields.Many2one("hostel.receipt.template", readonly=True, ondelete="set null")
    state = fields.Selection(
        STATES, required=True, readonly=True, default="waiting", index=True, tracking=True
    )
    failure_code = fields.Char(readonly=True)
    decided_by = fields.Selection(
        [("machine", "The machine"), ("person", "A person")], readonly=True, string="Decided by"
    )
    decided_by_id = fields.Many2one("res.users", string="Person", readonly=True)
    decided_at = fields.Datetime(readonly=True)
    reason = fields.Char(readonly=True, tracking=True, help="The student reads this.")
    clearance_id = fields.Many2one("hostel.clearance", readonly=True, ondelete="set null")
    # The upload, until it is read.
    upload = EncryptedText(readonly=True, groups=fields.NO_ACCESS, copy=False)
    image = fields.Binary(
        attachment=False, readonly=True, copy=False, groups=fields.NO_ACCESS, prefetch=False
    )
    has_image = fields.Boolean(readonly=True)
    image_width = fields.Integer(readonly=True)
    image_height = fields.Integer(readonly=True)
    fingerprint = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    receipt_number = fields.Char(string="Number", readonly=True, index="btree_not_null")
    receipt_date = fields.Date(string="Date", readonly=True)
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one(
        "res.currency", readonly=True, default=lambda self: self.env.ref("base.INR")
    )
    readings = fields.Json(readonly=True, help="By field: what was read, where, how certainly.")
    verdicts = fields.Json(readonly=True)
    doubt_count = fields.Integer(string="Doubts", readonly=True)
    seconds = fields.Float(string="Seconds to read", readonly=True)
    read_at = fields.Datetime(readonly=True)

    _number_once = models.UniqueIndex(
        "(receipt_number) WHERE state = 'approved' AND receipt_number IS NOT NULL",
        "This receipt was used already.",
    )
    _rejected_with_reason = models.Constraint(
        "CHECK (state <> 'rejected' OR reason <> '')", "Say why the receipt is not accepted."
    )
    _upload_is_gone = models.Constraint(
        "CHECK (state = 'waiting' OR upload IS NULL)", "An upload is kept until it is read."
    )

    @api.depends("student_id", "receipt_number")
    def _compute_display_name(self):
        for receipt in self:
            number = receipt.receipt_number or f"#{receipt.id}"
            receipt.display_name = f"{receipt.student_id.roll_number} · {number}"

    def write(self, vals):
        if not self.env.su and any(not name.startswith(("message_", "activity_")) for name in vals):
            raise AccessError(self.env._("A receipt is accepted or not; it is never edited."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # In
    # ------------------------------------------------------------------

    @api.model
    def _submit(self, student, term, data):
        """Take an upload of a student, and let a job read it.

        :param student: whose it is; the caller has checked that it may be given
        :param bytes data: the file as it was uploaded
        :return: the receipt, with all rights
        :raises HostelError: ``EMPTY``, ``TOO_LARGE``, ``HEIC``, ``NOT_A_PICTURE`` and the other
            codes of :meth:`_get_refusals`
        """
        self._check_may_submit(student, term)
        if TRIES.take(f"{self.env.cr.dbname}:{student.id}"):
            raise self._refuse("TOO_OFTEN")
        try:
            # Whoever sends what can't be opened is told at once.
            open_receipt(data)
        except ReceiptError as exc:
            _logger.info("receipt refused: %s", exc.code)
            raise self._refuse(exc.code) from None
        receipt = self.with_user(SUPERUSER_ID).create(
            {
                "student_id": student.id,
                "term_id": term.id,
                "upload": base64.b64encode(data).decode(),
            }
        )
        receipt._delay_reading()
        return receipt

    def _check_may_submit(self, student, term):
        # Two uploads of one student wait for each other, so that the count holds.
        self.env.cr.execute(
            "SELECT pg_try_advisory_xact_lock(hashtext('hostel.receipt'), %s)", (student.id,)
        )
        if not self.env.cr.fetchone()[0]:
            raise self._refuse("BUSY")
        if student._is_cleared(term):
            raise self._refuse("CLEARED")
        count = self.sudo().search_count
        mine = [("student_id", "=", student.id)]
        yesterday = self.env.cr.now() - timedelta(days=1)
        if count([*mine, ("create_date", ">", yesterday)]) >= MAX_A_DAY:
            raise self._refuse("TOO_OFTEN")
        if count([*mine, ("state", "in", OPEN)]) >= MAX_OPEN:
            raise self._refuse("TOO_MANY")

    @api.model
    def _refuse(self, code):
        return HostelError(code, self._get_refusals()[code], 429 if code == "TOO_OFTEN" else 422)

    @api.model
    def _get_refusals(self):
        """What to tell the student, by the code of the refusal."""
        env = self.env
        return {
            "EMPTY": env._("Choose a picture or a PDF first."),
            "TOO_LARGE": env._("The file is larger than 10 MB. Send a smaller picture."),
            "HEIC": env._(
                "This is a HEIC picture, which can't be read here. In the camera's settings choose "
                "“Most compatible”, or take a screenshot of the picture and send that."
            ),
            "NOT_A_PICTURE": env._("This file is no JPEG, PNG or PDF, or it is damaged."),
            "TOO_MANY_PIXELS": env._("The picture has too many pixels. Take a normal photo."),
            "TOO_SMALL": env._("The picture is too small to be read. Come closer."),
            "BAD_PDF": env._(
                "This PDF can't be opened. If it has a password, take a screenshot and send that."
            ),
            "MANY_PAGES": env._("Send the page with the receipt alone, not the whole file."),
            "NOT_READ": env._("The picture could not be read. Take it again in good light."),
            "BUSY": env._("Your last receipt is still being taken in. Wait a moment."),
            "CLEARED": env._("You are cleared for this term already. Nothing is missing."),
            "TOO_MANY": env._(
                "Several of your receipts wait already. Finance looks at them; you need not send "
                "more."
            ),
            "TOO_OFTEN": env._("You have sent many receipts today. Try again tomorrow."),
            "NO_TERM": env._("Choose the term that the receipt is for."),
        }

    def _delay_reading(self):
        for receipt in self.with_user(SUPERUSER_ID):
            receipt.with_delay(
                description=self.env._("Read receipt %(id)s", id=receipt.id),
                identity_key=receipt._get_job_key(),
            )._read_upload()

    def _get_job_key(self):
        self.ensure_one()
        return f"hostel_billing.receipt:{self.id}"

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _read_upload(self):
        """Job: read the upload once and decide; repeating is harmless.

        :return: the state afterwards
        """
        self.ensure_one()
        if not self.try_lock_for_update(allow_referencing=True):
            raise RetryableJobError("in other hands", seconds=5, ignore_retry=True)
        if self.state != "waiting" or not self.upload:
            return self.state
        started = time.monotonic()
        try:
            template, reading, verdicts = self._read_by_templates(base64.b64decode(self.upload))
        except ReceiptError as exc:
            self._fail(exc.code)
            return self.state
        self.write(
            {
                **self._prepare_reading_vals(reading, verdicts),
                "template_id": template.id,
                "seconds": time.monotonic() - started,
            }
        )
        self._decide_by_machine(verdicts, template)
        self._tell_student()
        return self.state

    def _read_by_templates(self, data):
        """Read the page once, and judge it by each template whose college it names.

        :return: (the template that fits best, may be empty, its reading, the verdicts)
        :raises ReceiptError: if it can't be read
        """
        Template = self.env["hostel.receipt.template"]
        templates = list(Template._find_all(self._get_company())) or [Template.sudo()]
        tools = [template._get_tool() for template in templates]
        readings = read_receipt_by(data, tools)
        judged = [
            receipt_checks.check_receipt(
                reading, self._prepare_expected(templates[place]), tools[place]
            )
            for place, reading in readings.items()
        ]
        best, verdicts = receipt_checks.choose(judged)
        place, reading = list(readings.items())[best]
        return templates[place], reading, verdicts

    def _get_company(self):
        return self.student_id.current_allocation_id.hostel_id.company_id or self.env.company

    def _fail(self, code):
        self.write({"state": "failed", "failure_code": code, "upload": False})
        self._tell_student()

    def _prepare_expected(self, template):
        """What this receipt must say."""
        student, term = self.student_id, self.term_id
        numbers = [student.roll_number, student.application_number]
        return receipt_checks.Expected(
            numbers=frozenset(squeeze(number) for number in numbers if number),
            first_day=term.date_from - timedelta(days=template.days_before or 0),
            last_day=min(self.env.company._get_college_day(), term.date_to),
            year=self._get_year_text(),
            term=squeeze(term.code or ""),
            is_number_used=self._is_number_used,
            nearest_picture=self._get_nearest_picture,
        )

    def _get_year_text(self):
        """ "2026-27", or empty where the academic year is none of twelve months."""
        year = self.term_id.year_id
        if not year or year.date_to.year - year.date_from.year != 1:
            return ""
        return f"{year.date_from.year}-{year.date_to.year % 100:02d}"

    def _get_seen(self):
        """Receipts against which this one must be new: others', and one's own that counted."""
        return [
            ("id", "!=", self.id),
            "|",
            ("student_id", "!=", self.student_id.id),
            ("state", "=", "approved"),
        ]

    def _is_anothers_paper(self):
        """Whether somebody sent what names another student, and nobody accepted it: whose it is
        must not suffer for that."""
        self.ensure_one()
        codes = {verdict["code"] for verdict in self.verdicts or ()}
        return "OTHER_STUDENT" in codes and self.state != "approved"

    def _is_number_used(self, number):
        used = self.sudo().search([*self._get_seen(), ("receipt_number", "=", number)])
        used = used.filtered(lambda other: not other._is_anothers_paper())
        by_clearance = self.env["hostel.clearance"].sudo().with_context(active_test=False)
        return bool(used) or bool(
            by_clearance.search_count([("receipt_number", "=", number)], limit=1)
        )

    def _get_nearest_picture(self, fingerprint):
        if not fingerprint:
            return None
        rows = self.sudo().search([*self._get_seen(), ("fingerprint", "!=", False)])
        rows = rows.filtered(lambda other: not other._is_anothers_paper())
        # Read all at once: a field without access isn't fetched ahead.
        rows.fetch(["fingerprint"])
        distances = [hash_distance(fingerprint, row.fingerprint) for row in rows]
        return min(distances, default=None)

    def _prepare_reading_vals(self, reading, verdicts):
        page, _boxes = redact(reading)
        out = io.BytesIO()
        page.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
        number = reading.parsed.get("receipt_no")
        day, amount = reading.parsed.get("date"), reading.parsed.get("amount")
        return {
            "upload": False,
            "image": base64.b64encode(out.getvalue()),
            "has_image": True,
            "image_width": page.width,
            "image_height": page.height,
            "fingerprint": reading.fingerprint or False,
            "receipt_number": (number and number.value) or False,
            "receipt_date": (day and day.value) or False,
            "amount": float((amount and amount.value) or 0),
            "readings": self._prepare_readings(reading),
            "verdicts": [
                {"check": one.check, "state": one.state, "code": one.code, "field": one.field}
                for one in verdicts
            ],
            "doubt_count": sum(one.state != receipt_checks.OK for one in verdicts),
            "read_at": fields.Datetime.now(),
        }

    def _prepare_readings(self, reading):
        """JSON by field: ``text``, ``value``, ``again``, ``box`` (pixels), ``confidence``."""
        result = {}
        for name in SHOWN:
            found, again = receipt_checks.find_doubtful(reading, name)
            if name == "college":
                found = reading.college
            if found is None:
                continue
            result[name] = {
                "text": found.text,
                "value": receipt_checks.value_text(found),
                "again": again.text if again else "",
                "box": list(found.box),
                "confidence": round(found.confidence),
            }
        return result

    # ------------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------------

    def _decide_by_machine(self, verdicts, template):
        """Accept what is right in every point; all else goes to a person."""
        if self._is_refused_before():
            self._add_verdict("history", receipt_checks.DOUBTFUL, "REFUSED_BEFORE")
            self.state = "review"
            return
        if not template.is_approving or not receipt_checks.is_approved(verdicts):
            self.state = "review"
            return
        try:
            # Another student's job may be accepting the same number right now.
            with self.env.cr.savepoint():
                self._accept("machine", "provisional")
                self.flush_recordset()
        except IntegrityError:
            self.invalidate_recordset()
            self._add_verdict("receipt_no", receipt_checks.BAD, "USED_NUMBER", "receipt_no")
            self.state = "review"

    def _is_refused_before(self):
        """Whether a person has refused a receipt for this term, or taken back what one gave.

        What a person did not believe, the machine doesn't believe in a second edition.
        """
        mine = [("student_id", "=", self.student_id.id), ("term_id", "=", self.term_id.id)]
        refused = [*mine, ("id", "!=", self.id), ("state", "=", "rejected")]
        taken_back = [
            *mine,
            ("source", "=", "ocr"),
            ("active", "=", False),
            "|",
            ("expiry_date", "=", False),
            ("expiry_date", ">=", self.env.company._get_college_day()),
        ]
        Clearance = self.env["hostel.clearance"].sudo().with_context(active_test=False)
        return bool(
            self.sudo().search_count(refused, limit=1)
            or Clearance.search_count(taken_back, limit=1)
        )

    def _add_verdict(self, check, state, code, field=""):
        """Set what one check says, beside what the others said."""
        kept = [one for one in self.verdicts or () if one["check"] != check]
        verdicts = [*kept, {"check": check, "state": state, "code": code, "field": field}]
        self.write(
            {
                "verdicts": verdicts,
                "doubt_count": sum(one["state"] != receipt_checks.OK for one in verdicts),
            }
        )

    def _accept(self, decided_by, certainty):
        clearance = self.env["hostel.clearance"]._clear(
            self.student_id,
            self.term_id,
            "ocr",
            reference=self.receipt_number,
            receipt_number=self.receipt_number,
            receipt_id=self.id,
            certainty=certainty,
        )
        self.sudo().write(
            {
                "state": "approved",
                "decided_by": decided_by,
                "decided_by_id": self.env.uid if decided_by == "person" else False,
                "decided_at": fields.Datetime.now(),
                "clearance_id": clearance.id,
            }
        )
        if certainty == "provisional":
            clearance._confirm_from_inbox()

    def _check_may_decide(self):
        self.check_access("write")
        if any(receipt.state != "review" for receipt in self):
            raise HostelError(
                "ALREADY_DECIDED", self.env._("Somebody has decided on this receipt already."), 409
            )

    def action_accept(self, note=None):
        """A person has looked, and vouches for it.

        :param str note: why, needed where something is wrong beyond doubt
        """
        self.ensure_one()
        self._check_may_decide()
        wrong = [one for one in self.verdicts or () if one["state"] == receipt_checks.BAD]
        if wrong and not (isinstance(note, str) and note.strip()):
            raise HostelError(
                "REASON_REQUIRED",
                self.env._("Something on it is wrong. Write why you accept it all the same."),
                422,
            )
        known = self.student_id.sudo().clearance_ids.filtered(
            lambda row: row.term_id == self.term_id
        )
        # What is only provisional can be vouched for.
        if known.certainty == "confirmed":
            raise HostelError(
                "CLEARED",
                self.env._("The student is cleared for this term already. Nothing is left to do."),
                409,
            )
        try:
            with self.env.cr.savepoint():
                self._accept("person", "confirmed")
                self.flush_recordset()
        except IntegrityError:
            raise HostelError(
                "USED_NUMBER", self.env._("This receipt has cleared somebody already."), 409
            ) from None
        if note:
            self.sudo().message_post(body=note, author_id=self.env.user.partner_id.id)
        self._tell_student()

    def action_reject(self, reason):
        """
        :param str reason: what the student has to do differently, shown to the student
        """
        self.ensure_one()
        self._check_may_decide()
        if not isinstance(reason, str) or not reason.strip():
            raise HostelError(
                "REASON_REQUIRED", self.env._("Write what the student should do."), 422
            )
        self.sudo().write(
            {
                "state": "rejected",
                "reason": reason.strip()[:300],
                "decided_by": "person",
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
        self._tell_student()

    @api.model
    def _find_open(self, students, terms):
        """Receipts on which nobody has decided."""
        return self.search(
            [
                ("student_id", "in", students.ids),
                ("term_id", "in", terms.ids),
                ("state", "in", OPEN),
            ]
        )

    def _withdraw(self, reason=False):
        """Take it back before anybody has decided.

        :param reason: why, shown to the student; none where the student did it
        """
        for receipt in self.sudo().filtered(lambda one: one.state in OPEN):
            receipt.write(
                {
                    "state": "withdrawn",
                    "reason": reason,
                    "upload": False,
                    "image": False,
                    "has_image": False,
                }
            )

    # ------------------------------------------------------------------
    # Out
    # ------------------------------------------------------------------

    def _tell_student(self):
        """What a person decided comes as a message; the rest the student's open page asks for."""
        for receipt in self.sudo().filtered(lambda one: one.decided_by == "person"):
            partner = receipt.student_id.partner_id
            told = receipt.with_context(lang=partner.lang)
            body = told.env._("Your receipt was accepted. You are cleared for %(term)s.",
                              term=told.term_id.name)  # fmt: skip
            if receipt.state == "rejected":
                body = told.env._(
                    "Your receipt was not accepted: %(reason)s", reason=receipt.reason
                )
            told.student_id._write_about_dues(told.env._("Your fee receipt"), body)

    @api.model
    def _may_see_image(self):
        """Administrators read receipts, but not the papers of people's accounts."""
        return self.env.user.has_group("hostel_base.group_hostel_finance")

    def _get_image(self):
        """Bytes of the JPEG, for finance; the look is noted.

        :raises AccessError: for all others, also who may read what was read on it
        """
        self.ensure_one()
        self.check_access("read")
        if not self._may_see_image():
            raise AccessError(self.env._("Pictures of receipts are for finance."))
        self._note_access("attachment", ["image"])
        if not self.has_image:
            return b""
        return base64.b64decode(self.sudo().image)

    def _get_progress(self):
        """How far the reading is: dict of ``state``, ``step``, ``ahead`` and ``seconds``.

        The job's own state is committed when it starts, so it is the truth about who waits.
        ``step`` is ``queue``, ``reading`` or ``done``; ``ahead``: receipts before this one.
        """
        self.ensure_one()
        receipt = self.sudo()
        if receipt.state != "waiting":
            return {"id": self.id, "state": receipt.state, "step": "done", "ahead": 0}
        job = (
            self.env["queue.job"]
            .sudo()
            .search([("identity_key", "=", receipt._get_job_key())], limit=1, order="id desc")
        )
        started = job.state == "started"
        ahead = self.sudo().search_count([("state", "=", "waiting"), ("id", "<", self.id)])
        return {
            "id": self.id,
            "state": "waiting",
            "step": "reading" if started else "queue",
            "ahead": 0 if started else ahead,
        }

    @api.model
    def _cron_forgotten(self):
        """Cron: read what has lost its job."""
        limit = self.env.cr.now() - timedelta(minutes=FORGOTTEN_AFTER_MINUTES)
        lost = self.search([("state", "=", "waiting"), ("create_date", "<", limit)], limit=100)
        lost._delay_reading()

    @api.model
    def _get_max_bytes(self):
        return MAX_BYTES

"""Consent of a student, and what follows from it."""

from dateutil.relativedelta import relativedelta
from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import LIFESTYLE, PRIVATE_GROUPS
from ..errors import HostelError
from .hostel_student import ADULT_AGE

# A guardian's consent carries a student until the eighteenth birthday, the own one from it on.
STANDING = """
    c.withdrawn_at IS NULL AND n.state = 'published'
    AND CASE WHEN c.given_as = 'self'
             -- A birthday that was mended later may show that a child had agreed alone.
             THEN s.birthdate IS NULL OR s.birthdate <= c.given_at - interval '18 years'
             ELSE s.birthdate IS NULL OR s.birthdate > %s END
"""
OPEN_REQUESTS = 10


class HostelStudent(models.Model):
    _inherit = "hostel.student"

    consent_ids = fields.One2many("hostel.consent", "student_id", string="Consents")
    consent_state = fields.Selection(
        [
            ("given", "Given"),
            ("waiting", "Waiting for the guardian"),
            ("withdrawn", "Withdrawn"),
            ("missing", "Missing"),
        ],
        string="Consent",
        compute="_compute_consent_state",
        compute_sudo=True,
        search="_search_consent_state",
        groups=PRIVATE_GROUPS,
    )
    share_with_roommates = fields.Boolean(
        compute="_compute_share_with_roommates",
        compute_sudo=True,
        help="Roommates may read the first name. The student decides it on the portal.",
    )

    # ------------------------------------------------------------------
    # What was agreed to
    # ------------------------------------------------------------------

    @api.model
    def _get_adult_limit(self):
        return self.env.company._get_college_day() - relativedelta(years=ADULT_AGE)

    @api.model
    def _flush_consents(self):
        for name in ("hostel.consent", "hostel.consent.request", "hostel.privacy.notice"):
            self.env[name].flush_model()
        self.env["hostel.student"].flush_model(["birthdate"])

    @api.model
    def _is_consent_required(self):
        """Whether personal pages wait for a consent; a setting, on unless switched off."""
        value = self.env["ir.config_parameter"].sudo().get_param("hostel_base.require_consent")
        return value not in ("False", "0")

    def _get_consent_obstacle(self):
        """Whose consent is missing before a guardian may know anything: ``guardian``, ``student``
        or False."""
        self.ensure_one()
        if (
            self._has_consent()
            or not self._is_consent_required()
            or not self.env["hostel.privacy.notice"]._get_current()
        ):
            return False
        return "guardian" if self.is_minor else "student"

    def _get_informed_guardians(self):
        """Guardians to whom letters about money go: of whoever is of age only once they agreed.

        :return: ``res.partner``
        """
        self.ensure_one()
        student = self.sudo()
        if student._get_consent_obstacle() == "student":
            return self.env["res.partner"].sudo()
        return student.guardian_ids.partner_id

    def _has_consent(self):
        """Whether a consent to the notice in force stands."""
        self.ensure_one()
        return bool(self._get_standing_consents())

    def _get_standing_consents(self):
        """Ids of the newest standing consent by student id, in one query."""
        self._flush_consents()
        rows = self.env.execute_query(
            SQL(
                """SELECT c.student_id, max(c.id) FROM hostel_consent c
                     JOIN hostel_privacy_notice n ON n.id = c.notice_id
                     JOIN hostel_student s ON s.id = c.student_id
                    WHERE c.student_id = ANY(%s) AND %s
                    GROUP BY c.student_id""",
                self.ids,
                SQL(STANDING, self._get_adult_limit()),
            )
        )
        return dict(rows)

    def _get_agreed(self):
        """Codes of the purposes agreed to.

        :return: ``{student id: set of codes}``, with an empty set where nothing stands
        """
        newest = self._get_standing_consents()
        consents = self.env["hostel.consent"].sudo().browse(newest.values())
        codes = {c.student_id.id: set(c.purpose_ids.mapped("code")) for c in consents}
        return {student.id: codes.get(student.id, set()) for student in self}

    def _has_agreed(self, code):
        """Whether the student, or a minor's guardian, agreed to one purpose."""
        self.ensure_one()
        return code in self._get_agreed()[self.id]

    @api.depends("consent_ids.withdrawn_at", "consent_ids.notice_id.state", "birthdate")
    def _compute_share_with_roommates(self):
        agreed = self._get_agreed()
        for student in self:
            student.share_with_roommates = "roommates" in agreed.get(student.id, ())

    def _read_consent_states(self, ids=None):
        """State of the consent by student id.

        :param ids: the students to look at; all without it
        """
        self._flush_consents()
        chosen = SQL("WHERE s.id = ANY(%s)", list(ids)) if ids is not None else SQL()
        return dict(
            self.env.execute_query(
                SQL(
                    """SELECT s.id, CASE
                          WHEN bool_or(%s) THEN 'given'
                          WHEN EXISTS (
                              SELECT 1 FROM hostel_consent_request r
                                JOIN hostel_privacy_notice m ON m.id = r.notice_id
                               WHERE r.student_id = s.id AND r.used_at IS NULL
                                 AND r.expires_at > %s AND m.state = 'published') THEN 'waiting'
                          WHEN bool_or(c.withdrawn_at IS NOT NULL AND n.state = 'published')
                              THEN 'withdrawn'
                          ELSE 'missing' END
                      FROM hostel_student s
                 LEFT JOIN hostel_consent c ON c.student_id = s.id
                 LEFT JOIN hostel_privacy_notice n ON n.id = c.notice_id
                      %s
                     GROUP BY s.id""",
                    SQL(STANDING, self._get_adult_limit()),
                    self.env.cr.now(),
                    chosen,
                )
            )
        )

    @api.depends("consent_ids.withdrawn_at", "consent_ids.notice_id.state", "birthdate")
    def _compute_consent_state(self):
        states = self._read_consent_states(self.ids)
        for student in self:
            student.consent_state = states.get(student.id, "missing")

    def _search_consent_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        states = self._read_consent_states()
        return [("id", "in", [key for key, state in states.items() if state in value])]

    # ------------------------------------------------------------------
    # Giving and taking back
    # ------------------------------------------------------------------

    def _get_consent_guardian(self):
        """The guardian who is asked for a minor: the first to call who has a mail address."""
        self.ensure_one()
        return self.sudo().guardian_ids.sorted("is_primary", reverse=True).filtered("email")[:1]

    def _give_consent(
        self, giver, channel, optional=(), declared_name=False, reference=False, given_at=None
    ):
        """Record a consent to the notice in force.

        :param giver: partner who agrees; for a minor one of the guardians
        :param str channel: how, a value of ``hostel.consent.channel``
        :param optional: codes of the optional purposes that are agreed to
        :raises HostelError: ``NO_NOTICE``; ``GUARDIAN_NEEDED`` when a minor agrees alone;
            ``NOT_YOURS`` when a guardian agrees for an adult
        """
        self.ensure_one()
        student = self.sudo()
        notice = self.env["hostel.privacy.notice"]._get_current()
        if not notice:
            raise HostelError("NO_NOTICE", self.env._("No privacy notice is in force."), 409)
        itself = giver == student.partner_id
        if student.is_minor and giver not in student.guardian_ids.partner_id:
            raise HostelError(
                "GUARDIAN_NEEDED", self.env._("A guardian has to agree for a minor."), 403
            )
        if not student.is_minor and not itself:
            raise HostelError("NOT_YOURS", self.env._("Who is of age agrees in person."), 403)
        given, withheld = notice._split_purposes(optional)
        consent = (
            self.env["hostel.consent"]
            .sudo()
            .create(
                {
                    "student_id": student.id,
                    "notice_id": notice.id,
                    "given_by_id": giver.id,
                    "given_as": "self" if itself else "guardian",
                    "declared_name": declared_name,
                    "channel": channel,
                    "reference": reference,
                    "purpose_ids": [(6, 0, given.ids)],
                    "withheld_ids": [(6, 0, withheld.ids)],
                    "given_at": given_at or self.env.cr.now(),
                }
            )
        )
        student._stop_what_was_withheld()
        return consent

    def _withdraw_consent(self, by):
        """Take back what stands; the office is told, because a bed depends on it.

        :param by: partner who withdraws
        :return: the consents that ended
        """
        self.ensure_one()
        student = self.sudo()
        standing = student.consent_ids.filtered(lambda consent: not consent.withdrawn_at)
        if not standing:
            return standing
        standing.write({"withdrawn_at": self.env.cr.now(), "withdrawn_by_id": by.id})
        student._stop_what_was_withheld()
        student._ask_office(
            "hostel_base.activity_consent_withdrawn",
            self.env._("Consent withdrawn: decide about the stay"),
            self.env._("Only what the law or the stay requires may still be used."),
        )
        return standing

    def _stop_what_was_withheld(self):
        """Forget what was only kept for an optional purpose."""
        self.ensure_one()
        if not self._has_agreed("lifestyle") and any(self[name] for name in LIFESTYLE):
            self.write(dict.fromkeys(LIFESTYLE, False))
        if not self._has_agreed("push"):
            self.env["mail.push.device"].sudo().search(
                [("partner_id", "=", self.partner_id.id)]
            ).unlink()

    # ------------------------------------------------------------------
    # Requests to the office
    # ------------------------------------------------------------------

    def _get_office_user(self, admin=False):
        """Who works on a student's request: the warden of the hostel, else an administrator."""
        self.ensure_one()
        wardens = self.sudo().current_hostel_id.warden_ids
        if wardens and not admin:
            return wardens[0]
        users = self.env.ref("hostel_base.group_hostel_admin").sudo().user_ids
        users -= self.env.ref("base.user_root")
        return users.sorted("id")[:1] or self.env.ref("base.user_admin")

    def _ask_office(self, activity_type, summary, note, admin=False):
        """Leave a task for the office on the student's record."""
        self.ensure_one()
        return self.sudo().activity_schedule(
            activity_type,
            summary=summary,
            note=Markup("<p>%s</p>") % note,
            user_id=self._get_office_user(admin).id,
        )

    def _get_requests(self, activity_type):
        """Open requests of a kind."""
        self.ensure_one()
        kind = self.env.ref(activity_type)
        return self.sudo().activity_ids.filtered(lambda a: a.activity_type_id == kind)

    def _request_correction(self, field_label, wanted, note):
        """Ask the office to correct what the student can't change.

        :raises HostelError: ``TOO_MANY`` open requests
        """
        kind = "hostel_base.activity_correction"
        if len(self._get_requests(kind)) >= OPEN_REQUESTS:
            raise HostelError(
                "TOO_MANY", self.env._("The office still works on your earlier requests."), 429
            )
        return self._ask_office(
            kind,
            self.env._("Correct: %(field)s", field=field_label),
            self.env._("Should be: %(wanted)s. %(note)s", wanted=wanted, note=note or ""),
        )

    def _request_erasure(self, note):
        """Ask the administrator to erase the record; a second call finds the first request."""
        kind = "hostel_base.activity_erasure"
        return self._get_requests(kind)[:1] or self._ask_office(
            kind, self.env._("Erasure of personal data requested"), note or "", admin=True
        )

    # ------------------------------------------------------------------
    # Right of access
    # ------------------------------------------------------------------

    def _get_personal_data(self):
        """All that this addon keeps about the student; other addons add their own sections.

        :return: dict of sections, JSON-serialisable
        """
        self.ensure_one()
        student = self.sudo()
        return {
            "student": self._export_record(student, self._get_exported_fields()),
            "guardians": [
                self._export_record(row, ["partner_id", "relation", "email", "phone"])
                for row in student.guardian_ids
            ],
            "stays": [
                self._export_record(
                    row,
                    ["name", "hostel_id", "bed_id", "term_id", "date_from", "date_to", "state"],
                )
                for row in student.allocation_ids
            ],
            "clearances": [
                self._export_record(row, ["term_id", "date", "source", "reference"])
                for row in student.clearance_ids
            ],
            "undertakings": [
                self._export_record(row, ["year_id", "reference", "student_date", "guardian_date"])
                for row in student.undertaking_ids
            ],
            "consents": [
                {
                    **self._export_record(
                        row,
                        ["notice_id", "given_by_id", "channel", "given_at", "withdrawn_at"],
                    ),
                    "agreed": row.purpose_ids.mapped("name"),
                    "withheld": row.withheld_ids.mapped("name"),
                }
                for row in student.consent_ids
            ],
        }

    @api.model
    def _get_exported_fields(self):
        return [
            "name", "roll_number", "application_number", "email", "phone", "street", "street2",
            "city", "state_id", "zip", "country_id", "gender", "birthdate", "programme_id",
            "department", "admission_year", "year_of_study", "status", "category", "is_pwd",
            "pwd_note", "blood_group", "emergency_contact_name", "emergency_contact_phone",
            "aadhaar_last4", "police_verification", *LIFESTYLE,
        ]  # fmt: skip

    @api.model
    def _export_record(self, record, names):
        """Fields of a record as ``{label: text}``."""
        return {
            record._fields[name].get_description(self.env, ["string"])["string"]: (
                self._export_value(record, name)
            )
            for name in names
        }

    @api.model
    def _export_value(self, record, name):
        field, value = record._fields[name], record[name]
        if field.relational:
            return value.display_name or None
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value)
        if field.type in ("date", "datetime"):
            return value.isoformat() if value else None
        # An empty text is stored as False; a number or a no is an answer.
        return None if value is False and field.type != "boolean" else value

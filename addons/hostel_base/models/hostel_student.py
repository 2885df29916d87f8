from dateutil.relativedelta import relativedelta

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, escape_psql

from ..const import (
    BLOOD_GROUPS,
    CATEGORIES,
    GENDERS,
    LIFESTYLE,
    LIVE_STATES,
    POLICE_VERIFICATION,
    PRIVATE_GROUPS,
)
from ..tools.phone import NATIONAL_DIGITS, phone_digits

ADULT_AGE = 18


class HostelStudent(models.Model):
    _name = "hostel.student"
    _description = "Student"
    _inherit = ["mail.thread", "mail.activity.mixin", "hostel.known.mixin"]
    _inherits = {"res.partner": "partner_id"}
    _order = "roll_number, id"
    _rec_names_search = [
        "roll_number",
        "application_number",
        "name",
        "phone",
        "email",
        "roll_number_ids.roll_number",
    ]

    partner_id = fields.Many2one(
        "res.partner", string="Contact record", required=True, ondelete="restrict", index=True
    )
    roll_number = fields.Char(required=True, tracking=True, index="trigram")
    # Whoever may see the student finds him by the old number too.
    roll_number_ids = fields.One2many(
        "hostel.student.roll.number",
        "student_id",
        string="Earlier roll numbers",
        bypass_search_access=True,
    )
    application_number = fields.Char(tracking=True)
    gender = fields.Selection(GENDERS, required=True, tracking=True)
    programme_id = fields.Many2one("hostel.programme", index=True, tracking=True)
    department = fields.Char(related="programme_id.department", store=True)
    admission_year = fields.Integer(help="Calendar year in which the student came.")
    year_of_study = fields.Integer(string="Year", default=1, tracking=True)
    status = fields.Selection(
        [("active", "Active"), ("inactive", "Inactive"), ("alumni", "Alumni")],
        required=True,
        default="active",
        tracking=True,
    )
    birthdate = fields.Date(groups=PRIVATE_GROUPS)
    is_minor = fields.Boolean(
        compute="_compute_is_minor",
        compute_sudo=True,
        groups=PRIVATE_GROUPS,
        help="Under 18 today, or of unknown age.",
    )
    category = fields.Selection(CATEGORIES, groups=PRIVATE_GROUPS)
    is_pwd = fields.Boolean(string="Person with disability", groups=PRIVATE_GROUPS)
    pwd_note = fields.Char(
        string="What the room needs", groups=PRIVATE_GROUPS, help="Such as: ground floor, ramp."
    )
    blood_group = fields.Selection(BLOOD_GROUPS, groups=PRIVATE_GROUPS)
    emergency_contact_name = fields.Char(groups=PRIVATE_GROUPS)
    emergency_contact_phone = fields.Char(groups=PRIVATE_GROUPS)
    aadhaar_last4 = fields.Char(
        string="Aadhaar, last four", size=4, groups=PRIVATE_GROUPS, help="Nothing more is kept."
    )
    police_verification = fields.Selection(
        POLICE_VERIFICATION, default="not_started", groups=PRIVATE_GROUPS
    )
    undertaking_ids = fields.One2many("hostel.undertaking", "student_id", string="Undertakings")
    lifestyle_sleep = fields.Selection(
        LIFESTYLE["lifestyle_sleep"], string="Goes to bed", groups=PRIVATE_GROUPS
    )
    lifestyle_tidiness = fields.Selection(
        LIFESTYLE["lifestyle_tidiness"], string="Tidiness", groups=PRIVATE_GROUPS
    )
    lifestyle_noise = fields.Selection(
        LIFESTYLE["lifestyle_noise"], string="Noise", groups=PRIVATE_GROUPS
    )
    lifestyle_guests = fields.Selection(
        LIFESTYLE["lifestyle_guests"], string="Guests", groups=PRIVATE_GROUPS
    )
    lifestyle_study = fields.Selection(
        LIFESTYLE["lifestyle_study"], string="Studies", groups=PRIVATE_GROUPS
    )
    lifestyle_food = fields.Selection(
        LIFESTYLE["lifestyle_food"], string="Food", groups=PRIVATE_GROUPS
    )
    lifestyle_smoking = fields.Selection(
        LIFESTYLE["lifestyle_smoking"], string="Smoking", groups=PRIVATE_GROUPS
    )
    lifestyle_alcohol = fields.Selection(
        LIFESTYLE["lifestyle_alcohol"], string="Alcohol", groups=PRIVATE_GROUPS
    )
    guardian_ids = fields.One2many("hostel.guardian", "student_id", string="Guardians")
    clearance_ids = fields.One2many("hostel.clearance", "student_id", string="Clearances")
    allocation_ids = fields.One2many("hostel.allocation", "student_id", string="Allocations")
    allocation_count = fields.Integer(compute="_compute_allocation_count")
    current_allocation_id = fields.Many2one(
        "hostel.allocation", string="Current stay", compute="_compute_current_allocation_id"
    )
    current_hostel_id = fields.Many2one(
        "hostel.hostel", string="Hostel", compute="_compute_current_allocation_id"
    )
    current_bed_id = fields.Many2one(
        "hostel.bed", string="Bed", compute="_compute_current_allocation_id"
    )
    current_state = fields.Selection(
        selection=lambda self: self.env["hostel.allocation"]._fields["state"].selection,
        string="Stay",
        compute="_compute_current_allocation_id",
    )
    stay_label = fields.Char(
        string="Lives in",
        compute="_compute_current_allocation_id",
        help="Hostel, room and bed of the current stay.",
    )
    stay_from = fields.Date(string="Since", compute="_compute_current_allocation_id")
    stay_to = fields.Date(string="Until", compute="_compute_current_allocation_id")
    primary_guardian_id = fields.Many2one(
        "hostel.guardian", string="First to call", compute="_compute_primary_guardian_id"
    )
    primary_guardian_phone = fields.Char(
        string="Guardian's phone", compute="_compute_primary_guardian_id"
    )
    primary_guardian_relation = fields.Selection(
        selection=lambda self: self.env["hostel.guardian"]._fields["relation"].selection,
        compute="_compute_primary_guardian_id",
    )
    clearance_state = fields.Selection(
        [("cleared", "No dues"), ("due", "Dues not cleared"), ("none", "No term now")],
        string="Dues",
        compute="_compute_clearance_state",
        help="Whether the student is cleared for the term of the stay, else for the running term.",
    )
    undertaking_state = fields.Selection(
        [
            ("complete", "Undertaking signed"),
            ("partial", "Undertaking: guardian missing"),
            ("missing", "Undertaking missing"),
            ("none", "No academic year now"),
        ],
        string="Undertaking",
        compute="_compute_undertaking_state",
        groups=PRIVATE_GROUPS,
        help="The anti-ragging undertaking of student and guardian for this academic year.",
    )
    any_phone = fields.Char(
        string="Phone, own or guardian's",
        compute="_compute_any_phone",
        search="_search_any_phone",
        help="Finds the digits however they were written down.",
    )

    _roll_uniq = models.Constraint("UNIQUE (roll_number)", "Another student has this roll number.")
    _application_uniq = models.Constraint(
        "UNIQUE (application_number)", "Another student has this application number."
    )
    _partner_uniq = models.Constraint("UNIQUE (partner_id)", "This contact is a student already.")
    # Nobody tells AB12 from ab12, least of all at the sign-in.
    _roll_upper_uniq = models.UniqueIndex(
        "(upper(roll_number))", "Another student has this roll number."
    )
    _application_upper_uniq = models.UniqueIndex(
        "(upper(application_number))", "Another student has this application number."
    )
    _year_positive = models.Constraint("CHECK (year_of_study > 0)", "The year starts at 1.")

    _aadhaar_four_digits = models.Constraint(
        "CHECK (aadhaar_last4 ~ '^[0-9]{4}$')",
        "Only the last four digits of the Aadhaar number are kept.",
    )

    @api.depends("name", "roll_number")
    def _compute_display_name(self):
        for student in self:
            roll_number = f"[{student.roll_number}] " if student.roll_number else ""
            student.display_name = f"{roll_number}{student.name or ''}"

    @api.depends("birthdate")
    def _compute_is_minor(self):
        limit = self.env.company._get_college_day() - relativedelta(years=ADULT_AGE)
        for student in self:
            # Whose age nobody knows is treated as a minor where consent is asked.
            student.is_minor = not student.birthdate or student.birthdate > limit

    @api.constrains("birthdate")
    def _check_birthdate(self):
        today = self.env.company._get_college_day()
        if any(student.birthdate and student.birthdate >= today for student in self):
            raise ValidationError(self.env._("Nobody is born in the future."))

    def _compute_allocation_count(self):
        counts = dict(
            self.env["hostel.allocation"]._read_group(
                [("student_id", "in", self.ids)], ["student_id"], ["__count"]
            )
        )
        for student in self:
            student.allocation_count = counts.get(student, 0)

    def _compute_current_allocation_id(self):
        today = self.env.company._get_college_day()
        rows = self.env["hostel.allocation"].search(
            [
                ("student_id", "in", self.ids),
                ("state", "in", LIVE_STATES),
                ("date_to", ">", today),
            ],
            order="date_from desc",
        )
        per_student = {row.student_id.id: row for row in rows}
        for student in self:
            row = per_student.get(student.id, self.env["hostel.allocation"])
            student.current_allocation_id = row
            student.current_hostel_id = row.hostel_id
            student.current_bed_id = row.bed_id
            student.current_state = row.state
            # Whoever may see the row may know its bed, which students can't read.
            student.stay_label = row.sudo()._get_bed_label() if row else False
            student.stay_from = row.date_from
            student.stay_to = row.date_to

    @api.depends("guardian_ids.is_primary", "guardian_ids.phone", "guardian_ids.relation")
    def _compute_primary_guardian_id(self):
        # All at once: the guardians of one student after the other would be read one by one.
        first = {}
        for guardian in self.guardian_ids.sorted(lambda g: (not g.is_primary, g._origin.id or 0)):
            first.setdefault(guardian.student_id, guardian)
        for student in self:
            guardian = first.get(student, self.env["hostel.guardian"])
            student.primary_guardian_id = guardian
            # Students see their guardians here, not among the contacts.
            student.primary_guardian_phone = guardian.sudo().phone
            student.primary_guardian_relation = guardian.relation

    @api.depends("clearance_ids.term_id", "clearance_ids.active")
    def _compute_clearance_state(self):
        today = self.env.company._get_college_day()
        running = self.env["hostel.term"].search(
            [("date_from", "<=", today), ("date_to", ">", today)], limit=1, order="date_from desc"
        )
        # Who may not read clearances may still know that there is nothing to pay.
        cleared = {(one.student_id.id, one.term_id) for one in self.sudo().clearance_ids}
        for student in self:
            term = student.current_allocation_id.sudo().term_id or running.sudo()
            if not term:
                student.clearance_state = "none"
            else:
                known = (student._origin.id, term) in cleared
                student.clearance_state = "cleared" if known else "due"

    @api.depends("undertaking_ids.year_id", "undertaking_ids.is_complete")
    def _compute_undertaking_state(self):
        today = self.env.company._get_college_day()
        year = self.env["hostel.academic.year"].search(
            [("date_from", "<=", today), ("date_to", ">", today)], limit=1
        )
        signed = {
            paper.student_id: "complete" if paper.is_complete else "partial"
            for paper in self.undertaking_ids
            if paper.year_id == year
        }
        for student in self:
            student.undertaking_state = signed.get(student, "missing") if year else "none"

    @api.depends("phone")
    def _compute_any_phone(self):
        for student in self:
            student.any_phone = student.phone

    def _search_any_phone(self, operator, value):
        if operator == "in":
            numbers = list(value)
        elif operator in ("ilike", "like", "=ilike", "=like"):
            numbers = [value]
        else:
            return NotImplemented
        found = Domain.FALSE
        for digits in filter(None, (phone_digits(str(number or "")) for number in numbers)):
            partners = self._find_partners_by_phone(digits)
            found |= Domain("partner_id", "in", partners)
            found |= Domain("guardian_ids", "any", [("partner_id", "in", partners)])
        return found

    @api.model
    def _find_partners_by_phone(self, digits):
        """Ids of the contacts whose number has these digits; a whole number uses an index.

        What comes of it is searched with the rules of whoever asks.
        """
        written = SQL("regexp_replace(phone, '[^0-9]', '', 'g')")
        if len(digits) == NATIONAL_DIGITS:
            match = SQL("right(%s, %s) = %s", written, NATIONAL_DIGITS, digits)
        else:
            match = SQL("%s LIKE %s", written, f"%{digits}%")
        self.env["res.partner"].flush_model(["phone"])
        rows = self.env.execute_query(
            SQL("SELECT id FROM res_partner WHERE phone IS NOT NULL AND %s", match)
        )
        return [partner_id for [partner_id] in rows]

    @api.model_create_multi
    def create(self, vals_list):
        self.env["res.partner"]._check_may_link([vals.get("partner_id") for vals in vals_list])
        students = super().create(vals_list)
        self._drop_user_cache()
        return students

    def write(self, vals):
        if "partner_id" in vals and not self.env.su and not self._is_hostel_admin():
            raise AccessError(self.env._("Only an administrator gives a student another contact."))
        if vals.get("roll_number"):
            self._keep_roll_number(vals["roll_number"])
        result = super().write(vals)
        if vals.keys() & {"partner_id", "active"}:
            self._drop_user_cache()
        return result

    @api.model
    def _is_hostel_admin(self):
        return self.env.user.has_group("hostel_base.group_hostel_admin")

    def _keep_roll_number(self, roll_number):
        """Keep the present number in the history before another one takes its place."""
        self.env["hostel.student.roll.number"].sudo().create(
            [
                {"student_id": student.id, "roll_number": student.roll_number}
                for student in self
                if student.roll_number and student.roll_number != roll_number
            ]
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_drop_user_cache(self):
        self._drop_user_cache()

    def _drop_user_cache(self):
        """Forget who is which student, if any process may have looked it up."""
        if self.sudo().partner_id.with_context(active_test=False).user_ids:
            self.env.registry.clear_cache()

    @api.model
    @tools.ormcache("uid")
    def _get_id_of_user(self, uid):
        """Id of the student who signs in as a user, or False."""
        user = self.env["res.users"].sudo().browse(uid)
        return self.sudo().search([("partner_id", "=", user.partner_id.id)], limit=1).id

    @api.model
    def _get_current(self):
        """The student who is signed in, with all rights, or an empty recordset."""
        student_id = self._get_id_of_user(self.env.uid)
        return self.sudo().browse(student_id or [])

    @api.model
    def _find_by_number(self, number):
        """Whose number it is, in whatever case somebody wrote it.

        A number of today is stronger than a roll number that somebody had earlier.

        :param number: roll number or application number
        :return: students, the holder of the roll number first; almost always one or none, and
            whoever needs to be certain asks for exactly one
        """
        text = escape_psql(number.strip()) if isinstance(number, str) else ""
        if not text:
            return self.browse()
        return (
            self.search([("roll_number", "=ilike", text)])
            | self.search([("application_number", "=ilike", text)], limit=2)
        ) or self.search([("roll_number_ids.roll_number", "=ilike", text)], limit=2)

    def _get_numbers(self):
        """All numbers by which :meth:`_find_by_number` may find the student, in capitals."""
        self.ensure_one()
        numbers = [self.roll_number, self.application_number]
        numbers += self.sudo().roll_number_ids.mapped("roll_number")
        return list({number.upper() for number in numbers if number})

    def _has_undertaking(self, year):
        """Whether student and guardian signed the anti-ragging undertaking for a year."""
        self.ensure_one()
        return bool(self.env["hostel.undertaking"]._get_signed(self, year))

    def _is_cleared(self, term):
        """Whether the student has no dues for a term."""
        self.ensure_one()
        known = self._get_known("cleared") or {}
        if (self.id, term.id) in known:
            return known[self.id, term.id]
        return bool(
            self.env["hostel.clearance"]
            .sudo()
            .search_count([("student_id", "=", self.id), ("term_id", "=", term.id)], limit=1)
        )

    def _know_clearance(self, term):
        """The student in a context in which :meth:`_is_cleared` for a term asks no more.

        For a call that looks several times and changes nothing.
        """
        self.ensure_one()
        cleared = self._get_known("cleared") or {}
        return self._with_known(cleared={**cleared, (self.id, term.id): self._is_cleared(term)})

    def action_open_current_stay(self):
        self.ensure_one()
        return self.current_allocation_id.get_formview_action()

    def action_open_allocations(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_allocation_action"
        )
        action["domain"] = [("student_id", "=", self.id)]
        action["context"] = {}
        return action

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError

# Changed by the buttons only.
PROTECTED = {
    "allocation_id",
    "state",
    "filled_by_id",
    "staff_agreed_at",
    "staff_agreed_by_id",
    "sent_at",
    "accept_by",
    "accepted_at",
    "accepted_by_id",
    "accepted_name",
    "is_silent",
    "dispute_note",
    "inspected_at",
    "inspected_by_id",
}
# While one of these, somebody may still change how the room was at arrival.
OPEN_STATES = ("draft", "to_confirm", "sent", "disputed")
DESK = "hostel_base.group_hostel_supervisor"
MAX_NAME = 128
MAX_NOTE = 1000


class HostelRoomCondition(models.Model):
    """How a room and its things were when a student moved in, and when the student left.

    One form a stay. Staff or the student fill it, the other side agrees; then the arrival's half
    is locked for good, and the departure's half is compared with it. The office's inspections of
    rooms are another matter, and never a student's.
    """

    _name = "hostel.room.condition"
    _description = "Room-Condition Form"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "allocation_id"

    allocation_id = fields.Many2one(
        "hostel.allocation", required=True, readonly=True, ondelete="restrict", index=True
    )
    student_id = fields.Many2one(related="allocation_id.student_id", store=True, index=True)
    roll_number = fields.Char(related="student_id.roll_number")
    hostel_id = fields.Many2one(related="allocation_id.hostel_id", store=True, index=True)
    floor_id = fields.Many2one(related="allocation_id.floor_id", store=True, index=True)
    room_id = fields.Many2one(related="allocation_id.room_id", store=True, index=True)
    bed_id = fields.Many2one(related="allocation_id.bed_id", store=True)
    company_id = fields.Many2one(related="allocation_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    line_ids = fields.One2many("hostel.room.condition.line", "condition_id", string="Items")
    state = fields.Selection(
        [
            ("draft", "Being filled"),
            ("to_confirm", "Waits for the office"),
            ("sent", "Waits for the student"),
            ("disputed", "Student disagrees"),
            ("agreed", "Agreed"),
            ("leaving", "Being compared"),
            ("closed", "Closed"),
        ],
        required=True,
        readonly=True,
        default="draft",
        index=True,
        tracking=True,
        copy=False,
    )
    filled_by_id = fields.Many2one("res.users", string="Filled by", readonly=True)
    staff_agreed_at = fields.Datetime(string="Office agreed on", readonly=True)
    staff_agreed_by_id = fields.Many2one("res.users", string="Agreed for the office", readonly=True)
    sent_at = fields.Datetime(string="Sent on", readonly=True)
    accept_by = fields.Datetime(
        string="Answer until", readonly=True, help="Silence until then is an agreement."
    )
    accepted_at = fields.Datetime(string="Student agreed on", readonly=True, tracking=True)
    accepted_by_id = fields.Many2one("res.partner", string="Agreed by", readonly=True)
    accepted_name = fields.Char(string="Name as signed", readonly=True)
    is_silent = fields.Boolean(string="Agreed by silence", readonly=True)
    dispute_note = fields.Text(string="What the student says", readonly=True, tracking=True)
    inspected_at = fields.Datetime(string="Compared on", readonly=True)
    inspected_by_id = fields.Many2one("res.users", string="Compared by", readonly=True)
    note_out = fields.Text(string="Note at departure")
    changed_count = fields.Integer(string="Changed", compute="_compute_changes", store=True)
    damage_total = fields.Monetary(string="Charges", compute="_compute_changes", store=True)
    is_in_locked = fields.Boolean(compute="_compute_is_in_locked")

    _allocation_uniq = models.Constraint(
        "UNIQUE (allocation_id)", "This stay has its room-condition form already."
    )

    @api.depends("line_ids.is_changed", "line_ids.damage_amount")
    def _compute_changes(self):
        for form in self:
            form.changed_count = len(form.line_ids.filtered("is_changed"))
            form.damage_total = sum(form.line_ids.mapped("damage_amount"))

    @api.depends("state")
    def _compute_is_in_locked(self):
        for form in self:
            form.is_in_locked = form.state not in OPEN_STATES

    @api.depends("room_id", "bed_id", "student_id")
    def _compute_display_name(self):
        for form in self:
            known = form.sudo()
            form.display_name = f"{known.bed_id.display_name} · {known.student_id.display_name}"

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A form is made when a student is checked in."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and PROTECTED & vals.keys():
            raise AccessError(self.env._("The form goes on through its buttons only."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise HostelError("FORM_KEPT", self.env._("Room-condition forms are kept."), 422)

    # ------------------------------------------------------------------
    # Making it
    # ------------------------------------------------------------------

    @api.model
    def _open_for(self, stay):
        """The form of a stay, made from the checklist if there is none yet.

        :param stay: one ``hostel.allocation``
        :return: the form with all rights; empty if the room type has no checklist
        """
        stay = stay.sudo()
        form = self.sudo().search([("allocation_id", "=", stay.id)], limit=1)
        items = self.env["hostel.condition.item"]._get_for(stay.room_type_id)
        if form or not items:
            return form
        known = self._get_shared_conditions(stay)
        return self.sudo().create(
            {
                "allocation_id": stay.id,
                "line_ids": [
                    (0, 0, self._prepare_line_vals(item, known.get(item.id))) for item in items
                ],
            }
        )

    @api.model
    def _get_shared_conditions(self, stay):
        """Things of the room as a roommate's form has them: ``{item id: (condition, note)}``."""
        mate = self.sudo().search(
            [
                ("room_id", "=", stay.room_id.id),
                ("allocation_id", "!=", stay.id),
                ("allocation_id.state", "=", "checked_in"),
                ("state", "=", "agreed"),
            ],
            limit=1,
        )
        shared = mate.line_ids.filtered(lambda line: line.scope == "shared")
        return {line.item_id.id: (line.condition_in, line.note_in) for line in shared}

    @api.model
    def _prepare_line_vals(self, item, known):
        condition, note = known or ("ok", False)
        return {
            "item_id": item.id,
            "name": item.name,
            "scope": item.scope,
            "sequence": item.sequence,
            "condition_in": condition,
            "note_in": note,
        }

    # ------------------------------------------------------------------
    # Arrival: both sides agree
    # ------------------------------------------------------------------

    def _check_desk(self):
        """Refuse whoever does not work at the desk of the form's hostel."""
        self.check_access("write")
        if not (self.env.su or self.env.user.has_group(DESK)):
            raise AccessError(self.env._("Only supervisors and wardens look after rooms."))

    def _expect(self, *states):
        for form in self:
            if form.state not in states:
                raise HostelError(
                    "FORM_STATE",
                    self.env._(
                        "The form is “%(state)s” by now; look at it again.",
                        state=dict(self._fields["state"]._description_selection(self.env))[
                            form.state
                        ],
                    ),
                )

    def action_send(self):
        """The office says that this is how the room is; the student is asked, by mail too."""
        self._check_desk()
        self._expect("draft", "to_confirm", "disputed")
        now = self.env.cr.now()
        days = self.env["hostel.allocation"]._get_minutes("hostel_booking.condition_days", 3)
        for form in self.sudo():
            form.write(
                {
                    "state": "sent",
                    "filled_by_id": form.filled_by_id.id or self.env.uid,
                    "staff_agreed_at": now,
                    "staff_agreed_by_id": self.env.uid,
                    "sent_at": now,
                    "accept_by": now + timedelta(days=days),
                    "accepted_at": False,
                    "accepted_by_id": False,
                    "accepted_name": False,
                }
            )
            form._tell_to_answer()

    def _tell_to_answer(self):
        """Write to the student what silence means, and until when to answer."""
        stay = self.allocation_id._in_student_language()
        until = stay._format_moment(self.accept_by)
        stay._tell_student(
            stay.env._("Is this the state of your room? Answer by %(until)s", until=until),
            stay.env._(
                "The hostel office wrote down the state of bed %(bed)s and of its room. Look at"
                " it, and say whether it is right.",
                bed=stay._get_bed_label(),
            ),
            stay.env._(
                "If you have not answered by %(until)s, it counts as agreed. When you leave, the"
                " room is compared with it.",
                until=until,
            ),
            path="/my/hostel/condition",
            label=stay.env._("Look at the form"),
        )

    def _take_back_answer(self):
        """What was signed or is being asked is something else now: nobody has agreed to it."""
        asked = self.sudo().filtered(lambda form: form.state in ("to_confirm", "sent"))
        asked.write(
            {
                "state": "draft",
                "accept_by": False,
                "accepted_at": False,
                "accepted_by_id": False,
                "accepted_name": False,
            }
        )

    def action_confirm(self):
        """The office agrees to what the student wrote, and the arrival's half is locked."""
        self._check_desk()
        self._expect("to_confirm")
        self.sudo().write(
            {
                "state": "agreed",
                "staff_agreed_at": self.env.cr.now(),
                "staff_agreed_by_id": self.env.uid,
            }
        )
        self._done_with_activities()

    def _submit_by_student(self, name):
        """The student filled the form and agrees to it; the office looks at it next."""
        self.ensure_one()
        self._expect("draft")
        self.sudo().write(
            {
                "state": "to_confirm",
                "filled_by_id": self.env.uid,
                **self._prepare_acceptance_vals(name),
            }
        )
        self._ask_warden(self.env._("The student filled the room-condition form. Is it right?"))

    def _accept(self, name):
        """The student agrees to what the office wrote.

        :param str name: the name as the student typed it
        """
        self.ensure_one()
        self._expect("sent")
        self.sudo().write({"state": "agreed", **self._prepare_acceptance_vals(name)})
        self._done_with_activities()

    def _prepare_acceptance_vals(self, name):
        name = (name or "").strip()[:MAX_NAME]
        if not name:
            raise HostelError("NAME_NEEDED", self.env._("Write your name to agree."), 422)
        return {
            "accepted_at": self.env.cr.now(),
            "accepted_by_id": self.sudo().student_id.partner_id.id,
            "accepted_name": name,
            "is_silent": False,
        }

    def _dispute(self, note):
        """The student does not agree, and says what is wrong."""
        self.ensure_one()
        self._expect("sent")
        note = (note or "").strip()[:MAX_NOTE]
        if not note:
            raise HostelError("NOTE_NEEDED", self.env._("Write what is different."), 422)
        self.sudo().write({"state": "disputed", "dispute_note": note, "accept_by": False})
        self._ask_warden(note)

    def _ask_warden(self, note):
        for form in self.sudo():
            warden = form.hostel_id.staff_ids.filtered(
                lambda post: post.is_current and post.role == "warden"
            )[:1].user_id
            form.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Room-condition form"),
                note=note,
                user_id=warden.id or self.env.ref("base.user_admin").id,
            )

    def _done_with_activities(self):
        self.sudo().activity_ids.action_done()

    @api.model
    def _get_silent_domain(self):
        return [("state", "=", "sent"), ("accept_by", "<=", self.env.cr.now())]

    @api.model
    def _accept_silence(self, limit=500):
        """Who says nothing until the deadline agrees.

        :return: number of forms
        """
        forms = self.sudo().search(self._get_silent_domain(), limit=limit)
        for form in forms:
            form.write(
                {
                    "state": "agreed",
                    "is_silent": True,
                    "accepted_at": form.accept_by,
                    "accepted_by_id": form.student_id.partner_id.id,
                }
            )
        return len(forms)

    @api.model
    def _cron_accept_silence(self):
        done = self._accept_silence()
        left = self.sudo().search_count(self._get_silent_domain())
        self.env["ir.cron"]._commit_progress(done, remaining=left)

    # ------------------------------------------------------------------
    # Departure: the same form, side by side
    # ------------------------------------------------------------------

    def action_start_inspection(self):
        """Put the departure's half beside the arrival's, unchanged until somebody looks."""
        self._check_desk()
        # Who leaves before the arrival was agreed to leaves with what the office wrote.
        self._expect(*OPEN_STATES, "agreed")
        for form in self.sudo():
            form.state = "leaving"
            for line in form.line_ids:
                line.condition_out = line.condition_in

    def action_close_inspection(self):
        """What changed is certain; the charges go to whoever bills them."""
        self._check_desk()
        self._expect("leaving")
        for form in self.sudo():
            form.write(
                {
                    "state": "closed",
                    "inspected_at": self.env.cr.now(),
                    "inspected_by_id": self.env.uid,
                }
            )
            if form.damage_total:
                form.allocation_id._damage_due(form)
            form.allocation_id._no_dues_changed()

    def action_reopen_inspection(self):
        """Look again, as long as the student has not left."""
        self._check_desk()
        self._expect("closed")
        for form in self.sudo():
            if form.allocation_id.state != "checked_in":
                raise HostelError(
                    "FORM_STATE", self.env._("The student has left; the form stays as it is.")
                )
            form.state = "leaving"
            form.allocation_id._no_dues_changed()

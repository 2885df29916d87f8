import base64
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.tools.misc import format_datetime

from ..tools.lottery import new_reference
from ..tools.slot_ics import make_ics

# Slots are the same for everybody in a group; whoever is in it keeps this long free.
MINUTES_IN_CALENDAR = 15
FROZEN_FIELDS = {"window_id", "student_id", "reference", "rank"}
INDIA = "Asia/Kolkata"


class HostelBookingSlot(models.Model):
    """When one student's door in a window opens; made and moved by the window only."""

    _name = "hostel.booking.slot"
    _description = "Time Slot"
    _inherit = ["hostel.personal.mixin"]
    _order = "window_id, rank, id"
    _rec_name = "reference"

    window_id = fields.Many2one(
        "hostel.booking.window", required=True, readonly=True, ondelete="cascade", index=True
    )
    term_id = fields.Many2one(related="window_id.term_id")
    student_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="cascade", index=True
    )
    roll_number = fields.Char(related="student_id.roll_number")
    programme_id = fields.Many2one(related="student_id.programme_id")
    year_of_study = fields.Integer(related="student_id.year_of_study")
    reference = fields.Char(
        required=True,
        readonly=True,
        default=lambda self: new_reference(),
        help="Stands for the student in the lottery's public list.",
    )
    rank = fields.Integer(readonly=True, help="1 comes first; 0 while it is not known.")
    opens_at = fields.Datetime(string="Opens", readonly=True, index=True)
    is_late = fields.Boolean(
        string="Came late", readonly=True, help="Got the last slot, after the list was made."
    )
    moves = fields.Integer(readonly=True, default=0, help="How often the slot was moved.")
    announced_for = fields.Datetime(
        string="Announced", readonly=True, help="The time that the student was told by mail."
    )
    reminded_for = fields.Datetime(
        string="Reminded", readonly=True, help="The time that the student was reminded of."
    )

    _student_once = models.Constraint(
        "UNIQUE (window_id, student_id)", "A student has one slot in a window."
    )
    _reference_once = models.Constraint(
        "UNIQUE (window_id, reference)", "References of a window are unique."
    )
    _to_tell_idx = models.Index("(window_id, opens_at) WHERE opens_at IS NOT NULL")

    @api.depends("window_id", "student_id", "rank")
    def _compute_display_name(self):
        for slot in self:
            slot.display_name = f"{slot.window_id.name} · {slot.student_id.name} · {slot.rank}"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Slots are made by the buttons of their window."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su or (
            vals.keys() & FROZEN_FIELDS and "published" in self.window_id.mapped("slot_state")
        ):
            raise AccessError(self.env._("A published list does not change."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        if "published" in self.window_id.mapped("slot_state"):
            raise AccessError(self.env._("A published list does not change."))

    # ------------------------------------------------------------------
    # Telling the student
    # ------------------------------------------------------------------

    def _get_student_tz(self):
        self.ensure_one()
        return self.student_id.tz or INDIA

    def _format_opens_at(self, dt_format="EEEE d MMM, HH:mm"):
        """The slot in the student's own time and language."""
        self.ensure_one()
        return format_datetime(
            self.env,
            self.opens_at,
            tz=self._get_student_tz(),
            dt_format=dt_format,
            lang_code=self.student_id.lang or None,
        )

    def _get_url(self):
        self.ensure_one()
        return f"{self.get_base_url()}/hostel?round_id={self.window_id.round_id.id}"

    def _get_ics(self):
        """Calendar file of the slot, in the student's language."""
        self.ensure_one()
        slot = self.with_context(lang=self.student_id.lang)
        return make_ics(
            uid=f"hostel-slot-{slot.id}@{slot.env.cr.dbname}",
            sequence=slot.moves,
            opens_at=slot.opens_at,
            minutes=MINUTES_IN_CALENDAR,
            summary=slot.env._("Choose your bed: %(term)s", term=slot.term_id.name),
            description=slot.env._(
                "Your slot on the live map opens now. You are number %(rank)s of %(total)s.",
                rank=slot.rank,
                total=slot.window_id.slot_count,
            ),
            url=slot._get_url(),
            stamp=slot.env.cr.now(),
        )

    def _send_mail(self, kind):
        """Mail the slot with its calendar file.

        :param kind: ``published``, ``moved`` or ``reminder``
        """
        template = self.env.ref("hostel_booking.mail_template_slot")
        for slot in self.sudo():
            if not slot.student_id.email:
                # The portal and the map show the slot all the same.
                continue
            ics = {
                "name": "hostel-slot.ics",
                "datas": base64.b64encode(slot._get_ics()),
                "mimetype": "text/calendar",
            }
            template.with_user(SUPERUSER_ID).with_context(slot_kind=kind).send_mail(
                slot.id,
                email_values={
                    "attachment_ids": [(0, 0, ics)],
                    "model": False,
                    "res_id": False,
                    "auto_delete": True,
                },
            )

    def _announce(self):
        """Tell the time once, and again when it has moved."""
        for slot in self.sudo():
            slot._send_mail("moved" if slot.announced_for else "published")
            soon = slot.opens_at - timedelta(hours=slot.window_id.remind_hours)
            vals = {"announced_for": slot.opens_at}
            if soon <= self.env.cr.now():
                # A reminder an hour after the news would be one mail too many.
                vals["reminded_for"] = slot.opens_at
            slot.write(vals)

    def _remind(self):
        for slot in self.sudo():
            slot._send_mail("reminder")
            slot.reminded_for = slot.opens_at

    # ------------------------------------------------------------------
    # What the pages show
    # ------------------------------------------------------------------

    def _describe(self):
        """The slot as the student's pages show it; times are what is left, in ms."""
        self.ensure_one()
        slot = self.sudo()
        left = (slot.opens_at - self.env.cr.now()).total_seconds() * 1000
        lottery = slot.window_id.lottery_ids[:1]
        return {
            "rank": slot.rank,
            "total": slot.window_id.slot_count,
            "is_late": slot.is_late,
            "reference": slot.reference if lottery else "",
            "lottery_url": lottery._get_url() if lottery else None,
            "opens_in_ms": max(0, int(left)),
            "opens_label": slot._format_opens_at(),
        }

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError


class HostelNoDuesLine(models.Model):
    """What one station says about one leaving student."""

    _name = "hostel.no.dues.line"
    _description = "Answer of a No-Dues Station"
    _order = "leaving_day, no_dues_id, station_id, id"
    _rec_name = "station_id"

    no_dues_id = fields.Many2one(
        "hostel.no.dues", required=True, readonly=True, ondelete="cascade", index=True
    )
    station_id = fields.Many2one(
        "hostel.no.dues.station", required=True, readonly=True, ondelete="restrict", index=True
    )
    allocation_id = fields.Many2one(related="no_dues_id.allocation_id", store=True)
    student_id = fields.Many2one(related="no_dues_id.student_id", store=True, index=True)
    student_name = fields.Char(related="student_id.name", string="Name")
    roll_number = fields.Char(related="student_id.roll_number", string="Roll number")
    hostel_id = fields.Many2one(related="no_dues_id.hostel_id", store=True, index=True)
    company_id = fields.Many2one(related="no_dues_id.company_id", store=True)
    leaving_day = fields.Date(related="no_dues_id.leaving_day", store=True)
    clearance_state = fields.Selection(related="no_dues_id.state", string="Clearance", store=True)
    state = fields.Selection(
        [("pending", "Not signed"), ("held", "Something is owed"), ("clear", "Clear")],
        required=True,
        readonly=True,
        default="pending",
        index=True,
    )
    note = fields.Char(readonly=True)
    is_automatic = fields.Boolean(string="Answers by itself", readonly=True)
    signed_by_id = fields.Many2one("res.users", string="Signed by", readonly=True)
    signed_at = fields.Datetime(string="Signed on", readonly=True)
    may_sign = fields.Boolean(compute="_compute_may_sign")

    _once = models.Constraint("UNIQUE (no_dues_id, station_id)", "A station is asked once.")

    @api.depends("station_id")
    def _compute_display_name(self):
        # Students read their lines, not the stations.
        for line in self:
            line.display_name = line.sudo().station_id.display_name

    @api.depends("station_id", "state", "is_automatic")
    @api.depends_context("uid")
    def _compute_may_sign(self):
        groups = self.env.user.all_group_ids
        for line in self:
            known = line.sudo()
            line.may_sign = (
                not known.is_automatic
                and known.no_dues_id.state in ("open", "cleared")
                and known.station_id.group_id in groups
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Each station signs for itself."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("Each station signs for itself."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # Answers that need nobody
    # ------------------------------------------------------------------

    def _get_automatic_answer(self):
        """Extension point: what is known about the dues of this station without a person.

        Another addon looks at ``station_id.code`` and calls ``super`` for codes that are not its
        own.

        :return: None if a person has to sign, else ``(is_clear, note)``
        """
        stay = self.allocation_id
        if self.station_id.code == "keys":
            keys = stay.key_ids
            names = ", ".join(keys.mapped("display_name"))
            return not keys, self.env._("Not back: %(keys)s", keys=names) if keys else False
        if self.station_id.code == "room":
            form = stay.condition_ids
            if not form:
                return None
            if form.state != "closed":
                return False, self.env._("The room was not compared with the form yet.")
            return True, False
        return None

    def _ask(self):
        self.ensure_one()
        answer = self._get_automatic_answer()
        if answer is None:
            if self.is_automatic:
                self.write({"is_automatic": False, "state": "pending", "note": False})
            return
        is_clear, note = answer
        vals = {
            "is_automatic": True,
            "state": "clear" if is_clear else "held",
            "note": note,
            "signed_at": self.signed_at or self.env.cr.now() if is_clear else False,
        }
        if any(self[name] != value for name, value in vals.items()):
            self.write(vals)

    # ------------------------------------------------------------------
    # Answers of people
    # ------------------------------------------------------------------

    def _check_may_sign(self):
        self.check_access("read")
        for line in self:
            if not line.sudo().station_id.group_id & self.env.user.all_group_ids:
                raise AccessError(self.env._("Another office signs here."))
            if not line.may_sign:
                raise HostelError(
                    "NOT_TO_SIGN", self.env._("There is nothing to sign here any more.")
                )

    def action_sign(self):
        """Nothing is owed here."""
        self._check_may_sign()
        self._answer("clear", False)

    def action_open_hold(self):
        """Ask what is owed."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_booking.hostel_no_dues_hold_action"
        )
        return action | {"context": {"default_line_ids": self.ids}}

    def _answer(self, state, note):
        self.sudo().write(
            {
                "state": state,
                "note": note,
                "signed_by_id": self.env.uid,
                "signed_at": self.env.cr.now(),
            }
        )
        self.sudo().no_dues_id._refresh()

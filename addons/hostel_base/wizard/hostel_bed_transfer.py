from odoo import api, fields, models

from ..const import OCCUPIED_STATES
from ..errors import HostelError
from ..tools.college_day import college_today


class HostelBedTransfer(models.TransientModel):
    """Another bed for a student, or two students who change places."""

    _name = "hostel.bed.transfer"
    _description = "Move to Another Bed"
    _inherit = ["hostel.bed.choice"]
    _strict_fields = {
        "allocation_id": "write",
        "other_id": "write",
        "hostel_id": "read",
        "bed_id": "read",
    }
    _choice_depends = ("allocation_id", "day", "kind")

    allocation_id = fields.Many2one("hostel.allocation", string="Stay", required=True)
    student_id = fields.Many2one(related="allocation_id.student_id")
    from_bed_id = fields.Many2one(related="allocation_id.bed_id", string="Present bed")
    state = fields.Selection(related="allocation_id.state")
    gender = fields.Selection(related="allocation_id.gender")
    currency_id = fields.Many2one(related="allocation_id.currency_id")
    old_price = fields.Monetary(related="allocation_id.price", string="Present fee")
    kind = fields.Selection(
        [("move", "To a free bed"), ("swap", "Change places with another student")],
        required=True,
        default="move",
    )
    hostel_id = fields.Many2one(
        compute="_compute_hostel_id", store=True, readonly=False, precompute=True
    )
    other_id = fields.Many2one(
        "hostel.allocation",
        string="With",
        domain="[('state', 'in', ('allocated', 'checked_in')), ('gender', '=', gender),"
        " ('id', '!=', allocation_id), ('date_to', '>', day)]",
    )
    day = fields.Date(
        string="From",
        required=True,
        default=college_today,
        help="First day in the other bed. On a day to come the present bed stays until then.",
    )
    reason = fields.Char(required=True)
    price = fields.Monetary(
        string="New fee", compute="_compute_price", store=True, readonly=False, precompute=True
    )
    difference = fields.Monetary(compute="_compute_difference")
    price_note = fields.Char(string="Note about the difference")

    @api.depends("allocation_id")
    def _compute_hostel_id(self):
        for wizard in self:
            wizard.hostel_id = wizard.hostel_id or wizard.allocation_id.hostel_id

    @api.depends("bed_id", "allocation_id")
    def _compute_price(self):
        for wizard in self:
            row = wizard.allocation_id
            wizard.price = wizard.bed_id._get_price(row.term_id) if wizard.bed_id else row.price

    @api.depends("price", "allocation_id")
    def _compute_difference(self):
        for wizard in self:
            wizard.difference = wizard.price - wizard.allocation_id.price

    def _get_wish(self):
        row = self.allocation_id
        if self.kind != "move" or row.state not in OCCUPIED_STATES or not self.day:
            return None
        day = max(self.day, row.date_from)
        if day >= row.date_to:
            return None
        return {
            "gender": row.gender,
            "term": row.term_id,
            "date_from": row.date_from if row.state == "allocated" else day,
            "date_to": row.date_to,
        }

    def action_transfer(self):
        """Move the student, or both, in one transaction."""
        self.ensure_one()
        row = self.allocation_id
        row.check_access("write")
        new = self._swap(row) if self.kind == "swap" else self._move(row)
        return {
            "type": "ir.actions.act_window",
            "res_model": "hostel.allocation",
            "res_id": new[0].id,
            "view_mode": "form",
        }

    def _swap(self, row):
        if not self.other_id:
            raise HostelError("OTHER_MISSING", self.env._("Choose the other student."), 422)
        self.other_id.check_access("write")
        return row._swap(self.other_id, self.day, reason=self.reason)

    def _move(self, row):
        if not self.bed_id:
            raise HostelError("BED_MISSING", self.env._("Choose one of the free beds."), 422)
        self.bed_id.check_access("write")
        try:
            new = row._transfer(self.bed_id, self.day, reason=self.reason, price=self.price)
        except HostelError as exc:
            wish = self._get_wish()
            raise (self._refuse_full_room(exc, self.bed_id, wish) if wish else exc) from None
        if self.difference or self.price_note:
            new._message_log(body=self._get_price_message())
        return new

    def _get_price_message(self):
        return self.env._(
            "Fee %(old)s before the move, %(new)s now. %(note)s",
            old=self.currency_id.format(self.old_price),
            new=self.currency_id.format(self.price),
            note=self.price_note or "",
        )

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError

DESK = "hostel_base.group_hostel_supervisor"
# What may follow what.
FOLLOWS = {
    "office": {"handed_over", "lost"},
    "handed_over": {"returned", "lost"},
    "lost": {"found"},
}
STATE_AFTER = {
    "handed_over": "handed_over",
    "returned": "office",
    "lost": "lost",
    "found": "office",
}
OVER = ("vacated", "transferred", "cancelled", "expired")


class HostelKey(models.Model):
    """One key that can be held in a hand; copies of it are keys of their own."""

    _name = "hostel.key"
    _description = "Key"
    _inherit = ["mail.thread"]
    _order = "hostel_id, name, copy_number"
    _rec_names_search = ["name", "room_id.name"]

    name = fields.Char(string="Number", required=True, index="trigram", tracking=True)
    copy_number = fields.Integer(string="Copy", required=True, default=1)
    kind = fields.Selection(
        [("room", "Room"), ("bed", "Bed"), ("cupboard", "Cupboard"), ("other", "Other")],
        required=True,
        default="room",
    )
    hostel_id = fields.Many2one("hostel.hostel", required=True, ondelete="restrict", index=True)
    room_id = fields.Many2one(
        "hostel.room", ondelete="restrict", index=True, domain="[('hostel_id', '=', hostel_id)]"
    )
    bed_id = fields.Many2one(
        "hostel.bed",
        ondelete="restrict",
        index="btree_not_null",
        domain="[('room_id', '=', room_id)]",
        help="For a key that only the student of this bed gets.",
    )
    company_id = fields.Many2one(related="hostel_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    lost_amount = fields.Monetary(string="Charge if lost")
    state = fields.Selection(
        [("office", "In the office"), ("handed_over", "Handed over"), ("lost", "Lost")],
        required=True,
        readonly=True,
        default="office",
        copy=False,
        index=True,
    )
    allocation_id = fields.Many2one(
        "hostel.allocation", string="Stay", readonly=True, copy=False, index="btree_not_null"
    )
    holder_id = fields.Many2one(
        related="allocation_id.student_id", string="Held by", store=True, index=True
    )
    since = fields.Datetime(readonly=True, copy=False)
    movement_ids = fields.One2many("hostel.key.movement", "key_id", string="Movements")
    is_overdue = fields.Boolean(
        string="Overdue", compute="_compute_is_overdue", search="_search_is_overdue"
    )
    active = fields.Boolean(default=True)

    _number_uniq = models.Constraint(
        "UNIQUE (hostel_id, name, copy_number)", "This hostel has a key with this number already."
    )
    _held_by_somebody = models.Constraint(
        "CHECK ((state = 'handed_over') = (allocation_id IS NOT NULL))",
        "A key is with a student or it is not.",
    )
    _charge_not_negative = models.Constraint(
        "CHECK (lost_amount IS NULL OR lost_amount >= 0)", "A charge can't be negative."
    )

    @api.depends("name", "copy_number")
    def _compute_display_name(self):
        for key in self:
            copy = f" ({key.copy_number})" if key.copy_number > 1 else ""
            key.display_name = f"{key.name or ''}{copy}"

    @api.depends("state", "allocation_id.state")
    def _compute_is_overdue(self):
        for key in self:
            key.is_overdue = key.state == "handed_over" and key.sudo().allocation_id.state in OVER

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "=", "handed_over"), ("allocation_id.state", "in", OVER)]

    def write(self, vals):
        if not self.env.su and vals.keys() & {"state", "allocation_id", "holder_id", "since"}:
            raise AccessError(self.env._("Keys go from hand to hand through the buttons only."))
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su:
                for name in ("state", "allocation_id", "holder_id", "since"):
                    vals.pop(name, None)
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if self.sudo().movement_ids:
            raise HostelError(
                "KEY_KEPT",
                self.env._("A key that was in somebody's hand is archived instead."),
                422,
            )

    # ------------------------------------------------------------------
    # From hand to hand
    # ------------------------------------------------------------------

    def _check_desk(self):
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(DESK)):
            raise AccessError(self.env._("Only supervisors and wardens hand out keys."))

    def _move(self, kind, stay=None, note=False, amount=0):
        """Write a movement down; two at the same moment can't both be the next one.

        :param str kind: ``handed_over``, ``returned``, ``lost`` or ``found``
        :param stay: whom it is handed to
        :raises HostelError: ``KEY_STATE``, ``KEY_BUSY``
        """
        self.ensure_one()
        key = self.sudo()
        if kind not in FOLLOWS[key.state]:
            raise HostelError("KEY_STATE", key._explain_state(kind))
        last = key.movement_ids.sorted("number")[-1:]
        holder = stay.sudo() if stay else key.allocation_id
        vals = {
            "key_id": key.id,
            "number": last.number + 1,
            "kind": kind,
            "allocation_id": holder.id,
            "at": self.env.cr.now(),
            "by_id": self.env.uid,
            "note": note,
            "amount": amount,
        }
        try:
            with self.env.cr.savepoint():
                movement = self.env["hostel.key.movement"].sudo().create(vals)
                movement.flush_recordset()
        except IntegrityError:
            raise HostelError(
                "KEY_BUSY", self.env._("Somebody else has just moved key %(key)s.", key=key.name)
            ) from None
        key.write(
            {
                "state": STATE_AFTER[kind],
                "allocation_id": holder.id if kind == "handed_over" else False,
                "since": vals["at"],
            }
        )
        holder._key_moved(movement)
        return movement

    def _explain_state(self, kind):
        states = dict(self._fields["state"]._description_selection(self.env))
        if self.state == "handed_over" and kind == "handed_over":
            return self.env._(
                "%(student)s has key %(key)s. It has to come back first.",
                student=self.holder_id.display_name,
                key=self.name,
            )
        return self.env._("Key %(key)s is “%(state)s”.", key=self.name, state=states[self.state])

    def _hand_over(self, stay, note=False):
        """Give the key to the student of a stay.

        :raises HostelError: ``KEY_WRONG_HOSTEL``, ``INVALID_TRANSITION``, ``KEY_STATE``,
            ``KEY_BUSY``
        """
        stay = stay.sudo()
        if stay.hostel_id != self.sudo().hostel_id:
            raise HostelError(
                "KEY_WRONG_HOSTEL", self.env._("This key belongs to another hostel."), 422
            )
        if stay.state not in ("allocated", "checked_in"):
            raise HostelError(
                "INVALID_TRANSITION", self.env._("%(stay)s is no stay.", stay=stay.name), 422
            )
        return self._move("handed_over", stay, note=note)

    def action_open_hand_over(self):
        """Ask to whom."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_booking.hostel_key_hand_over_action"
        )
        return action | {"context": {"default_key_id": self.id}}

    def action_take_back(self):
        """The keys are back in the office."""
        self._check_desk()
        for key in self:
            key._move("returned")

    def action_report_lost(self):
        """The keys are lost; whoever had them is charged as the key says."""
        self._check_desk()
        for key in self:
            key._move("lost", amount=key.lost_amount if key.state == "handed_over" else 0)

    def action_found(self):
        """A lost key turned up, or its lock was changed and a new one cut."""
        self._check_desk()
        for key in self:
            key._move("found")

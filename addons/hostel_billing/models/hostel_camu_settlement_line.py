from datetime import UTC, datetime
from decimal import Decimal

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError

from ..tools.camu_payload import CamuEvent

# What may be done about each kind of difference.
ACTIONS = {
    "missing_here": ("book", "other_system", "claim"),
    "missing_there": ("later", "claim"),
    "amount": ("accept", "claim"),
    "date": ("accept", "claim"),
    "twice": ("accept", "claim"),
    "unreadable": ("accept", "claim"),
}
NOON = 12


class HostelCamuSettlementLine(models.Model):
    """A row of a settlement file, or a payment that the file lacks."""

    _name = "hostel.camu.settlement.line"
    _description = "Row of a Settlement"
    _order = "settlement_id, row_number, id"
    _rec_name = "reference"

    settlement_id = fields.Many2one(
        "hostel.camu.settlement", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="settlement_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    day = fields.Date(related="settlement_id.day", store=True)
    row_number = fields.Integer(string="Row", readonly=True, aggregator=None)
    kind = fields.Selection(
        [
            ("matched", "Matches"),
            ("missing_here", "Not in the books"),
            ("missing_there", "Not in Camu's file"),
            ("amount", "Another amount"),
            ("date", "Another day"),
            ("twice", "Twice in the file"),
            ("unreadable", "Can't be read"),
        ],
        string="Result",
        required=True,
        readonly=True,
        index=True,
    )
    receipt_no = fields.Char(string="Receipt", readonly=True)
    reference = fields.Char(readonly=True)
    student_ref = fields.Char(string="Student number", readonly=True)
    amount = fields.Monetary(string="Camu", readonly=True)
    booked_amount = fields.Monetary(string="Books", readonly=True)
    paid_on = fields.Date(readonly=True)
    paid_at = fields.Datetime(readonly=True)
    problem = fields.Char(readonly=True)
    transaction_id = fields.Many2one(
        "payment.transaction", string="Payment", readonly=True, index="btree_not_null"
    )
    event_id = fields.Many2one(
        "hostel.camu.event", string="Booked by message", readonly=True, ondelete="set null"
    )
    action = fields.Selection(
        [
            ("book", "Taken to the inbox and booked"),
            ("other_system", "No business of the hostel"),
            ("later", "Expected in a later file"),
            ("accept", "Accepted as it is"),
            ("claim", "Camu was asked to mend it"),
        ],
        string="What was done",
        readonly=True,
    )
    reason = fields.Char(string="Why", readonly=True)
    resolved_by_id = fields.Many2one("res.users", string="Explained by", readonly=True)
    resolved_at = fields.Datetime(readonly=True)
    settlement_state = fields.Selection(related="settlement_id.state")

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("Rows of a settlement are never edited."))
        return super().write(vals)

    def action_open_resolve(self):
        """Open the dialog that asks what was done about the differences."""
        self._check_open()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_camu_settlement_resolve_action"
        )
        return action | {"context": {"default_line_ids": self.ids}}

    def _check_open(self):
        """:raises HostelError: ``DAY_CLOSED``, ``NO_DIFFERENCE``"""
        self.settlement_id.check_access("write")
        if any(line.settlement_state == "closed" for line in self):
            raise self.settlement_id._error_closed()
        if any(line.kind == "matched" for line in self):
            raise HostelError(
                "NO_DIFFERENCE", self.env._("Only differences need an explanation."), 422
            )

    @api.private
    def resolve(self, action, reason):
        """Say what was done about some differences.

        :param str action: key of ``action``; it must fit the kind of each
        :param str reason: a sentence for the auditor
        :raises HostelError: also ``WRONG_ACTION``
        """
        self._check_open()
        if any(action not in ACTIONS[line.kind] for line in self):
            raise HostelError(
                "WRONG_ACTION",
                self.env._("That does not mend this kind of difference. Choose another way."),
                422,
            )
        lines = self.sudo()
        if action == "book":
            for line in lines:
                line._take_to_inbox()
        lines.write(
            {
                "action": action,
                "reason": reason,
                "resolved_by_id": self.env.uid,
                "resolved_at": self.env.cr.now(),
            }
        )

    def _take_to_inbox(self):
        """Let the inbox judge a payment that no message told of, like any other.

        The webhook that comes after all changes nothing: its receipt is known by then.
        """
        provider = self.settlement_id.provider_id
        event = CamuEvent(
            event_id=f"settlement-{self.receipt_no or self.reference}",
            reference=self.reference or self.receipt_no,
            status="success",
            amount=Decimal(str(self.currency_id.round(self.amount))),
            currency=self.currency_id.name,
            student_ref=self.student_ref or None,
            paid_at=self._get_moment(),
            receipt_no=self.receipt_no or "",
        )
        self.event_id, _new = (
            self.env["hostel.camu.event"]
            .with_user(SUPERUSER_ID)
            ._receive(provider, event, "settlement")
        )

    def _get_moment(self):
        """When it was paid, aware; noon where the file tells the day only."""
        if self.paid_at:
            return self.paid_at.replace(tzinfo=UTC)
        day = self.paid_on
        zone = self.settlement_id._get_zone()
        return datetime(day.year, day.month, day.day, NOON, tzinfo=zone).astimezone(UTC)

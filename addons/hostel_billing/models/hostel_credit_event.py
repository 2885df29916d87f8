from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.storable import storable

MAX_APPEAL = 1000


class HostelCreditEvent(models.Model):
    """One reason for a score: a bill and how it was paid."""

    _name = "hostel.credit.event"
    _description = "Entry of a Credit Score"
    _inherit = "hostel.personal.mixin"
    _hostel_audit = False
    _order = "day desc, id desc"

    score_id = fields.Many2one(
        "hostel.credit.score", required=True, readonly=True, ondelete="cascade", index=True
    )
    student_id = fields.Many2one(related="score_id.student_id", store=True, index=True)
    company_id = fields.Many2one(related="move_id.company_id")
    move_id = fields.Many2one(
        "account.move", string="Bill", required=True, readonly=True, ondelete="cascade", index=True
    )
    kind = fields.Selection(
        [
            ("early", "Paid early"),
            ("on_time", "Paid on time"),
            ("late", "Paid late"),
            ("open", "Overdue"),
            ("bounced", "Cheque returned"),
        ],
        required=True,
        readonly=True,
    )
    day = fields.Date(required=True, readonly=True)
    due_day = fields.Date(string="Due", readonly=True)
    days = fields.Integer(readonly=True, aggregator="avg")
    points = fields.Integer(required=True, readonly=True)
    sentence = fields.Char(string="Why", compute="_compute_sentence")
    state = fields.Selection(
        [("counts", "Counts"), ("waived", "Waived")],
        required=True,
        readonly=True,
        default="counts",
        index=True,
    )
    appeal = fields.Text(string="What the student says", readonly=True)
    appeal_state = fields.Selection(
        [("open", "Waits for an answer"), ("granted", "Granted"), ("refused", "Refused")],
        string="Objection",
        readonly=True,
        index=True,
    )
    answer = fields.Char(readonly=True)

    _once = models.Constraint("UNIQUE (score_id, move_id, kind)", "This bill counts once.")

    @api.depends("kind", "days", "move_id")
    def _compute_sentence(self):
        for event in self:
            event.sentence = event._get_sentence()

    def _get_answer(self):
        """What became of the student's objection, in words."""
        self.ensure_one()
        if self.appeal_state == "granted":
            return self.env._("It no longer counts: %(entry)s.", entry=self._get_sentence())
        return self.env._("It still counts: %(entry)s.", entry=self._get_sentence())

    def _get_sentence(self):
        """The entry in words, without the points."""
        self.ensure_one()
        bill = self.sudo().move_id.name or ""
        days = self.days
        if self.kind == "early":
            if days == 1:
                return self.env._("%(bill)s was paid one day early", bill=bill)
            return self.env._("%(bill)s was paid %(days)s days early", bill=bill, days=days)
        if self.kind == "on_time":
            return self.env._("%(bill)s was paid on time", bill=bill)
        if self.kind == "late":
            if days == 1:
                return self.env._("%(bill)s was paid one day late", bill=bill)
            return self.env._("%(bill)s was paid %(days)s days late", bill=bill, days=days)
        if self.kind == "open":
            if days == 1:
                return self.env._("%(bill)s is one day overdue", bill=bill)
            return self.env._("%(bill)s is %(days)s days overdue", bill=bill, days=days)
        if days > 1:
            return self.env._("%(count)s cheques for %(bill)s were returned", count=days, bill=bill)
        return self.env._("A cheque for %(bill)s was returned", bill=bill)

    @api.depends("sentence")
    def _compute_display_name(self):
        for event in self:
            event.display_name = event.sentence

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("Entries follow from the bills; answer the objection."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # Objections
    # ------------------------------------------------------------------

    def _object(self, text):
        """The student says why this should not count; finance gets a task.

        :raises HostelError: ``INVALID``, ``ALREADY_APPEALED``, ``NOT_TO_YOUR_HARM``
        """
        self.ensure_one()
        event = self.sudo()
        text = storable(text or "").strip()[:MAX_APPEAL]
        if not text:
            raise HostelError("INVALID", self.env._("Write why, please."), 422)
        if event.points >= 0:
            raise HostelError(
                "NOT_TO_YOUR_HARM", self.env._("This entry is to your advantage."), 422
            )
        if event.appeal_state or event.state != "counts":
            raise HostelError("ALREADY_APPEALED", self.env._("You objected to this already."), 409)
        event.write({"appeal": text, "appeal_state": "open"})
        event.score_id._receive_objection(event)

    def action_grant(self):
        """The student is right: it does not count."""
        self._answer("granted")

    def action_refuse(self):
        """It stays."""
        self._answer("refused")

    def _answer(self, outcome):
        self.check_access("write")
        if not self.env.user.has_group("hostel_base.group_hostel_finance"):
            raise AccessError(self.env._("Objections are answered by the accounts office."))
        events = self.sudo()
        if any(event.appeal_state != "open" for event in events):
            raise HostelError("ANSWERED", self.env._("There is no open objection."), 422)
        events.write(
            {
                "appeal_state": outcome,
                "state": "waived" if outcome == "granted" else "counts",
            }
        )
        for event in events:
            event.score_id._tell_answer(event)
        events.score_id._add_up()

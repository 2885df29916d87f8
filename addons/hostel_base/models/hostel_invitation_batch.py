import logging

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..errors import HostelError

_logger = logging.getLogger(__name__)

BATCH_SIZE = 50
MAX_ERROR = 200


class HostelInvitationBatch(models.Model):
    """A mailing: who gets an invitation, who can't and why, and how far it has come."""

    _name = "hostel.invitation.batch"
    _description = "Portal Mailing"
    _order = "id desc"

    name = fields.Char(required=True, default=lambda self: self.env._("Invitation to the portal"))
    with_guardians = fields.Boolean(string="Invite the guardians too")
    student_ids = fields.Many2many("hostel.student", string="Students")
    invitation_ids = fields.One2many("hostel.invitation", "batch_id", string="Invitations")
    state = fields.Selection(
        [("draft", "To check"), ("running", "Sending"), ("done", "Done")],
        required=True,
        default="draft",
        readonly=True,
    )
    ready_count = fields.Integer(string="Can be invited", compute="_compute_counts")
    refused_count = fields.Integer(string="Can't be invited", compute="_compute_counts")
    sent_count = fields.Integer(string="Sent", compute="_compute_counts")
    failed_count = fields.Integer(string="Failed", compute="_compute_counts")
    queued_count = fields.Integer(string="Still to send", compute="_compute_counts")
    accepted_count = fields.Integer(string="Accepted", compute="_compute_counts")
    progress = fields.Float(compute="_compute_counts", help="Per cent of the mails that are out.")

    @api.depends("invitation_ids.state")
    def _compute_counts(self):
        Invitation = self.env["hostel.invitation"].sudo()
        counts, accepted = {}, {}
        domain = [("batch_id", "in", self.ids)]
        for batch, state, count in Invitation._read_group(
            domain, ["batch_id", "state"], ["__count"]
        ):
            counts.setdefault(batch.id, {})[state] = count
        for batch, count in Invitation._read_group(
            [*domain, ("progress", "=", "accepted")], ["batch_id"], ["__count"]
        ):
            accepted[batch.id] = count
        for batch in self:
            states = counts.get(batch.id, {})
            batch.ready_count = states.get("ready", 0)
            batch.refused_count = states.get("refused", 0)
            batch.sent_count = states.get("sent", 0)
            batch.failed_count = states.get("failed", 0)
            batch.queued_count = states.get("queued", 0)
            batch.accepted_count = accepted.get(batch.id, 0)
            done = batch.sent_count + batch.failed_count
            batch.progress = 100 * done / (done + batch.queued_count) if done else 0

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self = self.with_context(default_state="draft")
            vals_list = [
                {k: v for k, v in vals.items() if k not in ("state", "invitation_ids")}
                for vals in vals_list
            ]
        batches = super().create(vals_list)
        # Nobody invites a student whom they can't see.
        batches.student_ids.check_access("read")
        batches._refresh()
        return batches

    def write(self, vals):
        if {"state", "invitation_ids"} & vals.keys() and not self.env.su:
            raise AccessError(self.env._("A mailing changes its state through its buttons only."))
        result = super().write(vals)
        if vals.keys() & {"with_guardians", "student_ids"}:
            if any(batch.state != "draft" for batch in self):
                raise UserError(self.env._("This mailing has begun; start another one."))
            self.student_ids.check_access("read")
            self._refresh()
        return result

    def _refresh(self):
        """Work out again who can be invited."""
        Invitation = self.env["hostel.invitation"].sudo()
        for batch in self:
            # What is on its way or was sent stays known for ever.
            rows = batch.sudo().invitation_ids
            rows.filtered(lambda row: row.state in ("ready", "refused")).unlink()
            rows = Invitation._plan(batch.student_ids, batch.with_guardians)
            Invitation.create([{**row, "batch_id": batch.id} for row in rows])

    def action_send(self):
        """Send to all who can be invited, in jobs of ``BATCH_SIZE``."""
        self.ensure_one()
        self.check_access("write")
        if self.state != "draft":
            raise HostelError("ALREADY_SENT", self.env._("This mailing has begun."), 409)
        # Somebody may have been invited, or lost the mail address, since the list was made.
        self._refresh()
        rows = self.sudo().invitation_ids.filtered(lambda row: row.state == "ready")
        if not rows:
            raise HostelError(
                "NOBODY_TO_INVITE",
                self.env._("None of these people can be invited; the list says why."),
                422,
            )
        rows.state = "queued"
        self.sudo().state = "running"
        self._delay()

    def action_continue(self):
        """Go on after an interruption; those who failed are tried again."""
        self.ensure_one()
        self.check_access("write")
        rows = self.sudo().invitation_ids
        rows.filtered(lambda row: row.state == "failed").state = "queued"
        if not rows.filtered(lambda row: row.state == "queued"):
            raise HostelError("NOTHING_TO_SEND", self.env._("Everything has been sent."), 422)
        self.sudo().state = "running"
        self._delay()

    def _delay(self):
        self.sudo().with_delay(
            description=self.env._("Portal invitations, mailing %(id)s", id=self.id)
        )._send_next()

    def _send_next(self):
        """Job: invite the next people; rows that another job holds are left to it."""
        self.ensure_one()
        Invitation = self.env["hostel.invitation"]
        domain = [("batch_id", "=", self.id), ("state", "=", "queued")]
        rows = Invitation.search(domain, order="id").try_lock_for_update(limit=BATCH_SIZE)
        for row in rows:
            try:
                with self.env.cr.savepoint():
                    row._invite()
                    row.flush_recordset()
            except OperationalError:
                # Two jobs met on a row: the whole job is tried again.
                raise
            except Exception as exc:
                # One address that can't be served must not keep the others from their mail.
                _logger.info("invitation %s failed: %s", row.id, type(exc).__name__)
                row.write({"state": "failed", "error": str(exc)[:MAX_ERROR]})
        if rows and Invitation.search_count(domain, limit=1):
            self._delay()
        elif not Invitation.search_count(domain, limit=1):
            self.state = "done"
        return len(rows)

    def action_open_invitations(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_invitation_action"
        )
        action["domain"] = [("batch_id", "=", self.id)]
        action["context"] = {}
        return action

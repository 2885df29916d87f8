from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError

ACTIONS = {
    "agreement_ids": "hostel_booking.hostel_licence_agreement_action",
    "condition_ids": "hostel_booking.hostel_room_condition_action",
    "no_dues_ids": "hostel_booking.hostel_no_dues_action",
    "key_ids": "hostel_booking.hostel_key_action",
    "cancellation_ids": "hostel_booking.hostel_cancellation_action",
    "request_ids": "hostel_booking.hostel_move_request_action",
}


class HostelAllocation(models.Model):
    """The way from a stay to everything that stands beside it."""

    _inherit = "hostel.allocation"

    cancellation_ids = fields.One2many("hostel.cancellation", "allocation_id")
    # What a state says is shown on the button; each as the reader's rights allow.
    agreement_status = fields.Char(string="Agreement", compute="_compute_papers")
    condition_status = fields.Char(string="Room-condition", compute="_compute_papers")
    clearance_status = fields.Char(string="No-dues", compute="_compute_papers")
    cancellation_status = fields.Char(string="Cancelled", compute="_compute_papers")
    key_count = fields.Integer(string="Number of keys", compute="_compute_papers")
    request_count = fields.Integer(string="Move requests", compute="_compute_papers")

    @api.depends_context("uid")
    @api.depends("state")
    def _compute_papers(self):
        for row in self:
            agreement = row._get_papers("agreement_ids")
            agreement = agreement.filtered(lambda one: one.state != "void")[:1] or agreement[:1]
            row.agreement_status = row._get_label(agreement, "state")
            row.condition_status = row._get_label(row._get_papers("condition_ids")[:1], "state")
            row.cancellation_status = row._get_label(
                row._get_papers("cancellation_ids")[:1], "kind"
            )
            row.clearance_status = row._get_progress(row._get_papers("no_dues_ids")[:1])
            row.key_count = len(row._get_papers("key_ids"))
            row.request_count = len(row._get_papers("request_ids"))

    def _get_progress(self, clearance):
        if not clearance:
            return False
        clear, count = clearance.sudo().clear_count, clearance.sudo().line_count
        return self.env._("%(clear)s of %(all)s", clear=clear, all=count)

    def _get_label(self, paper, name):
        labels = dict(paper._fields[name]._description_selection(self.env))
        return labels.get(paper[name], False)

    def _get_papers(self, name):
        """Records beside this stay that the user may read.

        :param str name: a one2many of the stay, or ``request_ids``: whatever was asked from this
            bed, for it by a partner, or by which it came about
        """
        self.ensure_one()
        row = self.sudo()
        if name == "request_ids":
            Request = self.env["hostel.move.request"].sudo()
            papers = row.move_request_id | Request.search(
                [
                    "|",
                    ("allocation_id", "=", row._origin.id),
                    # Who has not agreed has nothing to do with a request.
                    "&",
                    ("partner_allocation_id", "=", row._origin.id),
                    ("consented_at", "!=", False),
                ]
            )
        else:
            papers = row[name]
        return papers.with_env(self.env)._filtered_access("read")

    def action_open_papers(self):
        """Open what the context names as ``papers``: the one record, or the list."""
        self.ensure_one()
        self.check_access("read")
        name = self.env.context.get("papers")
        if name not in ACTIONS:
            raise HostelError("BAD_REQUEST", self.env._("There is nothing of that kind."), 400)
        papers = self._get_papers(name)
        action = self.env["ir.actions.act_window"]._for_xml_id(ACTIONS[name])
        action |= {"domain": [("id", "in", papers.ids)], "context": {}}
        if len(papers) == 1:
            action |= {"res_id": papers.id, "views": [(False, "form")], "view_mode": "form"}
        return action

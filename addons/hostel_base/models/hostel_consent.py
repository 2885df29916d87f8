from odoo import api, fields, models
from odoo.exceptions import UserError

WITHDRAWAL = {"withdrawn_at", "withdrawn_by_id"}


class HostelConsent(models.Model):
    """Proof of who agreed to what, when and how.

    Rows are only ever added, by :meth:`hostel.student._give_consent`; a withdrawal fills two empty
    fields once. Nobody has the right to write them, the administrator included.
    """

    _name = "hostel.consent"
    _description = "Consent"
    _hostel_audit = True
    _order = "given_at desc, id desc"

    student_id = fields.Many2one("hostel.student", required=True, ondelete="cascade", index=True)
    notice_id = fields.Many2one("hostel.privacy.notice", required=True, ondelete="restrict")
    given_by_id = fields.Many2one("res.partner", string="Given by", required=True)
    given_as = fields.Selection(
        [("self", "The student"), ("guardian", "The guardian")], required=True
    )
    declared_name = fields.Char(
        string="Name as typed", help="A guardian types the own name to declare being the guardian."
    )
    channel = fields.Selection(
        [
            ("portal", "Portal"),
            ("guardian_portal", "Guardian's portal"),
            ("guardian_link", "Guardian's link"),
            ("paper", "Paper"),
        ],
        string="How",
        required=True,
    )
    reference = fields.Char(help="Of the paper: file and page.")
    purpose_ids = fields.Many2many(
        "hostel.privacy.purpose",
        "hostel_consent_given_rel",
        "consent_id",
        "purpose_id",
        string="Agreed to",
    )
    withheld_ids = fields.Many2many(
        "hostel.privacy.purpose",
        "hostel_consent_withheld_rel",
        "consent_id",
        "purpose_id",
    )
    given_at = fields.Datetime(required=True, default=lambda self: self.env.cr.now())
    recorded_by_id = fields.Many2one(
        "res.users", string="Recorded by", required=True, default=lambda self: self.env.user
    )
    withdrawn_at = fields.Datetime()
    withdrawn_by_id = fields.Many2one("res.partner", string="Withdrawn by")
    state = fields.Selection(
        [("given", "Given"), ("withdrawn", "Withdrawn"), ("outdated", "Older notice")],
        compute="_compute_state",
        search="_search_state",
    )

    _of_student = models.Index("(student_id, notice_id) WHERE withdrawn_at IS NULL")

    @api.depends("withdrawn_at", "notice_id.state")
    def _compute_state(self):
        for consent in self:
            if consent.withdrawn_at:
                consent.state = "withdrawn"
            elif consent.sudo().notice_id.state == "published":
                consent.state = "given"
            else:
                consent.state = "outdated"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        Domain = fields.Domain
        current = Domain("notice_id.state", "=", "published")
        standing = Domain("withdrawn_at", "=", False)
        parts = {
            "withdrawn": ~standing,
            "given": standing & current,
            "outdated": standing & ~current,
        }
        return Domain.OR([parts[state] for state in value if state in parts])

    @api.depends("student_id", "given_at")
    def _compute_display_name(self):
        for consent in self:
            consent.display_name = f"{consent.student_id.name} · {consent.notice_id.display_name}"

    def write(self, vals):
        if vals.keys() - WITHDRAWAL or any(consent.withdrawn_at for consent in self):
            raise UserError(self.env._("A consent is a proof; it can be withdrawn, not changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A consent is a proof; it can be withdrawn, not deleted."))

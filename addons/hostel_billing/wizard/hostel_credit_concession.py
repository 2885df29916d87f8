from odoo import api, fields, models

from odoo.addons.hostel_base.const import LIVE_STATES
from odoo.addons.hostel_base.errors import HostelError

KIND = "good_credit"


class HostelCreditConcession(models.TransientModel):
    """Ask for what good scores earn in a term, for everybody at once; others decide on it."""

    _name = "hostel.credit.concession"
    _description = "Concessions for Good Credit"
    _inherit = "hostel.strict.wizard"
    _strict_fields = {"score_ids": "read"}

    term_id = fields.Many2one(
        "hostel.term", required=True, default=lambda self: self._default_term_id()
    )
    score_ids = fields.Many2many(
        "hostel.credit.score", string="Only these scores", help="Empty: all of them."
    )
    head_id = fields.Many2one(
        "hostel.fee.head",
        string="Off",
        required=True,
        domain="[('refundable', '=', False)]",
        default=lambda self: self.env.ref("hostel_billing.fee_head_rent", False),
    )
    todo_count = fields.Integer(string="To ask for", compute="_compute_counts")
    known_count = fields.Integer(string="Asked for before", compute="_compute_counts")

    @api.model
    def _default_term_id(self):
        """The next term to begin, since its bills are still to come; else the one that runs."""
        today = self.env.company._get_college_day()
        Term = self.env["hostel.term"]
        return Term.search([("date_from", ">", today)], order="date_from", limit=1) or Term.search(
            [("date_to", ">", today)], order="date_from desc", limit=1
        )

    @api.depends("term_id", "score_ids", "head_id")
    def _compute_counts(self):
        for dialog in self:
            scores, known = dialog._find_scores()
            dialog.todo_count = len(scores)
            dialog.known_count = len(known)

    def _find_scores(self):
        """Scores that earn a discount, of students who have a bed now or later.

        :return: those to ask for; those for whom somebody asked, whatever was decided
        """
        wanted = self.score_ids or self.env["hostel.credit.score"].search(
            [("band_id.discount_percent", ">", 0)]
        )
        students = self._find_residents(
            wanted.filtered(lambda score: score.discount_percent > 0).student_id
        )
        wanted = wanted.filtered(lambda score: score.student_id in students)
        asked = (
            self.env["hostel.concession"]
            .search(
                [
                    ("kind", "=", KIND),
                    ("term_id", "=", self.term_id.id),
                    ("student_id", "in", students.ids),
                ]
            )
            .student_id
        )
        known = wanted.filtered(lambda score: score.student_id in asked)
        return wanted - known, known

    def _find_residents(self, students):
        today = self.env.company._get_college_day()
        return (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("student_id", "in", students.ids),
                    ("state", "in", LIVE_STATES),
                    ("date_to", ">", today),
                ]
            )
            .student_id
        )

    def action_ask(self):
        """Ask for the concessions; repeating asks for nothing twice.

        :raises HostelError: ``NOTHING_TO_ASK``
        """
        self.ensure_one()
        self.check_access("write")
        scores, _known = self._find_scores()
        if not scores:
            raise HostelError(
                "NOTHING_TO_ASK",
                self.env._("Nobody has a discount that was not asked for."),
                422,
            )
        concessions = self.env["hostel.concession"].create(
            [self._prepare_concession_vals(score) for score in scores]
        )
        concessions.action_request()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_concession_action"
        )
        return action | {"domain": [("id", "in", concessions.ids)], "context": {}}

    def _prepare_concession_vals(self, score):
        company = score.hostel_id.company_id or self.env.company
        day = self.env["account.move"]._hostel_format_day(score.counted_at)
        return {
            "student_id": score.student_id.id,
            "term_id": self.term_id.id,
            "kind": KIND,
            "head_id": self.head_id.id,
            "method": "percent",
            "percent": score.discount_percent,
            "company_id": company.id,
            "reason": self.env._(
                "Credit score %(score)s, %(band)s, counted on %(day)s",
                score=score.score,
                band=score.band_id.name,
                day=day,
            ),
        }

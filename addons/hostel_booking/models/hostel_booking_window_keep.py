from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.hostel_base.const import LIVE_STATES, OCCUPIED_STATES
from odoo.addons.hostel_base.errors import HostelError

BATCH = 100


class HostelBookingWindow(models.Model):
    """Residents may keep their bed: it is offered to them before the window opens."""

    _inherit = "hostel.booking.window"

    lets_keep = fields.Boolean(
        string="Residents may keep their bed",
        tracking=True,
        help="Who lives in one of the hostels is asked first. What they give up is on the map.",
    )
    keep_term_id = fields.Many2one(
        "hostel.term",
        string="Who lived there in",
        help="Empty: the term before this one.",
        ondelete="restrict",
    )
    keep_until = fields.Datetime(
        string="Answer until",
        tracking=True,
        help="Who has not answered by then gives the bed up. Not after the window opens.",
    )
    keep_offered_at = fields.Datetime(string="Offered on", readonly=True, copy=False)
    keep_offer_count = fields.Integer(string="Not answered", compute="_compute_keep_counts")
    keep_kept_count = fields.Integer(string="Kept", compute="_compute_keep_counts")
    keep_given_up_count = fields.Integer(string="Given up", compute="_compute_keep_counts")
    keep_left_out_count = fields.Integer(
        string="Could not be asked",
        compute="_compute_keep_counts",
        help="Residents who can't be offered their bed; the list says why.",
    )

    @api.depends("keep_offered_at")
    def _compute_keep_counts(self):
        for window in self:
            window.keep_left_out_count = (
                self.env["hostel.allocation"].search_count(window._get_left_out_domain())
                if window.lets_keep and window.keep_offered_at
                else 0
            )
            counts = dict(
                self.env["hostel.allocation"]._read_group(
                    window._get_offer_domain(), ["state"], ["__count"]
                )
                if window.lets_keep
                else []
            )
            window.keep_offer_count = counts.get("offered", 0)
            window.keep_given_up_count = counts.get("expired", 0) + counts.get("cancelled", 0)
            window.keep_kept_count = sum(
                count
                for state, count in counts.items()
                if state in LIVE_STATES and state != "offered"
            )

    def _get_offer_domain(self):
        self.ensure_one()
        return [
            ("term_id", "=", self.round_id.term_id.id),
            ("hostel_id", "in", self.hostel_ids.ids),
            ("offer_kind", "=", "keep"),
        ]

    @api.constrains("lets_keep", "keep_until", "opens_at")
    def _check_keep_until(self):
        for window in self.filtered("lets_keep"):
            if not window.keep_until:
                raise ValidationError(
                    self.env._("Until when may residents say that they keep their bed?")
                )
            if window.keep_until > window.opens_at:
                raise ValidationError(
                    self.env._("Residents must have answered before the window opens.")
                )

    # ------------------------------------------------------------------
    # Offering
    # ------------------------------------------------------------------

    def action_offer_keeping(self):
        """Offer the residents their beds, in batches; whoever was asked is not asked again."""
        self.check_access("write")
        self.ensure_one()
        if self.is_practice:
            raise HostelError(
                "PRACTICE",
                self.env._("A practice gives no beds: offer them in the round of the term."),
                422,
            )
        if not self.lets_keep or self.keep_until <= self.env.cr.now():
            raise HostelError(
                "KEEP_CLOSED",
                self.env._("Let residents keep their bed and set a time to answer first."),
                422,
            )
        self.keep_offered_at = self.env.cr.now()
        self._enqueue_offers(0)

    def _enqueue_offers(self, after_id):
        self.with_delay(
            description=self.env._("%(window)s: offer residents their beds", window=self.name),
            identity_key=f"hostel_booking.keep:{self.id}:{after_id}",
        )._offer_batch(after_id)

    def _offer_batch(self, after_id):
        """Job: offer the next residents their beds, then leave the rest to the next job.

        :param after_id: id of the last stay that was looked at
        """
        self.ensure_one()
        stays = (
            self.env["hostel.allocation"]
            .sudo()
            .search([("id", ">", after_id), *self._get_resident_domain()], order="id", limit=BATCH)
        )
        for stay in stays:
            self._offer_to(stay)
        if len(stays) < BATCH:
            return "done"
        self._enqueue_offers(stays[-1].id)
        return "more"

    def _get_keep_term(self):
        """The term whose residents are asked."""
        self.ensure_one()
        term = self.round_id.term_id
        return self.keep_term_id or self.env["hostel.term"].sudo().search(
            [("date_to", "<=", term.date_from)], order="date_to desc", limit=1
        )

    def _get_resident_domain(self):
        self.ensure_one()
        return [
            ("term_id", "=", self._get_keep_term().id),
            ("hostel_id", "in", self.hostel_ids.ids),
            ("state", "in", OCCUPIED_STATES),
            ("student_id", "!=", False),
        ]

    def _get_left_out_domain(self):
        """Stays of residents who could not be offered their bed."""
        self.ensure_one()
        return [*self._get_resident_domain(), ("keep_refusal", "!=", False)]

    def _offer_to(self, stay):
        """Offer a resident the bed for the coming term, and write so; empty where that can't be.

        Why it can't be is kept on the stay, for the office.
        """
        row = self._try_offer_to(stay)
        if isinstance(row, str):
            stay.keep_refusal = row
            return stay.browse()
        if stay.keep_refusal:
            stay.keep_refusal = False
        if row:
            row._tell_offer()
        return row

    def _try_offer_to(self, stay):
        """:return: the row that was offered, empty if there is nothing to do, or the reason why
        the resident can't be asked
        """
        Allocation = self.env["hostel.allocation"].sudo()
        student, term = stay.student_id, self.round_id.term_id
        asked = Allocation.search_count(
            [("student_id", "=", student.id), ("term_id", "=", term.id)], limit=1
        )
        if asked:
            return Allocation
        if codes := self._judge(student._get_booking_facts(self.round_id)):
            return " ".join(self._get_reason_text(code) for code in codes)
        seconds = int((self.keep_until - self.env.cr.now()).total_seconds())
        if seconds <= 0:
            return Allocation
        try:
            with self.env.cr.savepoint():
                row = Allocation._reserve(
                    stay.bed_id, student, term, "offered", hold_seconds=seconds
                )
                row.offer_kind = "keep"
        except HostelError as exc:
            return str(exc)
        return row

    def action_open_offers(self):
        """Residents who were asked, and friends whom they asked in turn."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_booking.hostel_allocation_action_offers"
        )
        domain = [
            ("term_id", "=", self.round_id.term_id.id),
            ("hostel_id", "in", self.hostel_ids.ids),
            ("offer_kind", "!=", False),
        ]
        return {**action, "domain": domain, "context": {"search_default_offered_keep": 1}}

    def action_open_left_out(self):
        """Residents who could not be asked, each with the reason."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_booking.hostel_allocation_action_left_out"
        )
        return {**action, "domain": self._get_left_out_domain(), "context": {}}

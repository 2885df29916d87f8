import logging

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.hostel_base.const import LIVE_STATES, OCCUPIED_STATES
from odoo.addons.hostel_base.errors import HostelError

_logger = logging.getLogger(__name__)
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

    @api.depends("keep_offered_at")
    def _compute_keep_counts(self):
        for window in self:
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

    def _offer_to(self, stay):
        """Offer a resident the bed for the coming term; empty where that can't be."""
        Allocation = self.env["hostel.allocation"].sudo()
        student, term = stay.student_id, self.round_id.term_id
        asked = Allocation.search_count(
            [("student_id", "=", student.id), ("term_id", "=", term.id)], limit=1
        )
        if asked or not self._suits(student):
            return Allocation
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
            _logger.info("stay %s is not offered again: %s", stay.id, exc.code)
            return Allocation
        return row

    def action_open_offers(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_base.hostel_allocation_action"
        )
        return {**action, "domain": self._get_offer_domain(), "context": {}}

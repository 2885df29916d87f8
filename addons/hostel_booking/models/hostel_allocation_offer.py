import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError

_logger = logging.getLogger(__name__)

OFFER_FIELDS = {"offer_kind", "asked_by_id", "keep_refusal", "offer_reminded_for"}
# How long before its end a student is reminded of an offer.
REMIND_BEFORE = timedelta(hours=24)
MAIL_BATCH = 200


class HostelAllocation(models.Model):
    """Beds that are offered: one's own of the term before, or one in a friend's room."""

    _inherit = "hostel.allocation"

    offer_kind = fields.Selection(
        [("keep", "May keep the bed"), ("pull_in", "Asked by a roommate")],
        string="Offered because",
        readonly=True,
        copy=False,
    )
    asked_by_id = fields.Many2one(
        "hostel.student",
        string="Asked by",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    keep_refusal = fields.Char(
        string="Not offered again because",
        readonly=True,
        copy=False,
        help="Why the resident was not asked to keep this bed for the next term.",
    )
    offer_reminded_for = fields.Datetime(
        string="Reminded of the end",
        readonly=True,
        copy=False,
        help="The end of the offer of which the student was reminded.",
    )

    def write(self, vals):
        if vals.keys() & OFFER_FIELDS and not self.env.su:
            raise AccessError(self.env._("An allocation changes through its buttons only."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # Words to the student
    # ------------------------------------------------------------------

    def _tell_offer(self):
        """Write to the students what is offered to them, and until when to answer.

        Who asks a friend into the room is not named: that is read after signing in.
        """
        for offer in self:
            row = offer._in_student_language()
            until = row._format_moment(row.hold_until)
            names = {"bed": row._get_bed_label(), "term": row.term_id.name, "until": until}
            if row.offer_kind == "keep":
                subject = row.env._("You may keep bed %(bed)s: answer by %(until)s", **names)
                text = row.env._(
                    "Bed %(bed)s is kept for you for %(term)s. Say by %(until)s whether you keep"
                    " it; after that it is given to others.",
                    **names,
                )
            else:
                subject = row.env._("You are asked into a room: answer by %(until)s", **names)
                text = row.env._(
                    "A student keeps a room for %(term)s and asks you into it: bed %(bed)s. Sign in"
                    " to see who it is, and answer by %(until)s.",
                    **names,
                )
            row._tell_offer_in(subject, text)

    def _tell_offer_in(self, subject, text):
        self._tell_student(subject, text, path="/my/keep", label=self.env._("Answer"))

    @api.model
    def _cron_remind_offers(self, limit=MAIL_BATCH):
        """Remind who has not answered an offer, once of each end that it has."""
        due = self.sudo().search(self._get_unanswered_domain(), order="hold_until, id")
        due = due.filtered(lambda row: row._is_offer_ending())
        for done, row in enumerate(due[:limit], 1):
            # Who answers just now needs no reminder, and must not wait for this one.
            if row.try_lock_for_update(allow_referencing=True):
                row.offer_reminded_for = row.hold_until
                try:
                    with self.env.cr.savepoint():
                        row._remind_of_offer()
                except Exception:
                    _logger.exception("reminder of offer %s not sent", row.id)
            self.env["ir.cron"]._commit_progress(1, remaining=len(due) - done)

    @api.model
    def _get_unanswered_domain(self):
        now = self.env.cr.now()
        return [
            ("state", "=", "offered"),
            ("offer_kind", "!=", False),
            ("hold_until", ">", now),
            ("hold_until", "<=", now + REMIND_BEFORE),
        ]

    def _is_offer_ending(self):
        """Whether it is time to remind: the last day, and no sooner than half of the time that
        there was to answer."""
        self.ensure_one()
        if self.offer_reminded_for == self.hold_until:
            return False
        half = (self.hold_until - self.create_date) / 2
        return self.env.cr.now() >= self.hold_until - min(REMIND_BEFORE, half)

    def _remind_of_offer(self):
        self.ensure_one()
        row = self._in_student_language()
        names = {"bed": row._get_bed_label(), "until": row._format_moment(row.hold_until)}
        row._tell_offer_in(
            row.env._("Only until %(until)s: do you want bed %(bed)s?", **names),
            row.env._(
                "Bed %(bed)s is still kept for you. If you have not answered by %(until)s, it is"
                " given to others.",
                **names,
            ),
        )

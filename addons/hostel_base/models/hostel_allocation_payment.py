import logging
from datetime import timedelta

from odoo import api, models

from ..const import LIVE_STATES, UNPAID_STATES
from ..errors import HostelError

_logger = logging.getLogger(__name__)

PLACED_STATES = ("awaiting_approval", "allocated", "checked_in")
MAX_PAYING_MINUTES = 30
UNREACHABLE_EXTENSIONS = 2
EXTENSION_MINUTES = 5
EQUAL_BEDS_TO_TRY = 20


class HostelAllocation(models.Model):
    """Money that arrives, in time or late, and money that doesn't."""

    _inherit = "hostel.allocation"

    # ------------------------------------------------------------------
    # Money that arrives
    # ------------------------------------------------------------------

    def _payment_received(self, paid_at):
        """Act on a verified payment; a repeated call changes nothing.

        :param datetime paid_at: when the payer's bank says it happened, naive UTC
        """
        self.ensure_one()
        if self.state in UNPAID_STATES:
            self._transition("awaiting_approval", paid_at=paid_at, hold_until=False)
        elif self.paid_at:
            return
        elif self.state in (*PLACED_STATES, "vacated"):
            # Confirmed without money, and paid all the same: a refusal must find it.
            rows = (self | self._get_planned_move()).sudo()
            rows.filtered(lambda row: not row.paid_at).paid_at = paid_at
        elif self.state in ("expired", "cancelled"):
            self.sudo().paid_at = paid_at
            self._place_late_payment()
        elif self.state == "transferred" and self._get_continuation():
            self._get_continuation()._payment_received(paid_at)
        else:
            _logger.warning("money for allocation %s, which is %s", self.id, self.state)

    def _get_continuation(self):
        """The row in which a transferred stay goes on: the living one, else the latest."""
        rows = self.sudo().continued_ids.sorted("id", reverse=True)
        return (rows.filtered(lambda row: row.state in LIVE_STATES) or rows)[:1]

    def _place_late_payment(self):
        """Find a bed for money whose own row is dead: same, equal, or refund."""
        self.ensure_one()
        self._transition("unplaced")
        new = self._find_replacement()
        if new:
            self._transition("reassigned")
        else:
            self._transition("refund_due")
        return new

    def _find_replacement(self):
        """Reserve the same bed, else an equal one; empty if there is none."""
        busy = self.sudo().search_count(
            [
                ("student_id", "=", self.student_id.id),
                *self._live_between(self.date_from, self.date_to),
            ],
            limit=1,
        )
        if busy:
            return self.browse()
        for bed in self._get_replacement_beds():
            try:
                new = self._reserve(
                    bed,
                    self.student_id,
                    self.term_id,
                    "awaiting_approval",
                    price=self.price,
                    origin=self,
                )
            except HostelError as exc:
                _logger.info("late payment of %s: bed %s refused: %s", self.id, bed.id, exc.code)
                continue
            new.sudo().paid_at = self.paid_at
            return new
        return self.browse()

    def _get_replacement_beds(self):
        """Extension point: beds to try for money whose own row is dead, the best first."""
        return self.bed_id.sudo() | self._get_equal_beds()

    def _get_equal_beds(self):
        """Free beds of the same hostel, room type and price, nearest floor first."""
        beds = (
            self.env["hostel.bed"]
            .sudo()
            .search(
                [
                    ("hostel_id", "=", self.hostel_id.id),
                    ("room_type_id", "=", self.room_type_id.id),
                    ("id", "!=", self.bed_id.id),
                    "!",
                    (
                        "allocation_ids",
                        "any",
                        self._live_between(self.date_from, self.date_to),
                    ),
                ]
            )
            .filtered(lambda bed: bed._get_price(self.term_id) == self.price)
        )
        floor = self.floor_id.sudo().number
        return beds.sorted(lambda bed: abs(bed.floor_id.number - floor))[:EQUAL_BEDS_TO_TRY]

    # ------------------------------------------------------------------
    # Money that doesn't arrive
    # ------------------------------------------------------------------

    def _ask_payment_status(self):
        """Extension point: what the payer's side says about an unpaid row.

        :return: ``paid`` (and recorded), ``confirmed`` (paid, but it can't be recorded at
            the moment), ``pending``, ``unpaid`` or ``unreachable``
        """
        self.ensure_one()
        return "unpaid"

    def _extend_hold(self, minutes):
        """Keep an unpaid row alive a little longer, never beyond the longest hold.

        :return: whether it was extended
        """
        self.ensure_one()
        now = self.env.cr.now()
        limit = (self.hold_started_at or now) + timedelta(minutes=MAX_PAYING_MINUTES)
        until = min(now + timedelta(minutes=minutes), limit)
        if until <= now:
            return False
        self.sudo().hold_until = until
        return True

    def _settle_unpaid(self):
        """Decide about a row whose time to pay is over.

        :return: the state afterwards
        """
        self.ensure_one()
        status = self._ask_payment_status()
        if status == "paid":
            self._payment_received(self.env.cr.now())
        elif status == "confirmed":
            # Whatever keeps the books from it, a paid bed is not given away.
            self.sudo().hold_until = self.env.cr.now() + timedelta(minutes=EXTENSION_MINUTES)
        elif status == "pending" and self._extend_hold(EXTENSION_MINUTES):
            pass
        elif (
            status == "unreachable"
            and self.hold_extensions < UNREACHABLE_EXTENSIONS
            and self._extend_hold(EXTENSION_MINUTES)
        ):
            self.sudo().hold_extensions += 1
        else:
            self._transition("expired", hold_until=False)
        return self.state

    @api.model
    def _cron_settle_unpaid(self, limit=200):
        """Free the beds whose time to pay is over, one transaction a row."""
        domain = [
            ("state", "in", UNPAID_STATES),
            ("hold_until", "<", self.env.cr.now()),
        ]
        rows = self.search(domain, limit=limit, order="hold_until")
        for done, row in enumerate(rows, 1):
            try:
                with self.env.cr.savepoint():
                    row._settle_unpaid()
            except HostelError as exc:
                # Its bed is being worked on; the next run comes back to it.
                _logger.info("allocation %s not settled: %s", row.id, exc.code)
            except Exception:
                # One row that fails must not keep the others from their beds.
                _logger.exception("allocation %s not settled", row.id)
            self.env["ir.cron"]._commit_progress(1, remaining=len(rows) - done)

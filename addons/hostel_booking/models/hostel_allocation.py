from odoo import fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.const import LIVE_STATES, UNPAID_STATES
from odoo.addons.hostel_base.errors import HostelError


class HostelAllocation(models.Model):
    _inherit = "hostel.allocation"

    cohort_id = fields.Many2one(
        "hostel.cohort",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )

    def write(self, vals):
        if "cohort_id" in vals and not self.env.su:
            raise AccessError(self.env._("An allocation changes through its buttons only."))
        return super().write(vals)

    def _after_transition(self, old_state):
        """Let every map that shows the bed know, and the student's own pages."""
        super()._after_transition(old_state)
        # A dead row says nothing about its bed, which may be another's by now.
        shown = self.filtered(lambda row: old_state in LIVE_STATES or row.state in LIVE_STATES)
        shown._post_to_maps()
        for row in self.filtered("student_id"):
            row.student_id._notify_booking(row.state)
        of_cohorts = self.filtered(lambda row: row.sudo().cohort_id)
        if old_state:
            for row in of_cohorts:
                row._tell_cohort(old_state)
        else:
            of_cohorts.sudo().cohort_id._rows_changed()
            if not self.env.context.get("hostel_cohort_gives"):
                (self - of_cohorts)._leave_cohort()

    def _leave_cohort(self):
        """Who took a bed alone no longer waits for one with a group."""
        rows = self.filtered("student_id")
        if not rows:
            return
        members = (
            self.env["hostel.cohort.member"]
            .sudo()
            .search(
                [
                    ("student_id", "in", rows.student_id.ids),
                    ("state", "=", "joined"),
                    ("cohort_id.term_id", "in", rows.term_id.ids),
                ]
            )
        )
        pairs = {(row.student_id, row.term_id) for row in rows}
        left = set()
        for member in members:
            pair = (member.student_id, member.cohort_id.term_id)
            if pair in pairs and pair not in left:
                left.add(pair)
                member.cohort_id._found_bed(member)

    def _tell_cohort(self, old_state):
        """The cohort follows its beds; a strict one gives all up when one is lost."""
        cohort = self.sudo().cohort_id
        if old_state in UNPAID_STATES and self.state in ("expired", "cancelled"):
            cohort._bed_was_lost(self)
        cohort._rows_changed()

    # ------------------------------------------------------------------
    # Groups that want beds for all or for none
    # ------------------------------------------------------------------

    def _can_fall_with_group(self):
        """Whether the bed can go because another of the group lost theirs: nobody lives there,
        and no move is planned."""
        self.ensure_one()
        try:
            self.sudo()._check_can_be_cancelled()
        except HostelError:
            return False
        return True

    def _fall_with_group(self):
        """Give the bed back, and what was paid for it whole; the student is told why."""
        self.ensure_one()
        row = self._in_student_language()
        why = row.env._(
            "One of your group did not take their bed, and your group wanted beds for all or for"
            " none."
        )
        if row.state not in UNPAID_STATES:
            # Also in the books, and for the warden in the list of cancelled bookings.
            row._cancel_booking("office", "office", why, percent=100)
            return
        bed = row._get_bed_label()
        row._transition("cancelled", hold_until=False)
        row._tell_student(
            row.env._("Bed %(bed)s is not kept for you any more", bed=bed),
            why,
            row.env._("You owe nothing for it. You can choose another bed while booking is open."),
        )

    def _tell_wardens_of_fall(self, cohort, rows):
        """Tell the wardens which booked beds of a group are free again.

        :param rows: of this hostel
        """
        office = self._in_office_language()
        office._tell_wardens(
            office.env._("The group %(group)s lost its beds", group=cohort.name),
            office.env._(
                "One of the group did not take the bed, and the group wanted beds for all or for"
                " none. These bookings are cancelled and what was paid goes back: %(bookings)s.",
                bookings=", ".join(
                    f"{row.student_id.display_name} ({row._get_bed_label()})" for row in rows
                ),
            ),
        )

    def _after_dates_changed(self, old_from, old_to):
        """A round that the row has left sees the bed free again."""
        super()._after_dates_changed(old_from, old_to)
        self._post_to_maps(min(old_from, self.date_from), max(old_to, self.date_to))

    def _post_to_maps(self, date_from=None, date_to=None):
        """Bring the beds' present state to the maps of every round in a range of days.

        :param date_from: first day; that of each row if not given
        :param date_to: day after the last; the leaving day of each row if not given
        """
        vals_list = []
        by_days = self.grouped(lambda row: (date_from or row.date_from, date_to or row.date_to))
        for (first, last), rows in by_days.items():
            maps = (
                self.env["hostel.booking.map"]
                .sudo()
                .search(
                    [
                        ("floor_id", "in", rows.floor_id.ids),
                        ("round_id.state", "=", "open"),
                        ("round_id.is_practice", "=", False),
                        ("round_id.date_from", "<", last),
                        ("round_id.date_to", ">", first),
                    ]
                )
            )
            states = {one: rows.bed_id._get_map_states(one) for one in maps.round_id}
            by_floor = rows.grouped("floor_id")
            vals_list += [
                {
                    "round_id": floor_map.round_id.id,
                    "floor_id": floor_map.floor_id.id,
                    "map_index": row.bed_id.map_index,
                    "state": states[floor_map.round_id][row.bed_id.id],
                    "fence": row.fence,
                    "student_id": row.student_id.id or 0,
                }
                for floor_map in maps
                for row in by_floor[floor_map.floor_id]
            ]
        if vals_list:
            self.env["hostel.booking.outbox"]._post(vals_list)

    # ------------------------------------------------------------------
    # Checkout: without billing nothing has to be paid
    # ------------------------------------------------------------------

    def _needs_payment(self):
        """Extension point: whether money must arrive before an approval."""
        self.ensure_one()
        return False

    def _checkout(self):
        """Go on with a row that was just reserved.

        :return: ``{"redirect": path on this site or None}``
        """
        self.ensure_one()
        if self.state in ("offered", "paying"):
            self._transition("awaiting_approval", hold_until=False)
        return {"redirect": None}

    def _get_pay_url(self):
        """Extension point: where an unpaid row can be paid, or None."""
        return None

    def _let_go(self):
        """The student gives up an unpaid row; what was paid meanwhile stays.

        :raises HostelError: ``ALREADY_PAID``, ``INVALID_TRANSITION``
        """
        self.ensure_one()
        status = self._ask_payment_status() if self._needs_payment() else "unpaid"
        if status == "paid":
            self._payment_received(self.env.cr.now())
        if status in ("paid", "confirmed"):
            return False
        self._transition("cancelled", hold_until=False)
        return True

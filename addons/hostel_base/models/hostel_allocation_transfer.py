from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..const import OCCUPIED_STATES
from ..errors import HostelError


class HostelAllocation(models.Model):
    """Another bed for a student, or two students who change places.

    One transaction: the old rows end, are flushed, then the new ones are inserted and judged.
    Whatever is refused leaves everything as it was.
    """

    _inherit = "hostel.allocation"

    planned_move_id = fields.Many2one(
        "hostel.allocation", compute="_compute_planned_move_id", string="Moves to"
    )

    @api.depends("state", "continued_ids.state")
    def _compute_planned_move_id(self):
        for row in self:
            here = row.sudo() if row.state == "checked_in" else row.browse()
            row.planned_move_id = here._get_planned_move()

    def action_transfer(self):
        """Open the dialog in which a student gets another bed or changes places."""
        self.ensure_one()
        self.check_access("write")
        self.sudo()._check_no_move_planned()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Move to another bed"),
            "res_model": "hostel.bed.transfer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_allocation_id": self.id},
        }

    def _transfer(self, bed, day, *, reason=False, price=None):
        """Give the student another bed for the rest of the stay.

        On a day to come both rows live: the old one until that day, the new one from it on.

        :param bed: one ``hostel.bed``
        :param date day: from which the student has the new bed
        :param price: of the new row for the term; its own price if not given
        :return: the new row
        :raises HostelError: ``INVALID_TRANSITION``, ``SAME_BED``, ``INVALID_DATE_RANGE``,
            ``YEAR_CLOSED``, the refusals of :meth:`_check_bed_suits` and
            :meth:`_check_room_ready`, ``BED_BUSY``, conflicts
        """
        self.ensure_one()
        row, bed = self.sudo(), bed.sudo()
        if bed == row.bed_id:
            raise HostelError(
                "SAME_BED", self.env._("%(bed)s is the present bed.", bed=bed.display_name), 422
            )
        row._check_may_move(day)
        row._check_bed_suits(bed, row.student_id)
        row._check_room_ready(bed, row.term_id)
        row._lock_bed(row.bed_id | bed)
        with self.env.cr.savepoint():
            move = row._end_for_move(day)
            return row._continue_in(bed, *move, reason=reason, price=price)

    def _swap(self, other, day, *, reason=False):
        """Let two students change places on a day, or leave both where they are.

        :param other: the row of the other student
        :return: both new rows, that of this student first
        :raises HostelError: as :meth:`_transfer`
        """
        self.ensure_one()
        row, other = self.sudo(), other.sudo()
        if row.bed_id == other.bed_id:
            raise HostelError(
                "SAME_BED", self.env._("%(bed)s is the bed of both.", bed=row.bed_id.display_name)
            )
        for one, two in ((row, other), (other, row)):
            one._check_may_move(day)
            one._check_bed_suits(two.bed_id, one.student_id)
        row._lock_bed(row.bed_id | other.bed_id)
        with self.env.cr.savepoint():
            moves = [(one, one._end_for_move(day)) for one in (row, other)]
            beds = [other.bed_id, row.bed_id]
            new = self.browse()
            for (one, move), bed in zip(moves, beds, strict=True):
                # Each keeps what was agreed: students who swap ask for no other price.
                new += one._continue_in(bed, *move, reason=reason, price=one.price)
        return new

    def _check_may_move(self, day):
        self.ensure_one()
        self._check_no_move_planned()
        if self.state not in OCCUPIED_STATES:
            raise HostelError(
                "INVALID_TRANSITION",
                self.env._("%(name)s is no stay that can move.", name=self.name),
            )
        if self.state == "checked_in" and not self.date_from <= day < self.date_to:
            raise HostelError(
                "INVALID_DATE_RANGE",
                self.env._(
                    "The day of the move lies between %(first)s and %(last)s.",
                    first=self.date_from,
                    last=self.date_to - timedelta(days=1),
                ),
                422,
            )
        self.term_id.year_id._check_open()

    def _end_for_move(self, day):
        """End the old row, now or on a day to come.

        :return: first day, leaving day and state of the row that goes on in the other bed
        """
        until = self.date_to
        if self.state == "allocated":
            # Nobody lives there yet: the other bed is taken for the whole stay.
            self._transition("transferred")
            return self.date_from, until, "allocated"
        end = max(day, self.date_from + timedelta(days=1))
        if day > self.env.company._get_college_day():
            self._change(date_to=end)
            return end, until, "allocated"
        self._transition("transferred", date_to=end, vacated_on=day)
        self._close_check_record()
        return day, until, "checked_in"

    def _continue_in(self, bed, start, until, state, *, reason, price):
        """Insert the row that goes on in another bed."""
        vals = {
            "bed_id": bed.id,
            "student_id": self.student_id.id,
            "gender": self.student_id.gender,
            "term_id": self.term_id.id,
            "date_from": start,
            "date_to": until,
            "price": bed._get_price(self.term_id) if price is None else price,
            "payment_ref": self._new_payment_ref(),
            "paid_at": self.paid_at,
            "approved_by_id": self.approved_by_id.id,
            "vacate_reason": self.vacate_reason,
            "notice_date": self.notice_date,
            "planned_date_to": self.planned_date_to,
            "origin_id": self.id,
            "reason": reason,
        }
        new = self._insert_row(vals, state).sudo()
        if state == "checked_in":
            record = self.check_ids[:1]
            new._open_check_record(
                id_checked=record.id_checked, documents_checked=record.documents_checked
            )
        return new

    # ------------------------------------------------------------------
    # A move that was announced
    # ------------------------------------------------------------------

    def _check_no_move_planned(self):
        """Refuse a second plan: neither end of a planned move can move by itself.

        :raises HostelError: ``MOVE_PLANNED``
        """
        self.ensure_one()
        announced = self.state == "allocated" and self.origin_id.state == "checked_in"
        if announced or (self.state == "checked_in" and self._get_planned_move()):
            raise HostelError(
                "MOVE_PLANNED",
                self.env._(
                    "%(student)s moves to another bed later on; cancel the move first.",
                    student=self.student_id.display_name,
                ),
            )

    def _get_planned_move(self):
        """The row in which this stay goes on from a day to come, or an empty recordset."""
        return self.continued_ids.filtered(lambda new: new.state == "allocated")[:1]

    def _get_swap_partner(self):
        """The planned row of the other student, if this planned row is one half of a swap.

        Only students who changed places have each other's beds for the same days.
        """
        self.ensure_one()
        return self.search(
            [
                ("state", "=", "allocated"),
                ("bed_id", "=", self.origin_id.bed_id.id),
                ("origin_id.bed_id", "=", self.bed_id.id),
                ("date_from", "<", self.date_to),
                ("date_to", ">", self.date_from),
            ],
            limit=1,
        )

    def action_cancel_move(self):
        """The students stay in their beds after all, if these are still free.

        Who was to change places with one of them stays as well.
        """
        self.check_access("write")
        done = self.browse()
        for row in self:
            if row not in done:
                done |= row._cancel_move()

    def _cancel_move(self):
        """Take back the planned move of a stay, with the other half if it is a swap.

        :return: the rows that go on
        :raises HostelError: ``NO_MOVE``, ``BED_BUSY``, conflicts
        :raises AccessError: if the other half is not the user's to change
        """
        self.ensure_one()
        row = self.sudo()
        move = row._get_planned_move()
        if row.state != "checked_in" or not move:
            raise HostelError(
                "NO_MOVE", self.env._("%(name)s has no planned move.", name=row.name), 422
            )
        moves = move | move._get_swap_partner()
        origins = self.browse(moves.origin_id.ids)
        origins.check_access("write")
        row._lock_bed(moves.bed_id | moves.origin_id.bed_id)
        with self.env.cr.savepoint():
            # What was paid belongs to the stay, which goes on.
            paid = {one: one.paid_at for one in moves}
            # All beds are given back before anybody's stay grows into one.
            for one in moves:
                one._transition("cancelled", paid_at=False)
            for one in moves:
                one.origin_id._stay_after_all(one.date_to, paid[one])
        return origins

    def _stay_after_all(self, until, paid_at):
        """Live again for the days that a cancelled move had taken along.

        :param date until: leaving day of the cancelled row
        :param paid_at: when the cancelled row was paid, or False
        """
        vals = {"date_to": until, "paid_at": self.paid_at or paid_at}
        if self.state == "transferred":
            # Had not moved in when they swapped: the whole stay had gone along at once.
            vals["state"] = "allocated"
        self._change(**vals)

    @api.model
    def _get_moved_on_domain(self):
        """Rows that were left for another bed before anybody moved in: no day was lived there."""
        return Domain("state", "=", "transferred") & Domain("vacated_on", "=", False)

    def _has_moved_on(self):
        """Whether this is one of :meth:`_get_moved_on_domain`."""
        self.ensure_one()
        return self.state == "transferred" and not self.vacated_on

    def _close_origin(self):
        """The student moves over on the day that was agreed: the old stay ends now."""
        origin = self.origin_id
        if origin.state == "checked_in" and origin.student_id == self.student_id:
            today = self.env.company._get_college_day()
            end = max(min(origin.date_to, today), origin.date_from + timedelta(days=1))
            origin._transition("transferred", date_to=end, vacated_on=today)
            origin._close_check_record()

import redis

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools.misc import format_date

from odoo.addons.hostel_base.const import BLOCK_KINDS
from odoo.addons.hostel_base.errors import HostelError

FEWEST_LETTERS = 2


class HostelBookingCounter(models.AbstractModel):
    """A warden gives, closes and opens beds straight from the map.

    Everything runs with the warden's own rights; the dialogs of the office do the work.
    """

    _name = "hostel.booking.counter"
    _description = "Counter at the Map"

    @api.model
    def _get_rights(self, hostel_id):
        """What the signed-in person may do with beds of a hostel on the map.

        :return: ``{"allocate": bool, "close": bool}``, or None for those who only look
        """
        if not self.env["hostel.bed.assign"].has_access("create"):
            return None
        bed = self.env["hostel.bed"].search([("hostel_id", "=", hostel_id)], limit=1)
        if not bed or not bed.has_access("write"):
            return None
        return {
            "allocate": True,
            "close": self.env["hostel.room.close"].has_access("create"),
        }

    def _open(self, key, index):
        """Round and bed behind a place of a map, if the bed is the person's to give.

        :raises HostelError: ``NOT_FOUND``, also for another warden's bed
        """
        desk = self.env["hostel.booking.desk"]
        round_id, _key, floor_id, _map_id = desk._resolve_key(key)
        bed = desk._get_bed(floor_id, index).sudo(self.env.su)
        try:
            self.env["hostel.bed.assign"].check_access("create")
            bed.check_access("write")
        except AccessError:
            raise desk._not_found() from None
        booking_round = self.env["hostel.booking.round"].sudo().browse(round_id)
        if booking_round.is_practice:
            # Nothing real is done from a map on which everything is pretended.
            raise desk._not_found()
        return booking_round, bed

    # ------------------------------------------------------------------
    # Looking
    # ------------------------------------------------------------------

    @api.model
    def _get_bed(self, key, index):
        """Who has the bed in the round, until when, or why it is closed."""
        booking_round, bed = self._open(key, index)
        row = self._get_row(booking_round, bed)
        states = dict(row._fields["state"]._description_selection(self.env))
        if row.student_id:
            row.student_id._note_access("list")
        held = self._get_hold(booking_round, bed)
        return {
            "bed": bed.display_name,
            "price": bed._get_price(booking_round.term_id),
            "state": row.state or "",
            "state_label": states.get(row.state, ""),
            "who": row.student_id.display_name if row.student_id else "",
            "reason": row.reason or "",
            "from": fields.Date.to_string(row.date_from) or "",
            "until": fields.Date.to_string(row.date_to) or "",
            "when": self._name_days(row),
            "url": f"/odoo/hostel.allocation/{row.id}" if row else "",
            "hold_ms_left": held[1] if held else None,
            "can_open": bool(row.is_block),
            "kinds": [
                {"value": value, "label": label}
                for value, label in self.env["hostel.room.close"]
                ._fields["kind"]
                ._description_selection(self.env)
            ],
            "term": {
                "from": fields.Date.to_string(booking_round.date_from),
                "until": fields.Date.to_string(booking_round.date_to),
            },
        }

    def _name_days(self, row):
        """First and leaving day as people write them."""
        days = [day for day in (row.date_from, row.date_to) if day]
        return " – ".join(format_date(self.env, day, date_format="d MMM y") for day in days)

    def _get_row(self, booking_round, bed):
        Allocation = self.env["hostel.allocation"]
        return Allocation.search(
            [
                ("bed_id", "=", bed.id),
                *Allocation._live_between(booking_round.date_from, booking_round.date_to),
            ],
            order="date_from",
            limit=1,
        )

    def _get_hold(self, booking_round, bed):
        """Student id and ms left of whoever holds the bed; None while Redis is away."""
        locks = self.env["hostel.booking.desk"]._locks()
        try:
            return locks.who_holds(booking_round.key, bed.floor_id.id, bed.map_index)
        except redis.RedisError:
            return None

    @api.model
    def _find_students(self, key, index, text):
        """Students whom the person may give this bed, with what speaks against each.

        Own students are found by any part of number or name, newcomers by the whole number.
        """
        booking_round, bed = self._open(key, index)
        text = str(text or "").strip()[:100]
        if len(text) < FEWEST_LETTERS:
            return []
        found = self.env["hostel.search"]._find_students(text.split()[:5], text, 8)
        students = self.env["hostel.student"].browse([one["id"] for one in found])
        newcomer = self._prepare_dialog(booking_round, bed, number=text)._find_student()
        everybody = students.sudo() | newcomer
        return [self._describe_student(student, booking_round, bed) for student in everybody]

    def _describe_student(self, student, booking_round, bed):
        """A student as the counter shows them; ``refusal`` says why the bed is not for them."""
        genders = dict(student._fields["gender"]._description_selection(self.env))
        refusal = self._why_not(student, booking_round, bed)
        return {
            "number": student.roll_number or student.application_number,
            "name": student.name,
            "programme": student.programme_id.name or "",
            "year": student.year_of_study,
            "gender": genders.get(student.gender, ""),
            "cleared": student._is_cleared(booking_round.term_id),
            "refusal": refusal,
        }

    def _why_not(self, student, booking_round, bed):
        Allocation = self.env["hostel.allocation"].sudo()
        try:
            Allocation._check_bed_suits(bed.sudo(), student)
        except HostelError as exc:
            return str(exc)
        row = Allocation.search(
            [
                ("student_id", "=", student.id),
                *Allocation._live_between(booking_round.date_from, booking_round.date_to),
            ],
            limit=1,
        )
        if row:
            return self.env._("Has %(bed)s for this term.", bed=row._get_bed_label())
        return ""

    # ------------------------------------------------------------------
    # Giving, closing, opening
    # ------------------------------------------------------------------

    def _prepare_dialog(self, booking_round, bed, **vals):
        return self.env["hostel.bed.assign"].new(
            {
                "hostel_id": bed.hostel_id.id,
                "bed_id": bed.id,
                "term_id": booking_round.term_id.id,
                **vals,
            }
        )

    @api.model
    def _allocate(self, key, index, number, reason):
        """Give the bed to a walk-in; the row then waits for its approval.

        A bed that another student holds is refused: it is theirs until their time runs out.

        :raises HostelError: ``NOT_FOUND``, ``BED_HELD`` (ms left), ``STUDENT_NOT_FOUND``, and
            whatever refuses a reservation
        """
        booking_round, bed = self._open(key, index)
        dialog = self.env["hostel.bed.assign"].create(
            {
                "number": number,
                "term_id": booking_round.term_id.id,
                "hostel_id": bed.hostel_id.id,
                "bed_id": bed.id,
                "reason": reason or False,
            }
        )
        self._check_not_held(booking_round, bed, dialog._find_student())
        action = dialog.action_assign()
        row = self.env["hostel.allocation"].browse(action["res_id"])
        return {
            "id": row.id,
            "name": row.name,
            "state": row.state,
            "who": row.student_id.display_name,
            "url": f"/odoo/hostel.allocation/{row.id}",
        }

    def _check_not_held(self, booking_round, bed, student):
        held = self._get_hold(booking_round, bed)
        if held and held[0] != student.id:
            raise HostelError(
                "BED_HELD",
                self.env._(
                    "A student holds this bed for %(minutes)s more minutes. Wait, or choose"
                    " another one.",
                    minutes=max(1, -(-held[1] // 60_000)),
                ),
                409,
                {"hold_ms_left": held[1]},
            )

    @api.model
    def _close(self, key, index, date_from, date_to, kind, reason):
        """Take the bed out of use for some days.

        :raises HostelError: ``NOT_FOUND``, ``BED_HELD``, ``BED_TAKEN``, ``INVALID_DATE_RANGE``
        """
        booking_round, bed = self._open(key, index)
        if kind not in dict(BLOCK_KINDS):
            raise HostelError("INVALID", self.env._("Choose the kind of closure."), 422)
        self._check_not_held(booking_round, bed, self.env["hostel.student"])
        dialog = self.env["hostel.room.close"].create(
            {
                "room_ids": [(6, 0, bed.room_id.ids)],
                "all_beds": False,
                "bed_ids": [(6, 0, bed.ids)],
                "date_from": date_from,
                "date_to": date_to,
                "kind": kind,
                "reason": reason,
            }
        )
        dialog.action_close()

    @api.model
    def _reopen(self, key, index):
        """End the closure that the map shows.

        :raises HostelError: ``NOT_FOUND``, ``NOT_CLOSED``
        """
        booking_round, bed = self._open(key, index)
        row = self._get_row(booking_round, bed)
        if not row.is_block:
            raise HostelError("NOT_CLOSED", self.env._("This bed is not closed."))
        row.action_reopen()

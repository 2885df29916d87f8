import re
from datetime import timedelta

from odoo import api, models
from odoo.tools.sql import escape_psql

from odoo.addons.hostel_base.const import LIVE_STATES
from odoo.addons.hostel_base.errors import HostelError

ASK_HOURS = 48
MAX_NUMBERS = 8


class HostelKeepDesk(models.AbstractModel):
    """Keeping one's bed, and asking roommates into the room.

    Everything is about the signed-in student; nothing here takes the id of one.
    """

    _name = "hostel.keep.desk"
    _description = "Desk of Kept Beds"

    @api.model
    def _get_student(self):
        return self.env["hostel.booking.desk"]._get_student()

    def _get_offer(self, student):
        """The bed that is offered to the student and not answered yet."""
        return (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("student_id", "=", student.id),
                    ("state", "=", "offered"),
                    ("offer_kind", "!=", False),
                    ("hold_until", ">", self.env.cr.now()),
                ],
                limit=1,
            )
        )

    def _get_kept(self, student):
        """The bed that the student keeps for a term to come."""
        return (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("student_id", "=", student.id),
                    ("state", "in", ("paying", "awaiting_approval", "allocated")),
                    ("offer_kind", "=", "keep"),
                    ("date_from", ">", self.env.company._get_college_day()),
                ],
                limit=1,
            )
        )

    def _get_free_beds(self, row):
        """Beds of the room that nobody has for the term."""
        beds = row.room_id.sudo().bed_ids.filtered("active")
        taken = (
            self.env["hostel.allocation"]
            .sudo()
            .search([("bed_id", "in", beds.ids), *row._live_between(row.date_from, row.date_to)])
        )
        return (beds - taken.bed_id).sorted("id")

    def _get_asked(self, kept):
        """Rows of those whom the student asked into the room."""
        return (
            self.env["hostel.allocation"]
            .sudo()
            .search(
                [
                    ("asked_by_id", "=", kept.student_id.id),
                    ("term_id", "=", kept.term_id.id),
                    ("offer_kind", "=", "pull_in"),
                ],
                order="id",
            )
        )

    # ------------------------------------------------------------------
    # Page
    # ------------------------------------------------------------------

    @api.model
    def _get_page(self):
        student = self._get_student()
        offer, kept = self._get_offer(student), self._get_kept(student)
        return {
            "offer": self._describe_offer(offer) if offer else None,
            "kept": self._describe_kept(kept) if kept else None,
        }

    def _describe_offer(self, offer):
        return {
            "id": offer.id,
            "kind": offer.offer_kind,
            "bed": offer._get_bed_label(),
            "term": offer.term_id.name,
            "price": offer.price,
            "currency": offer.currency_id,
            "until": offer.hold_until,
            "asked_by": (offer.asked_by_id.name or "").split(" ")[0],
        }

    def _describe_kept(self, kept):
        states = dict(kept._fields["state"]._description_selection(self.env))
        return {
            "bed": kept._get_bed_label(),
            "room": kept.room_id.sudo().name,
            "term": kept.term_id.name,
            "state_label": states[kept.state],
            "free": len(self._get_free_beds(kept)),
            "asked": [
                {
                    "id": row.id,
                    "roll_number": row.student_id.roll_number,
                    "bed": row.bed_id.label,
                    "is_open": row.state == "offered",
                    # Why somebody has no bed is theirs to tell.
                    "state_label": states[row.state]
                    if row.state in LIVE_STATES
                    else self.env._("does not come"),
                }
                for row in self._get_asked(kept)
            ],
        }

    # ------------------------------------------------------------------
    # Answers
    # ------------------------------------------------------------------

    @api.model
    def _answer(self, takes):
        """Take the offered bed, or give it up.

        :return: ``{"state", "redirect"}``
        :raises HostelError: ``NO_OFFER``
        """
        offer = self._get_offer(self._get_student())
        if not offer:
            raise HostelError(
                "NO_OFFER", self.env._("There is no offer for you any more: its time is over."), 410
            )
        if not takes:
            offer._let_go()
            return {"state": offer.state, "redirect": None}
        result = offer._checkout()
        return {"state": offer.state, **result}

    @api.model
    def _ask(self, numbers):
        """Ask students into the free beds of the kept room, all of them or nobody.

        :param numbers: roll numbers in one text
        :return: rows of ``hostel.allocation``
        :raises HostelError: ``NO_KEPT_BED``, ``BAD_REQUEST``, ``ROOM_FULL``,
            ``ROOMMATE_NOT_POSSIBLE``
        """
        student = self._get_student()
        kept = self._get_kept(student)
        if not kept:
            raise HostelError(
                "NO_KEPT_BED", self.env._("Say first that you keep your bed; then ask others."), 403
            )
        wanted = self._parse_numbers(numbers)
        beds = self._get_free_beds(kept)
        if len(wanted) > len(beds):
            raise HostelError(
                "ROOM_FULL",
                self.env._("There are only %(count)s free beds in your room.", count=len(beds)),
            )
        friends = [self._find_friend(number, kept) for number in wanted]
        rows = self.env["hostel.allocation"].sudo()
        with self.env.cr.savepoint():
            for friend, bed in zip(friends, beds, strict=False):
                rows |= self._offer_bed(friend, bed, kept)
        for row in rows:
            row.student_id._notify_booking("offered")
        rows._tell_offer()
        return rows

    def _parse_numbers(self, numbers):
        found = list(dict.fromkeys(re.findall(r"[^\s,;]+", (numbers or "")[:500].upper())))
        if not found or len(found) > MAX_NUMBERS:
            raise HostelError(
                "BAD_REQUEST",
                self.env._("Write the roll numbers of those whom you want to ask."),
                400,
            )
        return found

    def _find_friend(self, number, kept):
        """A student who may be asked; all who may not be look the same from outside."""
        friend = (
            self.env["hostel.student"]
            .sudo()
            .search([("roll_number", "=ilike", escape_psql(number))], limit=1)
        )
        if not friend or not self._may_be_asked(friend, kept):
            raise self._impossible()
        return friend

    def _may_be_asked(self, friend, kept):
        booking_round = (
            self.env["hostel.booking.round"]
            .sudo()
            .search([("term_id", "=", kept.term_id.id), ("is_practice", "=", False)], limit=1)
        )
        windows = booking_round.window_ids.filtered(
            lambda window: kept.hostel_id in window.hostel_ids and window._suits(friend)
        )
        Allocation = self.env["hostel.allocation"].sudo()
        refused = Allocation.search_count(
            [
                ("student_id", "=", friend.id),
                ("term_id", "=", kept.term_id.id),
                "|",
                ("asked_by_id", "=", kept.student_id.id),
                ("state", "in", LIVE_STATES),
            ],
            limit=1,
        )
        # Whoever said no once is not asked again by the same person.
        return bool(windows) and not refused and friend.gender == kept.gender

    def _offer_bed(self, friend, bed, kept):
        try:
            row = (
                self.env["hostel.allocation"]
                .sudo()
                ._reserve(
                    bed,
                    friend,
                    kept.term_id,
                    "offered",
                    hold_seconds=int(timedelta(hours=ASK_HOURS).total_seconds()),
                )
            )
        except HostelError as exc:
            if exc.code in ("BED_BUSY", "BED_TAKEN"):
                raise
            raise self._impossible() from None
        row.write({"offer_kind": "pull_in", "asked_by_id": kept.student_id.id})
        return row

    def _impossible(self):
        return HostelError(
            "ROOMMATE_NOT_POSSIBLE",
            self.env._(
                "At least one of these students can't be asked: look at the numbers, and ask them"
                " whether they have a bed already. Nobody was asked."
            ),
        )

    @api.model
    def _withdraw(self, allocation_id):
        """Take back a question that is not answered yet.

        :raises HostelError: ``NOT_FOUND``
        """
        kept = self._get_kept(self._get_student())
        rows = self._get_asked(kept) if kept else self.env["hostel.allocation"]
        row = rows.filtered(lambda one: one.id == allocation_id and one.state == "offered")
        if not row:
            raise self.env["hostel.booking.desk"]._not_found()
        row._transition("cancelled", hold_until=False)

from odoo import api, models
from odoo.fields import Domain

from odoo.addons.hostel_base.errors import HostelError

from .hostel_move_request import OPEN_STATES

SHOWN = 20
MAX_NUMBER = 64


class HostelMoveDesk(models.AbstractModel):
    """What a student can do about another bed; always about the one who is signed in."""

    _name = "hostel.move.desk"
    _description = "Move Desk"

    @api.model
    def _get_student(self):
        return self.env["hostel.booking.desk"]._get_student().sudo()

    def _not_found(self):
        return HostelError("NOT_FOUND", self.env._("There is nothing here for you."), 404)

    # ------------------------------------------------------------------
    # What the page shows
    # ------------------------------------------------------------------

    @api.model
    def _get_page(self, stay_id=None):
        """Everything on the page about moves.

        :param stay_id: which bed, where one is lived in and another is booked
        :return: dict with ``stay`` (label, price) or None, ``stays`` to choose from, ``requests``,
            ``questions``, ``classes`` of free beds
        :raises HostelError: ``NOT_FOUND``
        """
        student = self._get_student()
        Request = self.env["hostel.move.request"].sudo()
        row = Request._get_movable(student, stay_id)
        if stay_id and not row:
            raise self._not_found()
        requests = Request.search([("student_id", "=", student.id)], limit=SHOWN)
        answered = Request.search(
            [("partner_student_id", "=", student.id), ("consented_at", "!=", False)], limit=SHOWN
        )
        return {
            "stay": self._describe_stay(row) if row else None,
            "stays": [self._describe_stay(one) for one in Request._get_all_movable(student)],
            "requests": [self._describe(request) for request in requests],
            "questions": [
                self._describe_question(request) for request in Request._get_asked_of(student)
            ],
            "answered": [self._describe_answered(request) for request in answered],
            "classes": self._get_classes(student, row) if row else [],
            "obstacle": self._get_obstacle(student, row) if row else "",
        }

    @api.model
    def _find_stay_id(self, text):
        """Id of the student's stay that a form named, or None, whatever it said."""
        rows = self.env["hostel.move.request"].sudo()._get_all_movable(self._get_student())
        return next((row.id for row in rows if str(row.id) == text), None)

    def _get_obstacle(self, student, row):
        try:
            self.env["hostel.move.request"]._check_may_ask(student, row)
        except HostelError as exc:
            return str(exc)
        return ""

    def _describe_stay(self, row):
        return {
            "id": row.id,
            "term": row.term_id.name or "",
            "label": row._get_bed_label(),
            "room_type": row.room_type_id.name,
            "price": row.price,
            "currency": row.currency_id,
        }

    def _describe(self, request):
        """A request in the eyes of the one who asked.

        Until it runs out, a declined one looks like one that nobody answered.
        """
        silent = request.state == "declined" and request.expires_at > self.env.cr.now()
        state = "asked" if silent else request.state
        if state == "declined":
            # And afterwards like one that nobody answered in time.
            state = "expired"
        kinds = dict(request._fields["kind"]._description_selection(self.env))
        known = bool(request.consented_at)
        return {
            "id": request.id,
            "name": request.name,
            "kind": request.kind,
            "kind_label": kinds[request.kind],
            "state": state,
            "state_label": self._get_words(request.kind, state),
            "is_open": state in OPEN_STATES,
            "from": request.allocation_id._get_bed_label(),
            "to": self._get_goal(request, known),
            "with": request.partner_student_id.name if known else "",
            "difference": request._get_difference() if request.kind != "swap" else 0,
            "currency": request.currency_id,
            "expires_at": request.expires_at,
            "reason": request.reason or "",
            "refusal": request.refusal or "",
        }

    def _get_goal(self, request, known):
        if request.kind != "swap":
            return request.target_bed_id._get_full_label()
        return request.partner_allocation_id._get_bed_label() if known else ""

    def _get_words(self, kind, state):
        words = {
            "asked": self.env._(
                "If there is such a student, they were asked. Nobody has answered yet."
            ),
            "to_approve": self.env._("The warden decides next."),
            "to_pay": self.env._(
                "The warden agreed. The bed is kept for you; it is yours once you have paid."
            ),
            "done": self.env._("Done: the new bed is yours."),
            "refused": self.env._("Refused."),
            "expired": self.env._("Nobody agreed in time."),
            "cancelled": self.env._("You took it back."),
        }
        if kind != "swap" and state == "expired":
            return self.env._("Nobody decided in time; ask again.")
        return words[state]

    def _describe_question(self, request):
        """What somebody is asked: the kind of bed, and nothing about whose it is."""
        row = request.allocation_id
        return {
            "id": request.id,
            "hostel": row.hostel_id.name,
            "room_type": row.room_type_id.name,
            "floor": row.floor_id.name,
            "mine": request.partner_allocation_id._get_bed_label(),
            "expires_at": request.expires_at,
        }

    def _describe_answered(self, request):
        """A swap that the student agreed to: by now both know each other."""
        return {
            **self._describe(request),
            "from": request.partner_allocation_id._get_bed_label(),
            "to": request.allocation_id._get_bed_label(),
            "with": request.student_id.name,
            "is_open": False,
        }

    def _get_classes(self, student, row):
        """Free beds by kind for the rest of the stay, with what each would cost more or less."""
        Request = self.env["hostel.move.request"].sudo()
        beds = (
            self.env["hostel.availability"]
            .sudo()
            ._check(Request._get_day(row), row.date_to, gender=student.gender)
        )
        beds = beds.filtered(
            lambda bed: student._may_live_in(bed.hostel_id) and not bed._is_kept_from(student)
        )
        held, reduce = self._get_held(beds), Request._get_difference_rule(row)
        classes = []
        for (hostel, kind, price), group in (
            (beds - held)
            .grouped(lambda bed: (bed.hostel_id, bed.room_type_id, bed._get_price(row.term_id)))
            .items()
        ):
            difference = reduce(price - row.price)
            classes.append(
                {
                    "hostel": hostel.name,
                    "room_type": kind.name,
                    "price": price,
                    "difference": difference,
                    "words": self._get_difference_words(difference),
                    "beds": [
                        {"id": bed.id, "label": f"{bed.room_id.name} · {bed.label}"}
                        for bed in group[:SHOWN]
                    ],
                    "count": len(group),
                }
            )
        return sorted(classes, key=lambda one: (one["price"], one["hostel"]))

    def _get_difference_words(self, difference):
        money = self.env["hostel.booking.desk"]._format_money(abs(difference))
        if difference > 0:
            return self.env._("%(money)s more", money=money)
        if difference < 0:
            return self.env._("%(money)s less", money=money)
        return self.env._("same price")

    def _get_held(self, beds):
        """Beds that somebody holds on the map just now."""
        booking_round = self.env["hostel.booking.desk"].sudo()._get_round()
        if not booking_round:
            return beds.browse()
        return self.env["hostel.waitlist"]._get_held(booking_round, beds)

    @api.model
    def _get_card(self):
        """What the card of the home says: questions that wait, and whether something is open."""
        student = self.env["hostel.student"]._get_current().sudo()
        Request = self.env["hostel.move.request"].sudo()
        questions = bool(Request._get_asked_of(student))
        if not questions and not Request._get_movable(student):
            return None
        is_open = Request.search_count(
            [("student_id", "=", student.id), ("state", "in", OPEN_STATES)], limit=1
        )
        return {"questions": questions, "open": bool(is_open)}

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.model
    def _ask_swap(self, number, reason="", stay_id=None):
        """Ask another student to change places; the answer never says whether there is one.

        :raises HostelError: ``BAD_REQUEST``, and as ``hostel.move.request`` says
        """
        number = (number or "").strip()
        if not number or len(number) > MAX_NUMBER or "\x00" in number:
            raise HostelError(
                "BAD_REQUEST", self.env._("Write the roll number of the other student."), 400
            )
        student = self._get_student()
        return self.env["hostel.move.request"]._ask_swap(student, number, reason, stay_id)

    @api.model
    def _ask_transfer(self, bed_id, reason="", stay_id=None):
        """Ask for a free bed.

        :raises HostelError: ``NOT_FOUND`` also for beds that are not for the student
        """
        student = self._get_student()
        bed = self.env["hostel.bed"].sudo().search(Domain("id", "=", bed_id), limit=1)
        if not bed or not student._may_live_in(bed.hostel_id):
            raise self._not_found()
        return self.env["hostel.move.request"]._ask_transfer(student, bed, reason, stay_id)

    @api.model
    def _answer(self, request_id, agree):
        """Say yes or no to a swap that another student asked for."""
        request = self._find(request_id)
        student = self._get_student()
        if agree:
            request._consent(student)
        else:
            request._decline(student)

    @api.model
    def _withdraw(self, request_id):
        self._find(request_id)._withdraw(self._get_student())

    def _find(self, request_id):
        """A request by its id; whose it is, the request itself asks."""
        request = self.env["hostel.move.request"].sudo().browse(request_id).exists()
        if not request:
            raise self._not_found()
        return request

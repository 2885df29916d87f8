from odoo import api, models, tools
from odoo.tools import SQL

from odoo.addons.hostel_billing.tools.fee_math import money


class HostelBookingDesk(models.AbstractModel):
    """The main button says what is paid at once, which need not be the price of the bed."""

    _inherit = "hostel.booking.desk"

    @api.model
    def _get_checkout_action(self, student, hold, row):
        """The main button says what is paid and where, unless nothing is."""
        term = row.term_id if row else self._get_round().term_id
        if term and student._is_cleared(term):
            return super()._get_checkout_action(student, hold, row)
        amount = row._get_amount_at_booking() if row else self._get_amount_of_hold(student, hold)
        if amount == 0:
            return super()._get_checkout_action(student, hold, row)
        if not amount:
            return {"action": "pay", "action_label": self.env._("Pay with Camu")}
        text = self._format_money(amount)
        return {
            "action": "pay",
            "action_label": self.env._("Pay %(money)s with Camu", money=text),
        }

    def _describe_booking(self, row):
        booking = super()._describe_booking(row)
        booking["payment_failed"] = row.state == "paying" and row._has_payment_failed()
        return booking

    def _get_quick_actions(self, booking_round, hostel, student):
        # What is asked of the student is the same for each price of the hostel.
        known = {**self.env.context.get("hostel_known", {})}
        costs = self._get_first_costs(
            booking_round.id, booking_round.stamp, hostel.id, self.env.company._get_college_day()
        )
        known["costs"] = self._get_own_costs(student, booking_round.term_id, costs)
        desk = self.with_context(hostel_known=known)
        return super(HostelBookingDesk, desk)._get_quick_actions(booking_round, hostel, student)

    # ------------------------------------------------------------------
    # What a held bed costs at once
    # ------------------------------------------------------------------

    def _get_amount_of_hold(self, student, hold):
        """What the order for a held bed will ask for.

        :param hold: with ``hostel_id`` and ``price``; all beds of that price may be meant
        :return: float; None if the beds of that price differ in it, or nothing is held
        """
        booking_round = self._get_round()
        if not hold or not booking_round or not hold["price"]:
            return hold["price"] if hold else None
        term, price = booking_round.term_id, hold["price"]
        today = self.env.company._get_college_day()
        all_costs = self._get_first_costs(
            booking_round.id, booking_round.stamp, hold["hostel_id"], today
        )
        costs = all_costs.get(price)
        if not costs:
            # The map was published with other prices.
            return None
        has_own_terms, deposit_held = self._get_own_costs(student, term, all_costs)
        if has_own_terms:
            beds = self.env["hostel.bed"].sudo().browse(bed_id for bed_id, _fees, _wanted in costs)
            amounts = {
                self._draft_stay(bed, term, price, student)._get_amount_at_booking() for bed in beds
            }
        else:
            amounts = {
                max(fees + float(max(wanted - deposit_held, 0)), 0.0)
                for _bed_id, fees, wanted in costs
            }
        return amounts.pop() if len(amounts) == 1 else None

    def _get_own_costs(self, student, term, costs):
        """What makes a bed cost this student another sum than others.

        Each opening of the map asks for it: one query, and one more where deposits are taken.

        :param costs: of the hostel, see :meth:`_get_first_costs`
        :return: (whether there are concessions or a lender, ``Decimal`` of the deposit that the
            college has)
        """
        known = self.env.context.get("hostel_known", {}).get("costs")
        if known:
            return known
        concession, loan = self.env["hostel.concession"].sudo(), self.env["hostel.deposit.loan"]
        own = [("student_id", "=", student.id), ("term_id", "=", term.id)]
        granted = concession._search([*own, ("state", "=", "approved")], limit=1)
        lent = loan.sudo()._search(
            [*own, ("state", "in", ("requested", "approved")), ("move_id", "=", False)], limit=1
        )
        [[has_own_terms]] = self.env.execute_query(
            SQL("SELECT EXISTS %s OR EXISTS %s", granted.subselect(), lent.subselect())
        )
        is_deposit_taken = any(wanted for beds in costs.values() for _bed, _fees, wanted in beds)
        deposit = loan._get_deposit_billed(student) if is_deposit_taken else money(0)
        return has_own_terms, deposit

    @api.model
    @tools.ormcache("round_id", "stamp", "hostel_id", "today")
    def _get_first_costs(self, round_id, stamp, hostel_id, today):
        """What is asked at once for the beds of a hostel, by the price that the map shows.

        :param stamp: of the round; with the day it is why this can be kept
        :return: ``{price: ((id of one such bed, fees, Decimal of the deposit), …)}``
        """
        booking_round = self.env["hostel.booking.round"].sudo().browse(round_id)
        term, kinds = booking_round.term_id, {}
        maps = booking_round.map_ids.filtered(lambda one: one.hostel_id.id == hostel_id)
        beds = self.env["hostel.bed"].sudo().search([("hostel_id", "=", hostel_id)])
        places = {(bed.floor_id, bed.map_index): bed for bed in beds}
        for floor_map in maps:
            for room in (floor_map.layout or {"rooms": []})["rooms"]:
                for spot in room["beds"]:
                    bed = places.get((floor_map.floor_id, spot["i"]))
                    if bed:
                        kind = (spot["price"], bed._get_fee_structure(term), bed.room_type_id)
                        kinds.setdefault(kind, bed)
        costs = {}
        for (price, _structure, _type), bed in kinds.items():
            stay = self._draft_stay(bed, term, price)
            fees = stay._get_fees_at_booking()
            deposits = stay._get_deposit_head_lines() if fees is not None else ()
            wanted = sum((amount for _head, amount in deposits), money(0))
            fees = stay.currency_id.round(price if fees is None else fees)
            costs.setdefault(price, set()).add((bed.id, fees, wanted))
        return {price: tuple(found) for price, found in costs.items()}

    def _draft_stay(self, bed, term, price, student=None):
        """A stay as it would be booked, which is nowhere written."""
        return (
            self.env["hostel.allocation"]
            .sudo()
            .new(
                {
                    "bed_id": bed.id,
                    "student_id": student.id if student else False,
                    "term_id": term.id,
                    "date_from": self.env["hostel.allocation"]._get_first_day(term),
                    "date_to": term.date_to,
                    "price": price,
                    "fee_structure_id": bed._get_fee_structure(term).id,
                }
            )
        )

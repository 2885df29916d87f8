import redis

from odoo import api, models

from ..tools.seat_lock import FREE, RETIRED


class HostelBookingDesk(models.AbstractModel):
    """What a map needs to start, and what of it may change while it is open.

    What is the same for everybody comes from the card of the round; see ``hostel.booking.card``.
    """

    _inherit = "hostel.booking.desk"

    @api.model
    def _boot(self, hostel_id):
        """Everything that the map of a hostel needs to start.

        :raises HostelError: ``NOT_FOUND`` for a hostel that is not in the round,
            ``NO_ROUND`` when nothing can be booked
        """
        if not self.env["hostel.booking.map"]._may_look():
            raise self._not_found()
        booking_round = self._get_round()
        if not booking_round:
            raise self._no_round()
        hostel = self._find_hostel(booking_round, hostel_id)
        desk = self._in_round(booking_round.id)._with_clearance(booking_round)
        student = desk.env["hostel.student"]._get_current()
        if student:
            desk._guard(lambda _locks: student._renew_eligibility(booking_round))
        return desk._prepare_boot(booking_round, hostel, student)

    def _find_hostel(self, booking_round, hostel_id):
        """Card of a hostel.

        :raises HostelError: ``NOT_FOUND`` if it is not in the round
        """
        hostel = booking_round and self._get_card(booking_round).hostels.get(hostel_id)
        if not hostel:
            raise self._not_found()
        return hostel

    def _with_clearance(self, booking_round):
        """The desk with a student who asks once whether they are cleared for the term."""
        student = self.env["hostel.student"]._get_current()
        if not student:
            return self
        known = student._know_clearance(booking_round.term_id)
        return self.with_context(hostel_known=known.env.context["hostel_known"])

    @api.model
    def _prepare_boot(self, booking_round, hostel, student):
        """The answer of :meth:`_boot`. Extension point.

        :param hostel: card of the hostel
        :param student: one ``hostel.student``, or none for who only looks
        """
        card = self._get_card(booking_round)
        viewer = self._get_viewer(booking_round, student)
        return {
            "term": dict(card.term),
            "hostel": self._describe_hostel(hostel),
            "hostels": self._describe_campus(card, viewer),
            "currency": dict(hostel.currency),
            **self._describe_doors(card, hostel, viewer),
            "me": self._get_me(),
            "round": self._describe_round(booking_round),
            "student": {"gender": student.gender, "name": student.name} if student else None,
            "preview": not student,
            # What the signed-in warden may do with these beds; None for everybody else.
            "counter": None
            if booking_round.is_practice
            else self.env["hostel.booking.counter"]._get_rights(hostel.id),
        }

    @api.model
    def _describe_round(self, booking_round):
        return {"id": booking_round.id, "name": booking_round.name, "practice": None}

    @api.model
    def _get_doors(self, hostel_id):
        """What may have changed for the viewer of a map: the window, and which floors are theirs.

        :raises HostelError: as :meth:`_boot`
        """
        if not self.env["hostel.booking.map"]._may_look():
            raise self._not_found()
        booking_round = self._get_round()
        hostel = self._find_hostel(booking_round, hostel_id)
        viewer = self._get_viewer(booking_round, self.env["hostel.student"]._get_current())
        return self._describe_doors(self._get_card(booking_round), hostel, viewer)

    def _describe_doors(self, card, hostel, viewer):
        refusal = self._find_refusal(card, hostel, viewer)
        return {
            "doors": card.doors,
            "window": self._describe_window(card, hostel.id, viewer),
            "floors": [self._describe_floor(one, refusal, viewer) for one in hostel.maps],
        }

    def _describe_hostel(self, hostel):
        return {
            "id": hostel.id,
            "name": hostel.name,
            "gender_type": hostel.gender_type,
            "gender_label": hostel.gender_label,
        }

    def _describe_floor(self, one, refusal, viewer):
        # For whom a bed is kept is told to nobody: it would say something of who lives there.
        kept = one.find_kept(viewer.groups, self.env.cr.now()) if viewer.student else ()
        return {
            "key": one.key,
            "name": one.name,
            "number": one.number,
            "layout_version": one.layout_version,
            "eligible": not refusal,
            "reason": refusal["text"] if refusal else "",
            "code": refusal["code"] if refusal else "",
            "kept": sorted(kept),
        }

    @api.model
    def _get_campus(self, booking_round, student):
        """Hostels of a round with how many beds are free, from Redis."""
        viewer = self._get_viewer(booking_round, student)
        return self._describe_campus(self._get_card(booking_round), viewer)

    def _describe_campus(self, card, viewer):
        states_of = self._read_states(card)
        result = []
        for hostel in card.hostels.values():
            states = "".join(states_of.get(one.floor_id) or "" for one in hostel.maps)
            refusal = self._find_refusal(card, hostel, viewer)
            result.append(
                {
                    **self._describe_hostel(hostel),
                    "free": states.count(FREE),
                    "total": len(states) - states.count(RETIRED),
                    "price_from": min(hostel.prices, default=0),
                    "eligible": not refusal,
                    "reason": refusal["text"] if refusal else "",
                    "code": refusal["code"] if refusal else "",
                    "window": self._describe_window(card, hostel.id, viewer),
                }
            )
        return sorted(result, key=lambda hostel: (not hostel["eligible"], hostel["name"]))

    def _read_states(self, card):
        """States of the round's floors by floor id, in one call; empty while Redis is away."""
        try:
            return self._locks().peek_floors(card.key, card.floor_ids)
        except redis.RedisError:
            return {}

    @api.model
    def _get_layout(self, key, version):
        """Drawing of a floor, which never changes for a version."""
        if not self.env["hostel.booking.map"]._may_look():
            raise self._not_found()
        *_ids, map_id = self._resolve_key(key)
        floor_map = self.env["hostel.booking.map"].sudo().browse(map_id)
        if floor_map.layout_version != version:
            raise self._not_found()
        return {"v": floor_map.layout_version, **floor_map.layout}

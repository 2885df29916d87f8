from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import escape_psql

from ..const import LIVE_STATES
from ..tools.phone import phone_digits

# A shorter text finds half the campus.
SHORTEST = 2
LONGEST = 100
MOST = 8
MOST_WORDS = 5


class HostelSearch(models.AbstractModel):
    """One search over students, beds, rooms and hostels, for the box in the top bar."""

    _name = "hostel.search"
    _description = "Search of the Campus"

    @api.model
    @api.readonly
    def search_campus(self, text, limit=MOST):
        """Entry point of the search box; finds what the user may read and no more.

        :param str text: words; each must be found in a roll number, name, room, bed or hostel,
            or all of it is a phone number of a student or guardian
        :param int limit: how many of each kind
        :return: ``[{kind, model, id, title, place, note, phone, state, state_name}]``
        """
        if not self.env.user._is_internal():
            raise AccessError(self.env._("This search is for the people of the hostel office."))
        text = str(text or "")[:LONGEST]
        words = text.split()[:MOST_WORDS]
        if len("".join(words)) < SHORTEST:
            return []
        words = [escape_psql(word) for word in words]
        limit = max(1, min(int(limit), MOST))
        return [
            *self._find_students(words, text, limit),
            *self._find_beds(words, limit),
            *self._find_rooms(words, limit),
            *self._find_hostels(words, limit),
        ]

    @api.model
    def _search_readable(self, model, domain, limit):
        Model = self.env[model]
        return Model.search(domain, limit=limit) if Model.has_access("read") else Model

    @api.model
    def _find_students(self, words, text, limit):
        today = self.env.company._get_college_day()

        def lives_in(domain):
            live = Domain("state", "in", LIVE_STATES) & Domain("date_to", ">", today)
            return Domain("allocation_ids", "any", live & domain)

        domain = Domain.AND(
            Domain("roll_number", "ilike", word)
            | Domain("roll_number_ids.roll_number", "=ilike", word)
            | Domain("application_number", "=ilike", word)
            | Domain("name", "ilike", word)
            | lives_in(
                Domain("room_id.name", "=ilike", word)
                | Domain("bed_id.label", "=ilike", word)
                | Domain("hostel_id.name", "ilike", word)
            )
            for word in words
        )
        # A lone letter or the name of a hostel is no person.
        domain &= Domain.OR(
            Domain("roll_number", "ilike", word)
            | Domain("roll_number_ids.roll_number", "=ilike", word)
            | Domain("application_number", "=ilike", word)
            | Domain("name", "ilike", word)
            | lives_in(Domain("room_id.name", "=ilike", word))
            for word in words
        )
        if phone_digits(text):
            domain |= Domain("any_phone", "ilike", text)
        students = self._search_readable("hostel.student", domain, limit)
        students._note_access("list")
        names = dict(students._fields["current_state"]._description_selection(self.env))
        return [
            {
                "kind": "student",
                "model": "hostel.student",
                "id": student.id,
                "title": f"{student.roll_number} {student.name}",
                "place": student.stay_label or self.env._("No bed"),
                "note": student.programme_id.name or "",
                "phone": student.phone or "",
                "state": student.current_state or "",
                "state_name": names.get(student.current_state, ""),
            }
            for student in students
        ]

    @api.model
    def _find_beds(self, words, limit):
        """Beds, once the words say more than the room."""
        if len(words) < 2:
            return []
        domain = Domain.AND(
            Domain("room_id.name", "=ilike", word)
            | Domain("label", "=ilike", word)
            | Domain("hostel_id.name", "ilike", word)
            | Domain("hostel_id.code", "=ilike", word)
            for word in words
        ) & Domain.OR(Domain("room_id.name", "=ilike", word) for word in words)
        beds = self._search_readable("hostel.bed", domain, limit)
        beds.occupant_id._note_access("list")
        states = dict(beds._fields["state"]._description_selection(self.env))
        return [
            {
                "kind": "bed",
                "model": "hostel.bed",
                "id": bed.id,
                "title": bed.display_name,
                "place": bed.hostel_id.name,
                "note": bed.occupant_id.display_name if bed.occupant_id else "",
                "phone": bed.occupant_id.phone or "" if bed.occupant_id else "",
                "state": bed.state,
                "state_name": states[bed.state],
            }
            for bed in beds
        ]

    @api.model
    def _find_rooms(self, words, limit):
        domain = Domain.AND(
            Domain("name", "=ilike", f"{word}%")
            | Domain("hostel_id.name", "ilike", word)
            | Domain("hostel_id.code", "=ilike", word)
            for word in words
        ) & Domain.OR(Domain("name", "=ilike", f"{word}%") for word in words)
        rooms = self._search_readable("hostel.room", domain, limit)
        states = dict(rooms._fields["state"]._description_selection(self.env))
        return [
            {
                "kind": "room",
                "model": "hostel.room",
                "id": room.id,
                "title": self.env._("Room %(room)s", room=room.name),
                "place": f"{room.hostel_id.name} · {room.floor_id.name}",
                "note": self.env._(
                    "%(free)s of %(beds)s beds free", free=room.free_count, beds=room.bed_count
                ),
                "phone": "",
                "state": room.state,
                "state_name": states[room.state],
            }
            for room in rooms
        ]

    @api.model
    def _find_hostels(self, words, limit):
        domain = Domain.AND(
            Domain("name", "ilike", word) | Domain("code", "=ilike", word) for word in words
        )
        hostels = self._search_readable("hostel.hostel", domain, limit)
        return [
            {
                "kind": "hostel",
                "model": "hostel.hostel",
                "id": hostel.id,
                "title": hostel.name,
                "place": hostel.code,
                "note": self.env._(
                    "%(free)s of %(beds)s beds free", free=hostel.free_count, beds=hostel.capacity
                ),
                "phone": hostel.phone or "",
                "state": "",
                "state_name": "",
            }
            for hostel in hostels
        ]

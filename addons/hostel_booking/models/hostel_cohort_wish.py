from odoo import api, fields, models
from odoo.exceptions import ValidationError


class HostelCohortWish(models.Model):
    """One ranked wish of a cohort; what is empty does not matter to them."""

    _name = "hostel.cohort.wish"
    _description = "Wish of a Cohort"
    _order = "cohort_id, sequence, id"

    cohort_id = fields.Many2one(
        "hostel.cohort", required=True, readonly=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(string="Rank", required=True, default=1)
    hostel_id = fields.Many2one("hostel.hostel", ondelete="cascade", index=True)
    room_type_id = fields.Many2one("hostel.room.type", ondelete="cascade")
    floor_id = fields.Many2one("hostel.floor", ondelete="cascade")
    room_id = fields.Many2one("hostel.room", ondelete="cascade")
    amenity_ids = fields.Many2many("hostel.amenity", string="Amenities")

    _rank_positive = models.Constraint("CHECK (sequence > 0)", "The first wish has rank 1.")

    @api.depends("hostel_id", "room_type_id", "floor_id", "room_id", "amenity_ids")
    def _compute_display_name(self):
        for wish in self:
            wish.display_name = wish._get_label()

    def _get_label(self):
        """The wish in words: ``Kaveri · Room 214`` or ``Any hostel · AC``."""
        self.ensure_one()
        wish = self.sudo()
        parts = [wish.hostel_id.name or self.env._("Any hostel")]
        if wish.room_id:
            parts.append(self.env._("Room %(room)s", room=wish.room_id.name))
        elif wish.floor_id:
            parts.append(self.env._("Floor %(floor)s", floor=wish.floor_id.name))
        if wish.room_type_id and not wish.room_id:
            parts.append(wish.room_type_id.name)
        if not wish.room_id:
            parts += wish.amenity_ids.mapped("name")
        return " · ".join(parts)

    @api.constrains("cohort_id", "hostel_id", "room_type_id", "floor_id", "room_id")
    def _check_consistent(self):
        """Floor, room and room type lie in what was wished, and take the cohort."""
        for wish in self.sudo():
            if wish.floor_id and wish.floor_id.hostel_id != wish.hostel_id:
                raise ValidationError(self.env._("The floor belongs to another hostel."))
            if wish.room_id and wish.room_id.hostel_id != wish.hostel_id:
                raise ValidationError(self.env._("The room belongs to another hostel."))
            if wish.room_id and wish.floor_id and wish.room_id.floor_id != wish.floor_id:
                raise ValidationError(self.env._("The room lies on another floor."))
            hostels = wish.cohort_id.window_id.hostel_ids
            if wish.hostel_id and wish.hostel_id not in hostels:
                raise ValidationError(self.env._("This hostel is not part of the window."))
            if not wish._get_rooms(limit=1):
                raise ValidationError(
                    self.env._(
                        "No room fits this wish: it must take %(count)s students of your gender.",
                        count=max(wish.cohort_id.member_count, 1),
                    )
                )

    def _get_room_domain(self):
        """Domain of the rooms that fulfil the wish and take the cohort."""
        self.ensure_one()
        wish = self.sudo()
        domain = wish.cohort_id._get_room_domain()
        for name in ("hostel_id", "floor_id", "room_type_id"):
            if wish[name]:
                domain.append((name, "=", wish[name].id))
        if wish.room_id:
            domain.append(("id", "=", wish.room_id.id))
        return domain

    def _get_rooms(self, limit=None):
        """Rooms that fulfil the wish, whoever lives there."""
        self.ensure_one()
        wish = self.sudo()
        rooms = self.env["hostel.room"].sudo().search(wish._get_room_domain())
        if wish.amenity_ids:
            rooms = rooms.filtered(lambda room: wish.amenity_ids <= room._get_amenities())
        return rooms[:limit] if limit else rooms

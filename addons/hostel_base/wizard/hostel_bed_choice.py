from odoo import api, fields, models
from odoo.tools.misc import formatLang

from ..errors import HostelError

SHOWN = 240


class HostelBedChoice(models.AbstractModel):
    """A dialog in which a person picks a free bed, floor by floor."""

    _name = "hostel.bed.choice"
    _description = "Choice of a Free Bed"
    _inherit = ["hostel.strict.wizard"]
    # What the free beds depend on, beside the filters.
    _choice_depends = ()

    hostel_id = fields.Many2one("hostel.hostel")
    floor_id = fields.Many2one("hostel.floor", domain="[('hostel_id', '=', hostel_id)]")
    room_type_id = fields.Many2one("hostel.room.type")
    free_bed_ids = fields.Many2many("hostel.bed", compute="_compute_free_bed_ids")
    bed_choices = fields.Json(compute="_compute_free_bed_ids")
    bed_id = fields.Many2one("hostel.bed", domain="[('id', 'in', free_bed_ids)]")

    def _get_wish(self):
        """Whom the bed is for: gender, term, first and leaving day; None as long as unknown."""
        self.ensure_one()
        return None

    @api.depends(lambda self: ("hostel_id", "floor_id", "room_type_id", *self._choice_depends))
    def _compute_free_bed_ids(self):
        for wizard in self:
            wish = wizard._get_wish() if wizard.hostel_id else None
            beds = wizard._find_free_beds(wish) if wish else self.env["hostel.bed"]
            wizard.free_bed_ids = beds
            wizard.bed_choices = wizard._describe_beds(beds[:SHOWN], wish) if beds else []

    def _find_free_beds(self, wish):
        """Beds that the student could have on all days of the wish."""
        Allocation = self.env["hostel.allocation"]
        domain = [
            ("hostel_id", "=", self.hostel_id.id),
            ("room_id.gender", "=", wish["gender"]),
            "!",
            (
                "allocation_ids",
                "any",
                Allocation._live_between(wish["date_from"], wish["date_to"]),
            ),
        ]
        if self.floor_id:
            domain.append(("floor_id", "=", self.floor_id.id))
        if self.room_type_id:
            domain.append(("room_type_id", "=", self.room_type_id.id))
        return self.env["hostel.bed"].search(domain)

    def _describe_beds(self, beds, wish):
        """The beds by floor, as JSON for the picker."""
        Allocation = self.env["hostel.allocation"].sudo()
        mates = {
            room.id: count
            for room, count in Allocation._read_group(
                [
                    ("room_id", "in", beds.room_id.ids),
                    ("is_block", "=", False),
                    *Allocation._live_between(wish["date_from"], wish["date_to"]),
                ],
                ["room_id"],
                ["student_id:count_distinct"],
            )
        }
        floors = {}
        for bed in beds:
            room = bed.room_id
            price = formatLang(
                self.env, bed._get_price(wish["term"]), currency_obj=room.currency_id
            )
            floors.setdefault(bed.floor_id, []).append(
                {
                    "id": bed.id,
                    "name": bed.display_name,
                    "type": room.room_type_id.name,
                    "price": price,
                    "mates": mates.get(room.id, 0),
                    "position": bed.position_note or "",
                    "accessible": room.is_accessible,
                }
            )
        return [
            {"id": floor.id, "name": floor.display_name, "beds": beds_of}
            for floor, beds_of in sorted(floors.items(), key=lambda pair: pair[0].number)
        ]

    def _refuse_full_room(self, refusal, bed, wish):
        """Say that the room is full where not only the bed is taken.

        :return: the refusal to raise: ``ROOM_FULL`` or the one that was given
        """
        if refusal.code != "BED_TAKEN":
            return refusal
        try:
            bed.sudo().room_id._check_not_full(wish["date_from"], wish["date_to"])
        except HostelError as full:
            return full
        return refusal

import uuid

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from odoo.addons.hostel_base.errors import HostelError

# More open links of one person help nobody.
MOST_LINKS = 20
NO_TOKEN = str(uuid.UUID(int=0))


class HostelBedLink(models.Model):
    """A public address of one bed in one round: its state and price, and nothing personal."""

    _name = "hostel.bed.link"
    _description = "Public Link of a Bed"
    _order = "id desc"
    _rec_name = "bed_id"
    # Who made an address for which bed, and who withdrew it.
    _hostel_audit = True

    round_id = fields.Many2one(
        "hostel.booking.round", required=True, readonly=True, ondelete="cascade", index=True
    )
    bed_id = fields.Many2one(
        "hostel.bed", required=True, readonly=True, ondelete="cascade", index=True
    )
    hostel_id = fields.Many2one(related="bed_id.hostel_id", store=True, index=True)
    student_id = fields.Many2one(
        "hostel.student",
        string="Made by the student",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        help="Empty: made by the hostel office.",
    )
    user_id = fields.Many2one("res.users", string="Made by", required=True, readonly=True)
    token = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: str(uuid.uuid4())
    )
    url = fields.Char(string="Address", compute="_compute_url")
    revoked_at = fields.Datetime(string="Withdrawn", readonly=True, copy=False)
    revoked_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    is_open = fields.Boolean(compute="_compute_is_open", search="_search_is_open")

    _token_uniq = models.Constraint("UNIQUE (token)", "Every link has an address of its own.")
    _one_open = models.UniqueIndex(
        "(round_id, bed_id, user_id) WHERE revoked_at IS NULL",
        "You have a link of this bed already.",
    )

    @api.depends("token")
    def _compute_url(self):
        for link in self:
            link.url = f"{link.get_base_url()}/hostel/bed/{link.token}"

    @api.depends("revoked_at", "round_id.state")
    def _compute_is_open(self):
        for link in self:
            link.is_open = not link.revoked_at and link.sudo().round_id.state == "open"

    def _search_is_open(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("revoked_at", "=", False), ("round_id.state", "=", "open")]

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("A link is withdrawn, not changed."))
        return super().write(vals)

    def action_revoke(self):
        """Withdraw links; their addresses then look as if they had never been."""
        self.check_access("write")
        self._revoke()

    def _revoke(self):
        self.sudo().filtered(lambda link: not link.revoked_at).write(
            {"revoked_at": self.env.cr.now(), "revoked_by_id": self.env.uid}
        )

    # ------------------------------------------------------------------
    # For the map and the page
    # ------------------------------------------------------------------

    @api.model
    def _share(self, key, index):
        """The signed-in person's open link of a bed, made at the first call.

        :raises HostelError: ``NOT_FOUND``, ``TOO_MANY_LINKS``
        """
        desk = self.env["hostel.booking.desk"]
        if not self.env["hostel.booking.map"]._may_look():
            raise desk._not_found()
        round_id, _key, floor_id, _map_id = desk._resolve_key(key)
        if self.env["hostel.booking.round"].sudo().browse(round_id).is_practice:
            # A pretended state is nothing to be shared.
            raise desk._not_found()
        bed = desk._get_bed(floor_id, index)
        own = [
            ("round_id", "=", round_id),
            ("user_id", "=", self.env.uid),
            ("revoked_at", "=", False),
        ]
        links = self.sudo().search(own)
        link = links.filtered(lambda link: link.bed_id == bed)
        if link:
            return link
        if len(links) >= MOST_LINKS:
            raise HostelError(
                "TOO_MANY_LINKS",
                self.env._("You have many open links. Withdraw one that is not needed any more."),
                409,
            )
        return self.sudo().create(
            {
                "round_id": round_id,
                "bed_id": bed.id,
                "user_id": self.env.uid,
                "student_id": self.env["hostel.student"]._get_current().id,
            }
        )

    @api.model
    def _get_own(self):
        """Open links of the signed-in person, with all rights."""
        return self.sudo().search([("user_id", "=", self.env.uid), ("is_open", "=", True)])

    @api.model
    def _revoke_own(self, link_id):
        """Withdraw one of the signed-in person's own links.

        :raises HostelError: ``NOT_FOUND``
        """
        link = self._get_own().filtered(lambda link: link.id == link_id)
        if not link:
            raise self.env["hostel.booking.desk"]._not_found()
        link._revoke()

    @api.model
    def _find_open(self, token):
        """The open link of an address, with all rights; empty for all others alike.

        Unknown, withdrawn and malformed addresses cost the same one look into one index.
        """
        try:
            token = str(uuid.UUID(token))
        except ValueError:
            token = NO_TOKEN
        self.flush_model(["revoked_at"])
        rows = self.env.execute_query(
            SQL(
                """SELECT l.id, l.revoked_at IS NULL AND r.state = 'open' AND b.active
                     FROM hostel_bed_link l
                     JOIN hostel_booking_round r ON r.id = l.round_id
                     JOIN hostel_bed b ON b.id = l.bed_id
                    WHERE l.token = %s""",
                token,
            )
        )
        return self.sudo().browse([link_id for link_id, is_open in rows if is_open])

    def _describe_bed(self):
        """What the public page says: the bed, its state and price; no person."""
        self.ensure_one()
        desk = self.env["hostel.booking.desk"].sudo()
        bed, booking_round = self.bed_id, self.round_id
        states = desk._guard(lambda locks: locks.read_floors(booking_round.key, bed.floor_id.ids))
        code = states.get(bed.floor_id.id, "")[bed.map_index : bed.map_index + 1]
        room = bed.room_id
        types = dict(bed.hostel_id._fields["gender_type"]._description_selection(self.env))
        return {
            "hostel": bed.hostel_id.name,
            "hostel_for": types[bed.hostel_id.gender_type],
            "floor": bed.floor_id.name,
            "room": room.name,
            "label": bed.label,
            "note": bed.position_note or "",
            "sharing": room.room_type_id.sharing,
            "amenities": room._get_amenities().mapped("name"),
            "price": desk._format_money(bed._get_price(booking_round.term_id)),
            "term": booking_round.term_id.name,
            "state": PUBLIC_STATES.get(code, "unknown"),
        }

    def _get_map_url(self):
        """The bed on the map, for those who may look; keys of maps are for nobody else."""
        self.ensure_one()
        floor_map = self.round_id.map_ids.filtered(lambda one: one.floor_id == self.bed_id.floor_id)
        place = f"{floor_map.key}:{self.bed_id.map_index}"
        return f"/hostel/map/{self.hostel_id.id}?round_id={self.round_id.id}&bed={place}"


# Strangers learn whether the bed can be had, not how far somebody else has come with it.
PUBLIC_STATES = {"0": "free", "1": "taken", "2": "taken", "3": "taken", "4": "closed"}

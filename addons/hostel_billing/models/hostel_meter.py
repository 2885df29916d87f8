import hashlib
import hmac
import secrets

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from odoo.addons.hostel_base.errors import HostelError

KEY_GROUPS = "hostel_base.group_hostel_finance,hostel_base.group_hostel_admin"
SILENT_HOURS = 26


class HostelMeter(models.Model):
    """An electricity meter of a room, or of one bed in it."""

    _name = "hostel.meter"
    _description = "Electricity Meter"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "hostel_id, floor_id, room_id, bed_id, id"
    _rec_name = "serial"
    _rec_names_search = ["serial", "room_id.name"]

    serial = fields.Char(string="Serial number", required=True, tracking=True)
    room_id = fields.Many2one(
        "hostel.room", required=True, ondelete="restrict", index=True, tracking=True
    )
    bed_id = fields.Many2one(
        "hostel.bed",
        ondelete="restrict",
        index="btree_not_null",
        domain="[('room_id', '=', room_id)]",
        tracking=True,
        help="Empty: the meter of the whole room, whose cost is split among those who live there.",
    )
    floor_id = fields.Many2one(related="room_id.floor_id", store=True, index=True)
    hostel_id = fields.Many2one(related="room_id.hostel_id", store=True, index=True)
    company_id = fields.Many2one(related="hostel_id.company_id", store=True)
    place = fields.Char(compute="_compute_place")
    active = fields.Boolean(default=True, tracking=True)
    reading_ids = fields.One2many("hostel.meter.reading", "meter_id", string="Readings")
    last_reading_id = fields.Many2one("hostel.meter.reading", compute="_compute_last_reading_id")
    last_value = fields.Float(
        string="Last reading", digits=(14, 3), compute="_compute_last_reading_id"
    )
    last_read_at = fields.Datetime(string="Read on", compute="_compute_last_reading_id")
    flagged_count = fields.Integer(string="Odd readings", compute="_compute_flagged_count")
    key_hash = fields.Char(readonly=True, copy=False, groups=KEY_GROUPS)
    has_key = fields.Boolean(string="Sends by itself", compute="_compute_has_key", store=True)
    seen_at = fields.Datetime(string="Device heard of", readonly=True, copy=False)
    is_silent = fields.Boolean(
        string="Silent", compute="_compute_is_silent", search="_search_is_silent"
    )

    _serial_uniq = models.UniqueIndex("(upper(serial))", "Another meter has this serial number.")

    @api.depends("room_id", "bed_id")
    def _compute_place(self):
        for meter in self:
            room = meter.room_id
            place = f"{room.hostel_id.name} · {room.name}" if room else ""
            meter.place = f"{place}{meter.bed_id.label}" if meter.bed_id else place

    @api.depends("serial", "place")
    def _compute_display_name(self):
        for meter in self:
            meter.display_name = f"{meter.serial} · {meter.place}"

    @api.depends("key_hash")
    def _compute_has_key(self):
        for meter in self:
            meter.has_key = bool(meter.sudo().key_hash)

    @api.depends("reading_ids.state", "reading_ids.taken_at")
    def _compute_last_reading_id(self):
        found = self._find_last_readings()
        for meter in self:
            reading = found.get(meter.id, self.env["hostel.meter.reading"])
            meter.last_reading_id = reading
            meter.last_value = reading.value
            meter.last_read_at = reading.taken_at

    def _find_last_readings(self):
        """The newest believed reading of each of these meters: ``{meter id: reading}``."""
        Reading = self.env["hostel.meter.reading"]
        if not self.ids:
            return {}
        Reading.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (meter_id) meter_id, id FROM hostel_meter_reading"
                " WHERE meter_id = ANY(%s) AND state IN ('ok', 'accepted')"
                " ORDER BY meter_id, taken_at DESC",
                self.ids,
            )
        )
        return {meter_id: Reading.browse(reading_id) for meter_id, reading_id in rows}

    @api.depends("reading_ids.state")
    def _compute_flagged_count(self):
        counts = dict(
            self.env["hostel.meter.reading"]._read_group(
                [("meter_id", "in", self.ids), ("state", "=", "flagged")], ["meter_id"], ["__count"]
            )
        )
        for meter in self:
            meter.flagged_count = counts.get(meter, 0)

    @api.depends("has_key", "seen_at")
    def _compute_is_silent(self):
        limit = fields.Datetime.subtract(fields.Datetime.now(), hours=SILENT_HOURS)
        for meter in self:
            meter.is_silent = meter.has_key and (not meter.seen_at or meter.seen_at < limit)

    def _search_is_silent(self, operator, value):
        if operator != "in":
            return NotImplemented
        limit = fields.Datetime.subtract(fields.Datetime.now(), hours=SILENT_HOURS)
        return [
            ("has_key", "=", True),
            "|",
            ("seen_at", "=", False),
            ("seen_at", "<", limit),
        ]

    @api.constrains("room_id", "bed_id")
    def _check_bed_in_room(self):
        for meter in self:
            if meter.bed_id and meter.bed_id.room_id != meter.room_id:
                raise ValidationError(
                    self.env._("Bed %(bed)s is in another room.", bed=meter.bed_id.display_name)
                )

    def action_open_readings(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_meter_reading_action"
        )
        return action | {
            "domain": [("meter_id", "=", self.id)],
            "context": {"default_meter_id": self.id},
        }

    # ------------------------------------------------------------------
    # The device
    # ------------------------------------------------------------------

    def action_new_key(self):
        """Make a key for the device and show it once; the one before stops working."""
        self.ensure_one()
        self.check_access("write")
        dialog = self.env["hostel.meter.key"].create(
            {"meter_id": self.id, "device_key": self._make_key()}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Key of the device"),
            "res_model": dialog._name,
            "res_id": dialog.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_drop_key(self):
        """The device may send nothing any more."""
        self.check_access("write")
        self.sudo().key_hash = False

    def _make_key(self):
        """A new key; only its hash is kept."""
        self.ensure_one()
        key = secrets.token_urlsafe(32)
        self.sudo().key_hash = self._hash_key(key)
        return key

    @staticmethod
    def _hash_key(key):
        # The key is 256 random bits: nothing that a slow hash would make harder to guess.
        return hashlib.sha256(key.encode()).hexdigest()

    @api.model
    def _find_device(self, serial, key):
        """The meter whose device shows this key, with all rights.

        :raises HostelError: ``UNKNOWN_DEVICE``, the same for a wrong serial and a wrong key
        """
        meter = self.sudo().search([("serial", "=", serial)])
        given = self._hash_key(key)
        if len(meter) != 1 or not hmac.compare_digest(meter.key_hash or "", given):
            raise HostelError(
                "UNKNOWN_DEVICE", self.env._("No meter with this serial number and key."), 401
            )
        return meter

    def _note_seen(self):
        """Note when the device was last heard of; not for each message, so that none waits."""
        self.ensure_one()
        limit = fields.Datetime.subtract(self.env.cr.now(), minutes=30)
        if not self.seen_at or self.seen_at < limit:
            self.env.cr.execute(
                "UPDATE hostel_meter SET seen_at = now() AT TIME ZONE 'UTC' WHERE id ="
                " (SELECT id FROM hostel_meter WHERE id = %s FOR UPDATE SKIP LOCKED)",
                (self.id,),
            )
            self.invalidate_recordset(["seen_at", "is_silent"])

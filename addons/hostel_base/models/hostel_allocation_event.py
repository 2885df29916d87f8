from odoo import fields, models

# What is told when a row reaches a state; all other changes are told as one kind.
STATE_EVENTS = {
    "awaiting_approval": "allocation.submitted",
    "allocated": "allocation.approved",
    "checked_in": "allocation.checked_in",
    "vacated": "allocation.vacated",
    "cancelled": "allocation.cancelled",
    "expired": "allocation.cancelled",
}


class HostelAllocation(models.Model):
    """Tells what happens to beds, see ``docs/subsystems/events.md``."""

    _inherit = "hostel.allocation"

    def _after_transition(self, old_state):
        super()._after_transition(old_state)
        events = []
        for row in self:
            if row.is_block:
                kind = "bed_closed" if row.state == "blocked" else "bed_opened"
                row.bed_id._emit_inventory(kind, row.date_from, row.date_to)
            else:
                events.append(row._prepare_transition_event(old_state))
        self.env["hostel.event"]._emit_many(events)

    def _prepare_transition_event(self, old_state):
        """What is told of a row that reached its state."""
        extra = {}
        name = STATE_EVENTS.get(self.state, "allocation.changed")
        if not old_state:
            name = "allocation.created"
            origin = self.origin_id
            # A move goes on in a new row; a replacement for a lost bed is a new booking.
            if origin.student_id == self.student_id and origin.state in (
                "transferred",
                "checked_in",
            ):
                name = "allocation.moved"
                extra = {
                    "from_bed_id": origin.bed_id.id,
                    "from_hostel_id": origin.hostel_id.id,
                }
        return self._prepare_event(name, old_state=old_state or None, **extra)

    def _after_dates_changed(self, old_from, old_to):
        super()._after_dates_changed(old_from, old_to)
        if self.is_block:
            first, last = min(old_from, self.date_from), max(old_to, self.date_to)
            self.bed_id._emit_inventory("bed_opened", first, last)
            return
        self._emit_event(
            "allocation.dates_changed",
            old_from=fields.Date.to_string(old_from),
            old_to=fields.Date.to_string(old_to),
        )

    def _emit_event(self, name, **extra):
        """Tell something about this row."""
        self.env["hostel.event"]._emit_many([self._prepare_event(name, **extra)])

    def _prepare_event(self, name, **extra):
        """An event about this row, as ``hostel.event`` takes it."""
        self.ensure_one()
        payload = {
            "allocation_id": self.id,
            "bed_id": self.bed_id.id,
            "room_id": self.room_id.id,
            "floor_id": self.floor_id.id,
            "hostel_id": self.hostel_id.id,
            "room_type_id": self.room_type_id.id,
            "student_id": self.student_id.id or None,
            "term_id": self.term_id.id or None,
            "date_from": fields.Date.to_string(self.date_from),
            "date_to": fields.Date.to_string(self.date_to),
            "state": self.state,
            "origin_id": self.origin_id.id or None,
            "fence": self.fence,
        }
        return name, f"{self._name},{self.id}", {**payload, **extra}, None, None

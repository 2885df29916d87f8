from odoo import api, models


class HostelList(models.AbstractModel):
    _inherit = "hostel.list"

    @api.model
    def _get_keys_table(self, hostels, day):
        """Every key of some hostels, and who has it now, whatever the day."""
        keys = self.env["hostel.key"].search(
            [("hostel_id", "in", hostels.ids)], order="hostel_id, room_id, name, copy_number"
        )
        kinds = dict(keys._fields["kind"]._description_selection(self.env))
        states = dict(keys._fields["state"]._description_selection(self.env))
        return {
            "columns": [
                self._column(self.env._("Hostel"), width=16),
                self._column(self.env._("Key"), width=12),
                self._column(self.env._("Copy"), "int", 6),
                self._column(self.env._("Kind"), width=10),
                self._column(self.env._("Room"), width=10),
                self._column(self.env._("State"), width=14),
                self._column(self.env._("Roll number"), width=14),
                self._column(self.env._("Held by"), width=24),
                self._column(self.env._("Since"), "date", 12),
                self._column(self.env._("Overdue"), width=10),
            ],
            "rows": [
                [
                    key.hostel_id.name,
                    key.name,
                    key.copy_number,
                    kinds[key.kind],
                    key.room_id.name or "",
                    states[key.state],
                    key.holder_id.roll_number or "",
                    key.holder_id.name or "",
                    key.since.date() if key.since else None,
                    self.env._("Overdue") if key.is_overdue else "",
                ]
                for key in keys
            ],
        }

from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError


class HostelBedVacate(models.TransientModel):
    """Where a clearance is wanted, nobody leaves without it by this dialog either."""

    _inherit = "hostel.bed.vacate"

    not_cleared = fields.Text(
        string="Not cleared",
        compute="_compute_not_cleared",
        help="Who still owes something, and to which stations.",
    )
    without_clearance = fields.Boolean(
        string="Let them leave without the clearance",
        groups="hostel_base.group_hostel_admin",
        help="What they owe stays open; the note says why they leave all the same.",
    )

    @api.depends("allocation_ids", "is_notice")
    def _compute_not_cleared(self):
        for wizard in self:
            wizard.not_cleared = "\n".join(
                f"{row.student_id.display_name}: {row._get_stations_text(names)}"
                for row, names in wizard._get_not_cleared(refresh=False)
            )

    def _get_not_cleared(self, refresh=True):
        """``(stay, names of the stations that wait)`` of those whom the clearance keeps here."""
        rows = self.sudo().allocation_ids._origin
        if self.is_notice or not rows._is_no_dues_required():
            return []
        waiting = [(row, row._get_not_cleared(refresh)) for row in rows]
        return [(row, names) for row, names in waiting if names is not None]

    def _prepare_vacate(self):
        return {**super()._prepare_vacate(), "uncleared": self._may_pass()}

    def _may_pass(self):
        """Whether the administrator decided that they leave all the same.

        :raises HostelError: ``REASON_MISSING``
        """
        if not self.sudo().without_clearance:
            return False
        if not (self.note or "").strip():
            raise HostelError(
                "REASON_MISSING",
                self.env._("Write into the note why they leave without the clearance."),
                422,
            )
        return True

    def action_vacate(self):
        waiting = self._get_not_cleared()
        result = super().action_vacate()
        rows = self.sudo().allocation_ids
        if self.is_notice:
            for row in rows:
                row._start_move_out()
        for row, names in waiting:
            row.message_post(
                body=self.env._(
                    "%(user)s let the student leave without the clearance. Not cleared:"
                    " %(stations)s. Reason: %(note)s",
                    user=self.env.user.name,
                    stations=row._get_stations_text(names),
                    note=self.note,
                )
            )
        rows._finish_clearances()
        return result

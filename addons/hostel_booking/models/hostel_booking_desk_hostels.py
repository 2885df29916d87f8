from odoo import api, models


class HostelBookingDesk(models.AbstractModel):
    """Where a program begins that knows no hostel yet."""

    _inherit = "hostel.booking.desk"

    @api.model
    def _get_hostels(self):
        """Hostels of the round, those that are open to the viewer first.

        :raises HostelError: ``NOT_FOUND`` for who may not look, ``NO_ROUND``
        """
        if not self.env["hostel.booking.map"]._may_look():
            raise self._not_found()
        booking_round = self._get_round()
        if not booking_round:
            raise self._no_round()
        student = self.env["hostel.student"]._get_current()
        return {
            "round": self._describe_round(booking_round),
            "hostels": self._get_campus(booking_round, student),
        }

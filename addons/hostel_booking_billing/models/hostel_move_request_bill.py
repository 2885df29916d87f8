from odoo import models


class HostelMoveRequest(models.Model):
    # One subject a file.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.move.request"

    def _execute(self, automatic=False):
        """Override: what goes back is credited of the term's bill, and that is posted before the
        move. A bed that was left before moving in has no bill of its own afterwards."""
        request = self.sudo()
        if request.price_difference < 0 and request._is_difference_billed():
            request._provide_period_bill()
        return super()._execute(automatic)

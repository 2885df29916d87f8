from odoo import models

from ..tools.failpoints import reach


class HostelCamuEvent(models.Model):
    _inherit = "hostel.camu.event"

    def _process(self):
        # The job has begun, nothing is written yet.
        reach("camu.before_process")
        state = super()._process()
        self.env.flush_all()
        # Payment and booking are written, nothing is committed yet.
        reach("camu.before_commit")
        return state

import redis

from odoo import api, models

from ..quick import get_passes


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        """Whatever changes who may sign in ends the quick holds too."""
        result = super().write(vals)
        if vals.keys() & ({"group_ids", "partner_id"} | self._get_session_token_fields()):
            self._drop_quick_passes()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_drop_quick_passes(self):
        self._drop_quick_passes()

    def _drop_quick_passes(self):
        dbname, user_ids = self.env.cr.dbname, self.ids

        def drop():
            try:
                get_passes(dbname).drop(user_ids)
            except redis.RedisError:
                # Then there are no quick holds either, until Redis is back; passes are short.
                return

        self.env.cr.postcommit.add(drop)

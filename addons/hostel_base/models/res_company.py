import pytz

from odoo import fields, models, tools

from ..const import DEFAULT_TIMEZONE


class ResCompany(models.Model):
    """The day that it is at the college, whoever asks: jobs and crons have no time zone."""

    _inherit = "res.company"

    @tools.ormcache("self.id")
    def _get_college_tz(self):
        """The name of the time zone in which the college lives.

        That of the company's contact; India's where it names none. Kept, because every page asks.
        """
        self.ensure_one()
        return self.sudo().partner_id.tz or DEFAULT_TIMEZONE

    def _get_college_day(self, moment=None):
        """The calendar day of a moment where the college is.

        :param datetime moment: naive UTC; now by default
        :return: ``date``
        """
        zone = pytz.timezone(self._get_college_tz())
        return pytz.utc.localize(moment or fields.Datetime.now()).astimezone(zone).date()

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import hmac as sign

from odoo.addons.hostel_base.errors import HostelError

from ..tools.check_in_pass import PassRefused, make_pass, read_pass

VALID_SECONDS = 120
SCOPE = "hostel_booking.check_in_pass"
KEEP_DAYS = 7


class HostelCheckInPassUse(models.Model):
    """Which passes were shown: each opens the desk's card once."""

    _name = "hostel.check.in.pass.use"
    _description = "Shown Check-in Pass"
    _order = "id desc"
    _rec_name = "allocation_id"

    nonce = fields.Char(required=True, readonly=True)
    allocation_id = fields.Many2one("hostel.allocation", readonly=True, ondelete="cascade")
    used_at = fields.Datetime(string="Shown on", required=True, readonly=True)
    used_by_id = fields.Many2one("res.users", string="Scanned by", readonly=True)

    _once = models.Constraint("UNIQUE (nonce)", "A pass is shown once.")

    @api.model
    def _get_secret(self):
        return sign(self.env(su=True), SCOPE, "secret").encode()

    @api.model
    def _now(self):
        """Seconds since 1970, by PostgreSQL's clock."""
        [[now]] = self.env.execute_query(SQL("SELECT extract(epoch FROM now())"))
        return float(now)

    @api.model
    def _make(self, stay):
        """A pass for a stay.

        :return: the text, and for how many seconds it holds
        """
        return make_pass(self._get_secret(), stay.id, int(self._now()) + VALID_SECONDS), (
            VALID_SECONDS
        )

    @api.model
    def _use(self, text):
        """Spend a pass.

        :return: id of its stay
        :raises HostelError: ``PASS_INVALID``, ``PASS_EXPIRED``, ``PASS_USED``
        """
        try:
            known = read_pass(self._get_secret(), text, self._now())
        except PassRefused as exc:
            if exc.code == "expired":
                raise HostelError(
                    "PASS_EXPIRED",
                    self.env._("This code is too old. The student's page shows a new one."),
                    410,
                ) from None
            raise HostelError("PASS_INVALID", self.env._("This is no pass of ours."), 422) from None
        try:
            with self.env.cr.savepoint():
                self.sudo().create(
                    {
                        "nonce": known.nonce,
                        "allocation_id": self.env["hostel.allocation"]
                        .sudo()
                        .browse(known.stay_id)
                        .exists()
                        .id,
                        "used_at": self.env.cr.now(),
                        "used_by_id": self.env.uid,
                    }
                ).flush_recordset()
        except IntegrityError:
            raise HostelError(
                "PASS_USED",
                self.env._("This code was shown before. The student's page shows a new one."),
            ) from None
        return known.stay_id

    @api.autovacuum
    def _gc_passes(self):
        self.sudo().search([("used_at", "<", f"now -{KEEP_DAYS}d")], limit=10_000).unlink()

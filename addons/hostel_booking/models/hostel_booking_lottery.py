import uuid

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError

from ..tools import lottery as rules

PUBLIC_PATH = "/hostel/lottery/"


class HostelBookingLottery(models.Model):
    """The public record of a window's lottery: each fact is written once and stays.

    It holds references only, no person; see ``tools/lottery.py`` for the rules.
    """

    _name = "hostel.booking.lottery"
    _description = "Lottery of Time Slots"
    _inherit = ["mail.thread"]
    _order = "id desc"

    window_id = fields.Many2one(
        "hostel.booking.window", required=True, readonly=True, ondelete="restrict"
    )
    name = fields.Char(related="window_id.name")
    token = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: str(uuid.uuid4())
    )
    list_text = fields.Text(string="List", required=True, readonly=True)
    list_hash = fields.Char(string="SHA-256 of the list", required=True, readonly=True)
    list_count = fields.Integer(string="References", required=True, readonly=True)
    source = fields.Char(string="Public number", required=True, readonly=True)
    source_at = fields.Datetime(string="It appears", required=True, readonly=True)
    frozen_at = fields.Datetime(required=True, readonly=True)
    number = fields.Char(readonly=True)
    number_at = fields.Datetime(string="Number entered", readonly=True)
    seed = fields.Char(readonly=True)
    order_text = fields.Text(string="Order", readonly=True)
    public_url = fields.Char(string="Public page", compute="_compute_public_url")

    _window_once = models.Constraint("UNIQUE (window_id)", "A window has one lottery.")
    _token_uniq = models.Constraint("UNIQUE (token)", "Tokens of lotteries are unique.")

    def _compute_public_url(self):
        for lottery in self:
            lottery.public_url = f"{lottery.get_base_url()}{lottery._get_url()}"

    def _get_url(self):
        self.ensure_one()
        return f"{PUBLIC_PATH}{self.token}"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A lottery is frozen by the button of its window."))
        return super().create(vals_list)

    def write(self, vals):
        # Not even the program changes what was published.
        ours = {
            name
            for name in vals
            if name in self._fields and self._fields[name].store and name in FACTS
        }
        if ours and any(lottery[name] for lottery in self for name in ours):
            raise AccessError(self.env._("What is published of a lottery never changes."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("What is published of a lottery never changes."))

    @api.model
    def _freeze(self, window, references, source, source_at, moment=None):
        """Publish the hash of the list, before the number exists.

        :param moment: when, naive UTC; now if not given
        :raises HostelError: ``LOTTERY_SOURCE_MISSING``, ``LOTTERY_SOURCE_PAST``
        """
        moment = moment or self.env.cr.now()
        if not source or not source_at:
            raise HostelError(
                "LOTTERY_SOURCE_MISSING",
                self.env._("Name the public number, and when it appears, before you freeze."),
                422,
            )
        if source_at <= moment:
            raise HostelError(
                "LOTTERY_SOURCE_PAST",
                self.env._("The number must appear after the list is frozen, not before."),
                422,
            )
        text = rules.list_text(references)
        return self.sudo().create(
            {
                "window_id": window.id,
                "list_text": text,
                "list_hash": rules.sha256(text),
                "list_count": len(references),
                "source": source,
                "source_at": source_at,
                "frozen_at": moment,
            }
        )

    def _draw(self, number, moment=None):
        """Enter the number that has appeared; the order follows from it.

        :param moment: when, naive UTC; now if not given
        :return: the references in order
        :raises HostelError: ``LOTTERY_DRAWN``, ``LOTTERY_TOO_EARLY``, ``LOTTERY_BAD_NUMBER``
        """
        self.ensure_one()
        lottery, moment = self.sudo(), moment or self.env.cr.now()
        if lottery.number:
            raise HostelError("LOTTERY_DRAWN", self.env._("The number was entered already."))
        if moment < lottery.source_at:
            raise HostelError(
                "LOTTERY_TOO_EARLY",
                self.env._("The public number has not appeared yet."),
                422,
            )
        try:
            number = rules.clean_number(number or "")
        except ValueError:
            raise HostelError(
                "LOTTERY_BAD_NUMBER",
                self.env._("Enter the number as it was published: digits, and a point."),
                422,
            ) from None
        seed = rules.make_seed(lottery.list_hash, number)
        order = rules.draw(rules.read_list(lottery.list_text), seed)
        lottery.write(
            {
                "number": number,
                "number_at": moment,
                "seed": seed,
                "order_text": "".join(f"{reference}\n" for reference in order),
            }
        )
        return order

    def _describe(self):
        """Everything that the public page shows and recomputes."""
        self.ensure_one()
        lottery = self.sudo()
        return {
            "list": lottery.list_text,
            "hash": lottery.list_hash,
            "number": lottery.number or "",
            "seed": lottery.seed or "",
            "order": lottery.order_text or "",
        }


FACTS = {
    "window_id",
    "token",
    "list_text",
    "list_hash",
    "list_count",
    "source",
    "source_at",
    "frozen_at",
    "number",
    "number_at",
    "seed",
    "order_text",
}

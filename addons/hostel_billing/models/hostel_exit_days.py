from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError


class HostelExit(models.Model):
    """Days that were billed and are not lived any more: finance credits them, or does not."""

    # One subject a file.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.exit"

    unlived_amount = fields.Monetary(
        string="Billed and not lived",
        compute="_compute_unlived",
        help="For days after the student has left; nothing of it is credited yet.",
    )
    unlived_why = fields.Text(string="Which days", compute="_compute_unlived")
    unlived_note_ids = fields.Many2many(
        "account.move",
        "hostel_exit_unlived_note_rel",
        string="Credited days",
        readonly=True,
        copy=False,
    )

    @api.depends("state", "allocation_id.unlived_amount", "line_ids")
    def _compute_unlived(self):
        for one in self:
            stay = one.sudo().allocation_id
            is_open = one.state == "draft"
            one.unlived_amount = stay.unlived_amount if is_open else 0.0
            one.unlived_why = stay.unlived_why if is_open else False

    def _is_to_settle(self):
        return super()._is_to_settle() or bool(self.allocation_id._get_unlived())

    def action_credit_unlived(self):
        """Credit the days after the student has left.

        :raises HostelError: ``INVALID_TRANSITION``, ``STAY_NOT_OVER``, ``NOTHING_TO_CREDIT``,
            ``BUSY``
        """
        self._check_finance()
        for one in self:
            one.sudo()._credit_unlived()

    def _credit_unlived(self):
        self.ensure_one()
        if self.state != "draft":
            raise HostelError(
                "INVALID_TRANSITION",
                self.env._("%(what)s is settled already.", what=self.display_name),
            )
        self.unlived_note_ids |= self.allocation_id._credit_unlived()
        self._refresh()

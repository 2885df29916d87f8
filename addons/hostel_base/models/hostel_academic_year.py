from odoo import fields, models

from ..errors import HostelError


class HostelAcademicYear(models.Model):
    _name = "hostel.academic.year"
    _description = "Academic Year"
    _inherit = ["mail.thread"]
    _order = "date_from desc, id"

    name = fields.Char(required=True, tracking=True)
    date_from = fields.Date(string="Starts on", required=True, tracking=True)
    date_to = fields.Date(string="Ends before", required=True, tracking=True)
    state = fields.Selection(
        [("open", "Open"), ("closed", "Closed")],
        required=True,
        readonly=True,
        default="open",
        tracking=True,
        help="In a closed year no bed is given and no term is changed.",
    )
    term_ids = fields.One2many("hostel.term", "year_id", string="Terms")
    active = fields.Boolean(default=True)

    _name_uniq = models.Constraint("UNIQUE (name)", "An academic year of this name exists.")
    _dates_ordered = models.Constraint(
        "CHECK (date_to > date_from)", "An academic year must end after it starts."
    )

    def write(self, vals):
        if vals.keys() & {"name", "date_from", "date_to"}:
            self._check_open()
        return super().write(vals)

    def _check_open(self):
        """Refuse to change what belongs to a closed year.

        :raises HostelError: ``YEAR_CLOSED``
        """
        for year in self:
            if year.state == "closed":
                raise HostelError(
                    "YEAR_CLOSED",
                    self.env._("The academic year %(year)s is closed.", year=year.name),
                    422,
                )

    def action_close(self):
        """Close the years: their terms stay as they are."""
        self.check_access("write")
        self.state = "closed"

    def action_reopen(self):
        """Open closed years again, for a correction."""
        self.check_access("write")
        self.state = "open"

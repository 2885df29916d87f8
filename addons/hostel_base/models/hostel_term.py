from odoo import api, fields, models
from odoo.exceptions import ValidationError


class HostelTerm(models.Model):
    _name = "hostel.term"
    _description = "Term"
    _order = "date_from desc, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True, help="Short code that the college's ERP uses for this term, such as 2027S."
    )
    year_id = fields.Many2one(
        "hostel.academic.year", string="Academic year", required=True, index=True
    )
    date_from = fields.Date(string="Starts on", required=True)
    date_to = fields.Date(
        string="Ends before", required=True, help="Leaving day: the beds are free again on it."
    )
    month_count = fields.Integer(string="Months", compute="_compute_month_count")
    allocation_ids = fields.One2many("hostel.allocation", "term_id", string="Allocations")
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE (code)", "Another term has this code.")
    _dates_ordered = models.Constraint(
        "CHECK (date_to > date_from)", "A term must end after it starts."
    )

    @api.depends("date_from", "date_to")
    def _compute_month_count(self):
        for term in self:
            days = (term.date_to - term.date_from).days if term.date_from and term.date_to else 0
            term.month_count = max(1, round(days / 30.4)) if days else 0

    @api.model_create_multi
    def create(self, vals_list):
        terms = super().create(vals_list)
        terms.year_id._check_open()
        return terms

    def write(self, vals):
        if vals.keys() & {"code", "year_id", "date_from", "date_to"}:
            self.year_id._check_open()
        result = super().write(vals)
        if "year_id" in vals:
            self.year_id._check_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed_year(self):
        self.year_id._check_open()

    @api.constrains("date_from", "date_to", "year_id")
    def _check_inside_year(self):
        for term in self:
            year = term.year_id
            if term.date_from < year.date_from or term.date_to > year.date_to:
                raise ValidationError(
                    self.env._(
                        "%(term)s must lie inside the academic year %(year)s.",
                        term=term.name,
                        year=year.name,
                    )
                )

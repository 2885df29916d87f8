from odoo import fields, models


class HostelAcademicYear(models.Model):
    _name = "hostel.academic.year"
    _description = "Academic Year"
    _order = "date_from desc, id"

    name = fields.Char(required=True)
    date_from = fields.Date(string="Starts on", required=True)
    date_to = fields.Date(string="Ends before", required=True)
    term_ids = fields.One2many("hostel.term", "year_id", string="Terms")
    active = fields.Boolean(default=True)

    _name_uniq = models.Constraint("UNIQUE (name)", "An academic year of this name exists.")
    _dates_ordered = models.Constraint(
        "CHECK (date_to > date_from)", "An academic year must end after it starts."
    )

from odoo import fields, models


class HostelImportLine(models.Model):
    """What became of a row: every problem of a refused one, and samples of the others."""

    _name = "hostel.import.line"
    _description = "Row of an Import"
    _order = "import_id, row_number, id"
    _rec_name = "row_number"

    import_id = fields.Many2one("hostel.import", required=True, ondelete="cascade", index=True)
    row_number = fields.Integer(
        string="Row", required=True, aggregator=None, help="As the spreadsheet counts, header too."
    )
    outcome = fields.Selection(
        [("refused", "Refused"), ("changed", "Changed"), ("new", "New")], required=True
    )
    label = fields.Char(string="Who or what")
    column = fields.Char()
    value = fields.Char(string="In the cell")
    code = fields.Char()
    message = fields.Char(string="What to do")
    raw = fields.Json(help="Cells of a refused row, so that it can be mended and sent again.")

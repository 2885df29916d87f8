from odoo import api, fields, models

from ..tools.import_targets import ROOM_TARGETS, STUDENT_TARGETS


class HostelImportColumn(models.Model):
    """A column of the file and what it means."""

    _name = "hostel.import.column"
    _description = "Column of an Import"
    _order = "import_id, index"

    import_id = fields.Many2one("hostel.import", required=True, ondelete="cascade", index=True)
    index = fields.Integer(required=True, readonly=True)
    name = fields.Char(string="Column in the file", required=True, readonly=True)
    samples = fields.Char(string="In the file", readonly=True)
    student_target = fields.Selection(
        [(target.key, target.label) for target in STUDENT_TARGETS], string="Means"
    )
    room_target = fields.Selection(
        [(target.key, target.label) for target in ROOM_TARGETS], string="Means this"
    )
    target = fields.Char(compute="_compute_target")
    is_private = fields.Boolean(
        string="Masked", readonly=True, help="Aadhaar numbers: only the last four digits are kept."
    )

    @api.depends("student_target", "room_target", "import_id.kind")
    def _compute_target(self):
        for column in self:
            is_room = column.import_id.kind == "rooms"
            column.target = (column.room_target if is_room else column.student_target) or ""

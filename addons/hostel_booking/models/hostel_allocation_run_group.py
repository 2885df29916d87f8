from odoo import fields, models

from odoo.addons.hostel_base.const import CATEGORIES, GENDERS

KINDS = [
    ("gender", "Gender"),
    ("category", "Category"),
    ("year", "Year of study"),
    ("programme", "Programme"),
    ("pwd", "Disability"),
]


class HostelAllocationRunGroup(models.Model):
    """How an allocation serves one group of students; too small groups have no figures."""

    _name = "hostel.allocation.run.group"
    _description = "Fairness of an Allocation"
    _order = "run_id desc, kind, name, id"

    run_id = fields.Many2one(
        "hostel.allocation.run", required=True, readonly=True, ondelete="cascade", index=True
    )
    kind = fields.Selection(KINDS, string="By", required=True, readonly=True)
    name = fields.Char(string="Group", required=True, readonly=True)
    is_hidden = fields.Boolean(
        string="Too small to show",
        readonly=True,
        help="Figures of fewer than five students would be those of persons.",
    )
    student_count = fields.Integer(string="Students", readonly=True)
    placed_rate = fields.Float(string="Placed", readonly=True, aggregator="avg")
    first_rate = fields.Float(string="First wish", readonly=True, aggregator="avg")
    top_rate = fields.Float(string="One of three wishes", readonly=True, aggregator="avg")

    _group_once = models.Constraint(
        "UNIQUE (run_id, kind, name)", "A group is measured once in an allocation."
    )

    def _write(self, run, measures):
        """Store the figures of a run.

        :param measures: ``Measures`` of the engine
        """
        names = self._get_names()
        self.create(
            [
                {
                    "run_id": run.id,
                    "kind": group.kind,
                    "name": names.get((group.kind, group.group)) or group.group or "–",
                    "is_hidden": group.students is None,
                    "student_count": group.students or 0,
                    "placed_rate": group.placed or 0.0,
                    "first_rate": group.first_wish or 0.0,
                    "top_rate": group.top_wishes or 0.0,
                }
                for group in measures.groups
            ]
        )

    def _get_names(self):
        names = {("gender", key): label for key, label in GENDERS}
        names |= {("category", key): label for key, label in CATEGORIES}
        names |= {
            ("programme", str(programme.id)): programme.name
            for programme in self.env["hostel.programme"].search([])
        }
        return names | {
            ("pwd", "yes"): self.env._("With a disability"),
            ("pwd", "no"): self.env._("Without"),
            ("category", ""): self.env._("Not stated"),
            ("programme", ""): self.env._("No programme"),
        }

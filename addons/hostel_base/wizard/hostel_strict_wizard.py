from odoo import api, models
from odoo.fields import Command

from ..errors import HostelError


class HostelStrictWizard(models.AbstractModel):
    """A dialog that refuses records which its user may not touch.

    Odoo leaves them out of a many2many when it reads it back, so that a batch would quietly
    be smaller than what was chosen.
    """

    _name = "hostel.strict.wizard"
    _description = "Dialog with Checked Records"
    # Fields with the right that the user needs on what they hold.
    _strict_fields = {}

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        proposed = self._get_proposed()
        for vals in vals_list:
            self._check_given(proposed | vals)
        dialogs = super().create(vals_list)
        for dialog in dialogs:
            # The fields' own defaults propose records too.
            dialog._check_held()
        return dialogs

    def write(self, vals):
        self.check_access("write")
        self._check_given(vals)
        return super().write(vals)

    def _check_held(self):
        self._check_given({name: self[name].ids for name in self._strict_fields})

    def onchange(self, values, field_names, fields_spec):
        self._check_given(values)
        self._check_given(self._get_proposed())
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _get_proposed(self):
        """What the context proposes for the checked fields."""
        return {name: self.env.context.get(f"default_{name}") for name in self._strict_fields}

    def _check_given(self, vals):
        """Refuse unknown and foreign ids with the same words.

        :raises HostelError: ``NOT_FOUND``
        """
        for name, operation in self._strict_fields.items():
            ids = self._get_given_ids(vals.get(name))
            records = self.env[self._fields[name].comodel_name].browse(ids)
            if ids and len(records.exists()._filtered_access(operation)) < len(ids):
                raise HostelError(
                    "NOT_FOUND",
                    self.env._("What was chosen does not exist, or is not in your hostels."),
                    404,
                )

    @staticmethod
    def _get_given_ids(value):
        """Ids that a value of a many2one or commands of a many2many would link."""
        if not value:
            return []
        if isinstance(value, int):
            return [value]
        ids = set()
        for command in value:
            if isinstance(command, int):
                ids.add(command)
            elif command[0] == Command.SET:
                ids.update(command[2])
            elif command[0] == Command.LINK:
                ids.add(command[1])
        return list(ids)

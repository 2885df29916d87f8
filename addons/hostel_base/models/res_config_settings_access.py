from odoo import api, models
from odoo.exceptions import AccessError

# What a hostel administrator who does not run the whole system may set.
HOSTEL_PREFIX = "hostel_"
NUMBERS = ("integer", "float")
FALSE_WORDS = ("False", "0")


class ResConfigSettings(models.TransientModel):
    """A hostel administrator sees and saves the hostel's settings, and nothing else here."""

    _inherit = "res.config.settings"

    @api.model
    def _is_only_hostel_admin(self):
        user = self.env.user
        return not user.has_group("base.group_system") and user.has_group(
            "hostel_base.group_hostel_admin"
        )

    def _check_access(self, operation):
        # Not an access line: that would open the forms of every other addon's settings.
        if (
            operation in ("read", "write", "create")
            and self._is_only_hostel_admin()
            and self.sudo().create_uid <= self.env.user
        ):
            return None
        return super()._check_access(operation)

    @api.model
    def _check_hostel_fields(self, vals_list):
        if self.env.su or not self._is_only_hostel_admin():
            return
        foreign = {name for vals in vals_list for name in vals} - set(self._get_hostel_fields())
        if foreign:
            raise AccessError(
                self.env._(
                    "You may change the hostel's settings only, not %(names)s.",
                    names=", ".join(sorted(foreign)),
                )
            )

    @api.model
    def _get_hostel_fields(self):
        """Settings of the hostel addons that are kept as a system parameter."""
        return [
            name
            for name, field in self._fields.items()
            if name.startswith(HOSTEL_PREFIX) and getattr(field, "config_parameter", None)
        ]

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form" and self._is_only_hostel_admin():
            for app in arch.xpath("//app"):
                if not (app.get("name") or "").startswith(HOSTEL_PREFIX):
                    app.getparent().remove(app)
        return arch, view

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, self._is_only_hostel_admin())

    @api.model
    def default_get(self, fields):
        if self.env.su or not self._is_only_hostel_admin():
            return super().default_get(fields)
        # The others read, and tell, what this person may not know.
        mine = {*self._get_hostel_fields(), "company_id"}
        asked = [name for name in fields if name in mine]
        # Other addons read here what this person may not; only the hostel's values come out.
        values = super(ResConfigSettings, self.sudo()).default_get(asked) if asked else {}
        return {name: value for name, value in values.items() if name in mine}

    @api.model_create_multi
    def create(self, vals_list):
        self._check_hostel_fields(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_hostel_fields([vals])
        return super().write(vals)

    @api.model
    def get_values(self):
        """Odoo takes the word False for a ticked box."""
        values = super().get_values()
        parameters = self.env["ir.config_parameter"].sudo()
        for name in self._get_hostel_fields():
            field = self._fields[name]
            if field.type == "boolean":
                default = bool(field.default and field.default(self))
                stored = parameters.get_param(field.config_parameter)
                values[name] = stored not in FALSE_WORDS if stored else default
        return values

    def set_values(self):
        if not self.env.su and self._is_only_hostel_admin():
            self.check_access("write")
            return self._set_hostel_values()
        result = super().set_values()
        self._set_hostel_values(self._forgets_false)
        return result

    @api.model
    def _forgets_false(self, field):
        """Whether a setting comes back as its default when Odoo forgets a 0 or an empty box."""
        return field.type in NUMBERS or (field.type == "boolean" and field.default)

    def _set_hostel_values(self, wanted=None):
        """Save the hostel's settings as they are, a 0 and an empty box too, and no other setting.

        :param wanted: which fields, all of the hostel's if not given
        """
        parameters = self.env["ir.config_parameter"].sudo()
        for name in self._get_hostel_fields():
            field, value = self._fields[name], self[name]
            if wanted and not wanted(field):
                continue
            if field.type in NUMBERS or self._forgets_false(field):
                value = repr(value)
            elif field.type == "char":
                value = (value or "").strip()
            elif field.type == "many2one":
                value = value.id
            parameters.set_param(field.config_parameter, value)

    def execute(self):
        if self.env.su or not self._is_only_hostel_admin():
            return super().execute()
        self.ensure_one()
        self.check_access("write")
        self._set_hostel_values()
        return {"type": "ir.actions.client", "tag": "reload"}

from psycopg2.extras import execute_values

from odoo import api, models
from odoo.tools import SQL

from ..fields.encrypted import MASK, is_encrypted

# The audit log says who changed what and when; who made a row is its own column.
TECHNICAL = {"id", "create_uid", "create_date", "write_uid", "write_date", "display_name"}


class AuditlogRule(models.Model):
    """Changes of personal data are audited wherever a model asks for it.

    A model that sets ``_hostel_audit = True`` (or inherits ``hostel.personal.mixin``) gets a rule
    when its addon is installed or updated. Reads are not the audit log's: it would copy every
    value that anybody looks at; ``hostel.access.log`` notes them without values.
    """

    _inherit = "auditlog.rule"

    def _register_hook(self):
        result = super()._register_hook()
        if not self and self.pool.updated_modules:
            self.sudo()._subscribe_hostel_models()
        return result

    @api.model
    def _get_hostel_models(self):
        """Names of the models that ask to be audited."""
        return [
            name
            for name, model in self.env.registry.items()
            if getattr(model, "_hostel_audit", False) and not model._abstract and model._auto
        ]

    @api.model
    def _subscribe_hostel_models(self):
        names = self._get_hostel_models()
        known = set(self.search([("model_id.model", "in", names)]).mapped("model_id.model"))
        self.create(
            [
                {
                    "name": f"Hostel: {self.env[name]._description}",
                    "model_id": self.env["ir.model"]._get_id(name),
                    "log_read": False,
                    "log_export_data": False,
                    "log_type": "fast",
                    "state": "confirmed",
                }
                for name in names
                if name not in known
            ]
        )

    def create_logs(
        self,
        uid,
        res_model,
        res_ids,
        method,
        old_values=None,
        new_values=None,
        additional_log_values=None,
    ):
        """Write the logs of personal data in two statements, without what must not be in them."""
        if not getattr(self.env[res_model], "_hostel_audit", False):
            return super().create_logs(
                uid, res_model, res_ids, method, old_values, new_values, additional_log_values
            )
        changes = self._prepare_hostel_changes(
            res_model, res_ids, method, old_values or {}, new_values or {}
        )
        if changes:
            self._insert_hostel_logs(uid, res_model, method, changes)

    def _prepare_hostel_changes(self, res_model, res_ids, method, old_values, new_values):
        """Lines of each record that has any.

        :return: ``{record id: {field name: value to log}}``
        """
        if method == "unlink":
            return {res_id: {} for res_id in res_ids}
        model = self.env[res_model]
        changes = {}
        for res_id in res_ids:
            old, new = old_values.get(res_id, {}), new_values.get(res_id, {})
            lines = {
                name: self._to_hostel_log(model, name, value)
                for name, value in new.items()
                if self._is_hostel_logged(model, name) and (name not in old or old[name] != value)
            }
            if lines or method == "create":
                changes[res_id] = lines
        return changes

    @staticmethod
    def _is_hostel_logged(model, name):
        """Encrypted values and pictures never leave their column."""
        field = model._fields.get(name)
        return (
            field is not None
            and name not in TECHNICAL
            and not is_encrypted(field)
            and field.type != "binary"
        )

    @staticmethod
    def _to_hostel_log(model, name, value):
        """Value as text; of a private field only that there is one."""
        if model._fields[name].groups:
            return MASK if value else False
        return value

    def _get_hostel_students(self, res_model, res_ids):
        """Ids of the students whom records are about, or None for each that is about nobody."""
        name = getattr(self.env[res_model], "_hostel_student_field", None)
        if res_model == "hostel.student":
            return res_ids
        records = self.env[res_model].sudo().browse(res_ids)
        return [record[name].id or None if name else None for record in records]

    def _insert_hostel_logs(self, uid, res_model, method, changes):
        cr = self.env.cr
        ir_model = self.env["ir.model"]._get(res_model)
        rows = self.env.execute_query(
            SQL(
                "INSERT INTO auditlog_log (name, model_id, model_name, model_model, res_id,"
                " user_id, method, http_session_id, http_request_id, log_type, create_uid,"
                " create_date,"
                " write_uid, write_date, hostel_student_ref)"
                " SELECT %s || ',' || id, %s, %s, %s, id, %s, %s, %s, %s, 'fast', %s, %s, %s, %s,"
                " student FROM unnest(%s, %s::int[]) AS changed (id, student)"
                " RETURNING id, res_id",
                res_model,
                ir_model.id,
                ir_model.name,
                res_model,
                uid,
                method,
                self.env["auditlog.http.session"].current_http_session() or None,
                self.env["auditlog.http.request"].current_http_request() or None,
                uid,
                cr.now(),
                uid,
                cr.now(),
                list(changes),
                self._get_hostel_students(res_model, list(changes)),
            )
        )
        lines = [
            (log_id, field["id"], name, field["field_description"], text, text, uid, cr.now())
            for log_id, res_id in rows
            for name, value in changes[res_id].items()
            if (field := self._get_field(ir_model.id, name))
            for text in [str(value)]
        ]
        if lines:
            execute_values(
                cr._obj,
                "INSERT INTO auditlog_log_line (log_id, field_id, field_name, field_description,"
                " new_value, new_value_text, create_uid, create_date) VALUES %s",
                lines,
                page_size=1000,
            )

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError
from odoo.tools import SQL

WAYS = [
    ("form", "Opened"),
    ("list", "In a list"),
    ("rpc", "Read by a program"),
    ("export", "Exported"),
    ("report", "Printed"),
    ("attachment", "Downloaded a file"),
    ("portal", "Portal page"),
]
SCOPES = [("contact", "Contact data"), ("private", "Private fields")]
PENDING = "hostel_access_log"
# Rows of one INSERT; an export of the whole college is a few of them.
CHUNK = 5000


class HostelAccessLog(models.Model):
    """Who looked at which student, when and in which way; never what they saw.

    Rows are collected while a request runs and inserted together when it commits. PostgreSQL
    refuses to change or delete them, whoever asks; only the retention job may delete old ones.
    """

    _name = "hostel.access.log"
    _description = "Access to Personal Data"
    _order = "id desc"
    _log_access = False

    date = fields.Datetime(required=True, readonly=True, index=True)
    # No foreign keys: the note outlives the person it is about, and the one who looked.
    user_ref = fields.Integer(string="User", required=True, readonly=True)
    student_ref = fields.Integer(string="Student", required=True, readonly=True)
    model = fields.Char(string="What", required=True, readonly=True)
    way = fields.Selection(WAYS, string="How", required=True, readonly=True)
    scope = fields.Selection(SCOPES, required=True, readonly=True)

    _student_idx = models.Index("(student_ref, id DESC)")

    def init(self):
        """Let PostgreSQL refuse what nobody may do."""
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION hostel_access_log_guard() RETURNS trigger AS $$
            BEGIN
                IF TG_OP = 'DELETE' AND current_setting('hostel.retention', true) = 'on' THEN
                    RETURN OLD;
                END IF;
                RAISE EXCEPTION 'hostel_access_log is append-only';
            END
            $$ LANGUAGE plpgsql;
            CREATE OR REPLACE TRIGGER hostel_access_log_append_only
                BEFORE UPDATE OR DELETE ON hostel_access_log
                FOR EACH ROW EXECUTE FUNCTION hostel_access_log_guard();
            CREATE OR REPLACE TRIGGER hostel_access_log_no_truncate
                BEFORE TRUNCATE ON hostel_access_log
                FOR EACH STATEMENT EXECUTE FUNCTION hostel_access_log_guard();
            """
        )

    # ------------------------------------------------------------------
    # In
    # ------------------------------------------------------------------

    @api.model
    def _note(self, student_ids, model, way, scope="contact"):
        """Note that the current user looks at students; written when the request commits.

        :param student_ids: ids of ``hostel.student``
        """
        self._note_keys(("student", model, way, scope), student_ids)

    @api.model
    def _note_partners(self, partner_ids, way):
        """The same for contacts, of which PostgreSQL picks those that are students."""
        self._note_keys(("partner", "res.partner", way, "contact"), partner_ids)

    def _note_keys(self, key, ids):
        if not ids or not self._is_noted():
            return
        cr = self.env.cr
        pending = cr.precommit.data.setdefault(PENDING, {})
        if not pending:
            cr.precommit.add(self._flush_pending)
        pending.setdefault((self.env.uid, *key), {}).update(dict.fromkeys(ids))

    def _is_noted(self):
        """Staff are noted, and guardians; students reading themselves and visitors are not."""
        user = self.env.user
        if user._is_internal():
            return not user._is_superuser()
        return user.has_group("hostel_base.group_hostel_guardian")

    def _flush_pending(self):
        """Insert what was noted in this transaction."""
        pending = self.env.cr.precommit.data.pop(PENDING, {})
        queries = [
            query for key, ids in pending.items() for query in self._prepare_inserts(key, list(ids))
        ]
        if not queries:
            return
        if not self.env.cr.readonly or not self._has_replica():
            # On a read-only cursor without a replica, Odoo calls again with another one.
            self._insert(self.env.cr, queries)
            return
        with self.env.registry.cursor() as cr:
            self._insert(cr, queries)

    def _has_replica(self):
        return bool(tools.config["db_replica_host"])

    @staticmethod
    def _insert(cr, queries):
        for query in queries:
            cr.execute(query)

    def _prepare_inserts(self, key, ids):
        uid, kind, model, way, scope = key
        column = SQL.identifier("id" if kind == "student" else "partner_id")
        for start in range(0, len(ids), CHUNK):
            yield SQL(
                "INSERT INTO hostel_access_log (date, user_ref, student_ref, model, way, scope)"
                " SELECT now() AT TIME ZONE 'UTC', %s, s.id, %s, %s, %s FROM hostel_student s"
                " WHERE s.%s = ANY(%s)"
                # One who is a student too does not watch over the own file.
                " AND s.partner_id NOT IN (SELECT partner_id FROM res_users WHERE id = %s)",
                uid,
                model,
                way,
                scope,
                column,
                ids[start : start + CHUNK],
                uid,
            )

    # ------------------------------------------------------------------
    # Nothing else
    # ------------------------------------------------------------------

    # pylint: disable=method-required-super
    @api.model_create_multi
    def create(self, vals_list):
        raise AccessError(self.env._("The access log is written by the system alone."))

    def write(self, vals):
        raise AccessError(self.env._("Nobody changes the access log."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("Nobody deletes from the access log."))

    # pylint: enable=method-required-super

    @api.model
    def _delete_before(self, moment, limit):
        """Delete the oldest rows, for the retention job.

        :return: number of rows that went
        """
        self.env.cr.execute("SET LOCAL hostel.retention = 'on'")
        self.env.cr.execute(
            "DELETE FROM hostel_access_log WHERE id IN ("
            "SELECT id FROM hostel_access_log WHERE date < %s AND student_ref NOT IN"
            " (SELECT id FROM hostel_student WHERE retention_hold) ORDER BY id LIMIT %s)",
            (moment, limit),
        )
        count = self.env.cr.rowcount
        self.env.cr.execute("SET LOCAL hostel.retention = 'off'")
        return count

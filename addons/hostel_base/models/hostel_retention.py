from dataclasses import dataclass

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

BATCH = 1000
STUDENT_BATCH = 100


@dataclass(frozen=True)
class Policy:
    """One kind of data that does not stay for ever.

    ``code`` names the methods ``_<code>_count(moment)`` and ``_<code>_apply(moment, limit)`` of
    ``hostel.retention``; ``parameter`` is the setting with the months, 0 keeps everything.
    """

    code: str
    label: str
    parameter: str
    default_months: int


class HostelRetention(models.AbstractModel):
    """Deletes what the college no longer needs.

    An addon adds its own kind of data by extending :meth:`_get_policies` and the two methods of
    each policy. A student on hold is left alone by all of them.
    """

    _name = "hostel.retention"
    _description = "Retention of Personal Data"

    @api.model
    def _get_policies(self):
        """Policies in the order in which they run."""
        env = self.env
        return [
            Policy("documents", env._("Identity documents"), "hostel_base.keep_documents", 3),
            Policy("students", env._("Private fields"), "hostel_base.keep_private", 12),
            Policy("access_log", env._("Access log"), "hostel_base.keep_access_log", 24),
            Policy("audit_log", env._("Audit log"), "hostel_base.keep_audit_log", 36),
        ]

    @api.model
    def _get_moment(self, policy):
        """Before when a policy's data goes, or None where it stays."""
        months = self.env["ir.config_parameter"].sudo().get_param(policy.parameter)
        months = policy.default_months if months is False else int(months)
        return fields.Datetime.now() - relativedelta(months=months) if months > 0 else None

    @api.model
    def _count(self, policy):
        """How much would go today: number of rows, 0 where everything stays."""
        moment = self._get_moment(policy)
        return getattr(self.sudo(), f"_{policy.code}_count")(moment) if moment else 0

    @api.model
    def _apply(self, policy, limit):
        """Let one batch go, and write down how much it was.

        :return: number of rows that went
        """
        moment = self._get_moment(policy)
        count = getattr(self.sudo(), f"_{policy.code}_apply")(moment, limit) if moment else 0
        if count:
            self.env["hostel.retention.run"].sudo()._add(policy, moment, count)
        return count

    @api.model
    def _cron_apply(self):
        """Cron: apply all policies in batches; it goes on where it stopped."""
        Cron = self.env["ir.cron"]
        self._start_clocks()
        policies = self._get_policies()
        Cron._commit_progress(remaining=sum(self._count(policy) for policy in policies))
        for policy in policies:
            limit = STUDENT_BATCH if policy.code == "students" else BATCH
            while count := self._apply(policy, limit):
                if not Cron._commit_progress(count):
                    return

    @api.model
    def _start_clocks(self):
        """Count from today for those who left before anybody wrote down when."""
        self.env["hostel.student"].sudo().with_context(active_test=False).search(
            [("status", "!=", "active"), ("left_on", "=", False)]
        ).write({"left_on": self.env.company._get_college_day()})

    # ------------------------------------------------------------------
    # Identity documents, after the student left
    # ------------------------------------------------------------------

    def _documents_find(self, moment, limit=None):
        return self.env["hostel.identity.document"].search(
            [
                ("student_id.left_on", "<=", moment.date()),
                ("student_id.retention_hold", "=", False),
            ],
            limit=limit,
        )

    def _documents_count(self, moment):
        return len(self._documents_find(moment))

    def _documents_apply(self, moment, limit):
        documents = self._documents_find(moment, limit)
        count = len(documents)
        documents.unlink()
        return count

    # ------------------------------------------------------------------
    # Private fields, after the student left
    # ------------------------------------------------------------------

    def _students_find(self, moment, limit=None):
        return (
            self.env["hostel.student"]
            .with_context(active_test=False)
            .search(
                [
                    ("left_on", "<=", moment.date()),
                    ("retention_hold", "=", False),
                    ("anonymised_on", "=", False),
                ],
                limit=limit,
            )
        )

    def _students_count(self, moment):
        return len(self._students_find(moment))

    def _students_apply(self, moment, limit):
        students = self._students_find(moment, limit)
        students._anonymise()
        return len(students)

    # ------------------------------------------------------------------
    # The logs
    # ------------------------------------------------------------------

    def _access_log_count(self, moment):
        [[count]] = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM hostel_access_log WHERE date < %s AND student_ref NOT IN"
                " (SELECT id FROM hostel_student WHERE retention_hold)",
                moment,
            )
        )
        return count

    def _access_log_apply(self, moment, limit):
        return self.env["hostel.access.log"]._delete_before(moment, limit)

    def _audit_log_where(self, moment):
        return SQL(
            "create_date < %s AND NOT (model_model = 'hostel.student' AND res_id IN"
            " (SELECT id FROM hostel_student WHERE retention_hold))",
            moment,
        )

    def _audit_log_count(self, moment):
        [[count]] = self.env.execute_query(
            SQL("SELECT count(*) FROM auditlog_log WHERE %s", self._audit_log_where(moment))
        )
        return count

    def _audit_log_apply(self, moment, limit):
        # The lines go with their log.
        self.env.cr.execute(
            SQL(
                "DELETE FROM auditlog_log WHERE id IN"
                " (SELECT id FROM auditlog_log WHERE %s ORDER BY id LIMIT %s)",
                self._audit_log_where(moment),
                limit,
            )
        )
        return self.env.cr.rowcount

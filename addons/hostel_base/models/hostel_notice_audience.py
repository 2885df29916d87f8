from odoo import api, fields, models
from odoo.tools import SQL

from ..const import OCCUPIED_STATES

# The lists of a notice that say whom it addresses: field → its table and column.
SCOPE_TABLES = {
    "hostel_ids": ("hostel_notice_hostel_rel", "hostel_id"),
    "floor_ids": ("hostel_notice_floor_rel", "floor_id"),
    "room_ids": ("hostel_notice_room_rel", "room_id"),
    "programme_ids": ("hostel_notice_programme_rel", "programme_id"),
}


class HostelNoticeAudience(models.AbstractModel):
    """Whom a notice addresses, as one query over the stays of a day.

    Both directions use it: the people of a notice, and the notices of a person. So nobody reads
    what was not sent to them, and whoever moves out is out of the next query.
    """

    _name = "hostel.notice.audience"
    _description = "Audience of a Notice"

    @api.model
    def _get_today(self):
        """The day by PostgreSQL's clock, in the time zone of who asks.

        Jobs run as a user without one; the college's own keeps them on the campus's day.
        """
        zone = self.env.context.get("tz") or self.env.user.tz
        there = self.with_context(tz=zone or self.env.company._get_college_tz())
        return fields.Datetime.context_timestamp(there, self.env.cr.now()).date()

    def _get_scope_of_records(self):
        """Scope rows from the values of ``self``, which may not be saved yet."""
        rows = [
            SQL(
                "(%s, %s, %s::boolean, %s::boolean, %s::boolean, %s::integer,"
                " %s::integer[], %s::integer[], %s::integer[], %s::integer[])",
                notice._origin.id or 0,
                notice.audience,
                notice.to_students,
                notice.to_guardians,
                notice.to_staff,
                notice.company_id.id or None,
                *(notice[name]._origin.ids for name in SCOPE_TABLES),
            )
            for notice in self
        ]
        return SQL(
            "SELECT * FROM (VALUES %s) AS v (id, audience, to_students, to_guardians, to_staff,"
            " company_id, hostel_ids, floor_ids, room_ids, programme_ids)",
            SQL(", ").join(rows),
        )

    @api.model
    def _get_scope_of_current(self):
        """Scope rows of all notices that are valid now, by PostgreSQL's clock."""
        lists = [
            SQL(
                "ARRAY(SELECT %s FROM %s WHERE notice_id = n.id) AS %s",
                SQL.identifier(column),
                SQL.identifier(table),
                SQL.identifier(name),
            )
            for name, (table, column) in SCOPE_TABLES.items()
        ]
        return SQL(
            "SELECT n.id, n.audience, n.to_students, n.to_guardians, n.to_staff, n.company_id, %s"
            " FROM hostel_notice n WHERE n.active AND %s",
            SQL(", ").join(lists),
            self._get_validity_sql(SQL("n")),
        )

    @api.model
    def _get_validity_sql(self, alias):
        """Condition: shown from its first moment to before its last, whatever a job has done."""
        return SQL(
            "%(n)s.state IN ('scheduled', 'published')"
            " AND %(n)s.date_from <= (now() AT TIME ZONE 'UTC')"
            " AND (%(n)s.date_to IS NULL OR %(n)s.date_to > (now() AT TIME ZONE 'UTC'))",
            n=alias,
        )

    @api.model
    def _get_audience_sql(self, scope):
        """The people of the notices of a scope; a person with two reasons comes twice.

        :param SQL scope: from :meth:`_get_scope_of_records` or :meth:`_get_scope_of_current`
        :return: SQL of rows ``notice_id, partner_id, kind, student_id, hostel_id, floor_id,
            room_id``; ``kind`` is ``student``, ``guardian`` or ``staff``
        """
        self._flush_audience()
        return SQL(
            """
            WITH scope AS (%(scope)s),
            stay AS (
                SELECT n.id AS notice_id, n.to_students, n.to_guardians,
                       s.id AS student_id, s.partner_id, a.hostel_id, a.floor_id, a.room_id
                  FROM scope n
                  JOIN hostel_allocation a
                    ON a.state IN %(states)s AND a.date_from <= %(day)s AND a.date_to > %(day)s
                   AND (n.company_id IS NULL OR a.company_id IS NULL
                        OR a.company_id = n.company_id)
                  JOIN hostel_student s ON s.id = a.student_id
                  JOIN res_partner p ON p.id = s.partner_id AND p.active
                 WHERE CASE n.audience
                           WHEN 'everyone' THEN TRUE
                           WHEN 'hostel' THEN a.hostel_id = ANY (n.hostel_ids)
                           WHEN 'floor' THEN a.floor_id = ANY (n.floor_ids)
                           WHEN 'room' THEN a.room_id = ANY (n.room_ids)
                           WHEN 'programme' THEN s.programme_id = ANY (n.programme_ids)
                               AND (cardinality(n.hostel_ids) = 0
                                    OR a.hostel_id = ANY (n.hostel_ids))
                           ELSE FALSE
                       END
            )
            SELECT notice_id, partner_id, 'student' AS kind, student_id,
                   hostel_id, floor_id, room_id
              FROM stay WHERE to_students
             UNION ALL
            SELECT stay.notice_id, g.partner_id, 'guardian', stay.student_id,
                   stay.hostel_id, stay.floor_id, stay.room_id
              FROM stay
              JOIN hostel_guardian g ON g.student_id = stay.student_id
              JOIN res_partner p ON p.id = g.partner_id AND p.active
             WHERE stay.to_guardians
             UNION ALL
            SELECT n.id, u.partner_id, 'staff', NULL, post.hostel_id, NULL, NULL
              FROM scope n
              JOIN hostel_staff post
                ON post.date_from <= %(day)s
               AND (post.date_to IS NULL OR post.date_to > %(day)s)
              JOIN res_users u ON u.id = post.user_id AND u.active
              JOIN hostel_hostel h ON h.id = post.hostel_id
             WHERE n.to_staff
               AND (n.company_id IS NULL OR h.company_id IS NULL OR h.company_id = n.company_id)
               AND CASE n.audience
                       WHEN 'everyone' THEN TRUE
                       WHEN 'floor' THEN post.hostel_id IN (
                           SELECT hostel_id FROM hostel_floor WHERE id = ANY (n.floor_ids))
                       WHEN 'room' THEN post.hostel_id IN (
                           SELECT f.hostel_id FROM hostel_room r
                             JOIN hostel_floor f ON f.id = r.floor_id
                            WHERE r.id = ANY (n.room_ids))
                       ELSE post.hostel_id = ANY (n.hostel_ids)
                   END
            """,
            scope=scope,
            states=OCCUPIED_STATES,
            day=self._get_today(),
        )

    @api.model
    def _flush_audience(self):
        """Let the query see what this transaction has only in memory."""
        for name in (
            "hostel.notice",
            "hostel.allocation",
            "hostel.student",
            "hostel.guardian",
            "hostel.staff",
            "hostel.room",
            "res.partner",
            "res.users",
        ):
            self.env[name].flush_model()

    def _count_audience(self):
        """How many different people ``self`` addresses today, by kind.

        :return: dict with the integers ``student``, ``guardian``, ``staff``
        """
        counts = {"student": 0, "guardian": 0, "staff": 0}
        rows = self.env.execute_query(
            SQL(
                "SELECT kind, count(DISTINCT partner_id) FROM (%s) AS people GROUP BY kind",
                self._get_audience_sql(self._get_scope_of_records()),
            )
        )
        return counts | dict(rows)

    @api.model
    def _get_ids_for_partner_sql(self, partner):
        """Ids of the notices that are valid now and address a person."""
        return SQL(
            "SELECT notice_id FROM (%s) AS people WHERE partner_id = %s",
            self._get_audience_sql(self._get_scope_of_current()),
            partner.id,
        )

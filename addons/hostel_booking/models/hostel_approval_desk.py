from collections import defaultdict

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL
from odoo.tools.sql import escape_psql

from odoo.addons.hostel_base.errors import HostelError

from ..const import BOOKING_SOURCES

PAGE = 60
MAX_IDS = 5000
GROUPINGS = ("room", "hostel", "cohort", "day")


class HostelApprovalDesk(models.AbstractModel):
    """What waits for a warden's yes, with the proof beside it.

    Everything is read with the user's own rights first: the rules say whose rows these are.
    """

    _name = "hostel.approval.desk"
    _description = "Approval Desk"

    # ------------------------------------------------------------------
    # Looking
    # ------------------------------------------------------------------

    @api.model
    def get_data(self, options=None):
        """Everything that the desk shows at once.

        :param dict options: ``filter`` (key), ``hostel_id``, ``search``, ``group`` (``room``,
            ``hostel``, ``cohort`` or ``day``), ``with_cards``: False for who looks again, whom
            numbers tell what is new
        :return: dict of ``filters`` with counts, ``hostels``, ``groups`` of row ids in order,
            ``cards`` of the first page, ``batches`` at work
        """
        self._check_desk()
        options = options or {}
        # A college has a few.
        # pylint: disable-next=no-search-all
        hostels = self.env["hostel.hostel"].search([])
        rows = self._get_rows(hostels, options)
        filters = self._get_filters(rows)
        chosen = options.get("filter") or "awaiting"
        ids = next((item["ids"] for item in filters if item["key"] == chosen), filters[0]["ids"])
        shown = rows.browse(ids)
        groups = self._get_groups(shown, options.get("group") or "room")
        first = [row_id for group in groups for row_id in group["ids"]][:PAGE]
        return {
            "filters": [
                {key: item[key] for key in ("key", "label", "section")}
                | {"count": len(item["ids"])}
                for item in filters
            ],
            "filter": chosen,
            "hostels": [{"id": hostel.id, "name": hostel.name} for hostel in hostels],
            "groups": groups,
            "cards": self._get_cards(rows.browse(first)) if options.get("with_cards", True) else [],
            "batches": [
                batch._describe() for batch in self.env["hostel.approval.batch"]._get_of_user()
            ],
            "has_cohorts": bool(self._get_cohort_names(rows)),
        }

    @api.model
    def get_cards(self, ids):
        """Cards of further rows, in the order of their ids.

        :raises HostelError: ``TOO_MANY`` for more than a page
        """
        self._check_desk()
        if len(ids) > PAGE:
            raise HostelError("TOO_MANY", self.env._("Ask for fewer rows at once."), 422)
        rows = self.env["hostel.allocation"].browse(ids).exists()._filtered_access("read")
        return self._get_cards(rows)

    @api.model
    def _check_desk(self):
        """Refuse whoever decides about no bed at all."""
        if not self.env["hostel.allocation"].has_access("write"):
            raise AccessError(self.env._("Only wardens decide about beds."))

    @api.model
    def _get_rows(self, hostels, options):
        domain = [("state", "in", ("awaiting_approval", "unplaced")), ("is_block", "=", False)]
        hostel_id = options.get("hostel_id")
        domain.append(("hostel_id", "in", [hostel_id] if hostel_id else hostels.ids))
        text = (options.get("search") or "").strip()
        if text:
            domain += [
                "|", "|", "|",
                ("student_id.name", "ilike", text),
                ("student_id.roll_number", "ilike", text),
                ("room_id.name", "=ilike", escape_psql(text)),
                ("payment_ref", "ilike", text),
            ]  # fmt: skip
        return self.env["hostel.allocation"].search(domain, order="paid_at, id", limit=MAX_IDS)

    # ------------------------------------------------------------------
    # Filters and their counts
    # ------------------------------------------------------------------

    @api.model
    def _get_filters(self, rows):
        """Filters of the left side with the ids behind them.

        :return: list of ``{key, label, section, ids}``
        """
        rows.fetch(
            ["state", "approval_due", "paid_at", "price", "student_id", "term_id", "booking_source"]
        )
        awaiting = rows.filtered(lambda row: row.state == "awaiting_approval")
        waiting = awaiting.filtered(lambda row: not row.approval_due)
        unproven = waiting & rows.browse([row.id for row in waiting._get_unproven()])
        twice = waiting & rows.browse(self._get_duplicates(waiting))
        filters = [
            ("awaiting", self.env._("To decide"), "state", waiting),
            ("approved", self.env._("Approved, can be withdrawn"), "state", awaiting - waiting),
            ("unplaced", self.env._("Paid, without a bed"), "state", rows - awaiting),
            ("ready", self.env._("Proof is complete"), "proof", waiting - unproven - twice),
            ("unproven", self.env._("Proof is missing"), "proof", unproven),
            ("twice", self.env._("Perhaps twice"), "proof", twice),
        ]
        for source, _label in BOOKING_SOURCES:
            labels = dict(rows._fields["booking_source"]._description_selection(self.env))
            of_source = waiting.filtered(lambda row, source=source: row.booking_source == source)
            filters.append((f"from_{source}", labels[source], "source", of_source))
        return [
            {"key": key, "label": label, "section": section, "ids": found.ids}
            for key, label, section, found in filters
        ]

    @api.model
    def _get_duplicates(self, rows):
        """Ids of rows whose student seems to have another booking under another number.

        The same mail or phone, or the same name and day of birth, with a bed of the same days;
        or money of the same student that still looks for a bed. Asked over all hostels, for the
        other booking may be anywhere.
        """
        if not rows:
            return []
        self.env["hostel.allocation"].flush_model()
        self.env["hostel.student"].flush_model()
        self.env["res.partner"].flush_model(["email", "phone", "name"])
        found = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT a.id
                  FROM hostel_allocation a
                  JOIN hostel_student s ON s.id = a.student_id
                  JOIN res_partner p ON p.id = s.partner_id
                  JOIN hostel_allocation b ON b.id <> a.id
                   AND b.date_from < a.date_to AND b.date_to > a.date_from
                   AND b.student_id IS NOT NULL
                   AND b.state IN ('offered', 'paying', 'awaiting_approval', 'allocated',
                                   'checked_in', 'unplaced')
                  JOIN hostel_student t ON t.id = b.student_id
                  JOIN res_partner q ON q.id = t.partner_id
                 WHERE a.id IN %s
                   AND (s.id = t.id
                        OR lower(nullif(p.email, '')) = lower(q.email)
                        OR nullif(p.phone, '') = q.phone
                        OR (lower(p.name) = lower(q.name) AND s.birthdate = t.birthdate))
                """,
                tuple(rows.ids),
            )
        )
        return [row_id for [row_id] in found]

    # ------------------------------------------------------------------
    # Groups
    # ------------------------------------------------------------------

    @api.model
    def _get_cohort_names(self, rows):
        """What stands over the rows of a cohort: ``{row id: (key, name)}``."""
        names = {}
        for cohort, members in rows.sudo().grouped("cohort_id").items():
            if cohort and not cohort.is_solo:
                name = self.env._(
                    "%(cohort)s: %(here)s of %(size)s",
                    cohort=cohort.name,
                    here=len(members),
                    size=cohort.member_count,
                )
                names |= dict.fromkeys(members.ids, (f"c{cohort.id}", name))
        return names

    @api.model
    def _get_groups(self, rows, grouping):
        """Row ids under headings, in the order in which a warden walks through the house."""
        if grouping not in GROUPINGS:
            raise HostelError("BAD_REQUEST", self.env._("There is no such grouping."), 422)
        rows.fetch(["hostel_id", "floor_id", "room_id", "bed_id", "paid_at", "create_date"])
        cohorts = self._get_cohort_names(rows) if grouping == "cohort" else {}
        ordered = rows.sorted(
            lambda row: (
                row.hostel_id.name,
                row.floor_id.number,
                row.room_id.name,
                row.bed_id.label,
                row.id,
            )
        )
        ids, names = defaultdict(list), {}
        for row in ordered:
            key, name = self._get_heading(row, grouping, cohorts)
            ids[key].append(row.id)
            names[key] = name
        keys = sorted(ids) if grouping == "day" else list(ids)
        return [{"key": key, "name": names[key], "ids": ids[key]} for key in keys]

    @api.model
    def _get_heading(self, row, grouping, cohorts):
        if grouping == "hostel":
            return f"h{row.hostel_id.id}", row.hostel_id.name
        if grouping == "day":
            day = row.company_id._get_college_day(row.paid_at or row.create_date)
            return str(day), str(day)
        if grouping == "cohort":
            return cohorts.get(row.id, ("alone", self.env._("On their own")))
        return f"r{row.room_id.id}", f"{row.hostel_id.name} · {row.room_id.name}"

    # ------------------------------------------------------------------
    # Cards
    # ------------------------------------------------------------------

    @api.model
    def _get_cards(self, rows):
        rows.check_access("read")
        rows.sudo().student_id._note_access("list")
        evidence = rows._get_evidence()
        rooms = rows._get_room_pictures()
        wishes = self._get_wishes(rows)
        cohorts = self._get_cohort_names(rows)
        twice = set(self._get_duplicates(rows))
        return [
            {
                **self._describe(row.sudo()),
                "evidence": evidence[row.id],
                "room_picture": rooms[row.id],
                "wish": wishes.get(row.id, {}),
                "cohort": cohorts.get(row.id, (None, ""))[1],
                "twice": row.id in twice,
            }
            for row in rows
        ]

    @api.model
    def _get_wishes(self, rows):
        """Which wish of the student the bed was, and why no better: ``{row id: {rank, text}}``."""
        cohorts = rows.sudo().cohort_id
        if not cohorts:
            return {}
        lines = (
            self.env["hostel.allocation.run.line"]
            .sudo()
            .search([("cohort_id", "in", cohorts.ids), ("state", "=", "done")], order="id")
        )
        latest = {line.cohort_id.id: line for line in lines}
        return {
            row.id: {
                "rank": latest[row.cohort_id.id].wish,
                "text": latest[row.cohort_id.id].explanation or "",
            }
            for row in rows.sudo()
            if row.cohort_id.id in latest
        }

    @api.model
    def _describe(self, row):
        desk = self.env["hostel.booking.desk"]
        sources = dict(row._fields["booking_source"]._description_selection(self.env))
        left = 0
        if row.approval_due:
            left = max(0, (row.approval_due - self.env.cr.now()).total_seconds())
        since = row.paid_at or row.create_date
        return {
            "id": row.id,
            "name": row.name,
            "student": row.student_id.name,
            "student_id": row.student_id.id,
            "roll": row.student_id.roll_number,
            "programme": row.student_id.programme_id.name or "",
            "year": row.student_id.year_of_study,
            "hostel": row.hostel_id.name,
            "room": row.room_id.name,
            "bed": row.bed_id.label,
            "floor": row.floor_id.name,
            "room_type": row.room_type_id.name or "",
            "term": row.term_id.name or "",
            "price": desk._format_money(row._get_asked_price()),
            "state": row.state,
            "approval_due_in_ms": int(left * 1000),
            "is_approved": bool(row.approval_due),
            "source": sources.get(row.booking_source, ""),
            "waits_minutes": int((self.env.cr.now() - since).total_seconds() // 60),
            "reason": row.reason or "",
        }

    # ------------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------------

    @api.model
    def approve(self, ids, accept_missing=False):
        """Approve rows that wait; those without proof only if the warden insists.

        :return: ``{count, batch, due_in_ms}``
        :raises HostelError: ``EVIDENCE_MISSING`` with what is missing of whom,
            ``NOTHING_TO_APPROVE``
        """
        rows = self._get_chosen(ids)._get_approvable()
        missing = rows._get_missing_evidence() if rows else {}
        if missing and not accept_missing:
            raise self._error_evidence_missing(missing)
        for row in rows.sudo().filtered(lambda one: one in missing or one.accepted_without):
            row.accepted_without = ", ".join(missing.get(row, ())) or False
        rows.action_approve()
        delay = rows._get_minutes("hostel_base.approval_delay", 60)
        return {"count": len(rows), "ids": rows.ids, "due_in_ms": delay * 1000}

    @api.model
    def _error_evidence_missing(self, missing):
        some = list(missing.items())[:10]
        lines = [
            f"{row.sudo().student_id.roll_number} {row.sudo().student_id.name}: {', '.join(labels)}"
            for row, labels in some
        ]
        if len(missing) > len(some):
            lines.append(self.env._("and %(count)s more", count=len(missing) - len(some)))
        return HostelError(
            "EVIDENCE_MISSING",
            self.env._(
                "Proof is missing for %(count)s of them. Approve all the same, or leave them out.",
                count=len(missing),
            ),
            details={"ids": [row.id for row in missing], "lines": lines},
        )

    @api.model
    def check_evidence(self, ids):
        """Who of the chosen rows has no proof: ``{ids, lines}``, empty if all have it."""
        missing = self._get_chosen(ids)._get_approvable()._get_missing_evidence()
        return self._error_evidence_missing(missing).details if missing else {}

    @api.model
    def withdraw(self, ids):
        """Take approvals back that have not taken effect."""
        rows = self._get_chosen(ids)
        rows.action_withdraw_approval()
        return {"count": len(rows)}

    @api.model
    def _get_chosen(self, ids):
        """The rows of some ids, if the user may decide about all of them."""
        self._check_desk()
        rows = self.env["hostel.allocation"].browse(ids).exists()
        rows.check_access("write")
        return rows

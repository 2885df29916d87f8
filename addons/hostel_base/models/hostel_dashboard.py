from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..const import LIVE_STATES, OCCUPIED_STATES, UNPAID_STATES

TREND_WEEKS_BACK = 12
TREND_WEEKS_AHEAD = 4
WEEK = 7
# More than any college has; a slip in an import shall not fill the screen.
MOST_HOSTELS = 100
# The cron looks at unpaid rows every minute; one that is this late hangs.
STUCK_MINUTES = 15
POST_ENDS_DAYS = 30


class HostelDashboard(models.AbstractModel):
    """What a person of the hostel office sees first: numbers, moves, and what waits.

    Everything comes from one call with a number of queries that does not depend on how
    many hostels, beds or students there are. Other addons add to it by extending
    :meth:`_get_dashboard_data` or :meth:`_get_todo`, and by a component in the JavaScript
    registry ``hostel_dashboard_cards``.
    """

    _name = "hostel.dashboard"
    _description = "Hostel Dashboard"

    @api.model
    @api.readonly
    def get_data(self, hostel_id=False):
        """Entry point of the dashboard: all its numbers for one hostel or for all own ones.

        :param int hostel_id: the hostel to look at; one that the user may not see counts as none
        :return: what :meth:`_get_dashboard_data` describes
        """
        if not self.env.user._is_internal():
            raise AccessError(self.env._("The dashboard is for the people of the hostel office."))
        mine = self.env["hostel.hostel"].search([], limit=MOST_HOSTELS)
        chosen = mine.filtered(lambda hostel: hostel.id == hostel_id)
        data = self._get_dashboard_data(chosen or mine)
        data["choices"] = [{"id": hostel.id, "name": hostel.name} for hostel in mine]
        data["hostel_id"] = chosen.id
        return data

    @api.model
    def _get_dashboard_data(self, hostels):
        """Numbers of some hostels, as far as the user may read them.

        Extension point: call ``super()`` and add a key for the own card.

        :param hostels: recordset of ``hostel.hostel`` that the user may read
        :return: ``{hostels: [{…}], totals: {…}, moves: {arrivals, departures} | False,
            todo: [{…}], trend: {…} | False, setup: {…} | False}``, ready for JSON
        """
        sees_stays = self.env["hostel.allocation"].has_access("read")
        rows = self._get_hostel_rows(hostels)
        return {
            "hostels": rows,
            "totals": self._get_totals(rows),
            "moves": self._get_moves(hostels) if sees_stays and hostels else False,
            "todo": self._get_todo(hostels) if hostels else [],
            "trend": self._get_trend(hostels) if sees_stays and hostels else False,
            "setup": self._get_setup(),
        }

    # ------------------------------------------------------------------
    # Occupancy
    # ------------------------------------------------------------------

    @api.model
    def _get_hostel_rows(self, hostels):
        bands = dict(hostels._fields["occupancy_band"]._description_selection(self.env))
        takes = dict(hostels._fields["gender_type"]._description_selection(self.env))
        return [
            {
                "id": hostel.id,
                "name": hostel.name,
                "code": hostel.code,
                "takes": takes[hostel.gender_type],
                "capacity": hostel.capacity,
                "occupied": hostel.occupied_count,
                "booked": hostel.booked_count,
                "closed": hostel.blocked_count,
                "free": hostel.free_count,
                "share": round(hostel.occupancy, 4),
                "band": hostel.occupancy_band,
                "band_name": bands[hostel.occupancy_band],
            }
            for hostel in hostels
        ]

    @api.model
    def _get_totals(self, rows):
        keys = ("capacity", "occupied", "booked", "closed", "free")
        totals = {key: sum(row[key] for row in rows) for key in keys}
        usable = totals["capacity"] - totals["closed"]
        used = totals["occupied"] + totals["booked"]
        totals["share"] = round(used / usable, 4) if usable > 0 else 0.0
        return totals

    # ------------------------------------------------------------------
    # Arrivals and departures
    # ------------------------------------------------------------------

    @api.model
    def _get_moves(self, hostels):
        """Who comes and who leaves, today and in the seven days after it."""
        return {
            "arrivals": self._get_moves_by(
                hostels, "date_from", ("awaiting_approval", "allocated"), ("checked_in",)
            ),
            "departures": self._get_moves_by(
                hostels, "date_to", ("allocated", "checked_in"), ("vacated",)
            ),
        }

    @api.model
    def _get_moves_by(self, hostels, field, open_states, done_states):
        """Rows that begin or end on a day, counted as open and done.

        :param str field: ``date_from`` or ``date_to``
        :return: ``{today: {open, done}, week: {open, done}, days: [{date, open, done}],
            domain, week_domain}``
        """
        today = self.env.company._get_college_day()
        last = today + timedelta(days=WEEK)
        states = [*open_states, *done_states]
        base = [("hostel_id", "in", hostels.ids), ("state", "in", states)]
        days = {
            today + timedelta(days=n): {"open": 0, "done": 0, "waiting": 0} for n in range(WEEK + 1)
        }
        for day, state, count in self.env["hostel.allocation"]._read_group(
            [*base, (field, ">=", today), (field, "<=", last)],
            [f"{field}:day", "state"],
            ["__count"],
        ):
            numbers = days[fields.Date.to_date(day)]
            numbers["done" if state in done_states else "open"] += count
            if state == "awaiting_approval":
                numbers["waiting"] += count
        later = [numbers for day, numbers in days.items() if day > today]
        return {
            "today": days[today],
            "week": {key: sum(numbers[key] for numbers in later) for key in days[today]},
            "days": [
                {"date": fields.Date.to_string(day), **numbers} for day, numbers in days.items()
            ],
            "domain": self._to_json([*base, (field, "=", today)]),
            "week_domain": self._to_json([*base, (field, ">", today), (field, "<=", last)]),
        }

    # ------------------------------------------------------------------
    # What needs a person
    # ------------------------------------------------------------------

    @api.model
    def _get_todo(self, hostels):
        """What waits for a person, most urgent first; what is zero is left out.

        :return: ``[{key, label, hint, icon, level, count, action, domain}]`` where ``action`` is
            the external id of the window and ``domain`` narrows it
        """
        items = []
        for item in self._get_todo_items(hostels):
            model = self.env[item.pop("model")]
            if not model.has_access("read"):
                continue
            if "count" not in item:
                item["count"] = model.search_count(item["domain"])
            if item["count"]:
                item["domain"] = self._to_json(item["domain"])
                items.append(item)
        return items

    @api.model
    def _get_todo_items(self, hostels):
        """Everything that may need a person, as ``(domain of) model`` with its words.

        Extension point: append items of the same shape; one that brings its ``count`` is not
        counted again.
        """
        sees_private = self.env.user.has_group("hostel_base.group_hostel_supervisor")
        return [
            *self._get_stay_items(hostels),
            *self._get_student_items(hostels, sees_private),
            *self._get_house_items(hostels),
        ]

    @api.model
    def _item(self, key, level, icon, model, action, domain, label, hint=""):
        return {
            "key": key,
            "level": level,
            "icon": icon,
            "model": model,
            "action": f"hostel_base.{action}",
            "domain": domain,
            "label": label,
            "hint": hint,
        }

    @api.model
    def _get_stay_items(self, hostels):
        here = [("hostel_id", "in", hostels.ids)]
        today = self.env.company._get_college_day()
        stuck = self.env.cr.now() - timedelta(minutes=STUCK_MINUTES)

        def item(key, level, icon, domain, label, hint, action="hostel_allocation_action"):
            return self._item(
                key, level, icon, "hostel.allocation", action, [*here, *domain], label, hint
            )

        return [
            item(
                "to_approve",
                "action",
                "fa-check-square-o",
                [("state", "=", "awaiting_approval"), ("approval_due", "=", False)],
                self.env._("Approvals waiting"),
                self.env._("Paid or cleared students who wait for your yes."),
                "hostel_allocation_action_to_approve",
            ),
            item(
                "unplaced",
                "urgent",
                "fa-exclamation-triangle",
                [("state", "=", "unplaced")],
                self.env._("Paid, without a bed"),
                self.env._("Their money came, their bed was gone. Give them another one."),
                "hostel_allocation_action_to_approve",
            ),
            item(
                "refund_due",
                "urgent",
                "fa-undo",
                [("state", "=", "refund_due")],
                self.env._("Refunds due"),
                self.env._("Nobody could give these students a bed for their money."),
            ),
            item(
                "stuck",
                "urgent",
                "fa-hourglass-end",
                [("state", "in", UNPAID_STATES), ("hold_until", "<", stuck)],
                self.env._("Holds that hang"),
                self.env._("The time to pay is over, and the bed is not free again."),
            ),
            item(
                "not_arrived",
                "action",
                "fa-sign-in",
                [("state", "=", "allocated"), ("date_from", "<", today), ("date_to", ">", today)],
                self.env._("Not moved in yet"),
                self.env._("Their stay began, and nobody has checked them in."),
            ),
            item(
                "not_left",
                "urgent",
                "fa-sign-out",
                [("state", "=", "checked_in"), ("date_to", "<=", today)],
                self.env._("Still here after the leaving day"),
                self.env._("Check them out, or extend the stay."),
            ),
        ]

    @api.model
    def _get_student_items(self, hostels, sees_private):
        today = self.env.company._get_college_day()
        stay = [
            ("hostel_id", "in", hostels.ids),
            ("state", "in", OCCUPIED_STATES),
            ("date_to", ">", today),
        ]
        residents = [("allocation_ids", "any", stay)]
        # Whoever reads a stay reads its student. Asked once here, the rules of students and
        # contacts need not go through ten thousand people for every item.
        ids = self._get_resident_ids(stay)
        people = self.env["hostel.student"].sudo()

        def item(key, icon, domain, label, hint):
            return {
                **self._item(
                    key,
                    "routine",
                    icon,
                    "hostel.student",
                    "hostel_student_action",
                    [*residents, *domain],
                    label,
                    hint,
                ),
                "count": people.search_count([("id", "in", ids), *domain]),
            }

        items = [
            item(
                "without_guardian",
                "fa-phone",
                [("guardian_ids", "=", False)],
                self.env._("Students without a guardian"),
                self.env._("Nobody can be called in an emergency."),
            )
        ]
        if not sees_private:
            return items
        signed = [
            ("year_id.date_from", "<=", today),
            ("year_id.date_to", ">", today),
            ("is_complete", "=", True),
        ]
        return [
            *items,
            item(
                "without_undertaking",
                "fa-file-text-o",
                [("undertaking_ids", "not any", signed)],
                self.env._("Anti-ragging undertakings missing"),
                self.env._("Not signed by both student and guardian for this year."),
            ),
            item(
                "police",
                "fa-shield",
                [("police_verification", "!=", "verified")],
                self.env._("Police verification open"),
                self.env._("Not sent in, not answered, or answered with no."),
            ),
        ]

    @api.model
    def _get_resident_ids(self, stay):
        """Ids of the students of some stays, as far as the user may read the stays."""
        Allocation = self.env["hostel.allocation"]
        if not Allocation.has_access("read"):
            return []
        [[ids]] = Allocation._read_group(stay, aggregates=["student_id:array_agg_distinct"])
        return ids

    @api.model
    def _get_house_items(self, hostels):
        today = self.env.company._get_college_day()
        here = [("hostel_id", "in", hostels.ids)]
        return [
            self._item(
                "without_gender",
                "routine",
                "fa-question-circle",
                "hostel.room",
                "hostel_room_action",
                [*here, ("gender", "=", False)],
                self.env._("Rooms nobody can book"),
                self.env._("Say whether boys or girls live there."),
            ),
            self._item(
                "repair",
                "routine",
                "fa-wrench",
                "hostel.room",
                "hostel_room_action",
                [*here, ("condition", "=", "needs_repair")],
                self.env._("Rooms that need repair"),
            ),
            self._item(
                "posts_ending",
                "routine",
                "fa-user-times",
                "hostel.staff",
                "hostel_staff_action",
                [
                    *here,
                    ("date_to", ">", today),
                    ("date_to", "<=", today + timedelta(days=POST_ENDS_DAYS)),
                ],
                self.env._("Posts that end soon"),
                self.env._(
                    "Within %(days)s days these people lose what they may see.", days=POST_ENDS_DAYS
                ),
            ),
        ]

    # ------------------------------------------------------------------
    # Trend
    # ------------------------------------------------------------------

    @api.model
    def _get_trend(self, hostels):
        """Beds taken by students on one day of each week, past and to come.

        :return: ``{days: ["2031-01-04", …], taken: [int], today: index, capacity: int}``
        """
        today = self.env.company._get_college_day()
        days = [
            today + relativedelta(weeks=week)
            for week in range(-TREND_WEEKS_BACK, TREND_WEEKS_AHEAD + 1)
        ]
        counts = self._count_taken(hostels, days)
        return {
            "days": [fields.Date.to_string(day) for day in days],
            "taken": [counts.get(day, 0) for day in days],
            "today": TREND_WEEKS_BACK,
            "capacity": sum(hostels.mapped("capacity")),
        }

    @api.model
    def _count_taken(self, hostels, days):
        """How many beds students took on some days, in one query.

        Numbers only, and those of whole hostels: whoever sees a hostel may know them.
        """
        self.env["hostel.allocation"].flush_model(
            ["state", "date_from", "date_to", "hostel_id", "is_block"]
        )
        # A stay that was ended early keeps its dates: it took the bed until it was ended.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT day::date, count(a.id)
                  FROM unnest(%(days)s::date[]) AS day
                  JOIN hostel_allocation a
                    ON a.hostel_id = ANY(%(hostels)s)
                   AND a.is_block IS NOT TRUE
                   AND a.date_from <= day
                   AND day < CASE WHEN a.state IN ('vacated', 'transferred')
                                  THEN least(a.date_to, a.write_date::date)
                                  ELSE a.date_to END
                   AND a.state IN %(states)s
              GROUP BY day
                """,
                days=days,
                hostels=list(hostels.ids),
                states=(
                    *(state for state in LIVE_STATES if state != "blocked"),
                    "vacated",
                    "transferred",
                ),
            )
        )
        return dict(rows)

    # ------------------------------------------------------------------
    # First steps
    # ------------------------------------------------------------------

    @api.model
    def _get_setup(self):
        """First steps of a new database, for whoever may take them; False once all are done."""
        if not self.env.user.has_group("hostel_base.group_hostel_admin"):
            return False
        steps = [
            ("hostel.hostel", "hostel_hostel_action_config", self.env._("Add your first hostel")),
            (
                "hostel.room.type",
                "hostel_room_type_action",
                self.env._("Say what room types there are"),
            ),
            ("hostel.bed", "hostel_floor_action", self.env._("Add its floors, rooms and beds")),
            ("hostel.staff", "hostel_staff_action", self.env._("Name its warden")),
            (
                "hostel.term",
                "hostel_term_action",
                self.env._("Enter the year and its terms"),
            ),
            ("hostel.student", "hostel_student_action", self.env._("Enter or import the students")),
        ]
        done = [
            {
                "label": label,
                "action": f"hostel_base.{action}",
                "done": bool(self.env[model].search_count([], limit=1)),
            }
            for model, action, label in steps
        ]
        return False if all(step["done"] for step in done) else done

    @api.model
    def _to_json(self, domain):
        """A domain that can travel: dates and tuples as the web client writes them."""
        return [
            [
                leaf[0],
                leaf[1],
                self._to_json(leaf[2])
                if leaf[1] in ("any", "not any")
                else self._to_json_value(leaf[2]),
            ]
            if isinstance(leaf, (list, tuple))
            else leaf
            for leaf in domain
        ]

    @api.model
    def _to_json_value(self, value):
        if isinstance(value, (list, tuple)):
            return list(value)
        # A datetime is a date, so it is asked first.
        if hasattr(value, "hour"):
            return fields.Datetime.to_string(value)
        return fields.Date.to_string(value) if hasattr(value, "year") else value

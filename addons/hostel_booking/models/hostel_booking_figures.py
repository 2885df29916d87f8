from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .hostel_booking_funnel_report import STEPS

HOURS = 24
DAYS = 14


class HostelBookingFigures(models.AbstractModel):
    """What became of a booking day, as one page: drop-out, fill, wishes, when. Read only.

    Everything is asked with the reader's own rights, so a warden sees the own hostels.
    """

    _name = "hostel.booking.figures"
    _description = "Figures of a Booking Round"

    @api.model
    @api.readonly
    def get_figures(self, round_id=False, hostel_id=False, window_id=False):
        """Entry point of the page.

        :return: dict of ``rounds``, ``hostels``, ``windows`` to choose from, and ``funnel``,
            ``fill``, ``room_types``, ``wishes``, ``heat``, ``sources``, ``totals``
        :raises AccessError: for who has nothing to do with booking in the office
        """
        self._check_reader()
        rounds = self.env["hostel.booking.round"].search(
            [("is_practice", "=", False)], order="state desc, date_from desc"
        )
        chosen = rounds.filtered(lambda one: one.id == round_id) or (
            rounds.filtered(lambda one: one.state == "open")[:1] or rounds[:1]
        )
        # A college has a few.
        # pylint: disable-next=no-search-all
        hostels = self.env["hostel.hostel"].search([])
        windows = self._get_windows(chosen)
        scope = self._get_scope(chosen, hostels, hostel_id)
        by_window = scope + ([("window_id", "=", window_id)] if window_id else [])
        return {
            "rounds": [{"id": one.id, "name": one.name, "state": one.state} for one in rounds],
            "round_id": chosen.id,
            "hostels": [{"id": hostel.id, "name": hostel.name} for hostel in hostels],
            "hostel_id": hostel_id,
            "windows": windows,
            "window_id": window_id,
            **(self._collect(chosen, scope, by_window, window_id) if chosen else {}),
        }

    @api.model
    def _check_reader(self):
        if not self.env.user._is_internal():
            raise AccessError(self.env._("The figures are for the people of the hostel office."))
        self.env["hostel.booking.report"].check_access("read")

    @api.model
    def _get_windows(self, booking_round):
        if not self.env["hostel.booking.window"].has_access("read"):
            return []
        return [{"id": one.id, "name": one.name} for one in booking_round.window_ids]

    @api.model
    def _get_scope(self, booking_round, hostels, hostel_id):
        ids = [hostel_id] if hostel_id else hostels.ids
        return [("round_id", "=", booking_round.id), ("hostel_id", "in", ids)]

    @api.model
    def _collect(self, booking_round, scope, by_window, window_id):
        funnel = self._get_funnel(by_window, window_id)
        fill = self._get_fill(scope)
        return {
            "funnel": funnel,
            "fill": fill["hostels"],
            "room_types": fill["room_types"],
            "days": fill["days"],
            "wishes": self._get_wishes(by_window),
            "sources": self._get_sources(by_window),
            "heat": self._get_heat(by_window),
            "totals": self._get_totals(by_window, fill),
            "states": self._get_states(by_window),
        }

    @api.model
    def _get_funnel(self, domain, window_id):
        """Steps with their number and with the share of the step before."""
        Report = self.env["hostel.booking.funnel.report"]
        counts = dict(Report._read_group(domain, ["step"], ["count:sum"]))
        labels = dict(Report._fields["step"]._description_selection(self.env))
        steps, before = [], None
        for step, _label in STEPS:
            if step == "1_held" and window_id:
                continue
            count = counts.get(step, 0)
            # Beds given by hand were never held: more than all is no share.
            share = count / before if before and count <= before else None
            steps.append({"key": step, "label": labels[step], "count": count, "share": share})
            before = count
        return steps

    @api.model
    def _get_fill(self, domain):
        Report = self.env["hostel.booking.fill.report"]
        measures = ["bed_count:sum", "taken_count:sum"]
        days = Report._read_group(domain, ["day:day"], measures, order="day:day")
        last = days[-1][0] if days else False
        today = [*domain, ("day", "=", last)]

        def lines(field):
            return [
                {"id": record.id, "name": record.display_name or "", "beds": beds, "taken": taken}
                for record, beds, taken in Report._read_group(today, [field], measures)
            ]

        return {
            "hostels": lines("hostel_id") if last else [],
            "room_types": lines("room_type_id") if last else [],
            "days": [
                {"day": fields.Date.to_string(day), "beds": beds, "taken": taken}
                for day, beds, taken in days[-30:]
            ],
        }

    @api.model
    def _get_labelled(self, domain, field):
        Report = self.env["hostel.booking.report"]
        labels = dict(Report._fields[field]._description_selection(self.env))
        counts = dict(Report._read_group(domain, [field], ["booking_count:sum"]))
        return [
            {"key": key, "label": labels[key], "count": counts[key]}
            for key in labels
            if counts.get(key)
        ]

    @api.model
    def _get_wishes(self, domain):
        return self._get_labelled(domain, "wish_label")

    @api.model
    def _get_sources(self, domain):
        return self._get_labelled(domain, "booking_source")

    @api.model
    def _get_states(self, domain):
        return self._get_labelled(domain, "state")

    @api.model
    def _get_heat(self, domain):
        """Bookings per day and hour of the last days on which somebody booked.

        :return: ``{days: [iso], rows: [[24 numbers]], top: int}``
        """
        Report = self.env["hostel.booking.report"]
        zone = self.env.user.tz or "Asia/Kolkata"
        query = Report._search(domain)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT (at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS day,
                       extract(hour FROM at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::int,
                       count(*)
                  FROM (%(query)s) AS bookings(at)
              GROUP BY 1, 2 ORDER BY 1
                """,
                zone=zone,
                query=query.select(Report._field_to_sql(Report._table, "booked_at", query)),
            )
        )
        days = sorted({day for day, _hour, _count in rows})[-DAYS:]
        grid = {day: [0] * HOURS for day in days}
        for day, hour, count in rows:
            if day in grid:
                grid[day][hour] = count
        return {
            "days": [fields.Date.to_string(day) for day in days],
            "rows": [grid[day] for day in days],
            "top": max((max(row) for row in grid.values()), default=0),
        }

    @api.model
    def _get_totals(self, domain, fill):
        [[bookings, paid, approved, lost, minutes]] = self.env["hostel.booking.report"]._read_group(
            domain,
            [],
            [
                "booking_count:sum",
                "paid_count:sum",
                "approved_count:sum",
                "lost_count:sum",
                "minutes_to_pay:avg",
            ],
        )
        beds = sum(line["beds"] for line in fill["hostels"])
        taken = sum(line["taken"] for line in fill["hostels"])
        return {
            "bookings": bookings or 0,
            "paid": paid or 0,
            "approved": approved or 0,
            "lost": lost or 0,
            "minutes_to_pay": round(minutes or 0, 1),
            "beds": beds,
            "taken": taken,
            "share": taken / beds if beds else 0.0,
        }

from odoo import api, models

SHEET_NAME = 31


class ReportBookingXlsx(models.AbstractModel):
    """A round as a workbook: who booked what, fill by day, drop-out, wishes, hours."""

    _name = "report.hostel_booking.round_xlsx"
    _inherit = "report.report_xlsx.abstract"
    _description = "Booking Round as a Spreadsheet"

    def get_workbook_options(self):
        return {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}

    def generate_xlsx_report(self, workbook, data, rounds):
        self.env["hostel.booking.report"].check_access("read")
        rounds.check_access("read")
        for booking_round in rounds:
            suffix = "" if len(rounds) == 1 else f" {booking_round.id}"
            for title, columns, rows in self._get_sheets(booking_round):
                self._write(workbook, f"{title}{suffix}"[:SHEET_NAME], columns, rows)

    @api.model
    def _get_sheets(self, booking_round):
        """Tables of the workbook: ``(title, [(label, width, format)], rows)``."""
        figures = self.env["hostel.booking.figures"].get_figures(booking_round.id)
        heat = figures["heat"]
        yield self._get_bookings(booking_round)
        yield self._get_fill(booking_round)
        yield (
            self.env._("Drop-out"),
            [(self.env._("Step"), 24, "text"), (self.env._("Number"), 12, "int")],
            [[step["label"], step["count"]] for step in figures["funnel"]],
        )
        yield (
            self.env._("Wishes"),
            [(self.env._("Which wish"), 24, "text"), (self.env._("Students"), 12, "int")],
            [[wish["label"], wish["count"]] for wish in figures["wishes"]],
        )
        yield (
            self.env._("Hours"),
            [(self.env._("Day"), 14, "text"), *[(f"{hour:02d}", 5, "int") for hour in range(24)]],
            [[day, *row] for day, row in zip(heat["days"], heat["rows"], strict=True)],
        )

    @api.model
    def _get_bookings(self, booking_round):
        rows = self.env["hostel.booking.report"].search(
            [("round_id", "=", booking_round.id)], order="hostel_id, room_id, id"
        )
        rows.student_id.sudo()._note_access("export")
        states = dict(rows._fields["state"]._description_selection(self.env))
        sources = dict(rows._fields["booking_source"]._description_selection(self.env))
        columns = [
            (self.env._("Roll number"), 16, "text"),
            (self.env._("Name"), 28, "text"),
            (self.env._("Programme"), 22, "text"),
            (self.env._("Year"), 6, "int"),
            (self.env._("Hostel"), 18, "text"),
            (self.env._("Bed"), 12, "text"),
            (self.env._("Room type"), 18, "text"),
            (self.env._("Came from"), 14, "text"),
            (self.env._("State"), 20, "text"),
            (self.env._("Fee"), 12, "money"),
            (self.env._("Booked on"), 18, "moment"),
            (self.env._("Wish"), 6, "int"),
        ]
        return (
            self.env._("Bookings"),
            columns,
            [
                [
                    row.student_id.roll_number,
                    row.student_id.name,
                    row.programme_id.name or "",
                    row.year_of_study,
                    row.hostel_id.name,
                    row.bed_id.display_name,
                    row.room_type_id.name or "",
                    sources.get(row.booking_source, ""),
                    states.get(row.state, ""),
                    row.price,
                    row.booked_at,
                    row.wish or None,
                ]
                for row in rows
            ],
        )

    @api.model
    def _get_fill(self, booking_round):
        rows = self.env["hostel.booking.fill.report"].search(
            [("round_id", "=", booking_round.id)], order="day, hostel_id, room_type_id"
        )
        columns = [
            (self.env._("Day"), 12, "day"),
            (self.env._("Hostel"), 20, "text"),
            (self.env._("Room type"), 20, "text"),
            (self.env._("Beds"), 8, "int"),
            (self.env._("Booked"), 8, "int"),
            (self.env._("Fill rate"), 10, "share"),
        ]
        return (
            self.env._("Fill by day"),
            columns,
            [
                [
                    row.day,
                    row.hostel_id.name,
                    row.room_type_id.name or "",
                    row.bed_count,
                    row.taken_count,
                    row.share,
                ]
                for row in rows
            ],
        )

    @api.model
    def _write(self, workbook, title, columns, rows):
        sheet = workbook.add_worksheet(title)
        head = workbook.add_format(
            {"bold": True, "font_color": "#FFFFFF", "bg_color": "#334E68", "border": 1}
        )
        formats = {
            "int": workbook.add_format({"num_format": "0"}),
            "share": workbook.add_format({"num_format": "0%"}),
            "money": workbook.add_format({"num_format": "#,##0.00"}),
            "day": workbook.add_format({"num_format": "dd mmm yyyy", "align": "left"}),
            "moment": workbook.add_format({"num_format": "dd mmm yyyy hh:mm", "align": "left"}),
        }
        for place, (label, width, _kind) in enumerate(columns):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, label, head)
        for number, row in enumerate(rows, 1):
            for place, ((_label, _width, kind), value) in enumerate(zip(columns, row, strict=True)):
                if value is None or value == "" or value is False:
                    continue
                if kind == "text":
                    # A name such as =1+1 stays a name.
                    sheet.write_string(number, place, str(value))
                elif kind in ("day", "moment"):
                    sheet.write_datetime(number, place, value, formats[kind])
                else:
                    sheet.write_number(number, place, value, formats[kind])
        sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
        sheet.freeze_panes(1, 0)

from odoo import api, models

HEADER_ROW = 4
LONGEST_SHEET_NAME = 31
FORBIDDEN_IN_SHEET_NAME = str.maketrans(dict.fromkeys(r"[]:*?/\\", " "))


class ListXlsxAbstract(models.AbstractModel):
    """Writes a list's table into a workbook: typed cells, frozen header, filters.

    Every text is written as a text, whatever it begins with: a name such as ``=1+1`` stays a
    name and does not become a formula in the reader's spreadsheet program.
    """

    _name = "report.hostel_base.list_xlsx.abstract"
    _inherit = "report.report_xlsx.abstract"
    _description = "List as a Spreadsheet"

    # The report whose table is written.
    _table_report = None

    def get_workbook_options(self):
        return {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}

    def generate_xlsx_report(self, workbook, data, objs):
        report = self.env[f"report.hostel_base.{self._table_report}"]
        self._write(workbook, report._get_table_of(objs.ids, data))

    @api.model
    def _write(self, workbook, table):
        name = table["title"].translate(FORBIDDEN_IN_SHEET_NAME)[:LONGEST_SHEET_NAME]
        sheet = workbook.add_worksheet(name)
        title = workbook.add_format({"bold": True, "font_size": 14})
        quiet = workbook.add_format({"font_color": "#666666"})
        head = workbook.add_format(
            {
                "bold": True,
                "font_color": "#FFFFFF",
                "bg_color": "#334E68",
                "border": 1,
                "text_wrap": True,
                "valign": "vcenter",
            }
        )
        sheet.write_string(0, 0, table["company"].name, title)
        sheet.write_string(1, 0, table["title"], title)
        sheet.write_string(2, 0, table["subtitle"], quiet)
        printed = self.env._(
            "Printed by %(who)s, %(when)s", who=table["printed_by"], when=table["printed_at"]
        )
        sheet.write_string(3, 0, printed, quiet)
        for column, spec in enumerate(table["columns"]):
            sheet.set_column(column, column, spec["width"])
            sheet.write_string(HEADER_ROW, column, spec["label"], head)
        writers = self._get_writers(workbook, sheet)
        for number, row in enumerate(table["rows"], HEADER_ROW + 1):
            for column, (spec, value) in enumerate(zip(table["columns"], row, strict=True)):
                if value is not None and value != "":
                    writers[spec["type"]](number, column, value)
        last = HEADER_ROW + len(table["rows"])
        self._write_totals(workbook, sheet, table, last + 1)
        sheet.autofilter(HEADER_ROW, 0, max(last, HEADER_ROW), len(table["columns"]) - 1)
        sheet.freeze_panes(HEADER_ROW + 1, 0)
        sheet.repeat_rows(HEADER_ROW)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)

    @api.model
    def _get_writers(self, workbook, sheet):
        """A writer per type of column: ``writer(row, column, value)``."""
        whole = workbook.add_format({"num_format": "0"})
        share = workbook.add_format({"num_format": "0%"})
        money = workbook.add_format({"num_format": "#,##0.00"})
        day = workbook.add_format({"num_format": "dd mmm yyyy", "align": "left"})
        return {
            "text": lambda row, column, value: sheet.write_string(row, column, str(value)),
            "int": lambda row, column, value: sheet.write_number(row, column, value, whole),
            "share": lambda row, column, value: sheet.write_number(row, column, value, share),
            "money": lambda row, column, value: sheet.write_number(row, column, value, money),
            "date": lambda row, column, value: sheet.write_datetime(row, column, value, day),
        }

    @api.model
    def _write_totals(self, workbook, sheet, table, number):
        if not table["rows"]:
            return
        bold = workbook.add_format({"bold": True, "top": 1})
        for column, spec in enumerate(table["columns"]):
            if spec["total"]:
                total = sum(row[column] for row in table["rows"])
                sheet.write_number(number, column, total, bold)


class PrintListXlsx(models.AbstractModel):
    _name = "report.hostel_base.print_list_xlsx"
    _inherit = "report.hostel_base.list_xlsx.abstract"
    _description = "List from “Print a list” as a Spreadsheet"
    _table_report = "report_print_list"


class StudentListXlsx(models.AbstractModel):
    _name = "report.hostel_base.student_list_xlsx"
    _inherit = "report.hostel_base.list_xlsx.abstract"
    _description = "Chosen students as a Spreadsheet"
    _table_report = "report_student_list"


class RoomListXlsx(models.AbstractModel):
    _name = "report.hostel_base.room_list_xlsx"
    _inherit = "report.hostel_base.list_xlsx.abstract"
    _description = "Chosen rooms as a Spreadsheet"
    _table_report = "report_room_list"

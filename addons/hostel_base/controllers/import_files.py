"""Files of an import: upload, templates, refused rows."""

import csv
import io
import logging

import xlsxwriter
from psycopg2 import OperationalError

from odoo.exceptions import UserError
from odoo.http import Controller, content_disposition, request, route

from ..errors import HostelError
from ..tools.import_targets import TARGETS
from ..tools.tabular import MAX_BYTES, MEGABYTE, neutralise
from .json_api import error_response

_logger = logging.getLogger(__name__)

# What a form adds around the file.
ENVELOPE = 16 * 1024
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ImportFiles(Controller):
    _upload = "/hostel/import/<int:import_id>/file"
    _template = "/hostel/import/template/<string:kind>.<string:extension>"
    _refused = "/hostel/import/<int:import_id>/refused.xlsx"

    @route(_upload, type="http", auth="user", methods=["POST"], sitemap=False)
    def upload(self, import_id, **_params):
        """Take the file of an import; answers with JSON, a refusal with its code."""
        try:
            job = self._browse(import_id, "write")
            self._check_length()
            upload = request.httprequest.files.get("file")
            if not upload or not upload.filename:
                raise HostelError("FILE_MISSING", request.env._("Choose a file first."), 400)
            with request.env.cr.savepoint():
                job._receive_file(upload.filename, upload.stream.read(MAX_BYTES + 1))
        except OperationalError:
            raise
        except UserError as refusal:
            return error_response(refusal)
        except Exception as error:
            _logger.exception("upload for import %s failed", import_id)
            return error_response(error)
        return request.make_json_response({"success": True, "rows": job.row_count})

    @staticmethod
    def _check_length():
        """Refuse by the announced size, before a byte of the file is read."""
        if (request.httprequest.content_length or 0) > MAX_BYTES + ENVELOPE:
            limit = MAX_BYTES // MEGABYTE
            raise HostelError(
                "FILE_TOO_LARGE",
                request.env._(
                    "The file is larger than %(limit)s MB. Split it, or leave out what is not"
                    " needed.",
                    limit=limit,
                ),
                413,
                {"limit": limit},
            )

    @route(_template, type="http", auth="user", methods=["GET"], sitemap=False)
    def template(self, kind, extension, **_params):
        """An empty table with the headers that are understood, and a row that shows how."""
        if (
            kind not in TARGETS
            or extension not in TYPES
            or not request.env["hostel.import"].has_access("create")
        ):
            raise request.not_found()
        targets = [target for target in TARGETS[kind] if target.key != "amenity_flag"]
        header = [target.label for target in targets]
        rows = [[target.example for target in targets]]
        data = self._make_csv(header, rows) if extension == "csv" else self._make_xlsx(header, rows)
        return self._send(data, f"{kind}.{extension}", extension)

    @route(_refused, type="http", auth="user", methods=["GET"], sitemap=False)
    def refused(self, import_id, **_params):
        """The refused rows with the reasons, to be mended and sent again."""
        try:
            job = self._browse(import_id, "read")
        except HostelError:
            raise request.not_found() from None
        header, rows = job._get_refused_rows()
        stem = (job.file_name or "import").rpartition(".")[0]
        return self._send(self._make_xlsx(header, rows), f"{stem}-refused.xlsx", "xlsx")

    @staticmethod
    def _browse(import_id, operation):
        """An import that the user may use; a foreign one looks like a missing one."""
        job = request.env["hostel.import"].browse(import_id)
        if not job.has_access(operation) or not job.exists():
            raise HostelError("NOT_FOUND", request.env._("There is nothing here for you."), 404)
        return job

    @staticmethod
    def _make_csv(header, rows):
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerows([neutralise(cell) for cell in row] for row in [header, *rows])
        # With the mark, or Excel takes it for the machine's old encoding.
        return text.getvalue().encode("utf-8-sig")

    @staticmethod
    def _make_xlsx(header, rows):
        """A workbook of nothing but texts."""
        data = io.BytesIO()
        book = xlsxwriter.Workbook(data, {"in_memory": True, "constant_memory": False})
        sheet = book.add_worksheet("Sheet1")
        bold = book.add_format({"bold": True, "bottom": 1})
        text = book.add_format({"num_format": "@"})
        sheet.set_column(0, max(len(header) - 1, 0), 18, text)
        sheet.freeze_panes(1, 0)
        for column, cell in enumerate(header):
            sheet.write_string(0, column, neutralise(cell), bold)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, neutralise(cell), text)
        book.close()
        return data.getvalue()

    @staticmethod
    def _send(data, name, extension):
        return request.make_response(
            data,
            [
                ("Content-Type", TYPES[extension]),
                ("Content-Disposition", content_disposition(name)),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )

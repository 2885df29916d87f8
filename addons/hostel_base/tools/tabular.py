"""Reads tables out of files that nobody vouches for. Imports no odoo.

The file's bytes decide what it is, not its name; sizes are limited before and while it is read;
macros, formulas and links of a workbook are never looked at, only the values it shows.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

MEGABYTE = 1024 * 1024
MAX_BYTES = 10 * MEGABYTE
MAX_ROWS = 50_000
MAX_COLUMNS = 100
MAX_CELL = 2_000
# All texts of a table together; a workbook can unpack to far more than its size.
MAX_CHARACTERS = 30_000_000
MAX_UNPACKED = 200 * MEGABYTE
# Sheets are read piece by piece; every other part lies in memory as a whole.
MAX_SHEET = 100 * MEGABYTE
MAX_PART = 30 * MEGABYTE
MAX_PARTS = 2_000
HEADER_SEARCH = 10
# Excel has no more; a file of nothing but line ends must come to an end.
MAX_LINES = 1_048_576

DELIMITERS = ",;\t|"
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Starts of files that people pick by mistake, or rename on purpose.
SIGNATURES = {
    b"%PDF": "PDF",
    b"MZ": "EXE",
    b"\x7fELF": "ELF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"\x1f\x8b": "GZIP",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7Z",
    b"{\\rtf": "RTF",
    b"<!DOCTYPE": "HTML",
    b"<html": "HTML",
    b"<?xml": "XML",
}
BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NUMBER = re.compile(r"[+-]?\d[\d\s().,-]*")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


class TableError(Exception):
    """A file that can't be read, with a code and what the sentence about it needs."""

    def __init__(self, code: str, **params: Any):
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass
class Table:
    """Texts of a file. Each row has as many cells as the header.

    ``numbers`` holds each row's number as a spreadsheet shows it; ``notices`` are codes.
    """

    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    encoding: str = ""
    notices: list[str] = field(default_factory=list)


def read_table(
    name: str, data: bytes, score_header: Callable[[list[str]], int] | None = None
) -> Table:
    """Read a CSV or XLSX file.

    :param score_header: how much a row looks like a header; the best of the first rows is taken,
        so that a title above the header does no harm
    :raises TableError: if the file is too large, of another kind, or broken
    """
    kind = detect_kind(name, data)
    notices: list[str] = []
    encoding = ""
    if kind == "xlsx":
        rows = _iterate_xlsx(data, notices)
    else:
        text, encoding = decode(data)
        if encoding == "cp1252":
            notices.append("ENCODING_WINDOWS")
        rows = _iterate_csv(text)
    table = _collect(rows, score_header or (lambda cells: 0))
    table.encoding = encoding
    table.notices = notices
    return table


# -- what the file is --------------------------------------------------------------------------


def detect_kind(name: str, data: bytes) -> str:
    """``csv`` or ``xlsx``, if both name and content say so.

    :raises TableError: ``FILE_TOO_LARGE``, ``FILE_EMPTY``, ``FILE_TYPE_UNSUPPORTED``,
        ``FILE_TYPE_MISMATCH``, ``FILE_PROTECTED``
    """
    if len(data) > MAX_BYTES:
        raise TableError("FILE_TOO_LARGE", limit=MAX_BYTES // MEGABYTE)
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension not in ("csv", "xlsx"):
        raise TableError("FILE_TYPE_UNSUPPORTED", extension=extension[:10])
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise TableError("FILE_EMPTY")
    if data.startswith(OLE) and extension == "xlsx":
        # An old workbook, or a new one behind a password.
        raise TableError("FILE_PROTECTED")
    found = _name_content(data)
    if found != extension.upper():
        raise TableError("FILE_TYPE_MISMATCH", extension=extension, found=found)
    return extension


def _name_content(data: bytes) -> str:
    if data.startswith(ZIP):
        return "XLSX" if _is_workbook(data) else "ZIP"
    if data.startswith(OLE):
        return "XLS"
    head = data[:64].lstrip()
    for signature, kind in SIGNATURES.items():
        if head[: len(signature)].lower() == signature.lower():
            return kind
    return "CSV"


def _is_workbook(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False
    return {"[Content_Types].xml", "xl/workbook.xml"} <= names


# -- CSV -----------------------------------------------------------------------------------------


def decode(data: bytes) -> tuple[str, str]:
    """Text of a CSV file, and the name of its encoding.

    UTF-8 and UTF-16 are recognised for sure; what is neither counts as Windows-1252 when it looks
    like text.

    :raises TableError: ``ENCODING_UNKNOWN``
    """
    text, encoding = _decode(data)
    # PostgreSQL takes no NUL, and no text has control characters in numbers.
    if "\x00" in text or len(_CONTROL.findall(text[:200_000])) > 5:
        raise TableError("ENCODING_UNKNOWN")
    return text, encoding


def _decode(data: bytes) -> tuple[str, str]:
    for mark, encoding in BOMS.items():
        if data.startswith(mark):
            return _decode_as(data, encoding)
    if b"\x00" in data[:200]:
        little = data[1:200:2].count(0) > data[0:200:2].count(0)
        return _decode_as(data, "utf-16-le" if little else "utf-16-be")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decode_as(data, "cp1252")


def _decode_as(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError:
        raise TableError("ENCODING_UNKNOWN") from None


def _iterate_csv(text: str) -> Iterator[list[Any]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        yield from reader
    except csv.Error:
        raise TableError("FILE_MALFORMED", line=reader.line_num) from None


def _delimiter(text: str) -> str:
    """The separator that the first lines have most often, quoted text left out."""
    head = re.sub(r'"[^"]*"', "", text[:5_000])
    if head[:4].lower() == "sep=":
        return head[4]
    return max(DELIMITERS, key=lambda mark: (head.count(mark), mark == ","))


# -- XLSX ----------------------------------------------------------------------------------------


def _iterate_xlsx(data: bytes, notices: list[str]) -> Iterator[list[Any]]:
    # Only an import of a workbook pays for the library.
    from openpyxl import load_workbook

    _check_archive(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise TableError("FILE_EMPTY")
        if len(sheets) > 1:
            notices.append("FIRST_SHEET_ONLY")
        sheet = sheets[0]
        # What the file says about its size is not to be relied on.
        sheet.reset_dimensions()
        for row in sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True):
            yield list(row)
    except TableError:
        raise
    except Exception as error:
        # The library raises whatever a broken part makes of it.
        raise TableError("FILE_MALFORMED", line=0) from error


def _check_archive(data: bytes) -> None:
    """Refuse a workbook that unpacks to far more than it should, or declares entities.

    The sizes in the directory bind: Python's reader never unpacks more than they say.

    :raises TableError: ``ARCHIVE_BOMB`` or ``FILE_MALFORMED``
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            total = sum(part.file_size for part in parts)
            if len(parts) > MAX_PARTS or total > MAX_UNPACKED or any(map(_is_too_large, parts)):
                raise TableError("ARCHIVE_BOMB", limit=MAX_UNPACKED // MEGABYTE)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _check_part(archive, part)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        raise TableError("FILE_MALFORMED", line=0) from error


def _is_too_large(part: zipfile.ZipInfo) -> bool:
    is_sheet = part.filename.startswith("xl/worksheets/")
    return part.file_size > (MAX_SHEET if is_sheet else MAX_PART)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    # A document type stands before the first element, and entities need one.
    with archive.open(part) as stream:
        head = stream.read(4096)
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head or b"\x00" in head:
        raise TableError("FILE_MALFORMED", line=0)


# -- both ----------------------------------------------------------------------------------------


def _collect(source: Iterator[list[Any]], score: Callable[[list[str]], int]) -> Table:
    """Find the header and take what is below it, counting as the rows come."""
    buffer: list[tuple[int, list[str]]] = []
    rows: list[tuple[int, list[str]]] = []
    characters = 0
    for number, values in enumerate(source, 1):
        if number > MAX_LINES:
            raise TableError("TOO_MANY_ROWS", limit=MAX_ROWS)
        if len(values) > MAX_COLUMNS and any(to_text(value) for value in values[MAX_COLUMNS:]):
            raise TableError("TOO_MANY_COLUMNS", limit=MAX_COLUMNS)
        cells = [to_text(value) for value in values[:MAX_COLUMNS]]
        if not any(cells) or (number == 1 and cells[0].lower().startswith("sep=")):
            continue
        characters += sum(map(len, cells))
        if characters > MAX_CHARACTERS:
            raise TableError("FILE_TOO_LARGE", limit=MAX_BYTES // MEGABYTE)
        rows.append((number, cells))
        if len(rows) > MAX_ROWS + HEADER_SEARCH:
            raise TableError("TOO_MANY_ROWS", limit=MAX_ROWS)
    buffer = rows[:HEADER_SEARCH]
    if not buffer:
        raise TableError("FILE_EMPTY")
    place = max(range(len(buffer)), key=lambda index: (score(buffer[index][1]), -index))
    body = rows[place + 1 :]
    if not body:
        raise TableError("NO_ROWS")
    if len(body) > MAX_ROWS:
        raise TableError("TOO_MANY_ROWS", limit=MAX_ROWS)
    return _shape(rows[place][1], body)


def _shape(header: list[str], body: list[tuple[int, list[str]]]) -> Table:
    """Give every row as many cells as there are columns, empty columns left out."""
    width = max(len(header), max(len(cells) for _number, cells in body))
    header = header + [""] * (width - len(header))
    padded = [cells + [""] * (width - len(cells)) for _number, cells in body]
    used = [
        index for index in range(width) if header[index] or any(cells[index] for cells in padded)
    ]
    return Table(
        header=[header[index] for index in used],
        rows=[[cells[index] for index in used] for cells in padded],
        numbers=[number for number, _cells in body],
    )


def to_text(value: Any) -> str:
    """A cell as text: dates as ISO, whole numbers without a fraction, ends trimmed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, datetime):
        value = value.date() if value.time() == time() else value
    if isinstance(value, (date, time)):
        return value.isoformat()
    return _CONTROL.sub("", str(value)).replace("\xa0", " ").strip()[: MAX_CELL + 1]


# -- on the way out ------------------------------------------------------------------------------


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run a text; numbers and phone numbers with a sign are none."""
    return text.startswith(_DANGEROUS) and not _NUMBER.fullmatch(text)


def neutralise(text: str) -> str:
    """A text that no spreadsheet runs, also after it was saved as CSV."""
    return f"'{text}" if is_formula(text) else text

"""Tables as files for spreadsheet programs, written row by row: CSV (RFC 4180) and XLSX (ECMA-376, Office Open XML)."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, cast
from xml.sax.saxutils import escape

# Chinese and Japanese spreadsheets also read full-width signs as the beginning of a formula.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
BYTE_ORDER_MARK = "\ufeff"
"""At the beginning of a CSV file, so that spreadsheets read Chinese correctly."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL = 32_767
"""Characters of a cell of XLSX."""
_DAY_0 = date(1899, 12, 30)


def cell(value: Any) -> str:
    """Escape a value so that no spreadsheet reads it as a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_RISKY) else text


def csv_line(row: Iterable[Any]) -> str:
    """A line of CSV."""
    line = io.StringIO()
    csv.writer(line).writerow([cell(value) for value in row])
    return line.getvalue()


class Csv:
    """A CSV file; `write` is called with its bytes."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        write(BYTE_ORDER_MARK.encode())

    def row(self, values: Iterable[Any]) -> None:
        """Add a row; a date is written as in ISO 8601."""
        self._write(csv_line(values).encode())

    def close(self) -> None:
        """End the file."""


class Xlsx:
    """A workbook of one sheet; `write` is called with its bytes, in constant memory.

    Texts are written as texts, which no program reads as formulas; dates as dates.
    """

    def __init__(self, write: Callable[[bytes], object], title: str) -> None:
        self._zip = zipfile.ZipFile(cast("Any", _Sink(write)), "w", zipfile.ZIP_DEFLATED)
        name = escape(_NOT_XML.sub("", re.sub(r"[\[\]:*?/\\']", " ", title))[:31].strip() or "1", {'"': "&quot;"})
        for path, text in _PARTS.items():
            self._zip.writestr(path, text.replace("{name}", name))
        self._sheet = self._zip.open("xl/worksheets/sheet1.xml", "w")
        self._sheet.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())

    def row(self, values: Iterable[Any]) -> None:
        """Add a row of texts, whole numbers and dates."""
        self._sheet.write(f"<row>{''.join(map(_xlsx_cell, values))}</row>".encode())

    def close(self) -> None:
        """End the file."""
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()
        self._zip.close()


class _Sink:
    """A file that can only be written to, as zipfile needs it."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def write(self, data: bytes) -> int:
        self._write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def _xlsx_cell(value: Any) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, date):
        return f'<c s="1"><v>{(value - _DAY_0).days}</v></c>'
    if isinstance(value, int) and not isinstance(value, bool):
        return f"<c><v>{value}</v></c>"
    text = escape(_NOT_XML.sub("", str(value))[:LONGEST_CELL])
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'{_XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/></Types>',
    "_rels/.rels": f'{_XML}<Relationships xmlns="{_RELATIONS}">'
    f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_RELATIONS}">'
    f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="{name}" sheetId="1" r:id="r1"/></sheets></workbook>',
    # The second format is a date as the program's language writes it (built-in format 14).
    "xl/styles.xml": f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill/></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/>'
    '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
}

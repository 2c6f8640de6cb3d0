"""Read tables that people made with a spreadsheet program: CSV (RFC 4180) and the first sheet of XLSX (ECMA-376)."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from xml.etree import ElementTree

MOST_BYTES = 20 * 1024 * 1024
"""The most that a part of a workbook may have when it is unpacked."""
MOST_COLUMNS = 200
Row = list[str]

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_COLUMN = re.compile(r"([A-Z]{1,3})\d+")
_DAY_0 = date(1899, 12, 30)
# The built-in formats of days (ECMA-376-1, 18.8.30). Custom formats are recognised by their letters.
_OF_DAYS = {*range(14, 18), 22, *range(27, 37), *range(50, 59)}
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


class NoTable(ValueError):
    """The file is neither CSV nor XLSX, or is larger than any table that a person fills in."""


def rows(data: bytes, *, most: int) -> list[Row]:
    """The rows that are not empty, each a list of texts without surrounding spaces; a day is YYYY-MM-DD.

    At most `most` + 1 rows are read; the extra one shows that there are too many. Raises NoTable.
    """
    table = []
    for row in _of_workbook(data) if data[:2] == b"PK" else _of_text(data):
        cells = [cell.strip() for cell in row[:MOST_COLUMNS]]
        if any(cells):
            table.append(cells)
        if len(table) > most:
            break
    return table


def _of_text(data: bytes) -> Iterator[Row]:
    for encoding in ("utf-8-sig", "utf-16", "big5hkscs", "gb18030"):
        if encoding == "utf-16" and data[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
            continue
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise NoTable("no text")
    if "\x00" in text:
        raise NoTable("no text")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error as error:
        raise NoTable(str(error)) from None


def _of_workbook(data: bytes) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            sheet = next((name for name in sorted(names) if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)), None)
            if sheet is None:
                raise NoTable("no sheet")
            texts = _texts(_part(archive, "xl/sharedStrings.xml")) if "xl/sharedStrings.xml" in names else []
            of_days = _styles(_part(archive, "xl/styles.xml")) if "xl/styles.xml" in names else set()
            yield from _cells(_part(archive, sheet), texts, of_days)
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, ValueError, IndexError, OverflowError) as error:
        raise NoTable(type(error).__name__) from None


def _part(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    with archive.open(name) as file:
        data = file.read(MOST_BYTES + 1)
    # Entities, which can expand without limit, are declared in a document type. The search would miss one in UTF-16.
    if len(data) > MOST_BYTES or b"<!DOCTYPE" in data or b"\x00" in data:
        raise NoTable("too large, or with a document type")
    return ElementTree.fromstring(data)  # noqa: S314 (there is no document type, see above)


def _texts(root: ElementTree.Element) -> list[str]:
    return ["".join(part.text or "" for part in item.iter(f"{_MAIN}t")) for item in root.iter(f"{_MAIN}si")]


def _styles(root: ElementTree.Element) -> set[int]:
    """The indexes of the styles that display a number as a day."""
    own: Mapping[int, str] = {
        int(one.get("numFmtId", "0")): _QUOTED.sub("", one.get("formatCode", "")).lower()
        for one in root.iter(f"{_MAIN}numFmt")
    }
    days = _OF_DAYS | {number for number, code in own.items() if "y" in code or "d" in code}
    cells = root.find(f"{_MAIN}cellXfs")
    formats = [int(one.get("numFmtId", "0")) for one in (cells if cells is not None else ())]
    return {style for style, number in enumerate(formats) if number in days}


def _cells(root: ElementTree.Element, texts: list[str], of_days: set[int]) -> Iterator[Row]:
    for row in root.iter(f"{_MAIN}row"):
        cells: Row = []
        for cell in row.iter(f"{_MAIN}c"):
            placed = _COLUMN.fullmatch(cell.get("r", ""))
            column = _number(placed[1]) if placed else len(cells)
            if column >= MOST_COLUMNS:
                break
            cells += [""] * (column - len(cells))
            cells.append(_text(cell, texts, of_days))
        yield cells


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _text(cell: ElementTree.Element, texts: list[str], of_days: set[int]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(part.text or "" for part in cell.iter(f"{_MAIN}t"))
    written = cell.findtext(f"{_MAIN}v", "")
    if kind == "s":
        return texts[int(written)]
    if kind == "b":
        return "yes" if written == "1" else "no"
    if kind != "n" or not written:
        return written if kind in {"str", "d"} else ""
    number = float(written)
    if int(cell.get("s", "0")) in of_days and number == int(number) and number > 0:
        return (_DAY_0 + timedelta(days=int(number))).isoformat()
    # A spreadsheet stores binary numbers and displays 15 significant digits.
    return f"{number:.15g}" if "e" not in f"{number:.15g}" else written

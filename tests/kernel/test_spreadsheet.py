"""Tables as files: what spreadsheet programs read is what was written, and never a formula."""

import csv
import io
import zipfile
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from praya.kernel.spreadsheet import Csv, Xlsx, cell

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufffe\uffff"), max_size=20)


def read(data: bytes) -> list[list[Any]]:
    """The rows of the sheet, by the standard's own words."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert book.testzip() is None
        for name in book.namelist():
            ElementTree.fromstring(book.read(name))  # noqa: S314 (what we have just made)
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314
    rows = []
    for row in sheet.iter(f"{MAIN}row"):
        cells: list[Any] = []
        for one in row:
            text, value = one.find(f"{MAIN}is/{MAIN}t"), one.findtext(f"{MAIN}v")
            assert one.find(f"{MAIN}f") is None
            if text is not None:
                cells.append(text.text or "")
            elif value is None:
                cells.append("")
            else:
                cells.append(date(1899, 12, 30) + timedelta(int(value)) if one.get("s") == "1" else int(value))
        rows.append(cells)
    return rows


@given(st.lists(st.lists(TEXTS | st.integers(0, 10**9) | st.dates(date(1900, 3, 1)), max_size=4), max_size=6))
def test_a_workbook_holds_what_was_written(rows: list[list[Any]]) -> None:
    held = bytearray()
    book = Xlsx(held.extend, "To do: '[1]'")
    for row in rows:
        book.row(row)
    book.close()
    control = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])
    assert read(bytes(held)) == [[v.translate(control) if isinstance(v, str) else v for v in row] for row in rows]


def test_a_workbook_is_written_in_constant_memory() -> None:
    sizes: list[int] = []
    book = Xlsx(lambda data: sizes.append(len(data)), "Many")
    for number in range(20_000):
        book.row([f"RL-{number:04}-{number * 7919 % 10**6}", date(2026, 1, 1), "Restaurant licence"])
    book.close()
    assert sum(sizes) > 100_000
    assert max(sizes) < 100_000, "it is handed on while it is written"


@pytest.mark.parametrize("typed", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "＝1+1", "＠a"])
def test_no_cell_is_a_formula(typed: str) -> None:
    held = bytearray()
    table = Csv(held.extend)
    table.row([typed, "陳大文", date(2026, 3, 1), None])
    table.close()
    (row,) = csv.reader(io.StringIO(held.decode("utf-8-sig"), newline=""))
    assert row == [f"'{typed}", "陳大文", "2026-03-01", ""]
    assert cell(typed).startswith("'")

"""Filling a register from a file: a report by row and column, and each row entered once."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from tests import small_services

from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.definition.service import Service
from praya.kernel.journal.models import JournalEntry
from praya.project import filling
from praya.project.refusal import Refused

LABEL = "label: {en: Label, zh-hant: 標籤}"
STALLS = f"""
form:
  - page: one
    title: {{en: Words, zh-hant: 文字}}
    questions:
      - word: {{type: text, {LABEL}}}
flow:
  start: received
  states:
    received: {{{LABEL}, final: true, result: granted}}
registers:
  stalls:
    title: {{en: Stalls, zh-hant: 攤檔}}
    valid: 1 year
    unique: [number]
    found_by: [number, spot]
    facts:
      number: {{{LABEL}}}
      goods: {{{LABEL}}}
      rent: {{{LABEL}, kind: money, public: false}}
      since: {{{LABEL}, kind: date}}
      open: {{{LABEL}, kind: yes-no}}
      spot: {{{LABEL}, kind: place}}
retention: {{granted: 1 year}}
"""
HEAD = ["key", "number", "goods.en", "goods.zh-hant", "rent", "since", "open", "spot", "spot.lat", "spot.lon", "from",
        "until", "holder_email"]  # fmt: skip
GOOD = ["1", "A 1", "Tea", "茶", "1,200.50", "2020-03-01", "yes", "Pier", "22.3", "114.17", "2026-01-01", "2026-12-31",
        "keeper@example.com"]  # fmt: skip


@pytest.fixture
def stalls(db: None) -> Service:
    service = small_services.service("stalls", "ST", STALLS)
    small_services.published(service)
    return service


def file(*rows: list[str], head: list[str] = HEAD) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return ("\ufeff" + out.getvalue()).encode()


def but(**cells: str) -> list[str]:
    return [cells.get(name.replace(".", "_").replace("-", "_"), cell) for name, cell in zip(HEAD, GOOD, strict=True)]


def read(service: Service, data: bytes) -> tuple[list[filling.Row], list[str]]:
    rows, problems = filling.read(data, service, service.registers["stalls"], key="key")
    return rows, [str(problem) for problem in problems]


def test_rows_become_entries_with_values_holders_and_keys_once(stalls: Service) -> None:
    owner, register = filling.place("stalls", "stalls")
    rows, problems = read(stalls, file(GOOD, but(key="2", number="B 2", rent="", holder_email="", until="")))
    assert problems == []
    done = filling.fill(rows, owner, register, by="operator:x")
    assert (done.entered, done.there, done.refused) == (2, 0, [])
    one, two = registers.all_entries(service="stalls", register="stalls")
    assert one.values == {
        "number": "A 1", "goods": "Tea", "since": {"day": "2020-03-01"}, "open": True,
        "spot": {"text": "Pier", "lat": one.values["spot"]["lat"], "lon": one.values["spot"]["lon"]},
    }  # fmt: skip
    assert (one.fact_text("goods", "zh-hant"), one.fact_text("since", "en"), one.until_date) == (
        "茶",
        "1 March 2020",
        date(2026, 12, 31),
    )
    assert registers.inside([one])[one.ref].facts["rent"]["en"] == "HK$1,200.50"  # type: ignore[index]
    keeper = identity.find(email="keeper@example.com")
    assert keeper is not None
    assert (one.holder_ref, two.holder_ref, two.until_date) == (keeper.ref, "", date(2026, 12, 31))
    assert JournalEntry.objects.filter(event="register_entered", actor="operator:x").count() == 2
    search = registers.Search(("number",), ("a1",))
    found = registers.matching(service="stalls", register="stalls", search=search, on=date(2026, 2, 1), most=5)
    assert [entry.ref for entry in found] == [one.ref]
    # Read again, and with one row more, only that row is entered; what is unique is refused by row and column.
    more, _ = read(stalls, file(GOOD, but(key="2", number="B 2"), but(key="3", number="C"), but(key="4", number="a1")))
    again = filling.fill(more, owner, register, by="operator:x")
    assert (again.entered, again.there) == (1, 2)
    assert [str(problem) for problem in again.refused] == [f"5: number: entry {one.number} has the same number"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"rent": "much"}, "2: rent: 'much' is no money"),
        ({"since": "31/2/2020"}, "2: since: '31/2/2020' is no date"),
        ({"open": "perhaps"}, "2: open: 'perhaps' is no yes-no"),
        ({"spot_lat": "north"}, "2: spot: "),
        ({"spot_lat": "999"}, "2: spot: "),
        ({"key": ""}, "2: key: the key is empty"),
        ({"from": "2026"}, "2: from: '2026' is no day, like 2026-03-01"),
        ({"until": "2025-01-01"}, "2: until: the entry ends before it begins"),
        ({"holder_email": "nobody"}, "2: holder_email: it is no e-mail address"),
        ({"number": "a\u0007"}, "2: number: it holds the control character"),
    ],
)
def test_what_is_wrong_is_said_by_row_and_column(stalls: Service, cells: dict[str, str], said: str) -> None:
    _, problems = read(stalls, file(but(**cells)))
    assert [problem for problem in problems if problem.startswith(said)], problems


def test_rows_of_one_key_and_of_another_width_are_told(stalls: Service) -> None:
    _, problems = read(stalls, file(GOOD, GOOD, GOOD[:-1]))
    assert "3: key: row 2 has the same key" in problems
    assert "4: : the row has 12 cells, and the line of names 13" in problems


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (file(["x"], head=["numbr"]), "did you mean 'number'"),
        (file(["x"], head=["number"]), "no column 'key'"),
        (file(["1", "x", "y"], head=["key", "number", "number"]), "Two columns are called 'number'"),
        (b"key,number\n1,\xff\n", "not UTF-8"),
        (b'key,number\n1,"x\n', "no CSV"),
        (file(["1"], head=["key"]), "No column is a fact"),
    ],
)
def test_what_is_no_such_file_is_refused(stalls: Service, data: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read(stalls, data)


def test_a_register_that_is_not_there_is_refused(stalls: Any) -> None:
    for service, register, said in (("stall", "stalls", "did you mean 'stalls'"), ("stalls", "x", "no register 'x'")):
        with pytest.raises(Refused, match=said):
            filling.place(service, register)

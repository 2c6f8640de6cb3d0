"""Fill a register from a file of rows: read it, report its problems by row and column, and enter the rows.

Each row is entered once, by its key, in its own transaction, so that an interrupted command can be repeated.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.definition.chapters.registers import Register
from praya.definition.service import Service
from praya.journey import entries, load, register_facts
from praya.kernel.expression import among
from praya.kernel.reading import NotText, line
from praya.kernel.text import spoken
from praya.project.refusal import Refused

LARGEST = 200 * 2**20
MOST_TOLD = 100
"""Problems that are printed."""
OWN = ("from", "until", "holder_email")
"""The columns beside facts."""


@dataclass(frozen=True)
class CellProblem:
    """A problem of a cell; `row` counts from 1, which is the line of names."""

    row: int
    column: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.row}: {self.column}: {self.sentence}"


@dataclass(frozen=True)
class Row:
    """A row without problems."""

    number: int
    key: str
    facts: Mapping[str, Any]
    from_date: date | None
    until_date: date | None
    holder: str


@dataclass
class Filled:
    """The result: how many rows were entered, how many existed already, and the problems."""

    entered: int = 0
    there: int = 0
    refused: list[CellProblem] = field(default_factory=list)


def place(service: str, register: str) -> tuple[Service, Register]:
    """A register of a live service. Raises Refused."""
    live = load.territory().live
    if service not in live:
        raise Refused(f"There is no live service '{service}'{among(service, live)}.")
    owner = load.definition(live[service])
    if register not in owner.registers:
        raise Refused(f"'{service}' has no register '{register}'{among(register, owner.registers)}.")
    return owner, owner.registers[register]


def read(data: bytes, service: Service, register: Register, *, key: str) -> tuple[list[Row], list[CellProblem]]:
    """The rows of a file, and all its problems. Raises Refused for a file of another format."""
    if len(data) > LARGEST:
        raise Refused(f"The file has more than {LARGEST // 2**20} MB; fill the register from several.")
    try:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        head = [name.strip() for name in next(lines, [])]
        _insist_on_columns(head, register, key)
        rows: list[Row] = []
        problems: list[CellProblem] = []
        seen: dict[str, int] = {}
        for number, cells in enumerate(lines, 2):
            if not any(cell.strip() for cell in cells):
                continue
            row, wrong = _row(number, cells, head, service, register, key)
            if row.key and row.key in seen:
                wrong.append(CellProblem(number, key, f"row {seen[row.key]} has the same key"))
            seen.setdefault(row.key, number)
            rows.append(row)
            problems += wrong
    except UnicodeDecodeError as wrong_bytes:
        raise Refused(f"The file is not UTF-8: byte {wrong_bytes.start} cannot be read.") from None
    except csv.Error as wrong_file:
        raise Refused(f"The file is no CSV: {wrong_file}.") from None
    return rows, problems


def _insist_on_columns(head: Sequence[str], register: Register, key: str) -> None:
    known = [*register.facts, *OWN, key]
    for name in head:
        fact, dot, part = name.partition(".")
        is_part = dot and fact in register.facts and part in {"lat", "lon", *spoken()}
        if name not in known and not is_part:
            raise Refused(f"The register has no fact for the column '{name}'{among(name, known)}.")
    if key not in head:
        raise Refused(f"There is no column '{key}' for the key{among(key, head)}.")
    twice = next((name for name in head if head.count(name) > 1), None)
    if twice is not None:
        raise Refused(f"Two columns are called '{twice}'.")
    if not any(name.partition(".")[0] in register.facts for name in head):
        raise Refused(f"No column is a fact of the register (its facts: {', '.join(register.facts)}).")


def _row(
    number: int, cells: Sequence[str], head: Sequence[str], service: Service, register: Register, key: str
) -> tuple[Row, list[CellProblem]]:
    problems: list[CellProblem] = []
    if len(cells) != len(head):
        message = f"the row has {len(cells)} cells, and the line of names {len(head)}"
        problems.append(CellProblem(number, "", message))
    given: dict[str, str] = {}
    for name, cell in zip(head, cells, strict=False):
        try:
            given[name] = line(cell)
        except NotText as wrong:
            problems.append(CellProblem(number, name, f"it holds the control character {wrong.character}"))
    facts = _facts(given, register)
    for name, value in facts.items():
        try:
            register_facts.written(register, service, {name: value})
        except register_facts.WrongFact as wrong:
            problems.append(CellProblem(number, name, str(wrong)))
    if not any(value is not None for value in facts.values()):
        problems.append(CellProblem(number, "", "no fact is given"))
    days: dict[str, date | None] = {"from": None, "until": None}
    for name in days:
        try:
            days[name] = date.fromisoformat(given[name]) if given.get(name) else None
        except ValueError:
            problems.append(CellProblem(number, name, f"'{given[name]}' is no day, like 2026-03-01"))
    if not given.get(key):
        problems.append(CellProblem(number, key, "the key is empty"))
    holder = given.get("holder_email", "")
    if holder:
        try:
            identity.find(email=holder)
        except identity.NotAnAddress:
            problems.append(CellProblem(number, "holder_email", "it is no e-mail address"))
    if days["from"] and days["until"] and days["until"] < days["from"]:
        problems.append(CellProblem(number, "until", "the entry ends before it begins"))
    return Row(number, given.get(key, ""), facts, days["from"], days["until"], holder), problems


def _facts(given: Mapping[str, str], register: Register) -> dict[str, Any]:
    """The facts of a row: a value, a place with its point, or a text in several languages; None for an empty cell."""
    facts: dict[str, Any] = {}
    for name in register.facts:
        parts = {column.partition(".")[2]: cell for column, cell in given.items() if column.startswith(f"{name}.")}
        own = given.get(name, "")
        if {"lat", "lon"} & parts.keys():
            point = {part: parts[part] for part in ("lat", "lon") if parts.get(part)}
            facts[name] = {"text": own, **point} if own or point else None
        elif parts:
            facts[name] = {language: words for language, words in parts.items() if words} or None
        elif name in given:
            facts[name] = own or None
    return facts


def fill(rows: Sequence[Row], service: Service, register: Register, *, by: str) -> Filled:
    """Enter the rows that were not entered yet."""
    done, pack = Filled(), load.pack()
    for row in rows:
        at = datetime.now(UTC)
        today = pack.calendar.day_of(at)
        first = row.from_date or today
        until = row.until_date or (pack.calendar.last_day(first, register.valid) if register.valid else None)
        once_key = (
            f"fill:{service.service}/{register.name}:{registers.hashed_key(service.service, register.name, row.key)}"
        )
        if registers.is_entered(once_key):
            done.there += 1
            continue
        holder = identity.enrol(email=row.holder, name=None, language=spoken()[0], at=at, by=by) if row.holder else None
        new = registers.NewEntry(
            service=service.service, register=register.name, case_ref="", holder_ref=holder.ref if holder else "",
            from_date=first, until_date=until, once_key=once_key, finding=register_facts.finding(register),
            **register_facts.written(register, service, row.facts),
            **entries.next_reminder(register, until, pack, today=today),
        )  # fmt: skip
        try:
            registers.enter(new, at=at, by=by)
        except registers.NotUnique as taken:
            message = f"entry {taken} has the same {', '.join(register.unique)}"
            done.refused.append(CellProblem(row.number, register.unique[0], message))
        except registers.NotEnterable as wrong:
            done.refused.append(CellProblem(row.number, "", str(wrong)))
        else:
            done.entered += 1
    return done

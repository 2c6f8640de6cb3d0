"""Every example of every service plays as it says; what only reads is rebuilt; nothing typed reaches the journal."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from tests.installations import emptied_afterwards
from tests.stories import everyday

from praya.blocks.bookings import api as bookings
from praya.blocks.identity import api as identity
from praya.definition.example import Example
from praya.definition.source import read
from praya.journey import load, play
from praya.journey.expectations import Differs
from praya.kernel.crypto import vault
from praya.kernel.journal.models import JournalEntry
from praya.kernel.outbox.models import Effect
from praya.project import wiring
from praya.systems.open_data import api as open_data

PACKS = Path(__file__).parents[2] / "packs"
# Those of the cookbook, a pack of its own, are played in test_cookbook.py.
EXAMPLES = sorted(PACKS.glob("hongkong/services/*/examples/*.yaml"))
SERVICES = sorted(PACKS.glob("hongkong/services/*"))


# The test of personal columns reads what this one leaves behind.
EVERYDAY = sorted({*everyday(EXAMPLES), *(path for path in EXAMPLES if path.stem == "family-returns")})
AT = datetime(2020, 1, 2, tzinfo=UTC)
# For the sake of the fixture `found`: pytest-django makes a database where the mark is.
pytestmark = pytest.mark.django_db


def named(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.stem}"


def told(path: Path) -> Example:
    return Example.model_validate(read(path).data)


class Heard(logging.Handler):
    """Everything that is logged, as text: to any logger of the standard library, and to standard error."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.error = StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.__dict__}")

    def __str__(self) -> str:
        return "\n".join([*self.lines, self.error.getvalue()])


@contextmanager
def listening() -> Iterator[Heard]:
    heard, root = Heard(), logging.getLogger()
    was = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    # What Django says of SQL while it is being debugged holds values; no installation debugs.
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    with redirect_stderr(heard.error):
        yield heard
    root.removeHandler(heard)
    root.setLevel(was)


@dataclass
class Found:
    """What came of playing examples, one after another, in one territory."""

    played: list[Path] = field(default_factory=list)
    transcripts: dict[Path, list[str]] = field(default_factory=dict)
    differences: dict[Path, str] = field(default_factory=dict)
    miscounted: dict[Path, list[Any]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    """The codes that definitions publish."""
    counted: Any = None
    shown: Any = None
    counted_anew: Any = None
    shown_anew: Any = None
    sums: dict[str, dict[str, int]] = field(default_factory=dict)
    """What was counted, by service, and the same counted in the tables of cases and bookings."""
    columns: bytes = b""
    """Every value of every table, but for published definitions: those are for everybody to read."""
    entries: int = 0
    said: dict[str, str] = field(default_factory=dict)
    """Everything in the journal, the outbox and the log, as text."""


@pytest.fixture(scope="module", params=["everyday", pytest.param("every", marks=pytest.mark.size)])
def found(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[Found]:
    """Each example is played once, in transactions that commit: on PostgreSQL only those are sealed and counted."""
    stories = EVERYDAY if request.param == "everyday" else EXAMPLES
    with django_db_blocker.unblock(), emptied_afterwards(), listening() as heard:
        yield from [all_played(heard, stories)]
    vault.reset_memory()
    load.forget()


def all_played(heard: Heard, stories: list[Path]) -> Found:
    found = Found(played=stories)
    for service in load.read_services(Path(settings.PRAYA.pack), load.pack()):
        load.publish(service, at=AT, by="system")
    load.forget()
    territory = load.territory()
    found.closed = {option.value for s in map(territory.service, territory.live) for q in s.all_questions()
                    for option in getattr(q, "options", ())}  # fmt: skip
    for number, path in enumerate(stories):
        try:
            found.transcripts[path] = played(path, territory, number).transcript
        except Differs as difference:
            found.differences[path] = str(difference)
        found.miscounted[path] = bookings.miscounted()
        if number % 3 == 0:
            # Counted as they come, in several rounds, as the worker does.
            wiring.tick(at=AT)
    # The worker does what is due at the time of the stories, so that no retention ends.
    while wiring.tick(at=AT):
        pass
    found.counted = open_data.snapshot()
    found.shown = {name: open_data.figures(territory.service(name)) for name in territory.live}
    open_data.rebuild()
    found.counted_anew = open_data.snapshot()
    found.shown_anew = {name: open_data.figures(territory.service(name)) for name in territory.live}
    found.sums = {
        "cases": summed("SELECT service, count(*) FROM cases_case GROUP BY service"),
        "applications": summed(
            "SELECT service, sum(count) FROM open_data_count WHERE measure = 'applications' GROUP BY service"
        ),
        "booked": summed("SELECT scheme, sum(size) FROM bookings_booking GROUP BY scheme"),
        "bookings": summed(
            "SELECT service, sum(count) FROM open_data_count WHERE measure = 'bookings' GROUP BY service"
        ),
    }
    found.columns = dumped()
    # And what is due by now, when much of it is to be forgotten.
    for tick in range(4):
        wiring.tick(at=datetime.now(UTC) + timedelta(days=tick))
    columns = ("event", "service", "subject", "actor", "facts")
    found.entries = JournalEntry.objects.count()
    found.said = {
        "journal": "\n".join(str(value) for row in JournalEntry.objects.values_list(*columns) for value in row),
        "outbox": "\n".join(str(value) for row in Effect.objects.values_list() for value in row),
        "log": str(heard),
    }
    return found


def enrolled(number: int = 0) -> identity.Person:
    return identity.enrol(email=f"resident{number}@example.com", name="Sample Person", language="en", at=AT)


def played(path: Path, territory: load.Territory, number: int) -> play.Played:
    service = territory.services[path.parent.parent.name]
    found = play.play(told(path), service, territory.pack, person=enrolled(number))
    if found.case and found.case.booking_ref:
        # The same invented people book in several stories, and may hold one booking at a time.
        bookings.cancel(ref=found.case.booking_ref, at=found.now, by="system")
    return found


def summed(statement: str) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {name: int(number) for name, number in cursor.fetchall()}


def dumped() -> bytes:
    values: list[bytes] = []
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names(cursor)) - {"services_published"}):
            cursor.execute(f"SELECT * FROM {table}")
            for row in cursor.fetchall():
                values += (bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row)
    return b"|".join(values)


def test_the_examples_play_as_they_say(found: Found) -> None:
    assert {named(path): said for path, said in found.differences.items()} == {}
    assert [named(path) for path in found.played if not found.transcripts[path]] == []
    assert {named(path): wrong for path, wrong in found.miscounted.items() if wrong} == {}


def test_every_service_has_a_good_end_and_a_refusal_among_its_examples() -> None:
    for service in SERVICES:
        stories = [told(path) for path in service.glob("examples/*.yaml")]
        ends = [one.expect for story in stories for one in (story, *story.steps)]
        # A case that is about another service's case comes to its end in the stories of that service.
        others = (path for path in EXAMPLES if path.parts[-3] != service.name)
        elsewhere = any(f"applies: {service.name}" in path.read_text("utf-8") for path in others)
        assert elsewhere or any(end.result in {"granted", "completed"} for end in ends), service.name
        assert any(story.expect.errors or story.expect.refused for story in stories), service.name


def test_no_service_has_python() -> None:
    strangers = [
        p for p in PACKS.rglob("*") if p.is_file() and p.suffix not in {".yaml", ".md", ".svg", ".json", ".pem"}
    ]
    assert strangers == []
    assert len(SERVICES) >= 4


# What only reads


def test_the_figures_rebuilt_from_the_journal_are_the_same(found: Found) -> None:
    assert len(found.counted) > 5
    assert found.counted_anew == found.counted
    assert found.shown_anew == found.shown


def test_counting_agrees_with_counting_the_cases_themselves(found: Found) -> None:
    assert found.sums["applications"] == found.sums["cases"]
    assert found.sums["bookings"] == found.sums["booked"]
    assert len(found.sums["cases"]) >= 4
    assert len(found.sums["booked"]) >= 2


# Nothing that was typed


def strings(value: Any) -> Iterator[str]:
    """Every text inside answers."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def typed_in(story: Example, closed: set[str]) -> set[str]:
    """What people typed in a story, without codes of closed lists, dates and words too short to tell anything."""
    found = set(strings(story.answers)) | {"Sample Person"}
    for step in story.steps:
        found |= set(strings(step.answers)) | {step.reason or ""} | {step.reply.comment if step.reply else ""}
    plain = re.compile(r"[a-z0-9-]{1,60}|\d{4}-\d\d(-\d\d)?|\d\d:\d\d")
    return {text for text in found if len(text) >= 2 and text not in closed and not plain.fullmatch(text)}


def test_nothing_that_was_typed_reaches_journal_outbox_or_log(found: Found) -> None:
    typed: set[str] = set()
    for number, path in enumerate(found.played):
        # Codes that a definition publishes may be spoken of; what people type may not.
        typed |= typed_in(told(path), found.closed) | {f"resident{number}@example.com"}
    assert len(typed) > 100
    assert {"陳大文", "+85251234567", "Y000007(6)"} <= typed
    assert found.entries > 300
    for place, said in found.said.items():
        leaked = sorted(text for text in typed if text in said)
        assert leaked == [], f"the {place} holds what people typed"


def test_personal_columns_hold_nothing_readable(found: Found) -> None:
    story = next(path for path in EXAMPLES if path.stem == "family-returns")
    private = {text for text in typed_in(told(story), set()) if len(text) > 3 or not text.isascii()}
    assert {"李嘉欣", "+85251234567", "Y000007(6)"} <= private
    assert b"return2hk" in found.columns
    assert sorted(text for text in private if text.encode() in found.columns) == []
    for number in range(len(found.played)):
        assert f"resident{number}@example.com".encode() not in found.columns
    assert settings.PRAYA.mode == "test"

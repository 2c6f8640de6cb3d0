"""Every example of every service plays as it says; what only reads is rebuilt; nothing typed reaches the journal."""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from praya.blocks.analytics import api as analytics
from praya.blocks.bookings import api as bookings
from praya.blocks.identity import api as identity
from praya.definition.example import Example
from praya.definition.service import Service
from praya.definition.source import read
from praya.journey import load, play
from praya.kernel.journal.models import Entry
from praya.kernel.outbox.models import Effect
from praya.project import wiring

PACKS = Path(__file__).parents[2] / "packs"
# Those of the cookbook, a pack of its own, are played in test_cookbook.py.
EXAMPLES = sorted(PACKS.glob("hongkong/services/*/examples/*.yaml"))
SERVICES = sorted(PACKS.glob("hongkong/services/*"))
AT = datetime(2020, 1, 2, tzinfo=UTC)


def named(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.stem}"


def told(path: Path) -> Example:
    return Example.model_validate(read(path).data)


@pytest.fixture(scope="session")
def services() -> list[Service]:
    """The pack's services, read once: each test publishes them anew."""
    return load.read_services(Path(settings.PRAYA.pack), load.pack())


def published(services: list[Service]) -> load.Territory:
    for service in services:
        load.publish(service, at=AT, by="system")
    load.forget()
    return load.territory()


@pytest.fixture
def territory(db: None, services: list[Service]) -> load.Territory:
    """Live services, in a transaction that is taken back."""
    return published(services)


@pytest.fixture
def lasting(committed: None, services: list[Service]) -> load.Territory:
    """Live services, in transactions that commit: on PostgreSQL only what is committed is sealed and counted."""
    return published(services)


def worked_off() -> None:
    """Let the worker do what is due at the time of the stories, so that no retention ends."""
    while wiring.tick(at=AT):
        pass


def enrolled(number: int = 0) -> identity.Person:
    return identity.enrol(email=f"resident{number}@example.com", name="Sample Person", language="en", at=AT)


def played(path: Path, territory: load.Territory, number: int = 0) -> play.Played:
    service = territory.services[path.parent.parent.name]
    found = play.play(told(path), service, territory.pack, person=enrolled(number))
    if found.case and found.case.booking_ref:
        # The same invented people book in several stories, and may hold one booking at a time.
        bookings.cancel(ref=found.case.booking_ref, at=found.now, by="system")
    return found


@pytest.mark.parametrize("path", EXAMPLES, ids=named)
def test_the_example_plays_as_it_says(path: Path, territory: load.Territory) -> None:
    assert played(path, territory).transcript
    assert bookings.miscounted() == []


def test_every_service_has_a_good_end_and_a_refusal_among_its_examples() -> None:
    for service in SERVICES:
        stories = [told(path) for path in service.glob("examples/*.yaml")]
        ends = [step.expect for story in stories for step in story.steps]
        assert any(end.result in {"granted", "completed"} for end in ends), service.name
        assert any(story.expect.errors or story.expect.refused for story in stories), service.name


def test_no_service_has_python() -> None:
    strangers = [
        p for p in PACKS.rglob("*") if p.is_file() and p.suffix not in {".yaml", ".md", ".svg", ".json", ".pem"}
    ]
    assert strangers == []
    assert len(SERVICES) >= 4


# What only reads


def test_the_figures_rebuilt_from_the_journal_are_the_same(lasting: load.Territory) -> None:
    territory = lasting
    for number, path in enumerate(EXAMPLES[::3]):
        played(path, territory, number)
        # Counted as they come, in several rounds, as the worker does.
        wiring.tick(at=AT)
    worked_off()
    counted = analytics.snapshot()
    assert len(counted) > 5
    shown = {name: analytics.figures(service) for name, service in territory.services.items()}
    analytics.rebuild()
    assert analytics.snapshot() == counted
    assert {name: analytics.figures(service) for name, service in territory.services.items()} == shown


def test_counting_agrees_with_counting_the_cases_themselves(lasting: load.Territory) -> None:
    for number, path in enumerate(EXAMPLES[1::4]):
        played(path, lasting, number)
    worked_off()
    with connection.cursor() as cursor:
        cursor.execute("SELECT service, count(*) FROM cases_case GROUP BY service")
        opened = dict(cursor.fetchall())
        cursor.execute(
            "SELECT service, sum(count) FROM analytics_count WHERE measure = 'applications' GROUP BY service"
        )
        assert {name: int(n) for name, n in cursor.fetchall()} == opened
        cursor.execute("SELECT scheme, sum(size) FROM bookings_booking GROUP BY scheme")
        booked = {name: int(n) for name, n in cursor.fetchall()}
        cursor.execute("SELECT service, sum(count) FROM analytics_count WHERE measure = 'bookings' GROUP BY service")
        assert {name: int(n) for name, n in cursor.fetchall()} == booked


# Nothing that was typed


class Heard(logging.Handler):
    """Everything that is logged, as text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.__dict__}")


@pytest.fixture
def heard() -> Iterator[Heard]:
    listening = Heard()
    root = logging.getLogger()
    was = root.level
    root.addHandler(listening)
    root.setLevel(logging.DEBUG)
    # What Django says of SQL while it is being debugged holds values; no installation debugs.
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    yield listening
    root.removeHandler(listening)
    root.setLevel(was)


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


def test_nothing_that_was_typed_reaches_journal_outbox_or_log(territory: load.Territory, heard: Heard) -> None:
    typed: set[str] = {"resident0@example.com"}
    # Codes that a definition publishes may be spoken of; what people type may not.
    closed = {option.value for s in territory.services.values() for q in s.all_questions()
              for option in getattr(q, "options", ())}  # fmt: skip
    for number, path in enumerate(EXAMPLES):
        story = told(path)
        typed |= typed_in(story, closed) | {f"resident{number}@example.com"}
        played(path, territory, number)
    for tick in range(4):
        wiring.tick(at=datetime.now(UTC) + timedelta(days=tick))
    assert len(typed) > 100
    assert {"陳大文", "+85251234567", "Y000007(6)"} & typed

    columns = ("event", "service", "subject", "actor", "facts")
    facts = "\n".join(str(value) for row in Entry.objects.values_list(*columns) for value in row)
    effects = "\n".join(str(value) for row in Effect.objects.values_list() for value in row)
    assert Entry.objects.count() > 300
    for place, said in {"journal": facts, "outbox": effects, "log": "\n".join(heard.lines)}.items():
        leaked = sorted(text for text in typed if text in said)
        assert leaked == [], f"the {place} holds what people typed"


def test_personal_columns_hold_nothing_readable(territory: load.Territory) -> None:
    story = next(path for path in EXAMPLES if path.stem == "family-returns")
    played(story, territory)
    closed: set[str] = set()
    with connection.cursor() as cursor:
        # What a definition publishes, such as the example of an identity card number, is for everybody to read.
        tables = set(connection.introspection.table_names(cursor)) - {"services_published"}
        dumped = b""
        for table in sorted(tables):
            cursor.execute(f"SELECT * FROM {table}")
            for row in cursor.fetchall():
                dumped += b"|".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row)
    private = {text for text in typed_in(told(story), closed) if len(text) > 3 or not text.isascii()}
    assert {"李嘉欣", "+85251234567", "Y000007(6)"} <= private
    assert sorted(text for text in private if text.encode() in dumped) == []
    assert b"resident0@example.com" not in dumped
    assert settings.PRAYA.mode == "test"

"""The journal's door: record a fact, read what is known about a subject. `folds` reads it all in sealed order.

Facts are references, codes, numbers and dates. Names, addresses and anything a person typed stay out: what is recorded
here can never be erased.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from praya.kernel import jsontext
from praya.kernel.journal.models import Entry

# A fact is small. What grows with a city (the tickets of a draw) has a table; its digest is the fact.
MAX_FACTS = 16_000


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of the journal."""

    seq: int
    position: int | None
    at: datetime
    event: str
    service: str
    subject: str
    actor: str
    facts: Mapping[str, Any]


def record(
    *, event: str, at: datetime, by: str, subject: str = "", service: str = "", facts: Mapping[str, Any] | None = None
) -> int:
    """Append one fact in the caller's transaction; answers its sequence number.

    `event` is in the past tense (`case_opened`), `by` says who (`person:REF`, `officer:REF`, `system`).
    Raises ValueError when the facts are longer than a fact should be.
    """
    text = canonical(facts or {})
    if len(text) > MAX_FACTS:
        raise ValueError(f"the facts of {event} are {len(text)} characters long; at most {MAX_FACTS}")
    entry = Entry.objects.create(event=event, at=at, actor=by, subject=subject, service=service, facts=text)
    return entry.seq


def canonical(facts: Mapping[str, Any]) -> str:
    """The one way to write facts as text: sorted keys, no spaces."""
    return jsontext.dumps(facts, sort_keys=True)


def about(subject: str, *, events: Sequence[str] = (), limit: int = 200) -> list[Fact]:
    """The newest facts about a subject, newest first."""
    rows = Entry.objects.filter(subject=subject)
    if events:
        rows = rows.filter(event__in=events)
    return [fact_of(row) for row in rows.order_by("-seq").values_list(*COLUMNS)[:limit]]


def subjects_of(event: str) -> frozenset[str]:
    """Everybody and everything of whom a kind of fact was ever recorded. Reads the whole journal: for commands only."""
    return frozenset(Entry.objects.filter(event=event).values_list("subject", flat=True))


def newest_at() -> datetime | None:
    """When the newest fact was written."""
    return Entry.objects.order_by("-seq").values_list("at", flat=True).first()


COLUMNS = ("seq", "position", "at", "event", "service", "subject", "actor", "facts")


def fact_of(row: tuple[Any, ...]) -> Fact:
    """A fact of a row of COLUMNS."""
    seq, position, at, event, service, subject, actor, facts = row
    return Fact(seq, position, at, event, service, subject, actor, jsontext.loads(facts))


def stamp(at: datetime) -> str:
    """A moment as sealed: UTC, microseconds, `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

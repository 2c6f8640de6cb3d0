"""The journal's interface: append a fact, read the facts about a subject. `folds` reads all facts in sealed order.

A fact holds references, codes, numbers and dates only. It never holds a name, an address or text that a person typed,
because the journal cannot be erased.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from praya.kernel import jsontext
from praya.kernel.journal.models import JournalEntry

# Characters of JSON in one fact. Data that grows with the number of people, such as the tickets of a draw, is stored in
# a table of its own; the fact then holds its digest.
MAX_FACTS = 16_000


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of the journal, as readers get it. `position` is None until the entry is sealed."""

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
    """Append one fact in the caller's transaction and return its sequence number.

    `event` is a verb in the past tense (`case_opened`); `by` names the actor (`person:REF`, `officer:REF`, `system`).
    Raises ValueError when the facts are longer than MAX_FACTS.
    """
    text = canonical(facts or {})
    if len(text) > MAX_FACTS:
        raise ValueError(f"the facts of {event} are {len(text)} characters long; at most {MAX_FACTS}")
    entry = JournalEntry.objects.create(event=event, at=at, actor=by, subject=subject, service=service, facts=text)
    return entry.seq


def canonical(facts: Mapping[str, Any]) -> str:
    """Facts as canonical JSON, with sorted keys and no spaces: equal facts give equal bytes, and so equal hashes."""
    return jsontext.dumps(facts, sort_keys=True)


def about(subject: str, *, events: Sequence[str] = (), limit: int = 200) -> list[Fact]:
    """The newest facts about a subject, newest first."""
    rows = JournalEntry.objects.filter(subject=subject)
    if events:
        rows = rows.filter(event__in=events)
    return [fact_of(row) for row in rows.order_by("-seq").values_list(*COLUMNS)[:limit]]


def subjects_of(event: str) -> frozenset[str]:
    """The subjects of every fact of one event. Reads the whole journal, so only commands should call it."""
    return frozenset(JournalEntry.objects.filter(event=event).values_list("subject", flat=True))


def newest_at() -> datetime | None:
    """The moment of the newest fact; None when the journal is empty."""
    return JournalEntry.objects.order_by("-seq").values_list("at", flat=True).first()


COLUMNS = ("seq", "position", "at", "event", "service", "subject", "actor", "facts")


def fact_of(row: tuple[Any, ...]) -> Fact:
    """The fact that a database row of COLUMNS holds."""
    seq, position, at, event, service, subject, actor, facts = row
    return Fact(seq, position, at, event, service, subject, actor, jsontext.loads(facts))


def stamp(at: datetime) -> str:
    """A moment as text, as it is hashed: UTC, with microseconds and `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

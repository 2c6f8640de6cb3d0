"""The journal's door: record a fact, read them in sealed order, fold over them.

Facts are references, codes, numbers and dates. Names, addresses and anything a person typed stay out: what is recorded
here can never be erased.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from praya.kernel.journal.models import Cursor, Entry

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
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def about(subject: str, *, events: Sequence[str] = (), limit: int = 200) -> list[Fact]:
    """The newest facts about a subject, newest first."""
    rows = Entry.objects.filter(subject=subject)
    if events:
        rows = rows.filter(event__in=events)
    return [_fact(row) for row in rows.order_by("-seq")[:limit]]


def subjects_of(event: str) -> frozenset[str]:
    """Everybody and everything of whom a kind of fact was ever recorded. Reads the whole journal: for commands only."""
    return frozenset(Entry.objects.filter(event=event).values_list("subject", flat=True))


def after(position: int, *, limit: int = 1000) -> list[Fact]:
    """Sealed facts that follow `position`, in order. No fact ever appears before one that was read."""
    rows = Entry.objects.filter(position__gt=position).order_by("position")[:limit]
    return [_fact(row) for row in rows]


def fold(name: str, apply: Callable[[Sequence[Fact]], None], *, limit: int = 1000) -> int:
    """Give `apply` the facts that `name` has not seen, and remember how far it came, in one transaction."""
    with transaction.atomic():
        Cursor.objects.get_or_create(name=name)
        cursor = Cursor.objects.select_for_update().get(name=name)
        facts = after(cursor.position, limit=limit)
        if facts:
            apply(facts)
            cursor.position = facts[-1].position or 0
            cursor.save(update_fields=["position"])
    return len(facts)


def start_over(name: str) -> None:
    """Let the fold `name` read from the beginning; its owner empties what it built in the same transaction."""
    Cursor.objects.filter(name=name).update(position=0)


def _fact(row: Entry) -> Fact:
    return Fact(row.seq, row.position, row.at, row.event, row.service, row.subject, row.actor, json.loads(row.facts))


def stamp(at: datetime) -> str:
    """A moment as sealed: UTC, microseconds, `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

"""Rehearsals: examples played through the real journey in a temporary database, apart from any installation."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from praya.definition.check import in_file
from praya.definition.explain import as_text
from praya.definition.load import load_service
from praya.definition.model import leaves
from praya.definition.service import Service
from praya.definition.shared import resolved
from praya.definition.source import Broken, Where, read, scan
from praya.kernel.expression import Expression
from praya.project.designing.stories import Story

if TYPE_CHECKING:
    from praya.blocks.identity.api import Person
    from praya.definition.pack import Pack
    from praya.journey.expectations import Differs
    from praya.journey.play import Played

SEEN = {
    "result": "ended:",
    "due": "due",
    "fee": "fee",
    "notices": "letters:",
    "booking": "places:",
    "record_until": "record until",
}
# A date as Python prints it, which is replaced by the form in the file.
DATE = re.compile(r"datetime\.date\((\d+), (\d+), (\d+)\)")


@dataclass(frozen=True)
class Rehearsed:
    """The result of playing an example: its transcript, and the first moment that differs ("" for none).

    `when` names that moment, and `places` has a line `FILE:LINE:COLUMN: ...` for each difference of that moment.
    """

    service: str
    path: Path
    title: str
    transcript: tuple[str, ...]
    difference: str = ""
    when: str = ""
    places: tuple[str, ...] = ()


@contextmanager
def stage(pack: Path | None) -> Iterator[None]:
    """A new SQLite database in a temporary folder, with Django ready on it; for a process of its own only.

    Without a pack the database stays empty: for what needs Django but no installation.
    """
    folder = tempfile.mkdtemp(prefix="praya-play-")
    for name in list(os.environ):
        # Nothing of the installation's settings may reach the stage: neither its data nor its keys.
        if name.upper().startswith("PRAYA_") or name == "DATABASE_URL":
            del os.environ[name]
    os.environ |= {"PRAYA_MODE": "test", "PRAYA_DATA_DIR": folder} | ({"PRAYA_PACK": str(pack)} if pack else {})
    try:
        from praya.project import logs, startup

        startup.ready_django()
        logs.silence()
        if pack is not None:
            from praya.project import migration
            from praya.project.designing import empty_database

            empty_database.prepare()
            migration.migrate(at=datetime.now(UTC))
        yield
        from django.db import connections

        connections.close_all()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(services: Sequence[Service], pack: "Pack", stories: Sequence[Story] = ()) -> None:
    """Publish the services on the stage, with those that they are about and those for which stories apply."""
    from praya.journey import load

    for service in with_owners(services, pack, stories):
        load.publish(service, at=datetime.now(UTC), by="system")
    load.forget()


def with_owners(services: Sequence[Service], pack: "Pack", stories: Sequence[Story] = ()) -> list[Service]:
    """The services, and those of the same pack on which they depend or for which a story applies.

    A service with errors is left out.
    """
    by_name = {service.service: service for service in services}
    needed = {name for service in services for name in service.rests_on}
    needed |= {step.applies for story in stories for step in story.example.steps if step.applies}
    for name in sorted(needed - by_name.keys()):
        path = pack.folder / "services" / name if pack.folder else None
        with suppress(Broken):
            if path is not None and path.is_dir():
                by_name[name] = load_service(path, pack)
    return list(by_name.values())


def rehearse(story: Story, service: Service, pack: "Pack", *, letters: bool = False) -> Rehearsed:
    """Play one example on an empty stage, and roll everything back afterwards.

    With `letters` the transcript has the text of each letter.
    """
    from django.db import transaction

    from praya.blocks.identity import api as identity
    from praya.journey import play

    title, difference = story.example.example, ""
    transcript: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    when = ""
    with transaction.atomic():
        person = identity.enrol(
            email="player@example.com", name="Chan Tai Man (sample)", language=story.example.language,
            at=story.example.starts if story.example.starts.tzinfo else datetime.now(UTC),
        )  # fmt: skip
        try:
            with transaction.atomic():
                played = play.play(story.example, service, pack, person=person, observe=True)
                transcript = _in_words(played, letters=letters)
        except play.Differs as differs:
            difference = DATE.sub(_iso, str(differs))
            when = differs.when
            places = tuple(_places(differs, story, service, pack))
            transcript = _regardless(story, service, pack, person, letters=letters)
        except Exception as problem:  # noqa: BLE001 (a designer is told which example, and never sees a traceback)
            difference = f"it cannot be played: {reason(problem)}"
        transaction.set_rollback(True)
    return Rehearsed(service.service, story.path, title, transcript, difference, when, places)


def reason(problem: Exception) -> str:
    """Why something failed, in words: what the exception is for, and what it says; its name where it is not our own."""
    about = (type(problem).__doc__ or "").strip().split("\n")[0].rstrip(".") if _is_own(problem) else ""
    return f"{about} ({problem})" if about else f"{type(problem).__name__}: {problem}"


def _is_own(problem: Exception) -> bool:
    return type(problem).__module__.startswith("praya.")


def _places(differs: "Differs", story: Story, service: Service, pack: "Pack") -> Iterator[str]:
    """Each difference with the file, line and column where it stands: in the example or in the definition."""
    with suppress(Broken, OSError):
        example, services = read(story.path), story.path.parents[2]
        for one in differs.differences:
            own = one.in_service == service.service
            definition = (story.path.parents[1] if own else services / one.in_service) / "service.yaml"
            source = resolved(scan(definition), pack.folder) if one.in_service else example
            at = one.at
            if one.in_service and not at:
                at = _speaking_of(one.sentence, service if own else load_service(definition, pack)) or one.near
            mark, _ = source.marked(in_file(source, at))
            yield f"{mark.file}:{mark.line}:{mark.column}: {DATE.sub(_iso, one.sentence)}"


def _speaking_of(sentence: str, service: Service) -> Where:
    """The place of the expression that a sentence quotes."""
    paths = (path for path, expression in leaves(service, Expression) if f"'{expression.source}'" in sentence)
    return next(paths, ())


def observe(story: Story, service: Service, pack: "Pack") -> list[dict[str, Any]]:
    """Everything that the example could expect at each of its steps, as it plays now."""
    from django.db import transaction

    from praya.blocks.identity import api as identity
    from praya.journey import play

    with transaction.atomic():
        person = identity.enrol(
            email="player@example.com", name="Chan Tai Man (sample)", language=story.example.language,
            at=datetime.now(UTC),
        )  # fmt: skip
        observed = play.play(story.example, service, pack, person=person, compare=False, observe=True).observed
        transaction.set_rollback(True)
    return observed


def _in_words(played: "Played", *, letters: bool) -> tuple[str, ...]:
    """The transcript, with the results of each moment in words below it."""
    lines: list[str] = []
    moments = zip(played.transcript, played.services, played.observed, played.letters, strict=True)
    for line, service, seen, sent in moments:
        lines.append(line)
        state = service.flow.states.get(str(seen.get("state")))
        words = [f"“{state.label.in_('en')}”"] if state else []
        for name, word in SEEN.items():
            value = seen.get(name)
            if isinstance(value, date):
                unsure = name == "due" and played.pack.calendar.ends_before(value)
                known = f" (not certain: holidays are known until {played.pack.calendar.until})" if unsure else ""
                value = f"{value:%a} {value}{known}"
            elif isinstance(value, list):
                value = ", ".join(map(str, value))
            elif name == "fee" and value is not None:
                value = f"{Decimal(value):,.2f}"
            if value is not None:
                words.append(f"{word} {value}")
        if words:
            lines.append("    " + " · ".join(words))
        if played.shut_out is not None:
            lines += [f"    {line}" for line in as_text(played.shut_out.why("en"))]
        if letters:
            lines += [f"    {line}" for line in _letters(sent)]
    return tuple(lines)


def _letters(refs: Sequence[str]) -> Iterator[str]:
    """The texts of letters with their recipients; an e-mail has the text of the inbox."""
    from praya.blocks.notices import api as notices

    for shown in notices.shown_in_rehearsal(refs):
        to = f"SMS to {shown.to}" if shown.channel == "sms" else f"to {shown.to or 'the inbox'}"
        yield f"┌ {shown.name}, {to}"
        lines = [shown.subject, "", *shown.body.splitlines()] if shown.subject else shown.body.splitlines()
        yield from (f"│ {line}".rstrip() for line in lines)
        if shown.shortened:
            yield "└ shortened: it would have been longer than such a message may be"


def _regardless(story: Story, service: Service, pack: "Pack", person: "Person", *, letters: bool) -> tuple[str, ...]:
    """The transcript of the whole story, without comparing it with what it expects."""
    from django.db import transaction

    from praya.journey import play

    try:
        with transaction.atomic():
            played = play.play(story.example, service, pack, person=person, compare=False, observe=True)
            return _in_words(played, letters=letters)
    except Exception:  # noqa: BLE001 (why it differs is told already; this is only the way there)
        return ()


def _iso(day: re.Match[str]) -> str:
    return date(*map(int, day.groups())).isoformat()

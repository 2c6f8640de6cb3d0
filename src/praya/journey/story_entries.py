"""What exists before a story begins: entries of registers, and the invented persons who hold them."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.definition.chapters.public_notices import Publication
from praya.definition.chapters.registers import Register
from praya.definition.example import Example, GivenEntry, Held
from praya.definition.service import Service
from praya.journey import (
    entries,
    load,
    register_facts,
)
from praya.journey.expectations import Differs, Played
from praya.journey.register_lookups import owner_of


def entered(service: Service, held: Held, *, person: identity.Person, once_key: str, at: datetime) -> str:
    """Enter what a service is about: an entry of the person, or, for anyone, of another; or a publication.

    Raises Differs when it is about nothing, or about the register of a service that is not there.
    """
    subject, about = service.subject, service.about
    if about is not None:
        publisher = owner_of(service, about.service)
        publication = publisher.publishes.get(about.publication) if publisher else None
        if publisher is None or publication is None:
            where = f"'{about.publication}' of '{about.service}'"
            raise Differs(f"the story begins with {where}, and that service is not there or has errors: check it")
        shown = registers.NewEntry(
            service=about.service, register=about.publication, case_ref="",
            **_written(publication, publisher, held.facts),
            from_date=held.from_date, until_date=held.until, once_key=once_key[:160],
        )  # fmt: skip
        return registers.enter(shown, at=at, by="system").ref
    register = entries.register_of(service, subject.register_in) if subject else None
    if subject is None:
        raise Differs("the story begins with an entry, but the service is about none")
    if register is None:
        where = f"'{subject.register_in}' of '{subject.service or service.service}'"
        raise Differs(
            f"the story begins with an entry in {where}, and that service is not there or has errors: check it"
        )
    holder, facts = person.ref, held.facts
    if subject.who == "anyone":
        holder = identity.enrol(email="holder@example.com", name="Holder (sample)", language="en", at=at).ref
    elif subject.named_by is not None:
        # The entry names the person of the story, unless it says whom.
        holder, facts = "", {subject.named_by: person.email, **held.facts}
    owner = owner_of(service, subject.service) or service
    new = registers.NewEntry(
        service=owner.service,
        register=register.name,
        case_ref="",
        holder_ref=holder,
        from_date=held.from_date,
        until_date=held.until,
        once_key=once_key[:160],
        finding=register_facts.finding(register),
        **_written(register, owner, facts),
        **entries.next_reminder(register, held.until, load.pack(), today=held.from_date),
    )
    return registers.enter(new, at=at, by="system").ref


def _written(register: Register | Publication, owner: Service, facts: Mapping[str, Any]) -> register_facts.EntryFacts:
    try:
        return register_facts.written(register, owner, facts)
    except register_facts.WrongFact as wrong:
        raise Differs(f"the entry in '{register.name}': {wrong}") from None


def entries_of(example: Example, played: Played) -> dict[str, str]:
    """The entries that stand in registers before the story begins, by name."""
    return {name: _make_entry(name, given, example, played) for name, given in example.entries.items()}


def _make_entry(name: str, given: GivenEntry, example: Example, played: Played) -> str:
    today = played.pack.calendar.day_of(played.now)
    owner = owner_of(played.service, given.service)
    register = owner.registers.get(given.register_name) if owner else None
    if owner is None or register is None:
        raise Differs(f"the entry '{name}': there is no register '{given.register_name}'")
    holder = ""
    if given.held_by == "applicant":
        holder = played.person.ref
    elif given.held_by is not None:
        holder = invented_person(given.held_by, played, example).ref
    from_date = given.from_date or today
    new = registers.NewEntry(
        service=owner.service, register=register.name, case_ref=f"story:{name}"[:40], holder_ref=holder,
        from_date=from_date, until_date=given.until, finding=register_facts.finding(register),
        once_key=f"story:{played.person.ref}:{example.example}:{name}:{played.now.isoformat()}"[:160],
        **_written(register, owner, given.facts),
        **entries.next_reminder(register, given.until, played.pack, today=from_date),
    )  # fmt: skip
    return registers.enter(new, at=played.now, by="system").ref


def invented_person(name: str, played: Played, example: Example) -> identity.Person:
    """The invented person of this name in a story, the same in each of its steps."""
    story = sha256(f"{played.person.ref}:{example.example}:{example.starts}".encode()).hexdigest()[:10]
    return identity.enrol(
        email=f"{name}.{story}@example.com", name=f"{name.capitalize()} (sample)", language=example.language,
        at=played.now,
    )  # fmt: skip

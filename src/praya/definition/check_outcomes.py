"""What pydantic cannot see of public notices and letters, and where the effects and expressions stand."""

from collections.abc import Iterator
from typing import Any

from praya.definition.chapter import Found
from praya.definition.chapters.registers import ENTRY
from praya.definition.flow import Effects
from praya.definition.model import Path, leaves
from praya.definition.service import Service
from praya.definition.source import Said, unknown
from praya.kernel.expression import PLACEHOLDER, Expression, nearest
from praya.kernel.text import Text

# `received` is how many cases there are about it.
PUBLICATION = ENTRY | {"received"}


def problems(service: Service) -> Found:
    """Every problem of publications and letters to holders."""
    yield from _publications(service)
    yield from _to_holders(service)


def members(service: Service) -> dict[str, set[str]]:
    """What stands after the dot of `publication`."""
    # What another service publishes is compared with it where both are at hand.
    published = {name for one in service.publishes.values() for name in one.facts}
    return {} if service.about else {"publication": {*PUBLICATION, *published} if service.publishes else set()}


def with_effects(service: Service) -> Iterator[tuple[Path, Effects]]:
    """Everything that has effects, with its path."""
    for state in service.flow.states.values():
        path: Path = ("flow", "states", state.name)
        yield path, state
        for action in state.actions.values():
            yield (*path, "actions", action.name), action
        for index, timer in enumerate(state.timers):
            yield (*path, "timers", index), timer


def _publications(service: Service) -> Found:
    if service.subject is not None and service.about is not None:
        yield ("about",), _not("a service is about an entry ('subject') or about a publication ('about'), not both")
    for name, publication in service.publishes.items():
        if name in service.registers:
            yield ("publishes", name), Said("named-twice", f"a register is called '{name}' too; choose another name")
        for fact in publication.facts:
            if fact in PUBLICATION:
                said = f"'publication.{fact}' is every publication's own; give the fact another name"
                yield ("publishes", name, "facts", fact), _not(said)
    for path, effects in with_effects(service):
        if effects.publish and effects.publish not in service.publishes:
            yield (*path, "publish"), unknown("publication", effects.publish, service.publishes)
    if any(effects.unpublish for effects in service.flow.effects()) and not service.publishes:
        yield ("flow",), _not("'unpublish: true' takes a publication down, but the service has no 'publishes'")


def about_published(service: Service, owner: Service) -> Found:
    """What is wrong with a service that is about what another, `owner`, publishes."""
    about = service.about
    if about is None or about.service != owner.service:
        return
    publication = owner.publishes.get(about.publication)
    if publication is None:
        yield (
            ("about", "publication"),
            unknown(f"publication of '{owner.service}'", about.publication, owner.publishes),
        )
        return
    known = PUBLICATION | set(publication.facts)
    for path, expression in expressions(service):
        for root, member in sorted(expression.paths):
            if root == "publication" and member not in known:
                said = f"'publication.{member}' does not exist{nearest(member, sorted(known))}"
                yield path, Said("unknown-name", said)


def expressions(value: Any, path: Path = ()) -> Iterator[tuple[Path, Expression]]:
    """Every expression within a part of a definition, with its path; also those in braces of notices."""
    yield from leaves(value, Expression, path)
    for where, text in leaves(value, Text, path):
        for language, words in text.written.items() if where and where[0] == "notices" else ():
            yield from (((*where, language), Expression(source)) for source in PLACEHOLDER.findall(words))


def _to_holders(service: Service) -> Found:
    for notice in service.notices.values():
        path: Path = ("notices", notice.name)
        if notice.to == "holder" and service.subject is None:
            yield (*path, "to"), _not("there is no holder: the service is not about an entry ('subject')")
        if notice.to == "holder" and "sms" in notice.channels:
            yield (*path, "channels"), _not("a letter to the holder goes by inbox and email; take sms out")


def _not(message: str) -> Said:
    return Said("not-possible", message)

"""Public notices: what a case shows to everybody for a time, and services that are about such a notice."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from praya.definition.chapter import Chapter, Found, Whole, Words
from praya.definition.model import Keyed, Model, Path, Slug
from praya.definition.outcome import Fact
from praya.definition.source import Said, unknown
from praya.definition.trials import trial_name
from praya.kernel.calendar import Length
from praya.kernel.expression import nearest
from praya.kernel.text import Text

OWN = frozenset({"ref", "from", "until", "received"})
"""What every publication says of itself, after `publication.`; `received` counts the cases about it."""


class Publication(Model):
    """A public notice about a case: what everybody may read of it, for a time in which they may object."""

    name: Slug
    title: Text
    summary: Text | None = None
    facts: Annotated[dict[str, Fact], Keyed] = Field(min_length=1)
    shown_for: Length = Field(alias="for")


class About(Model):
    """The service is about something that another service publishes: an objection, a comment."""

    service: Slug
    publication: Slug


class OfAbout(Model):
    """The publication that a service is about."""

    about: About | None = None


class OfService(Model):
    """What a service publishes."""

    publishes: Annotated[dict[str, Publication], Keyed] = {}


class OfEffects(Model):
    """What effects publish and take down."""

    publish: str | None = None
    unpublish: bool = False


class OfExpect(Model):
    """The public notices that an example expects."""

    published: tuple[str, ...] | None = None


def problems(whole: Whole) -> Found:
    """Check the names of publications and of their facts, and the effects on them."""
    service = whole.service
    if service.subject is not None and service.about is not None:
        yield ("about",), _not("a service is about an entry ('subject') or about a publication ('about'), not both")
    for name, publication in service.publishes.items():
        if name in service.registers:
            yield ("publishes", name), Said("named-twice", f"a register is called '{name}' too; choose another name")
        for fact in publication.facts:
            if fact in OWN:
                said = f"'publication.{fact}' is every publication's own; give the fact another name"
                yield ("publishes", name, "facts", fact), _not(said)
    for path, effects in whole.effects:
        if effects.publish and effects.publish not in service.publishes:
            yield (*path, "publish"), unknown("publication", effects.publish, service.publishes)
    if any(effects.unpublish for _, effects in whole.effects) and not service.publishes:
        yield ("flow",), _not("'unpublish: true' takes a publication down, but the service has no 'publishes'")


def _not(message: str) -> Said:
    return Said("not-possible", message)


def story_problems(service: Any, expect: OfExpect, path: Path) -> Found:
    """Check that an example expects publications that there are."""
    for index, name in enumerate(expect.published or ()):
        if name not in service.publishes:
            yield (*path, "published", index), unknown("publication", name, service.publishes)


def members(service: Any) -> dict[str, set[str]]:
    """What stands after `publication.`; nothing where another service publishes, with which it is compared later."""
    published = {name for one in service.publishes.values() for name in one.facts}
    return {} if service.about else {"publication": {*OWN, *published} if service.publishes else set()}


def others(service: Any) -> Iterator[tuple[Path, str]]:
    """The service that publishes what this one is about."""
    if service.about is not None:
        yield ("about", "service"), service.about.service


def problems_about(whole: Whole, owner: Any) -> Found:
    """Check that another service publishes what this one is about, with the facts that it names."""
    about: About | None = whole.service.about
    if about is None or about.service != owner.service:
        return
    publication = owner.publishes.get(about.publication)
    if publication is None:
        said = unknown(f"publication of '{owner.service}'", about.publication, owner.publishes)
        yield ("about", "publication"), said
        return
    known = OWN | set(publication.facts)
    for path, expression in whole.expressions:
        for root, member in sorted(expression.paths):
            if root == "publication" and member not in known:
                said = Said("unknown-name", f"'publication.{member}' does not exist{nearest(member, sorted(known))}")
                yield path, said


def in_trial(service: Any) -> dict[str, Any]:
    """What it is about: a publication of the other service's trial."""
    about = service.about
    return {"about": about and about.model_copy(update={"service": trial_name(about.service)})}


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Answer the publications of a definition's JSON by their names, and what it is about."""
    return {"publication": data["publishes"], "about": {"": data["about"]} if data["about"] else {}}


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "about": (
            "The service is about what another one publishes: an objection, a comment. See About.",
            {"service": "dog-boarding", "publication": "application"},
        ),
        "publishes": (
            "Public notices about a case, by name.",
            {
                "application": {
                    "title": {"en": "Notice of application", "zh-hant": "申請公告"},
                    "for": "28 days",
                    "facts": {"shop": {"label": {"en": "Shop", "zh-hant": "店舖"}, "value": "answers.shop_name"}},
                }
            },
        ),
    },
    "Publication": {
        "name": (
            "Its name; written as the key. No register of the service has it.",
            "application",
        ),
        "title": (
            "What it is called.",
            {"en": "Notice of application", "zh-hant": "申請公告"},
        ),
        "summary": (
            "A sentence above it.",
            {"en": "Anybody may object.", "zh-hant": "任何人士均可提出反對。"},
        ),
        "facts": (
            "What everybody reads of the case, by name, and nothing else.",
            {"shop": {"label": {"en": "Shop", "zh-hant": "店舖"}, "value": "answers.shop_name"}},
        ),
        "for": (
            "How long it is shown.",
            "28 days",
        ),
    },
    "About": {
        "service": (
            "The service that publishes.",
            "dog-boarding",
        ),
        "publication": (
            "Which of its publications.",
            "application",
        ),
    },
    "Effects": {
        "publish": (
            "The public notice that is shown from now on, for its time.",
            "application",
        ),
        "unpublish": (
            "The case's public notices are taken down.",
            True,
        ),
    },
    "Expect": {
        "published": (
            "The public notices of the case that are shown now.",
            ["application"],
        ),
    },
}
NAMES = {
    "publication": (
        (
            "What the service is about, or what the case published last: `publication.ref`, "
            "`.from`, `.until`, its facts as text, and in a case `publication.received`, how many "
            "cases are about it."
        ),
        "everywhere in a service with `about`; in flow, records and notices of one that publishes",
    ),
}

CHAPTER = Chapter(
    name="public notices",
    service=(Words(model=OfAbout, at=12), Words(model=OfService, at=64)),
    effects=(Words(model=OfEffects, at=40),),
    expect=(Words(model=OfExpect, at=28),),
    parts=(Publication, About),
    problems=problems,
    story_problems=story_problems,
    members=members,
    others=others,
    problems_about=problems_about,
    before=frozenset({"publication"}),
    made={"publishes": ("publish", "published")},
    in_trial=in_trial,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
)

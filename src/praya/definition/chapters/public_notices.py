"""Public notices: facts of a case that are published for a time, and services about such a notice."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.chapters.registers import Kind, kind_of, labels
from praya.definition.model import Keyed, Model, Path, Slug
from praya.definition.outcome import Fact
from praya.definition.source import Message, unknown
from praya.definition.trials import trial_name
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression, nearest
from praya.kernel.syntax import Call, named
from praya.kernel.text import Text

OWN = frozenset({"ref", "from", "until", "received"})
"""What every publication says of itself, after `publication.`; `received` counts the cases about it."""


class PublishedFact(Fact):
    """A fact of a public notice: everybody reads its words, and rules have its value."""

    kind: Kind | None = None
    labels: dict[str, Text] = {}


class Publication(Model):
    """A public notice about a case: its public facts, and how long it is published and open to objections."""

    name: Slug
    title: Text
    summary: Text | None = None
    facts: Annotated[dict[str, PublishedFact], Keyed] = Field(min_length=1)
    shown_for: Length = Field(alias="for")

    @property
    def shown(self) -> dict[str, PublishedFact]:
        """The facts that everybody may read: all."""
        return self.facts

    @property
    def private_facts(self) -> dict[str, PublishedFact]:
        """The facts that nobody else may read: none."""
        return {}


class About(Model):
    """The service is about a publication of another service: an objection, a comment."""

    service: Slug
    publication: Slug


class OfAbout(Model):
    """The publication that a service is about."""

    about: About | None = None


class OfService(Model):
    """The publications of a service."""

    publishes: Annotated[dict[str, Publication], Keyed] = {}


class OfEffects(Model):
    """The effects that publish notices and withdraw them."""

    publish: str | None = None
    unpublish: bool = False


class OfExpect(Model):
    """The public notices that an example expects."""

    published: tuple[str, ...] | None = None


def problems(whole: Whole) -> Problems:
    """Check the names of publications and of their facts, and the effects on them."""
    service = whole.service
    if service.subject is not None and service.about is not None:
        yield ("about",), _not("a service is about an entry ('subject') or about a publication ('about'), not both")
    for name, publication in service.publishes.items():
        if name in service.registers:
            yield ("publishes", name), Message("named-twice", f"a register is called '{name}' too; choose another name")
        for fact in publication.facts:
            if fact in OWN:
                message = f"'publication.{fact}' is every publication's own; give the fact another name"
                yield ("publishes", name, "facts", fact), _not(message)
    for path, effects in whole.effects:
        if effects.publish and effects.publish not in service.publishes:
            yield (*path, "publish"), unknown("publication", effects.publish, service.publishes)
    for name, publication in service.publishes.items():
        yield from labels.of_facts(publication.facts, ("publishes", name, "facts"))
    for name, publication in service.publishes.items() if service.about is None else ():
        yield from _places(whole, service, publication, f" of '{name}'")
    if any(effects.unpublish for _, effects in whole.effects) and not service.publishes:
        yield ("flow",), _not("'unpublish: true' takes a publication down, but the service has no 'publishes'")


def _places(whole: Whole, owner: Any, publication: Publication, where: str) -> Problems:
    """Check that distances are taken to places."""
    kinds = {name: kind_of(owner, fact) for name, fact in publication.facts.items()}
    for path, expression in whole.expressions:
        for fact in _distances_to(expression):
            if fact in OWN or kinds.get(fact, "place") != "place":
                kind = kinds.get(fact, "text")
                message = (
                    f"'publication.{fact}'{where} is a {kind}, not a place, so no distance to it is known; a fact is a"
                    " place whose value is the answer to a question of 'type: place', or that says 'kind: place'"
                )
                yield path, Message("wrong-kind", message)


def _distances_to(expression: Expression) -> Iterator[str]:
    """The facts of a publication to which an expression takes a distance."""
    for node in expression.node.walk():
        if isinstance(node, Call) and node.name == "distance":
            for place in map(named, node.arguments):
                if place is not None and place[0] == "publication":
                    yield place[1]


def _not(message: str) -> Message:
    return Message("not-possible", message)


def story_problems(service: Any, expect: OfExpect, path: Path) -> Problems:
    """Check that the publications in an example's expectation exist."""
    for index, name in enumerate(expect.published or ()):
        if name not in service.publishes:
            yield (*path, "published", index), unknown("publication", name, service.publishes)


def members(service: Any) -> dict[str, set[str]]:
    """The names after `publication.` in expressions; empty for one of another service, which is checked later."""
    published = {name for one in service.publishes.values() for name in one.facts}
    return {} if service.about else {"publication": {*OWN, *published} if service.publishes else set()}


def others(service: Any) -> Iterator[tuple[Path, str]]:
    """The service whose publications this one is about."""
    if service.about is not None:
        yield ("about", "service"), service.about.service


def problems_about(whole: Whole, owner: Any) -> Problems:
    """Check that the other service has the publication, with the facts that this one names."""
    about: About | None = whole.service.about
    if about is None or about.service != owner.service:
        return
    publication = owner.publishes.get(about.publication)
    if publication is None:
        message = unknown(f"publication of '{owner.service}'", about.publication, owner.publishes)
        yield ("about", "publication"), message
        return
    yield from _places(whole, owner, publication, f" of '{owner.service}'")
    known = OWN | set(publication.facts)
    for path, expression in whole.expressions:
        for root, member in sorted(expression.paths):
            if root == "publication" and member not in known:
                message = Message(
                    "unknown-name", f"'publication.{member}' does not exist{nearest(member, sorted(known))}"
                )
                yield path, message


def in_trial(service: Any) -> dict[str, Any]:
    """The publication that it is about: one of the trial version of the other service."""
    about = service.about
    return {"about": about and about.model_copy(update={"service": trial_name(about.service)})}


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The publications in a definition's JSON, by name, and the publication that the service is about."""
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
    "PublishedFact": {
        "name": ("Its name; written as the key. Rules see it as `publication.shop`.", "shop"),
        "label": ("What people read beside it.", {"en": "Shop", "zh-hant": "店舖"}),
        "value": ("An expression. An answer is shown as its question shows it.", "answers.shop_name"),
        "kind": (
            (
                "What it is for rules, as for a fact of a register: text, number, money, date, choice, yes-no or "
                "place. Without it, what the question asks whose answer it is."
            ),
            "place",
        ),
        "labels": (
            "What people read of its values, by value, as for a fact of a register.",
            {"open": {"en": "Open", "zh-hant": "開放"}},
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
            "`.from`, `.until`, its facts, and in a case `publication.received`, how many cases are about it. A "
            "fact is a text, or by its kind a number, a day, an option, or a place, to which a distance is taken: "
            "`distance(answers.home, publication.site) <= 100`."
        ),
        "everywhere in a service with `about`; in flow, records and notices of one that publishes",
    ),
}

CHAPTER = Chapter(
    name="public notices",
    service=(Words(model=OfAbout, at=12), Words(model=OfService, at=64)),
    effects=(Words(model=OfEffects, at=40),),
    expect=(Words(model=OfExpect, at=28),),
    parts=(Publication, PublishedFact, About),
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

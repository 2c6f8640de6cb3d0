"""A chapter of the definition language: one word, or a few that belong together, in one value.

Each file in `definition/chapters/` holds one `CHAPTER`. It declares the models of its words, its checks, the names
that it gives to expressions, its part in the comparison of two versions, and its sentences in the reference. What the
words do to a case stands in the file of the same name in `journey/chapters/`. docs/howto/add-a-word.md adds one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Protocol

from praya.definition.model import Model, Path
from praya.definition.source import Said
from praya.kernel.expression import Expression

Found = Iterator[tuple[Path, Said]]
"""Problems, each with the path of its place in the definition."""
FLOW = 50
"""The place of the word `flow` among the words of a service."""
LAST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Fields that a chapter adds to `service.yaml`, to effects or to what an example expects.

    `at` places them among the other fields. The order of fields is part of the canonical JSON of a definition, which is
    hashed and signed, so the place of existing words never changes; new words take the default and stand last.
    """

    model: type[Model]
    at: int = LAST


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that expressions at a place can read; `members` narrows what stands behind the dot of some."""

    names: Set[str]
    members: Mapping[str, Set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Whole:
    """A definition as the checks of a chapter see it: the service, and its effects and expressions with their paths.

    `in_braces` checks the expressions in braces within words that stand at a path. They read what a case knows; `more`
    adds names with the members behind their dots, and `allowed` narrows the names to these. `before` are the names that
    expressions read before there is a case.
    """

    service: Any
    effects: tuple[tuple[Path, Any], ...]
    expressions: tuple[tuple[Path, Expression], ...]
    in_braces: "InBraces"
    before: Set[str]


@dataclass(frozen=True, slots=True)
class Leads:
    """A way on which the words of a chapter lead a case out of a state; `says` answers, in a language, when."""

    to: str
    says: Callable[[str], str]
    by_time: bool = False


class InBraces(Protocol):
    """How a chapter has the braces within a text checked."""

    def __call__(
        self, words: str, path: Path, allowed: Set[str] | None = None, more: Mapping[str, set[str]] | None = None, /
    ) -> Found:
        """Yield what is wrong with the words."""


def _no_problems(_whole: Whole) -> Found:
    yield from ()


def _no_doubts(_service: Any) -> Found:
    yield from ()


def _no_problems_in_pack(_service: Any, _pack: Any) -> Found:
    yield from ()


def _no_members(_service: Any) -> dict[str, set[str]]:
    return {}


def _never(_service: Any, _path: Path) -> bool:
    return False


def _no_other_names(_path: Path) -> frozenset[str] | None:
    return None


def _no_ways(_flow: Any, _state: Any) -> Iterator[Leads]:
    yield from ()


def _nothing_read(_service: Any, _effects: Any) -> Iterator[Expression]:
    yield from ()


def _no_story_problems(_service: Any, _expect: Any, _path: Path) -> Found:
    yield from ()


def _no_others(_service: Any) -> Iterator[tuple[Path, str]]:
    yield from ()


def _no_problems_about(_whole: Whole, _owner: Any) -> Found:
    yield from ()


def _as_it_is(_service: Any) -> Mapping[str, Any]:
    return {}


def _no_names(_service: Any, _path: Path) -> Set[str]:
    return frozenset()


def _no_letters(_service: Any) -> Iterator[str]:
    yield from ()


def _no_scope(_service: Any, _path: Path) -> Scope | None:
    return None


def _no_sections(_service: Any) -> Iterator[tuple[Path, Any]]:
    yield from ()


def _no_shapes(_service: Any) -> dict[str, Any]:
    return {}


def _not_shown(_service: Any, _name: str, _context: Mapping[str, Any], _language: str) -> tuple[str, str] | None:
    return None


def no_parts(_data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Tell no parts apart: a change of the chapter's words is then told as one of the whole word."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """What one chapter declares.

    `service`, `states` and `effects` are the words that it adds to a service, to a state and to effects; `stories`,
    `steps` and `expect` those that it adds to an example, to its steps and to its expectations. Words of one chapter
    that do not stand together are several. `parts` are its own models, which have a section of the reference.

    `problems` yields what is wrong with its words in a definition, `in_pack` in a definition together with its pack,
    and `doubtful` what is allowed and hardly meant; `story_problems` what is wrong with them in an example's
    expectation, `step_problems` in an example (at the empty path) or in one of its steps. `errors` are the codes by
    which an example expects its refusals. `members` answers the names behind the dot of what it lets
    expressions of a case read, and `kinds` tells of such names whether they are a day, a number or a text.
    `before_case` tells whether the expression at a path is evaluated before there is a case, and `reads_only` answers
    all names that the expression at a path can read, where these are others. `settled_by` yields the expressions from
    which its effects work out an amount or a text. `ways` yields where its words lead a case from a state, beside
    actions, timers and the ways of the flow.

    `sections` yields forms that others than the applicant fill, each with its path: values with `form`, `questions`,
    `reads` and `worked_out`, as a service has them. `scope` answers what the expression at a path of a service can
    read, where that depends on the service; None where it says nothing. `shapes` answers what stands behind its names
    for loops: mappings, lists of one shape, and tuples of questions.

    `others` yields the services, by name and with the path, whose entries or publications its words speak of;
    `problems_about` then yields what is wrong with its words given the definition of such a service. `links` yields
    the services to which its words only lead people.

    `own_names` are the names that mean something of the chapter's own in the expression at a path; it checks them.
    `before` are those of its names that expressions can read before there is a case. `letters` yields the letters that
    its words send beside `notify`. `made` tells of each of its lists of a service which word of effects uses one of
    its items, and the participle for that. `in_trial` answers the fields of a service that differ in the sandbox.

    `differences` answers its parts of a definition's JSON, by kind and name, for the comparison of two versions.
    `reference` holds a sentence and an example for each word of each part; `names` does so, with the place in which it
    is known, for each name that expressions read. `shown` answers, where a result is explained to people, what the
    member of such a name is called and what it is in a context, in a language; None where there is nothing to show.
    """

    name: str
    service: tuple[Words, ...] = ()
    states: tuple[Words, ...] = ()
    effects: tuple[Words, ...] = ()
    stories: tuple[Words, ...] = ()
    steps: tuple[Words, ...] = ()
    expect: tuple[Words, ...] = ()
    parts: tuple[type[Model], ...] = ()
    problems: Callable[[Whole], Found] = _no_problems
    doubtful: Callable[[Any], Found] = _no_doubts
    in_pack: Callable[[Any, Any], Found] = _no_problems_in_pack
    story_problems: Callable[[Any, Any, Path], Found] = _no_story_problems
    step_problems: Callable[[Any, Any, Path], Found] = _no_story_problems
    errors: tuple[str, ...] = ()
    members: Callable[[Any], dict[str, set[str]]] = _no_members
    kinds: Mapping[str, str] = field(default_factory=dict)
    shapes: Callable[[Any], Mapping[str, Any]] = _no_shapes
    scope: Callable[[Any, Path], Scope | None] = _no_scope
    sections: Callable[[Any], Iterator[tuple[Path, Any]]] = _no_sections
    before_case: Callable[[Any, Path], bool] = _never
    reads_only: Callable[[Path], frozenset[str] | None] = _no_other_names
    settled_by: Callable[[Any, Any], Iterator[Expression]] = _nothing_read
    ways: Callable[[Any, Any], Iterator[Leads]] = _no_ways
    others: Callable[[Any], Iterator[tuple[Path, str]]] = _no_others
    links: Callable[[Any], Iterator[tuple[Path, str]]] = _no_others
    problems_about: Callable[[Whole, Any], Found] = _no_problems_about
    before: Set[str] = frozenset()
    own_names: Callable[[Any, Path], Set[str]] = _no_names
    letters: Callable[[Any], Iterator[str]] = _no_letters
    made: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    in_trial: Callable[[Any], Mapping[str, Any]] = _as_it_is
    differences: Callable[[Mapping[str, Any]], dict[str, dict[str, dict[str, Any]]]] = no_parts
    reference: Mapping[str, Mapping[str, tuple[str, Any]]] = field(default_factory=dict)
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    shown: Callable[[Any, str, Mapping[str, Any], str], tuple[str, str] | None] = _not_shown

    @property
    def at(self) -> int:
        """The place of its main words in a service, which are the last; it places the chapter in references."""
        return max((words.at for words in self.service), default=LAST)


def joined(name: str, words: Iterable[Words]) -> type[Model]:
    """One model with the fields of all these, in the order of their places."""
    # pydantic collects the fields of the last base first.
    bases = tuple(one.model for one in sorted(words, key=lambda one: one.at, reverse=True))
    return type(name, bases, {"__module__": __name__, "__doc__": None})

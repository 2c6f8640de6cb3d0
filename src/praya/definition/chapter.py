"""A chapter of the definition language: everything about one word, or a few related ones, in one value.

Each file in `definition/chapters/` contains one `CHAPTER`. It declares the models of its words, their checks, the names
that expressions can read, its part in the comparison of two versions, and its sentences in the reference. The file of
the same name in `journey/chapters/` defines what the words do to a case. docs/howto/add-a-word.md shows how to add one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Protocol

from praya.definition.model import Model, Path
from praya.definition.source import Message
from praya.kernel.expression import Expression

Problems = Iterator[tuple[Path, Message]]
"""Problems, each with the path of its place in the definition."""
FLOW = 50
"""The place of the word `flow` among the words of a service."""
LAST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Fields that a chapter adds to a service, to states, to effects or to examples.

    `at` is their position among the other fields. The order of fields is part of the canonical JSON of a definition,
    which is hashed and signed. So the position of existing words never changes; new words take the default, and come
    last.
    """

    model: type[Model]
    at: int = LAST


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that expressions at a place can read; `members` limits the names after the dot of some of them."""

    names: Set[str]
    members: Mapping[str, Set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Whole:
    """A definition as input for the checks of a chapter: the service, and its effects and expressions with their paths.

    `in_braces` checks the expressions in braces in a text at a path. They can read everything about a case; `more` adds
    names with their members, and `allowed` limits the names. `before` are the names that expressions can read before a
    case exists.
    """

    service: Any
    effects: tuple[tuple[Path, Any], ...]
    expressions: tuple[tuple[Path, Expression], ...]
    in_braces: "InBraces"
    before: Set[str]


@dataclass(frozen=True, slots=True)
class Leads:
    """A transition out of a state that the words of a chapter cause; `says` returns, in a language, when it happens."""

    to: str
    says: Callable[[str], str]
    by_time: bool = False


class InBraces(Protocol):
    """The function by which a chapter checks the expressions in braces in a text."""

    def __call__(
        self, words: str, path: Path, allowed: Set[str] | None = None, more: Mapping[str, set[str]] | None = None, /
    ) -> Problems:
        """Yield the problems of the text."""


def _no_problems(_whole: Whole) -> Problems:
    yield from ()


def _no_doubts(_service: Any) -> Problems:
    yield from ()


def _no_problems_in_pack(_service: Any, _pack: Any) -> Problems:
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


def _no_story_problems(_service: Any, _expect: Any, _path: Path) -> Problems:
    yield from ()


def _no_others(_service: Any) -> Iterator[tuple[Path, str]]:
    yield from ()


def _no_problems_about(_whole: Whole, _owner: Any) -> Problems:
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
    """Return no parts: the comparison of two versions then reports a change of the whole word."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """The declaration of one chapter.

    `service`, `states` and `effects` are the words that it adds to a service, to a state and to effects; `stories`,
    `steps` and `expect` those that it adds to an example, to its steps and to its expectations. Words that are not
    adjacent are separate items. `parts` are its own models, each with a section of the reference.

    `problems` yields the problems of its words in a definition, `in_pack` those of a definition together with its pack,
    and `doubtful` warnings about what is allowed but probably not intended; `story_problems` yields the problems in an
    example's expectation, `step_problems` those in an example (at the empty path) or in one of its steps. `errors` are
    the codes by which an example expects refusals. `members` returns the names after the dot of the values that it adds
    for expressions, and `kinds` whether such a name is a day, a number or a text. `before_case` returns whether the
    expression at a path is evaluated before a case exists, and `reads_only` all names that the expression at a path can
    read, if they differ from the usual ones. `settled_by` yields the expressions from which its effects compute an
    amount or a text. `ways` yields the transitions from a state that its words cause, in addition to actions, timers
    and the ways of the flow.

    `sections` yields, with their paths, the forms that people other than the applicant fill: values with `form`,
    `questions`, `reads` and `worked_out`, like a service. `scope` returns what the expression at a path can read, if
    that depends on the service, else None. `shapes` returns the structure of its names for loops: mappings, lists of
    one shape, and tuples of questions.

    `others` yields the other services, by name and with the path, to whose entries or publications its words refer;
    `problems_about` yields the problems of its words given the definition of such a service. `links` yields the
    services to which its words only link.

    `own_names` are the names that only the chapter defines, and checks, in the expression at a path. `before` are those
    of its names that expressions can read before a case exists. `letters` yields the letters that its words send, in
    addition to `notify`. `made` gives, for each of its lists of a service, the word of effects that uses its items, and
    the participle for that. `in_trial` returns the fields of a service that differ in the sandbox.

    `differences` returns its parts of a definition's JSON, by kind and name, for the comparison of two versions.
    `reference` contains a sentence and an example for each word of each part, and `names` the same, with the places
    where it can be read, for each name in expressions. `shown` returns the label and the value of a member of such a
    name, in a language, for the explanation of a result; None for no explanation.
    """

    name: str
    service: tuple[Words, ...] = ()
    states: tuple[Words, ...] = ()
    effects: tuple[Words, ...] = ()
    stories: tuple[Words, ...] = ()
    steps: tuple[Words, ...] = ()
    expect: tuple[Words, ...] = ()
    parts: tuple[type[Model], ...] = ()
    problems: Callable[[Whole], Problems] = _no_problems
    doubtful: Callable[[Any], Problems] = _no_doubts
    in_pack: Callable[[Any, Any], Problems] = _no_problems_in_pack
    story_problems: Callable[[Any, Any, Path], Problems] = _no_story_problems
    step_problems: Callable[[Any, Any, Path], Problems] = _no_story_problems
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
    problems_about: Callable[[Whole, Any], Problems] = _no_problems_about
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
        """The position of its main words in a service, by which references sort chapters."""
        return max((words.at for words in self.service), default=LAST)


def joined(name: str, words: Iterable[Words]) -> type[Model]:
    """One model with all these fields, in the order of their positions."""
    # pydantic collects the fields of the last base first.
    bases = tuple(one.model for one in sorted(words, key=lambda one: one.at, reverse=True))
    return type(name, bases, {"__module__": __name__, "__doc__": None})

"""What an expression reads of each item of a list, behind the variable of `map`, `filter`, `exists` and `all`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from praya.definition.parties import Party
from praya.definition.questions import Question, RepeatQuestion
from praya.definition.service import Service
from praya.definition.source import Said
from praya.kernel.expression import Expression, among
from praya.kernel.syntax import closing, tokens

_EACH = re.compile(r"(?<![\w.)\]])([A-Za-z_][\w.]*)\.(?:map|filter|exists|exists_one|all)(\()\s*([A-Za-z_]\w*)\s*,")
Shape = Mapping[str, Any]
"""What stands behind a dot: a shape, a list of one shape, or None, of which nothing is known."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """A variable, where it begins and ends, and what each item has; None where that is not known."""

    name: str
    begins: int
    ends: int
    shape: Shape | None


def of_items(service: Service, expression: Expression, party: Party | None = None) -> Iterator[Said]:
    """Names that no item has; only what is certain is told. `party` is the one in whose section it stands."""
    source, scopes = expression.source, list[_Scope]()
    variables = list(_EACH.finditer(source))
    if not variables:
        return
    roots = _roots(service, party)
    for match in variables:
        shape = _behind(match[1].split("."), roots, scopes, match.start())
        each = shape[0] if isinstance(shape, list) else None
        scopes.append(_Scope(match[3], match.end(), closing(source, match.start(2)), each))
    words = [(at, word) for at, word, _ in tokens(source) if word.strip()]
    for (at, word), (_, after) in zip(words, [*words[1:], (0, "")], strict=True):
        parts = word.split(".")
        if after == "(":
            parts.pop()  # what is called is a function
        scope = _scope(parts[0] if parts else "", scopes, at)
        shape = scope.shape if scope else None
        for part in parts[1:]:
            if not isinstance(shape, Mapping):
                break
            if part not in shape:
                yield Said("unknown-name", f"'{word}': no item has '{part}'{among(part, shape)}")
                break
            shape = shape[part]


def _scope(name: str, scopes: Iterable[_Scope], at: int) -> _Scope | None:
    """The innermost variable of that name there."""
    found = [scope for scope in scopes if scope.name == name and scope.begins <= at < scope.ends]
    return max(found, key=lambda scope: scope.begins, default=None)


def _behind(parts: list[str], roots: Shape, scopes: list[_Scope], at: int) -> Any:
    scope = _scope(parts[0], scopes, at)
    shape: Any = scope.shape if scope else roots.get(parts[0])
    for part in parts[1:]:
        shape = shape.get(part) if isinstance(shape, Mapping) else None
    return shape


def _roots(service: Service, party: Party | None) -> Shape:
    answers = {**_shape(service.questions.values()), **(_shape(party.questions.values()) if party else {})}
    return {
        "answers": answers,
        "findings": _shape(service.flow.asked.values()),
        "reviews": {action.reviewed_as: [_shape(action.ask)] for action in service.flow.reviewed},
        "parties": {
            name: {"each": [{"state": None, "answers": _shape(one.questions.values())}]}
            for name, one in service.parties.items()
        },
    }


def _shape(questions: Iterable[Question]) -> Shape:
    """What repeats among these have; of other answers nothing is said here."""
    return {q.name: [_shape(q.questions)] if isinstance(q, RepeatQuestion) else None for q in questions}

"""Checks of expressions: the names that they read exist at their place, and can have a value there."""

from collections.abc import Iterator, Mapping, Set
from typing import Any

from praya.definition.chapter import Problems
from praya.definition.chapters import BEFORE, CHAPTERS, NAMES, section_at
from praya.definition.check_cost import for_each_item, together, too_costly
from praya.definition.check_items import of_items
from praya.definition.check_lookups import of_lookups
from praya.definition.model import Path, leaves
from praya.definition.questions import ROW, RepeatQuestion
from praya.definition.reasoning import rests_on
from praya.definition.service import Service
from praya.definition.source import Message, unknown
from praya.kernel.expression import PLACEHOLDER, Expression, among, nearest
from praya.kernel.functions import WEEKDAYS
from praya.kernel.number import is_number
from praya.kernel.syntax import Call, compared_words

LAW = frozenset({"answers", "parameters", "today"})
KNOWN_BEFORE = LAW | {"conditions", "decisions", "applicant"} | BEFORE
FORM = KNOWN_BEFORE | {"item"}
CASE = FORM | {"case", "findings", "reviews"} | NAMES
KNOWN = {
    "case": {"ref", "opened_at", "opened_date", "state", "result"},
    "applicant": {"email", "language"},
}


def expressions(service: Service) -> Problems:
    """Check that every expression reads only names that are known at its place."""
    known, each_is_cheap = members(service), True
    for path, expression in leaves(service, Expression):
        allowed: Set[str] = CASE
        if path[0] in {"conditions", "decisions"}:
            by_row = path[0] == "decisions" and service.decisions[str(path[1])].several is not None
            allowed = CASE if by_row else CASE - {"item"}
        elif path[0] in {"form", "eligibility"} or any(chapter.before_case(service, path) for chapter in CHAPTERS):
            allowed = FORM
        for chapter in CHAPTERS:
            if (only := chapter.reads_only(path)) is not None:
                allowed = only
        here: Mapping[str, Set[str]] = known
        for scope in (chapter.scope(service, path) for chapter in CHAPTERS):
            if scope is not None:
                allowed, here = scope.names, {**known, **scope.members}
        own = {name for chapter in CHAPTERS for name in chapter.own_names(service, path)}
        joined = _asked_at(service, path)
        if joined is not None:
            own |= {ROW} if joined.of is not None else set()
            yield from ((path, message) for message in _of_row(joined, expression))
        here = {root: names for root, names in here.items() if root not in own} if own else here
        for name in sorted(expression.names - allowed - own):
            yield path, unknown("name", name, sorted(allowed))
        if path[0] not in {"conditions", "decisions"}:
            yield from ((path, message) for message in _known_later(service, expression, allowed))
        for root, member in sorted(expression.paths):
            if root in here and root in allowed and member not in here[root]:
                yield path, _no_member(root, member, here[root])
        if "item" in expression.names & allowed and (repeat := _repeat_at(service, path)) is not None:
            inner = {question.name for question in repeat.questions}
            for member in sorted(name for root, name in expression.paths if root == "item" and name not in inner):
                yield path, unknown(f"question of '{repeat.name}'", member, inner)
        section = section_at(service, path)
        yield from ((path, message) for message in of_items(service, expression, section))
        yield from ((path, message) for message in of_lookups(service, expression, path))
        yield from ((path, message) for message in _of_cases(service, expression))
        costly = [(path, message) for message in too_costly(service, expression, section)]
        if not costly:
            costly = [(path, message) for message in for_each_item(service, expression, path, section)]
        each_is_cheap = each_is_cheap and not costly
        yield from costly
        yield from ((path, message) for message in _of_weekdays(expression))
    if each_is_cheap:
        yield from together(service)


def _asked_at(service: Service, path: Path) -> RepeatQuestion | None:
    """The repeat of an action within whose items the expression at a path is evaluated."""
    if path[0] == "decisions":
        root, name = service.decisions[str(path[1])].rows_of or ("", "")
        found = service.flow.action_questions.get(name) if root == "findings" else None
        return found if isinstance(found, RepeatQuestion) and path[-1] != "several" else None
    if path[0] != "flow" or path[3:4] != ("actions",) or path[5:6] != ("ask",) or path[7:8] != ("questions",):
        return None
    part = service.flow.states[str(path[2])].actions[str(path[4])].content[int(path[6])]
    return part if isinstance(part, RepeatQuestion) else None


def _of_row(repeat: RepeatQuestion, expression: Expression) -> Iterator[Message]:
    """Check what an expression within the items reads of them, and of the rows for which they stand."""
    nested = repeat.rows_of is not None and repeat.rows_of.of is not None
    for root, member in sorted(expression.paths):
        if root == ROW and repeat.of is not None and member not in repeat.of_row and not (nested and member == ROW):
            yield unknown("question of the row", member, repeat.of_row)
        elif root == "item" and member not in repeat.by_name and not (member == ROW and repeat.of is not None):
            yield unknown(f"question of '{repeat.name}'", member, repeat.by_name)


def _repeat_at(service: Service, path: Path) -> RepeatQuestion | None:
    """The repeat that `item` means in the expression at a path: the innermost, or that of a decision table by row."""
    if path[0] == "decisions":
        question = service.questions.get(service.decisions[str(path[1])].repeat or "")
        return question if isinstance(question, RepeatQuestion) else None
    above: Path = next((above for above in service.sections if above and path[: len(above)] == above), ())
    part: Any = service.sections[above]
    repeat = None
    for step in path[len(above) :]:
        if isinstance(part, RepeatQuestion) and step == "questions":
            # Words of the repeat itself, such as its `when`, are not evaluated for an item.
            part, repeat = part.content, part
        elif isinstance(part, tuple) and isinstance(step, int) and step < len(part):
            part = part[step]
        else:
            part = getattr(part, "content" if step == "questions" else str(step), None)
    return repeat


def _known_later(service: Service, expression: Expression, allowed: Set[str]) -> Iterator[Message]:
    """Check that no expression evaluated before a case exists uses a condition or table that reads facts of a case."""
    for node in sorted(pair for pair in expression.paths if pair[0] in {"conditions", "decisions"} & allowed):
        later = {root for root, _ in rests_on({node}, service.reads)} & CASE - allowed
        if later:
            message = f"'{'.'.join(node)}' rests on '{min(later)}', which a case knows, and here there is none yet"
            yield Message("never-known", message)


def _of_cases(service: Service, expression: Expression) -> Iterator[Message]:
    """Check that a key is read only from a parameter whose value is a mapping with that key."""
    for names in expression.deepest:
        if names[0] != "parameters" or len(names) < 3:
            continue
        name, key = names[1], names[2]
        for value in service.parameters[name].values if name in service.parameters else ():
            if not isinstance(value.value, dict):
                if isinstance(value.value, bool) or is_number(value.value):
                    yield Message("wrong-kind", f"'parameters.{name}' is {value.value}: there is no '{key}' in it")
                    break
            elif key not in value.value:
                known = sorted(map(str, value.value))
                message = f"'parameters.{name}' has no '{key}' from {value.from_date}{among(key, known)}"
                yield Message("unknown-name", message)
                break


def _of_weekdays(expression: Expression) -> Iterator[Message]:
    """Check that `weekday(...)` is compared only with the names of weekdays."""
    for node in expression.node.walk():
        for of, word in compared_words(node):
            if isinstance(of, Call) and of.name == "weekday" and word not in WEEKDAYS:
                yield unknown("weekday", word, WEEKDAYS)


def members(service: Service) -> dict[str, set[str]]:
    """The names after the dot of each name."""
    return {
        **KNOWN,
        **{name: known for chapter in CHAPTERS for name, known in chapter.members(service).items()},
        "answers": set(service.questions),
        "findings": set(service.flow.action_questions),
        "reviews": {action.reviewed_as for action in service.flow.reviewed},
        "conditions": set(service.conditions),
        "decisions": set(service.decisions),
        "parameters": set(service.parameters),
    }


def placeholders(
    service: Service,
    words: str,
    path: Path,
    allowed: Set[str] | None = None,
    more: Mapping[str, set[str]] | None = None,
    /,
) -> Problems:
    """Check the expressions in braces in a text. They may read all facts of a case, or the names in `allowed`."""
    allowed, more = CASE | {"reason", "url"} if allowed is None else allowed, more or {}
    for source in PLACEHOLDER.findall(words):
        try:
            expression = Expression(source)
        except ValueError as error:
            yield path, Message("wrong-expression", f"in '{{{source}}}': {error}")
            continue
        for name in sorted(expression.names - allowed - more.keys()):
            known = sorted((CASE & allowed) | more.keys())
            yield path, Message("unknown-name", f"in '{{{source}}}': {unknown('name', name, known)}")
        for message in (*of_items(service, expression), *too_costly(service, expression)):
            yield path, Message(message.code, f"in '{{{source}}}': {message}")
        here = {**members(service), **more}
        for root, member in sorted(expression.paths):
            if root in here and member not in here[root]:
                yield path, _no_member(root, member, here[root])


def _no_member(root: str, member: str, known: Set[str]) -> Message:
    return Message("unknown-name", f"'{root}.{member}' does not exist{nearest(member, sorted(known))}")

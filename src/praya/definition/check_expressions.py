"""What expressions speak of: names that exist there, and values that can be known."""

from collections.abc import Iterator, Mapping, Set
from typing import Any

from praya.definition.chapter import Found
from praya.definition.chapters import BEFORE, CHAPTERS, NAMES, section_at
from praya.definition.check_cost import together, too_costly
from praya.definition.check_items import of_items
from praya.definition.model import Path, leaves
from praya.definition.questions import RepeatQuestion
from praya.definition.reasoning import rests_on
from praya.definition.service import Service
from praya.definition.source import Said, unknown
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


def expressions(service: Service) -> Found:
    """Every expression speaks of what is known where it stands."""
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
        here = {root: names for root, names in here.items() if root not in own} if own else here
        for name in sorted(expression.names - allowed):
            yield path, unknown("name", name, sorted(allowed))
        if path[0] not in {"conditions", "decisions"}:
            yield from ((path, said) for said in _known_later(service, expression, allowed))
        for root, member in sorted(expression.paths):
            if root in here and root in allowed and member not in here[root]:
                yield path, _no_member(root, member, here[root])
        if "item" in expression.names & allowed and (repeat := _repeat_at(service, path)) is not None:
            inner = {question.name for question in repeat.questions}
            for member in sorted(name for root, name in expression.paths if root == "item" and name not in inner):
                yield path, unknown(f"question of '{repeat.name}'", member, inner)
        section = section_at(service, path)
        yield from ((path, said) for said in of_items(service, expression, section))
        yield from ((path, said) for said in _of_cases(service, expression))
        costly = [(path, said) for said in too_costly(service, expression, section)]
        each_is_cheap = each_is_cheap and not costly
        yield from costly
        yield from ((path, said) for said in _of_weekdays(expression))
    if each_is_cheap:
        yield from together(service)


def _repeat_at(service: Service, path: Path) -> RepeatQuestion | None:
    """The repeat of whose items the expression at a path speaks as `item`: the innermost, or that of a table by row."""
    if path[0] == "decisions":
        found = service.questions.get(service.decisions[str(path[1])].repeat or "")
        return found if isinstance(found, RepeatQuestion) else None
    above: Path = next((above for above in service.sections if above and path[: len(above)] == above), ())
    part: Any = service.sections[above]
    repeat = None
    for step in path[len(above) :]:
        if isinstance(part, RepeatQuestion) and step == "questions":
            # What stands beside the questions of a repeat, such as its own `when`, is not of an item.
            part, repeat = part.content, part
        elif isinstance(part, tuple) and isinstance(step, int) and step < len(part):
            part = part[step]
        else:
            part = getattr(part, "content" if step == "questions" else str(step), None)
    return repeat


def _known_later(service: Service, expression: Expression, allowed: Set[str]) -> Iterator[Said]:
    """A condition or a table that reads what only a case knows is not known at a place before there is a case."""
    for node in sorted(pair for pair in expression.paths if pair[0] in {"conditions", "decisions"} & allowed):
        later = {root for root, _ in rests_on({node}, service.reads)} & CASE - allowed
        if later:
            said = f"'{'.'.join(node)}' rests on '{min(later)}', which a case knows, and here there is none yet"
            yield Said("never-known", said)


def _of_cases(service: Service, expression: Expression) -> Iterator[Said]:
    """A parameter whose value is a mapping has the key that is read; one that is not has none."""
    for names in expression.deepest:
        if names[0] != "parameters" or len(names) < 3:
            continue
        name, key = names[1], names[2]
        for value in service.parameters[name].values if name in service.parameters else ():
            if not isinstance(value.value, dict):
                if isinstance(value.value, bool) or is_number(value.value):
                    yield Said("wrong-kind", f"'parameters.{name}' is {value.value}: there is no '{key}' in it")
                    break
            elif key not in value.value:
                known = sorted(map(str, value.value))
                said = f"'parameters.{name}' has no '{key}' from {value.from_date}{among(key, known)}"
                yield Said("unknown-name", said)
                break


def _of_weekdays(expression: Expression) -> Iterator[Said]:
    """`weekday(...)` is compared with words that it can be."""
    for node in expression.node.walk():
        for of, word in compared_words(node):
            if isinstance(of, Call) and of.name == "weekday" and word not in WEEKDAYS:
                yield unknown("weekday", word, WEEKDAYS)


def members(service: Service) -> dict[str, set[str]]:
    """What stands after the dot of each name."""
    return {
        **KNOWN,
        **{name: known for chapter in CHAPTERS for name, known in chapter.members(service).items()},
        "answers": set(service.questions),
        "findings": set(service.flow.asked),
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
) -> Found:
    """The same of the expressions in braces within a text; they read what a case knows where nothing is `allowed`."""
    allowed, more = CASE | {"reason", "url"} if allowed is None else allowed, more or {}
    for source in PLACEHOLDER.findall(words):
        try:
            expression = Expression(source)
        except ValueError as error:
            yield path, Said("wrong-expression", f"in '{{{source}}}': {error}")
            continue
        for name in sorted(expression.names - allowed - more.keys()):
            known = sorted((CASE & allowed) | more.keys())
            yield path, Said("unknown-name", f"in '{{{source}}}': {unknown('name', name, known)}")
        for said in (*of_items(service, expression), *too_costly(service, expression)):
            yield path, Said(said.code, f"in '{{{source}}}': {said}")
        here = {**members(service), **more}
        for root, member in sorted(expression.paths):
            if root in here and member not in here[root]:
                yield path, _no_member(root, member, here[root])


def _no_member(root: str, member: str, known: Set[str]) -> Said:
    return Said("unknown-name", f"'{root}.{member}' does not exist{nearest(member, sorted(known))}")

"""The cost of expressions: how many steps one may take when its lists have the greatest number of items."""

from collections.abc import Iterator, Mapping
from typing import Any

from praya.definition.model import Path, leaves
from praya.definition.questions import ROW, ChoicesQuestion, RepeatQuestion
from praya.definition.row_lists import rows_behind
from praya.definition.service import Service
from praya.definition.source import Message
from praya.kernel.evaluation import depth
from praya.kernel.evaluation_scope import MOST_STEPS
from praya.kernel.expression import Expression
from praya.kernel.syntax import Call, Index, Listing, Macro, Member, Name, Node

MOST_NESTED = 3
# The steps of all expressions that are evaluated whenever a draft or a case is read.
MOST_TOGETHER = 10 * MOST_STEPS
# The assumed number of items of an unknown list: the most that a repeat can have.
ASSUMED = 100
Lists = Mapping[str, Any]
"""What stands behind a name: a question, or a mapping of further names; None where nothing is known."""


def too_costly(service: Service, expression: Expression, section: Any = None) -> Iterator[Message]:
    """Yield a problem if an expression nests too many loops, or loops over too many items."""
    if depth(expression.node) > MOST_NESTED:
        message = f"{depth(expression.node)} loops stand within each other; at most {MOST_NESTED} may"
        yield Message("too-costly", message)
        return
    steps = cost(service, expression, section)
    if steps > MOST_STEPS:
        message = f"it may take {steps:,} steps with as many items as there can be; at most {MOST_STEPS:,} are taken"
        yield Message("too-costly", message)


def for_each_item(service: Service, expression: Expression, path: Path, section: Any = None) -> Iterator[Message]:
    """Yield a problem if an expression that is evaluated for each item of a repeat loops over too many of them."""
    count = turns(service, path)
    steps = cost(service, expression, section) * count
    if count > 1 and steps > MOST_TOGETHER:
        message = (
            f"it is worked out for each of {count} items, which may take {steps:,} steps; at most {MOST_TOGETHER:,}"
            " may. Work out once, in a decision with 'value', what is the same for all items, and read that here; find"
            " rows that are alike by 'distinct'; or lower the 'max' of the repeat"
        )
        yield Message("too-costly", message)


def turns(service: Service, path: Path) -> int:
    """How often the expression at a path is evaluated: once, or for each item of the repeats in which it stands."""
    if path[0] == "decisions" and path[-1] != "several":
        return _most(service, service.decisions[str(path[1])].several)
    if path[0] in {"registers", "records", "opened_cases"} and path[-1] != "several":
        return _most(service, getattr(service, str(path[0]))[str(path[1])].several)
    above: Path = next((above for above in service.sections if above and path[: len(above)] == above), ())
    part: Any = service.sections[above]
    count = 1
    for step in path[len(above) :]:
        if isinstance(part, RepeatQuestion) and step == "questions":
            part, count = part.content, count * part.max
        elif isinstance(part, tuple) and isinstance(step, int) and step < len(part):
            part = part[step]
        elif isinstance(part, dict):
            part = part.get(step)
        else:
            part = getattr(part, {"questions": "content", "ask": "content"}.get(str(step), str(step)), None)
    return count


def _most(service: Service, several: Expression | None) -> int:
    repeat = rows_behind(several, service, findings=True) if several is not None else None
    return repeat.max if repeat is not None else 1


def together(service: Service) -> Iterator[tuple[Path, Message]]:
    """Check the total cost of all expressions for one page of a draft, of a party's section, or of an action."""
    form: Path = ("form",)
    looks: dict[Path, tuple[Any, list[Any]]] = {form: (None, [service.form, service.conditions, service.decisions])}
    for where, section in service.sections.items():
        if where:
            looks[*where, "form"] = (section, [section.form])
    for state in service.flow.states.values():
        for action in state.actions.values():
            looks["flow", "states", state.name, "actions", action.name, "ask"] = (None, [action.ask])
    for path, (seen_by, parts) in looks.items():
        read = [expression for part in parts for _, expression in leaves(part, Expression, path)]
        steps = sum(cost(service, expression, seen_by) for expression in read)
        if steps > MOST_TOGETHER:
            what = "of the answers" if path == form else "here"
            message = f"all that is worked out {what} may take {steps:,} steps together; at most {MOST_TOGETHER:,} may"
            yield path, Message("too-costly", message)


def cost(service: Service, expression: Expression, section: Any = None) -> int:
    """The greatest number of steps that an evaluation can take."""
    answers = {**service.questions, **(section.questions if section else {})}
    return _cost(expression.node, {"answers": answers, "findings": service.flow.action_questions})


def _cost(node: Node, lists: Lists) -> int:
    if isinstance(node, Macro):
        inner = {**lists, node.variable: item_of(question_behind(node.of, lists))}
        each = 1 + sum(_cost(part, inner) for part in (node.where, node.body) if part is not None)
        return _cost(node.of, lists) + _size(node.of, lists) * each
    own = 1 + (sum(_size(part, lists) for part in node.arguments if is_list(part)) if isinstance(node, Call) else 0)
    return own + sum(_cost(part, lists) for part in node.parts())


def is_list(node: Node) -> bool:
    """Whether a node makes a list, whatever it reads."""
    return isinstance(node, Macro | Listing) or (isinstance(node, Call) and node.name == "flatten")


def _size(node: Node, lists: Lists) -> int:
    """The greatest number of items of a list."""
    if isinstance(node, Listing):
        return len(node.items)
    if isinstance(node, Macro):
        return _size(node.of, lists)
    if isinstance(node, Call) and node.name == "flatten" and isinstance(node.arguments[0], Macro):
        each = node.arguments[0]
        inner = {**lists, each.variable: item_of(question_behind(each.of, lists))}
        return _size(each.of, lists) * (
            _size(each.body, inner) if is_list(each.body) or _lists(each.body, inner) else 1
        )
    question = question_behind(node, lists)
    if isinstance(question, ChoicesQuestion):
        return len(question.options)
    return question.max if isinstance(question, RepeatQuestion) else ASSUMED


def _lists(node: Node, lists: Lists) -> bool:
    return isinstance(question_behind(node, lists), RepeatQuestion)


def question_behind(node: Node, lists: Lists) -> Any:
    """The question that a path names; for the result of `filter`, that of the whole list."""
    if isinstance(node, Name):
        return lists.get(node.name)
    if isinstance(node, Macro) and node.name == "filter":
        return question_behind(node.of, lists)
    if isinstance(node, Index):
        return item_of(question_behind(node.of, lists))
    if isinstance(node, Member):
        within = question_behind(node.of, lists)
        return within.get(node.name) if isinstance(within, Mapping) else None
    return None


def item_of(question: Any) -> Lists | None:
    """The questions of an item of a repeat."""
    if not isinstance(question, RepeatQuestion):
        return None
    return {**question.by_name, **({ROW: item_of(question.rows_of) or {}} if question.of is not None else {})}

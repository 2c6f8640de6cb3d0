"""Checks of what a look-up looks for: it is made once for a case, by one value of each fact."""

from collections.abc import Iterator
from typing import Any

from praya.definition.check_cost import is_list, question_behind
from praya.definition.model import Path
from praya.definition.questions import ChoicesQuestion, RepeatQuestion
from praya.definition.service import Service
from praya.definition.source import Message
from praya.kernel.expression import Expression

FOR_EACH = "look up more and compare there: lookups.{name}.each.exists(e, e.fact == {compared})"
"""What a rule says instead, in an item or of a list."""


def of_lookups(service: Service, expression: Expression, path: Path) -> Iterator[Message]:
    """Yield a problem for an expression of a look-up that reads an item, or looks for a list: it would find nothing."""
    if path[0] != "lookups":
        return
    name = str(path[1])
    if "item" in expression.names:
        message = "a look-up is made once for the case, not for each item, so it knows no 'item'; in the item's rule"
        yield Message("never-known", f"{message} {FOR_EACH.format(name=name, compared='item.question')}")
    elif path[2] in {"where", "between"} and _lists(service, expression):
        message = f"'{expression.source}' is a list, and a look-up looks for one value, so it would find nothing;"
        yield Message("wrong-kind", f"{message} {FOR_EACH.format(name=name, compared='item')}, in a loop over the list")


def _lists(service: Service, expression: Expression) -> bool:
    asked: dict[str, Any] = {"answers": service.questions, "findings": service.flow.action_questions}
    question = question_behind(expression.node, asked)
    return is_list(expression.node) or isinstance(question, ChoicesQuestion | RepeatQuestion)

"""Replies: the answers of the departments that an action asks, as values in expressions."""

from collections.abc import Iterator
from typing import Any

from praya.definition.chapter import Chapter, Problems, Whole
from praya.definition.source import Message, unknown
from praya.kernel import syntax
from praya.kernel.expression import Expression

COUNTS = frozenset({"open", "adverse", "all", "conditions", "refused", "assumed"})
"""What stands after `replies.` beside the departments."""
OF_A_REPLY = ("result", "comment", "conditions")
"""What expressions read of one department's reply, after its name."""
WRITTEN = frozenset({"comment", "conditions"})
"""What a department wrote, which is read only where the action that asks it says so."""
RESULTS = ("no-objection", "objection", "conditions", "not-ours", "assumed")


def name_of(department: str) -> str:
    """The name of a department after `replies.` in expressions, where a hyphen would be a minus."""
    return department.replace("-", "_")


def departments_asked(service: Any) -> dict[str, bool]:
    """The departments that are asked, by their names in expressions, and whether their comments may be read."""
    kinds: dict[str, bool] = {}
    for one in service.flow.asking:
        for department in one.may_ask:
            name = name_of(department)
            kinds[name] = kinds.get(name, True) and one.public_replies
    return kinds


def problems(whole: Whole) -> Problems:
    """Check the names after `replies.` in expressions and letters, and the words with which a result is compared."""
    departments = departments_asked(whole.service)
    for index_path, action in ((path, effects) for path, effects in whole.effects if hasattr(effects, "refer")):
        if action.public_replies and not action.may_ask:
            message = f"'public_replies' is about what departments write: '{action.name}' asks none"
            yield (*index_path, "public_replies"), Message("not-possible", message)
    for path, expression in whole.expressions:
        yield from ((path, message) for message in _unreadable(expression, departments))


def _unreadable(expression: Expression, departments: dict[str, bool]) -> Iterator[Message]:
    for names in expression.deepest:
        root, name, word = (*names, "", "")[:3]
        if root != "replies":
            continue
        if name in departments and word and word not in OF_A_REPLY:
            yield unknown(f"word after 'replies.{name}.'", word, OF_A_REPLY)
        hidden = [name] if word in WRITTEN else departments if name == "conditions" else []
        for department in (one for one in hidden if one in departments and not departments[one]):
            message = (
                f"what '{department}' writes is for officers; say 'public_replies: true' where it is asked ('refer')"
            )
            yield Message("not-possible", f"'{'.'.join(names)}': {message}")
    for node in expression.node.walk():
        for of, word in syntax.compared_words(node):
            names = syntax.path(of) or ()
            if len(names) == 3 and names[::2] == ("replies", "result") and word not in RESULTS:
                yield unknown("result of a reply", word, RESULTS)


def members(service: Any) -> dict[str, set[str]]:
    """The names after `replies.` in expressions."""
    return {"replies": {*COUNTS, *departments_asked(service)}}


NAMES = {
    "replies": (
        (
            "`replies.open`, `replies.adverse` and `replies.all`: how many departments have yet to reply, object, and "
            "were asked. Of one department, with `_` for each hyphen of its name: `replies.fsd.result` is "
            "no-objection, objection or conditions, not-ours where it said that this is not its matter, assumed where "
            "its silence was read as no objection, and null before it replied. Where the action that asks it says "
            "`public_replies: true`, also `replies.fsd.comment`, what it wrote, `replies.fsd.conditions`, the lines of "
            "that where it agrees with conditions, and `replies.conditions`, those of all departments. Of a department "
            "asked again the newest answer counts. `replies.refused` and `replies.assumed` count those of these kinds."
        ),
        "in flow, records, registers, notices",
    )
}

CHAPTER = Chapter(
    name="replies",
    problems=problems,
    members=members,
    kinds={f"replies.{name}": "number" for name in ("open", "adverse", "all", "refused", "assumed")},
    names=NAMES,
)

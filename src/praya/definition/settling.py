"""What a case pays, charges or writes by what was worked out from its entry when it was handed in."""

from collections.abc import Iterator

from praya.definition.chapters import CHAPTERS
from praya.definition.flow import Action, Effects
from praya.definition.reasoning import Node, rests_on
from praya.definition.service import Service
from praya.kernel.expression import Expression


def settles(service: Service, effects: Effects) -> bool:
    """Whether these effects rest on the entry as it was handed in: once another case changed it, they are wrong."""
    paths = {path for expression in _written(service, effects) for path in expression.paths}
    return bool(rests_on(paths, service.reads) & service.rests_on_entry)


def action_settles(service: Service, action: Action) -> bool:
    """The same of an action and the state into which it leads."""
    return settles(service, action) or bool(action.to and settles(service, service.flow.states[action.to]))


def rests_on_handed_in(service: Service, expression: Expression) -> set[Node]:
    """The derived answers, decisions and conditions of the entry as it was handed in that an expression reads."""
    return set(expression.paths) & service.rests_on_entry


def _written(service: Service, effects: Effects) -> Iterator[Expression]:
    """Every expression from which these effects work out an amount, or what a record or an entry says."""
    for chapter in CHAPTERS:
        yield from chapter.settled_by(service, effects)

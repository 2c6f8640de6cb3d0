"""Effects that depend on values computed from the entry when the application was submitted."""

from collections.abc import Iterator

from praya.definition.chapters import CHAPTERS
from praya.definition.flow import Action, Effects
from praya.definition.reasoning import Node, rests_on
from praya.definition.service import Service
from praya.kernel.expression import Expression


def settles(service: Service, effects: Effects) -> bool:
    """Whether these effects depend on the entry at the submission; if another case changed it since, they are wrong."""
    paths = {path for expression in _written(service, effects) for path in expression.paths}
    return bool(rests_on(paths, service.reads) & service.rests_on_entry)


def action_settles(service: Service, action: Action) -> bool:
    """Whether the effects of an action, or of the state that it leads to, depend on the entry at the submission."""
    return settles(service, action) or bool(action.to and settles(service, service.flow.states[action.to]))


def rests_on_handed_in(service: Service, expression: Expression) -> set[Node]:
    """The values computed from the entry at the submission on which an expression depends."""
    return set(expression.paths) & service.rests_on_entry


def _written(service: Service, effects: Effects) -> Iterator[Expression]:
    """Every expression by which these effects compute an amount, or a fact of a record or an entry."""
    for chapter in CHAPTERS:
        yield from chapter.settled_by(service, effects)

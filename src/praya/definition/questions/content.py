"""Content between questions that is read and not answered: guidance, warnings, expandable details."""

from collections.abc import Sequence
from typing import Any, Literal

from praya.definition.model import Model, Name
from praya.kernel.expression import Expression
from praya.kernel.text import Text


class Content(Model):
    """Content among questions. It is not answered, so it is in no answers, schema or statistics."""

    name: Name | None = None
    when: Expression | None = None
    text: Text


class GuidanceBlock(Content):
    """Paragraphs and lists with what to know before answering the following questions."""

    type: Literal["guidance"]


class WarningBlock(Content):
    """A sentence that must not be missed, such as the consequences of a false statement."""

    type: Literal["warning"]


class DetailsBlock(Content):
    """A line that opens to show more."""

    type: Literal["details"]
    label: Text


def questions_in(content: Sequence[Any]) -> tuple[Any, ...]:
    """The questions among this content."""
    return tuple(part for part in content if not isinstance(part, Content))

"""What stands between questions to be read, not answered: guidance, a warning, details that open."""

from collections.abc import Sequence
from typing import Any, Literal

from praya.definition.model import Model, Name
from praya.kernel.expression import Expression
from praya.kernel.text import Text


class Content(Model):
    """Words in their place among questions. Nobody answers them, so they are in no answers, schema or figures."""

    name: Name | None = None
    when: Expression | None = None
    text: Text


class GuidanceBlock(Content):
    """Paragraphs and lists: what to know before answering what follows."""

    type: Literal["guidance"]


class WarningBlock(Content):
    """A sentence that must not be missed, such as what a false statement leads to."""

    type: Literal["warning"]


class DetailsBlock(Content):
    """More for those who want it: a line that opens."""

    type: Literal["details"]
    label: Text


def questions_in(content: Sequence[Any]) -> tuple[Any, ...]:
    """What of this is to be answered."""
    return tuple(part for part in content if not isinstance(part, Content))

"""The outcome of cases: facts of records and registers, statistics, and the law of the service."""

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from praya.definition.model import Model, Name
from praya.kernel.expression import Expression
from praya.kernel.text import Citation, Text

MONTH = "month"
"""What stands in a pair of statistics for the month in which a case was opened."""


class Fact(Model):
    """A fact of a record or of a register."""

    name: Name
    label: Text
    value: Expression


Counted = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$", max_length=81)]
"""A question of the form, or a repeat, `.`, and a question of its items."""


class Statistics(Model):
    """Open statistics: cases by these questions, with small cells suppressed."""

    by: tuple[Counted, ...] = ()
    suppress_below: int = Field(5, ge=0, le=100)
    pairs: tuple[tuple[Name, Name], ...] = ()

    @field_validator("suppress_below")
    @classmethod
    def _hides_enough(cls, below: int) -> int:
        # With 3, a reader who knows the rule can compute some suppressed counts; the tests of statistics try them all.
        if 0 < below < 4:
            raise ValueError("expected 0, which hides nothing, or 4 and more: less hides nobody")
        return below


class Legal(Model):
    """The legal basis of the service, and its purpose for collecting personal data (the privacy statement)."""

    basis: Citation
    purpose: Text
    shared_with: Text | None = None

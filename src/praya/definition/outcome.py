"""What comes out of a case: facts and figures; and the law behind it."""

from pydantic import Field, field_validator

from praya.definition.model import Model, Name
from praya.kernel.expression import Expression
from praya.kernel.text import Citation, Text


class Fact(Model):
    """One thing that a record or a register says."""

    name: Name
    label: Text
    value: Expression


class Statistics(Model):
    """Open figures: cases by these questions, with small cells suppressed."""

    by: tuple[Name, ...] = ()
    suppress_below: int = Field(5, ge=0, le=100)

    @field_validator("suppress_below")
    @classmethod
    def _hides_enough(cls, below: int) -> int:
        # With 3 a reader who knows the rule works some counts out; the tests of figures try them all.
        if 0 < below < 4:
            raise ValueError("expected 0, which hides nothing, or 4 and more: less hides nobody")
        return below


class Legal(Model):
    """The law that the service stands on, and why it asks for personal data (the privacy statement)."""

    basis: Citation
    purpose: Text
    shared_with: Text | None = None

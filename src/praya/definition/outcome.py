"""What comes out of a case: records, register entries, notices, figures, and how long it is kept."""

from typing import Annotated, Literal

from pydantic import Field

from praya.definition.model import Keyed, Model, Name, Slug
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression
from praya.kernel.text import Text


class Fact(Model):
    """One thing that a record or a register says."""

    name: Name
    label: Text
    value: Expression


class Record(Model):
    """A signed record: what its QR says, and until when it holds."""

    name: Slug
    title: Text
    facts: Annotated[dict[str, Fact], Keyed] = Field(min_length=1)
    valid: Length | None = None
    valid_until: Expression | None = None


class Register(Model):
    """A public list of what was granted: it shows every fact named here, and nothing else leaves the case."""

    name: Slug
    title: Text
    summary: Text | None = None
    legal_basis: str | None = None
    public: Literal[True] = True
    facts: Annotated[dict[str, Fact], Keyed] = Field(min_length=1)
    valid: Length | None = None


class Notice(Model):
    """A letter in the recipient's language; `{case.ref}` and other expressions stand in braces."""

    name: Slug
    subject: Text
    body: Text
    sms: Text | None = None
    channels: tuple[Literal["inbox", "email", "sms"], ...] = ("inbox", "email")


class Statistics(Model):
    """Open figures: cases by these questions, with small cells suppressed."""

    by: tuple[Name, ...] = ()
    suppress_below: int = Field(5, ge=0, le=100)


class Legal(Model):
    """The law that the service stands on, and why it asks for personal data (the privacy statement)."""

    basis: str
    purpose: Text
    shared_with: Text | None = None

"""What comes out of a case: records, register entries, notices, figures, and how long it is kept."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, field_validator

from praya.definition.model import Keyed, Model, Name, Several, Slug
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression
from praya.kernel.text import Citation, Text


class Fact(Model):
    """One thing that a record or a register says."""

    name: Name
    label: Text
    value: Expression


class Record(Several):
    """A signed record: what its QR says, until when it holds, and whose place it takes."""

    name: Slug
    title: Text
    facts: Annotated[dict[str, Fact], Keyed] = Field(min_length=1)
    valid: Length | None = None
    valid_until: Expression | None = None
    replaces: Slug | None = None


class RegisterFact(Fact):
    """One thing that a register says: in public, or to its department only."""

    public: bool = True


class Reminder(Model):
    """A letter to the holder of an entry before its last day."""

    before: Length
    notify: Slug


class Register(Several):
    """A list of what was granted: it holds every fact named here, and nothing else leaves the case."""

    name: Slug
    title: Text
    summary: Text | None = None
    legal_basis: Citation | None = None
    public: bool = True
    facts: Annotated[dict[str, RegisterFact], Keyed] = Field(min_length=1)
    valid: Length | None = None
    renews_from: Literal["end", "today"] = "end"
    remind: tuple[Reminder, ...] = ()

    @cached_property
    def shown(self) -> dict[str, RegisterFact]:
        """The facts that everybody may read."""
        return {name: fact for name, fact in self.facts.items() if self.public and fact.public}

    @cached_property
    def kept(self) -> dict[str, RegisterFact]:
        """The facts that only the department reads, and the holder."""
        return {name: fact for name, fact in self.facts.items() if name not in self.shown}


class Subject(Model):
    """The service is about an entry that exists: it renews, changes, transfers or ends it."""

    register_in: Slug = Field(alias="register")
    service: Slug | None = None
    who: Literal["holder", "anyone"] = "holder"
    open_before: Length | None = None
    facts: dict[Name, Expression] = {}


class Publication(Model):
    """A public notice about a case: what everybody may read of it, for a time in which they may object."""

    name: Slug
    title: Text
    summary: Text | None = None
    facts: Annotated[dict[str, Fact], Keyed] = Field(min_length=1)
    shown_for: Length = Field(alias="for")


class About(Model):
    """The service is about something that another service publishes: an objection, a comment."""

    service: Slug
    publication: Slug


class Notice(Model):
    """A letter in the recipient's language; `{case.ref}` and other expressions stand in braces."""

    name: Slug
    subject: Text
    body: Text
    sms: Text | None = None
    to: Literal["applicant", "holder"] = "applicant"
    channels: tuple[Literal["inbox", "email", "sms"], ...] = ("inbox", "email")


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

"""Examples: given these answers, expect this. They are the tests of a service and the demonstration's cases."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from praya.definition.chapters import Words, expect_with, fees, records, registers
from praya.definition.model import ClockTime, Model, Name, Slug
from praya.kernel.calendar import Length


class Held(Model):
    """An entry, or a publication, that is there before the story begins, for a service that is about one."""

    facts: dict[str, Any] = {}
    from_date: date = Field(alias="from")
    until: date | None = None


class Seat(Model):
    """A place to book: which visit, where and when."""

    visit: Slug = "visit"
    place: Slug
    day: date
    time: ClockTime | None = None


class _Reached(Model):
    refused: bool | None = None
    errors: dict[str, str] | None = None
    state: Slug | None = None
    result: str | None = None
    due: date | None = None


class _Found(Model):
    findings: dict[str, Any] | None = None


class _OfNotices(Model):
    notices: tuple[str, ...] | None = None


class _OfPublicNotices(Model):
    published: tuple[str, ...] | None = None


class _OfBooking(Model):
    booking: Literal["held", "booked", "cancelled", "none"] | None = None
    visits: tuple[Seat, ...] | None = None


class _Possible(Model):
    actions: tuple[str, ...] | None = None


class _OfParties(Model):
    parties: dict[str, Literal["none", "waiting", "given", "declined", "lapsed"]] | None = None


if TYPE_CHECKING:

    class _Words(
        _OfParties, _Possible, _OfBooking, _OfPublicNotices, registers.OfExpect, records.OfExpect, _OfNotices,
        _Found, fees.OfExpect, _Reached,
    ): ...  # fmt: skip

else:
    _Words = expect_with(
        Words(model=_Reached, at=0), Words(model=_Found, at=20), Words(model=_OfNotices, at=22),
        Words(model=_OfPublicNotices, at=28),
        Words(model=_OfBooking, at=30), Words(model=_Possible, at=32), Words(model=_OfParties, at=34),
    )  # fmt: skip


class Expect(_Words):
    """What must hold after a step; what is not named is not looked at."""


class Reply(Model):
    """What a department that was asked answers."""

    result: Literal["no-objection", "objection", "conditions"]
    comment: str = ""


class Step(Model):
    """One thing that somebody does, `after` a length of time; where nobody does anything, time only passes."""

    after: Length | None = None
    person: str | None = Field(None, alias="as", pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=40)
    of: Slug | None = None
    applies: Slug | None = None
    by: Slug = "system"
    who: Slug | None = None
    do: Slug | None = None
    reply: Reply | None = None
    party: Name | None = None
    number: int = Field(1, ge=1, le=100)
    declines: str | None = None
    drawn: int | None = Field(None, ge=1)
    given_up: int | None = Field(None, ge=1)
    answers: dict[str, Any] = {}
    book: tuple[Seat, ...] = ()
    reason: str | None = None
    expect: Expect = Expect()

    @property
    def whose(self) -> str:
        """Whose case it is about: "" for the story's own, a person's name, "/service" for another of its person's."""
        service = self.of or self.applies
        return self.person or (f"/{service}" if service else "")

    @property
    def does_something(self) -> bool:
        """Whether somebody does something; otherwise time passes, or a draw is told of."""
        return bool(self.applies or self.do or self.reply or self.party or self.book)


class GivenEntry(Model):
    """An entry that stands in a register before a story begins; a question that looks it up names it."""

    register_name: Slug = Field(alias="register")
    service: Slug | None = None
    facts: dict[str, str | dict[str, str]] = Field(min_length=1)
    from_date: date | None = Field(None, alias="from")
    until: date | None = None


class Example(Model):
    """One whole story. Answers are canonical values; a file is given by a name and made up on the spot."""

    example: str
    starts: datetime
    language: str = "zh-hant"
    entry: Held | None = None
    entries: dict[str, GivenEntry] = {}
    answers: dict[str, Any]
    book: tuple[Seat, ...] = ()
    expect: Expect = Expect()
    steps: tuple[Step, ...] = ()

    @property
    def moments(self) -> tuple[Expect, ...]:
        """What is expected of the story's own case: on applying, and after each step; of others' steps nothing."""
        return (self.expect, *(Expect() if step.whose else step.expect for step in self.steps))

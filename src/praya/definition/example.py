"""Examples: given these answers, expect this. They are the tests of a service and the demonstration's cases."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from praya.definition.chapters import (
    Words,
    ballots,
    booking,
    expect_with,
    fees,
    notices,
    panels,
    parties,
    public_notices,
    records,
    registers,
    step_with,
    story_with,
)
from praya.definition.model import Model, Slug
from praya.kernel.calendar import Length


class Held(Model):
    """An entry, or a publication, that is there before the story begins, for a service that is about one."""

    facts: dict[str, Any] = {}
    from_date: date = Field(alias="from")
    until: date | None = None


class _Reached(Model):
    refused: bool | None = None
    errors: dict[str, str] | None = None
    state: Slug | None = None
    result: str | None = None
    due: date | None = None


class _Found(Model):
    findings: dict[str, Any] | None = None


class _Possible(Model):
    actions: tuple[str, ...] | None = None


if TYPE_CHECKING:

    class _Words(
        parties.OfExpect, panels.OfExpect, _Possible, booking.OfExpect, public_notices.OfExpect, registers.OfExpect,
        records.OfExpect, notices.OfExpect, _Found, fees.OfExpect, _Reached,
    ): ...  # fmt: skip

else:
    _Words = expect_with(
        Words(model=_Reached, at=0), Words(model=_Found, at=20), Words(model=_Possible, at=32),
    )  # fmt: skip


class Expect(_Words):
    """What must hold after a step; what is not named is not looked at."""


class Reply(Model):
    """What a department that was asked answers."""

    result: Literal["no-objection", "objection", "conditions", "not-ours", "decided"]
    comment: str = ""
    belongs_to: Slug | None = None


class _Done(Model):
    after: Length | None = None
    person: str | None = Field(None, alias="as", pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=40)
    of: Slug | None = None
    applies: Slug | None = None
    by: Slug = "system"
    who: Slug | None = None
    do: Slug | None = None
    reply: Reply | None = None


class _Answered(Model):
    answers: dict[str, Any] = {}


class _Then(Model):
    reason: str | None = None
    expect: Expect = Expect()


if TYPE_CHECKING:

    class _StepWords(
        _Then, booking.OfStep, _Answered, ballots.OfStep, parties.OfStep, panels.OfStep, _Done,
    ): ...  # fmt: skip

else:
    _StepWords = step_with(Words(model=_Done, at=0), Words(model=_Answered, at=25), Words(model=_Then, at=100))


class Step(_StepWords):
    """One thing that somebody does, `after` a length of time; where nobody does anything, time only passes."""

    @property
    def whose(self) -> str:
        """Whose case it is about: "" for the story's own, a person's name, "/service" for another of its person's."""
        service = self.of or self.applies
        return self.person or (f"/{service}" if service else "")

    @property
    def does_something(self) -> bool:
        """Whether somebody does something; otherwise time passes, or a draw is told of."""
        by_panel = self.judge is not None or self.chair is not None
        return bool(self.applies or self.do or self.reply or self.party or self.book or by_panel)


class GivenEntry(Model):
    """An entry that stands in a register before a story begins; a question that looks it up names it."""

    register_name: Slug = Field(alias="register")
    service: Slug | None = None
    facts: dict[str, Any] = Field(min_length=1)
    from_date: date | None = Field(None, alias="from")
    until: date | None = None
    held_by: str | None = Field(None, pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=40)


class _Begun(Model):
    example: str
    starts: datetime
    language: str = "zh-hant"
    entry: Held | None = None
    entries: dict[str, GivenEntry] = {}
    answers: dict[str, Any]


class _GoesOn(Model):
    expect: Expect = Expect()
    steps: tuple[Step, ...] = ()


if TYPE_CHECKING:

    class _StoryWords(_GoesOn, booking.OfStory, panels.OfStory, _Begun): ...

else:
    _StoryWords = story_with(Words(model=_Begun, at=0), Words(model=_GoesOn, at=100))


class Example(_StoryWords):
    """One whole story. Answers are canonical values; a file is given by a name and made up on the spot."""

    @property
    def moments(self) -> tuple[Expect, ...]:
        """What is expected of the story's own case: on applying, and after each step; of others' steps nothing."""
        return (self.expect, *(Expect() if step.whose else step.expect for step in self.steps))

"""Examples: answers, and the expected results. They are the tests of a service, and the cases of a demonstration."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from praya.definition.chapters import (
    Words,
    assignment,
    ballots,
    booking,
    expect_with,
    fees,
    notices,
    opened_cases,
    panels,
    parties,
    public_notices,
    records,
    registers,
    sampling,
    step_with,
    story_with,
)
from praya.definition.model import Model, Slug
from praya.kernel.calendar import Length


class Held(Model):
    """An entry or a publication that exists before the story begins, for a service that is about one."""

    facts: dict[str, Any] = {}
    from_date: date = Field(alias="from")
    until: date | None = None


class _Reached(Model):
    refused: bool | None = None
    errors: dict[str, str] | None = None
    state: Slug | None = None
    result: str | None = None
    due: date | None = None


class _Findings(Model):
    findings: dict[str, Any] | None = None


class _Possible(Model):
    actions: tuple[str, ...] | None = None


if TYPE_CHECKING:

    class _Words(
        parties.OfExpect, panels.OfExpect, _Possible, booking.OfExpect, public_notices.OfExpect, registers.OfExpect,
        records.OfExpect, notices.OfExpect, _Findings, fees.OfExpect, _Reached, assignment.OfExpect,
    ): ...  # fmt: skip

else:
    _Words = expect_with(
        Words(model=_Reached, at=0), Words(model=_Findings, at=20), Words(model=_Possible, at=32),
    )  # fmt: skip


class Expect(_Words):
    """The expected status after a step; words that are not given are not checked."""


class Reply(Model):
    """The reply of a department to a referral."""

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
        _Then, opened_cases.OfStep, booking.OfStep, _Answered, ballots.OfStep, parties.OfStep, panels.OfStep, _Done,
    ): ...  # fmt: skip

else:
    _StepWords = step_with(Words(model=_Done, at=0), Words(model=_Answered, at=25), Words(model=_Then, at=100))


class Step(_StepWords):
    """A step: something that somebody does, `after` a length of time, or only the passing of time."""

    @property
    def whose(self) -> str:
        """The case of the step: "" for the story's own, a person's name, or "/service" for its person's other case.

        With "#2" it is the one that was opened for the second item of a repeat.
        """
        service = self.of or self.applies
        number = f"#{self.item}" if self.of and self.item else ""
        return self.person or (f"/{service}{number}" if service else "")

    @property
    def does_something(self) -> bool:
        """Whether somebody acts in the step; otherwise time passes, or the result of a draw is given."""
        by_panel = self.judge is not None or self.chair is not None
        return bool(self.applies or self.do or self.reply or self.party or self.book or by_panel)


class GivenEntry(Model):
    """An entry that exists in a register before a story begins; answers can refer to it by name."""

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

    class _StoryWords(_GoesOn, booking.OfStory, panels.OfStory, assignment.OfStory, sampling.OfStory, _Begun): ...

else:
    _StoryWords = story_with(Words(model=_Begun, at=0), Words(model=_GoesOn, at=100))


class Example(_StoryWords):
    """A whole story. Answers are canonical values; for a file, only its name is given, and its content is generated."""

    @property
    def moments(self) -> tuple[Expect, ...]:
        """The expectations for the story's own case: on applying, and after each of its steps."""
        return (self.expect, *(Expect() if step.whose else step.expect for step in self.steps))

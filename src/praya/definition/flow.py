"""The flow: the states of a case, who may do what in each, clocks, referrals and effects."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import Field, model_validator

from praya.definition.chapter import LAST
from praya.definition.chapters import (
    Words,
    assignment,
    awarding,
    ballots,
    booking,
    clocks,
    effects_with,
    fees,
    limits,
    lookups,
    matters,
    notices,
    opened_cases,
    panels,
    parties,
    public_notices,
    records,
    referrals,
    registers,
    state_with,
    stocks,
)
from praya.definition.chapters import ways as by_chapters
from praya.definition.model import Deed, Keyed, Model, Name, SharedName, Slug
from praya.definition.questions import AnyPart, AnyQuestion, Question, questions_in, reads_of
from praya.definition.reasoning import Node, Reads, in_order
from praya.definition.rows import rows_of
from praya.definition.ways import Way
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression
from praya.kernel.roles import ACTORS
from praya.kernel.text import Text

Result = Literal["granted", "refused", "withdrawn", "completed", "lapsed"]
RESULTS: tuple[str, ...] = get_args(Result)


# A type checker needs by name those chapters whose words are read outside them; at run time every chapter is joined.
if TYPE_CHECKING:

    class _Words(
        opened_cases.OfEffects, lookups.OfEffects, matters.OfEffects, parties.OfEffects,
        fees.OfEffects, fees.OfGrants, fees.OfMatter, public_notices.OfEffects, booking.OfEffects,
        registers.OfEffects, registers.OfHandOver, limits.OfEffects, records.OfEffects, notices.OfEffects,
        stocks.OfEffects, assignment.OfEffects,
    ): ...  # fmt: skip

else:
    _Words = effects_with()


class Effects(_Words):
    """The effects of an action or of entering a state."""


class Action(Effects):
    """An action that somebody may perform on a case."""

    name: Slug
    label: Text
    by: Slug = "officer"
    to: Slug | None = None
    when: Expression | None = None
    content: tuple[AnyPart, ...] = Field((), alias="ask")
    reason: Literal["required", "optional", "none"] = "none"
    refer: tuple[Slug, ...] = ()
    sees: tuple[SharedName, ...] | None = None
    reply_within: Length | None = None
    reviewers: int = Field(1, ge=1, le=20)
    unlike: Deed | None = None
    warning: Text | None = None
    public_replies: bool = False
    refer_to: Name | None = None
    each_within: dict[Slug, Length] = {}
    remind: Length | None = None
    for_cases_of: tuple[Slug, ...] = ()

    @property
    def by_officers(self) -> bool:
        """Whether officers with a role in the department perform it."""
        return self.by not in ACTORS

    @property
    def reviewed_as(self) -> str:
        """Its name after `reviews.` in expressions, where a hyphen would be a minus."""
        return self.name.replace("-", "_")

    @cached_property
    def may_ask(self) -> tuple[str, ...]:
        """The departments to which it may refer a case: those that it names, and those that its question offers."""
        asked = next((question for question in self.ask if question.name == self.refer_to), None)
        return (*self.refer, *(str(option.value) for option in getattr(asked, "options", ())))

    @cached_property
    def ask(self) -> tuple[AnyQuestion, ...]:
        """Its questions, without content that is only read."""
        return questions_in(self.content)

    @cached_property
    def reads(self) -> Reads:
        """The names that each of its derived answers reads, and of each repeat those that its items' ones read."""
        by_row = rows_of(self.ask, {}, "findings")
        return {**reads_of(self.ask, "findings"), **{("findings", n): rows.reads for n, rows in by_row.items()}}

    @cached_property
    def worked_out(self) -> tuple[Node, ...]:
        """Its derived answers, and its repeats that have any, each after those that it reads."""
        return in_order(self.reads)


class Timer(Effects):
    """An action without an actor on a case that stays in a state: `after` a length of time, or on a day (`on`)."""

    after: Length | None = None
    on: Expression | None = None
    to: Slug | None = None

    @model_validator(mode="after")
    def _has_one_time(self) -> "Timer":
        if (self.after is None) == (self.on is None):
            raise ValueError("a timer needs either 'after', like 6 months, or 'on', a date")
        return self


class Late(Effects):
    """What happens when a department does not reply in time: its silence counts as a reply, or the case moves on."""

    departments: tuple[Slug, ...] = Field((), alias="of")
    when: Expression | None = None
    assume: Literal["no-objection"] | None = None
    to: Slug | None = None


class _Stage(Model):
    name: Slug
    label: Text
    officer_label: Text | None = None
    says: Text | None = None
    milestone: bool = True
    clock: Length | None = None
    waits_for_applicant: bool = False
    final: bool = False
    result: Result | None = None
    actions: Annotated[dict[str, Action], Keyed] = {}
    next: tuple[Way, ...] = ()
    when_replied: tuple[Way, ...] = ()
    when_given: tuple[Way, ...] = ()
    timers: tuple[Timer, ...] = ()


class _Silence(Model):
    when_late: tuple[Late, ...] = ()


if TYPE_CHECKING:

    class _StateWords(
        _Silence, opened_cases.OfState, clocks.OfState, matters.OfState, referrals.OfState, ballots.OfState,
        panels.OfState,
        awarding.OfState, stocks.OfState, _Stage,
    ):  # fmt: skip
        next_services: tuple[Slug, ...]

else:
    _StateWords = state_with(Words(model=_Stage, at=0), Words(model=_Silence, at=LAST + 1))


class State(_StateWords, Effects):  # type: ignore[misc]  # each base of pydantic has a `model_construct` of its own
    """A state of a case, and its meaning for the applicant."""

    @property
    def at_desk(self) -> Text:
        """What officers call it: to them, "you" is not the applicant."""
        return self.officer_label or self.label


class Flow(Model):
    """The states by name, and the one in which a case begins."""

    start: Slug
    states: Annotated[dict[str, State], Keyed] = Field(min_length=1)

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """The actions of all states."""
        return tuple(action for state in self.states.values() for action in state.actions.values())

    @cached_property
    def asking(self) -> tuple[Action | referrals.Refers, ...]:
        """What asks other departments: actions, and states that are entered."""
        on_entering = (state.refers for state in self.states.values() if state.refers is not None)
        return (*(action for action in self.actions if action.may_ask), *on_entering)

    @cached_property
    def action_questions(self) -> dict[str, Question]:
        """The questions of all actions, by name: those of `findings.x`."""
        return {question.name: question for action in self.actions for question in action.ask}

    @cached_property
    def reviewed(self) -> tuple[Action, ...]:
        """The actions that need several officers."""
        return tuple(action for action in self.actions if action.reviewers > 1)

    @cached_property
    def ballots(self) -> dict[str, ballots.Ballot]:
        """The draws, by the state in which cases wait for them."""
        return {name: state.ballot for name, state in self.states.items() if state.ballot}

    @property
    def waits_for_all(self) -> bool:
        """Whether cases in a state are processed together: by a draw, judging, a ranking or a line."""
        return any(state.ballot or state.judging or state.ranking or state.line for state in self.states.values())

    def effects(self) -> Iterator[Effects]:
        """All effects."""
        for state in self.states.values():
            yield state
            yield from state.actions.values()
            yield from state.timers
            yield from state.when_late

    @cached_property
    def invited(self) -> frozenset[str]:
        """The parties that effects invite."""
        return frozenset(name for effect in self.effects() for name in effect.invite)

    def leads_to(self, state: State) -> set[str]:
        """The states that can follow `state`."""
        ways = {way.to for way in (*state.next, *state.when_replied, *state.when_given)}
        ways |= {timer.to for timer in state.timers if timer.to}
        ways |= {way.to for way in by_chapters(self, state)}
        return ways | {action.to for action in state.actions.values() if action.to}

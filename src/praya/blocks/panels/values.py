"""Values and errors of panels: members, rounds, entries, seats and judgements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from praya.kernel.number import Number


class NoSeat(LookupError):
    """There is no such entry for this person: it was not given to them, or they have a conflict in it."""


class NotOpen(Exception):
    """The round is closed, or the entry has left it."""


class NotWhole(Exception):
    """Entries have fewer marks than their quorum; the argument is the number of these entries."""

    def __init__(self, lacking: int) -> None:
        super().__init__(f"{lacking} entries lack their quorum")
        self.lacking = lacking


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a panel. `invited` members were invited by e-mail and have no role."""

    ref: str
    panel_ref: str
    person_ref: str
    chair: bool
    invited: bool


@dataclass(frozen=True, slots=True)
class Round:
    """A round: the cases in one state of a service are judged."""

    ref: str
    panel_ref: str
    service: str
    version: int
    state: str
    opened_at: datetime
    closes_at: datetime
    closed_at: datetime | None
    digest: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A case in a round. `score` is the valid one: the chair's if one was set; None before the round is closed.

    `worked_out` is the score computed from the marks.
    """

    round_ref: str
    case_ref: str
    applicant_ref: str
    version: int
    number: int
    score: Number | None
    worked_out: Number | None
    spread: Number | None
    marks_given: int
    means: Mapping[str, Number]
    set_score: Number | None
    set_by: str
    left: bool


@dataclass(frozen=True, slots=True)
class Seat:
    """An entry that is given to a member. `state`: given, declared, marked, conflict or left."""

    ref: str
    round_ref: str
    case_ref: str
    applicant_ref: str
    version: int
    entry_number: int
    person_ref: str
    number: int
    state: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judgement of an entry by a member: marks and comments, by criterion."""

    marks: Mapping[str, Number]
    comments: Mapping[str, str]

"""The frozen values that the door of cases takes and returns, and how it refuses."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from praya.blocks.cases.rules import FeeState, Settling, settled


class NoCase(Exception):
    """There is no such case for whoever asks."""


class CaseMoved(Exception):
    """Somebody else moved the case meanwhile; look at it again."""


class DrawnAlready(Exception):
    """The draw was made before, perhaps by another worker at this very moment."""


class KeyReused(Exception):
    """The idempotency key was used before for something else."""


class NotAsked(Exception):
    """The department was not asked, or has replied already."""


class Reviewed(Exception):
    """The officer has given their findings for this action already."""


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee or deposit that was charged: its label in each language, its amount in cents, and what became of it.

    `returned` is how much of it was given back, in cents.
    """

    label: dict[str, str]
    cents: int
    reference: dict[str, str] = field(default_factory=dict)
    name: str = ""
    kind: str = "fee"
    state: FeeState = "owed"
    returned: int = 0

    @property
    def kept(self) -> int:
        """What was not given back, in cents."""
        return self.cents - self.returned

    def after(self, how: Settling, most: int | None = None) -> "Fee":
        """As it is once this is said of it; `most` is how much of it is given back, all of it without."""
        state = settled(self.state, how)
        if state != "refunded" or state == self.state:
            return replace(self, state=state)
        if most is None or most > 0:
            return replace(self, state=state, returned=self.cents if most is None else min(most, self.cents))
        # Nothing of it is given back: a deposit is forfeited then, and a fee stays paid.
        return replace(self, state="forfeited") if self.kind == "deposit" else self


@dataclass(frozen=True, slots=True)
class Referral:
    """A department that was asked. It reaches the case until `over_at`; `sees` is what it may read meanwhile.

    Without a list the definition names nothing, and what it may read follows from the kind of each question.
    """

    department: str
    asked_at: datetime
    due_at: datetime | None
    replied_at: datetime | None
    result: str
    over_at: datetime | None = None
    sees: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case without its personal content."""

    ref: str
    person_ref: str
    service: str
    version: int
    department: str
    language: str
    state: str
    state_since: datetime
    due_at: datetime | None
    waits_for_applicant: bool
    opened_at: datetime
    closed_at: datetime | None
    result: str
    fees: tuple[Fee, ...]
    booking_ref: str
    assigned_to: str
    revision: int
    once_key: str
    timer_at: datetime | None = None
    timers_done: int = 0
    subject_ref: str = ""
    rank: int | None = None
    drawn_among: int = 0
    referrals: tuple[Referral, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """The personal content of a case."""

    answers: dict[str, Any]
    findings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Review:
    """What one of several officers found while the case was where it was `since` then."""

    action: str
    since: datetime
    actor: str
    needed: int
    given_at: datetime
    findings: dict[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a case."""

    at: datetime
    kind: str
    actor: str
    department: str
    action: str
    to_state: str
    text: str


@dataclass(frozen=True, slots=True)
class Steps:
    """A page of a case's history: its steps, the state in which the first of them found the case, and where the page
    before begins (0 when there is none).
    """

    steps: tuple[Step, ...]
    state: str
    earlier: int


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the desk's queue."""

    case: Case
    referral: Referral | None


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue, and the mark from which the next one goes on."""

    rows: tuple[Row, ...]
    next_mark: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a department was asked about a case of another, and answered: `number` names it, `comment` is sealed text.

    It stays with the department that gave it when the case itself is closed to it.
    """

    number: int
    case_ref: str
    service: str
    version: int
    owner: str
    referral: Referral
    comment: str


@dataclass(frozen=True, slots=True)
class Replies:
    """A page of a department's replies, and the mark from which the next one goes on."""

    rows: tuple[Reply, ...]
    next_mark: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases of a service are open in a state, how many of them late, how many waiting for the applicant."""

    service: str
    state: str
    open: int
    late: int
    waiting: int

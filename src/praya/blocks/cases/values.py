"""The frozen values that the interface of cases takes and returns, and its exceptions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from praya.blocks.cases.limits import Claim
from praya.blocks.cases.rules import FeeState, Settling, settled

NOT_OURS, DECIDED, ASSUMED = "not-ours", "decided", "assumed"
"""Replies that are no view of the case: it is not the department's matter; an arbiter said whose it is; and silence
that the law reads as no objection."""


class NoCase(Exception):
    """There is no such case, or the caller may not see it."""


class CaseMoved(Exception):
    """The case has changed since it was read; read it again."""


class DrawnAlready(Exception):
    """The draw was already made, possibly by another worker at the same moment."""


class KeyReused(Exception):
    """The idempotency key was used before with other content."""


class NotAsked(Exception):
    """The department was not asked, or has already replied."""


class CannotRefuse(Exception):
    """The department must answer: it has refused this case before, or an arbiter decided that it is its matter."""


class Reviewed(Exception):
    """The officer has already given findings for this action."""


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee or deposit that was charged, or a grant that was promised: its label in each language, cents and state.

    `returned` is the amount refunded, or of a grant the amount that came back, in cents.
    """

    label: dict[str, str]
    cents: int
    reference: dict[str, str] = field(default_factory=dict)
    name: str = ""
    kind: str = "fee"
    state: FeeState = "owed"
    returned: int = 0
    day: str = ""
    """The day for which a grant was paid by itself, like 2026-03-01."""

    @property
    def amount_kept(self) -> int:
        """The amount not refunded, or of a grant not given back, in cents."""
        return self.cents - self.returned

    @property
    def is_grant(self) -> bool:
        """Whether the department pays it to the person, and not the person to the department."""
        return self.kind == "grant"

    def after(self, how: Settling, most: int | None = None) -> "Fee":
        """The fee after a settlement. At most `most` cents are given back, or all when that is None."""
        state = settled(self.state, how)
        if state not in {"refunded", "returned"} or state == self.state:
            return replace(self, state=state)
        if most is None or most > 0:
            return replace(self, state=state, returned=self.cents if most is None else min(most, self.cents))
        # Nothing is given back: a deposit is then forfeited, and a fee or a grant stays paid.
        return replace(self, state="forfeited") if self.kind == "deposit" else self


@dataclass(frozen=True, slots=True)
class Referral:
    """A question to another department, which may open the case until `over_at`.

    `sees` names the answers it may read; if None, the kind of each question decides. A `binding` referral cannot be
    refused as not the department's matter; an `arbiter` is asked whose matter it is, and its reply says `belongs_to`.
    """

    department: str
    asked_at: datetime
    due_at: datetime | None
    replied_at: datetime | None
    result: str
    over_at: datetime | None = None
    sees: tuple[str, ...] | None = None
    within: str = ""
    remind: str = ""
    binding: bool = False
    arbiter: bool = False
    belongs_to: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the department is still asked."""
        return self.replied_at is None and self.over_at is None


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
    draw_ref: str = ""
    drawn_among: int = 0
    held: bool = False
    """Whether it waits for somebody else than an officer of its department."""
    promise_at: datetime | None = None
    stopped_at: datetime | None = None
    clock_at: datetime | None = None
    clock_done: datetime | None = None
    reckoned: str = ""
    referrals: tuple[Referral, ...] = ()
    opened_from: str = ""
    """The case that opened this one; empty when somebody did."""
    opened_as: str = ""
    """As which of its opened cases: `visit`, or `visit#3` for the third item of a repeat."""
    pay_at: datetime | None = None
    """When the next payment is due that is made by itself."""
    pay_done: datetime | None = None
    """Up to which moment payments were made."""


@dataclass(frozen=True, slots=True)
class Access:
    """The cases that an officer or a machine may see: those of departments, and those about which these are asked.

    The cases in `shut`, by reference, are excluded: an officer's own, and those in which they have a conflict of
    interest. Every query for an officer takes this value, so that lists, counts and searches cover the same cases.
    """

    departments: tuple[str, ...]
    shut: frozenset[str] = frozenset()

    def only(self, departments: Collection[str]) -> "Access":
        """The access limited to those of its departments that are in `departments`."""
        return replace(self, departments=tuple(name for name in self.departments if name in departments))


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open case that waits in a state: its reference, its applicant and the version of its service."""

    ref: str
    person_ref: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case to open. `prefix` begins its reference; `dimensions` are the answers that statistics count by.

    `claims` is what the case takes of limits; `search` gives, by department, the forms by which it can find the case.
    Opening twice with the same `once_key` opens one case.
    """

    prefix: str
    person_ref: str
    service: str
    version: int
    department: str
    language: str
    state: str
    due_at: datetime | None
    waits_for_applicant: bool
    answers: Mapping[str, Any]
    fees: Sequence[Fee]
    booking_ref: str
    subject_ref: str = ""
    once_key: str
    dimensions: Mapping[str, str | Sequence[str]]
    claims: Sequence[Claim] = ()
    search: Mapping[str, Collection[str]] | None = None
    """Without it the worker writes the search index of the case."""
    reckoned: str = ""
    """The mark of the calendar by which `due_at` was set."""
    result: str = ""
    """With a result, the case is closed when it is opened."""
    promise: str = ""
    opened_from: str = ""
    """The case that opens this one; empty when somebody does."""
    opened_as: str = ""
    held: bool = False
    line: Mapping[str, Any] = field(default_factory=dict)
    """The answers that tell in a list what the case is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What happens to a case: its next state, its result if it ends, and what the actor wrote.

    `due_at` and `waits_for_applicant` describe the deadline of the state `to`. `findings` are merged into those of the
    case; one of None is removed.
    """

    to: str
    due_at: datetime | None
    waits_for_applicant: bool
    result: str
    action: str = ""
    department: str = ""
    text: str = ""
    findings: Mapping[str, Any] = field(default_factory=dict)
    once_key: str | None = None
    dimensions: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    promise: str = ""
    """Whether the service's promise was `kept` or `missed`, when the case ends."""
    held: bool = False
    reckoned: str = ""
    """The mark of the calendar by which `due_at` was set."""


@dataclass(frozen=True, slots=True)
class Errand:
    """An action `what` on a case, caused by the case `cause`; if `what` is empty, a check whether the case moves on."""

    number: int
    case_ref: str
    cause: str
    what: str
    at: datetime
    once_key: str


@dataclass(frozen=True, slots=True)
class Content:
    """The personal content of a case."""

    answers: dict[str, Any]
    findings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Review:
    """The findings of one of several reviewers; `since` identifies the stay in a state to which they belong."""

    action: str
    since: datetime
    actor: str
    needed: int
    given_at: datetime
    findings: dict[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One event in the history of a case."""

    at: datetime
    kind: str
    actor: str
    department: str
    action: str
    to_state: str
    text: str


@dataclass(frozen=True, slots=True)
class Steps:
    """A page of a case's history.

    `state` is the state of the case before the first of the steps; `earlier` is the `before` of the preceding page, 0
    when there is none.
    """

    steps: tuple[Step, ...]
    state: str
    earlier: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Filters of a desk list, in addition to service and state. The end of a period is excluded.

    `nobody`: assigned to nobody; `undated`: without a time limit; `by_age`: the oldest first, not those due first;
    `held`: in lists of open cases, only those that wait for somebody else, or only the others.
    """

    nobody: bool = False
    waiting: bool | None = None
    result: str = ""
    due_from: datetime | None = None
    due_before: datetime | None = None
    undated: bool = False
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    by_age: bool = False
    held: bool | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the desk's queue."""

    case: Case
    referral: Referral | None
    line: Mapping[str, Any] = field(default_factory=dict)
    """What the case is about, as far as a list tells it. Whoever shows it leaves out what the reader may not read."""
    asked: tuple[Referral, ...] = ()
    """Its open referrals, also those to departments of others."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of a desk list, and the mark from which the next page continues.

    A page that is not full may have a next one, because the number of cases examined for one page is limited.
    """

    rows: tuple[Row, ...]
    next_mark: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply of a department about a case of another. `number` identifies it; `comment` is empty in lists.

    The department can read its own reply after it has lost access to the case.
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
    """A page of a department's replies, and the mark from which the next page continues."""

    rows: tuple[Reply, ...]
    next_mark: str


@dataclass(frozen=True, slots=True)
class Load:
    """The open cases of an officer, a service or a state: all, late, due soon, waiting; and the age of the oldest."""

    name: str
    open: int
    late: int
    soon: int
    waiting: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """How many cases of a department ended with a result, and after how many days on average."""

    result: str
    count: int
    days: float


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases of a service are open in a state, how many of these are late or wait for the applicant."""

    service: str
    state: str
    open: int
    late: int
    waiting: int

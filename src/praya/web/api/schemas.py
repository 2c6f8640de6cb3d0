"""The schemas of requests and responses. Unknown fields of a request are refused."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    model_validator,
)
from pydantic_core import PydanticCustomError

from praya.kernel.text import spoken

Languages = dict[str, str]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _day(value: Any) -> Any:
    """Accept only YYYY-MM-DD, of a year that the calendar supports."""
    if isinstance(value, date) or value is None:
        return value
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None or not 1990 <= day.year <= 2200:
        raise PydanticCustomError("not_a_day", "not a day")
    return day


def _language(value: str) -> str:
    """One of the territory's languages."""
    if value not in spoken():
        raise PydanticCustomError("literal_error", "not a language here")
    return value


def _usual_language() -> str:
    return "en" if "en" in spoken() else spoken()[0]


Language = Annotated[str, AfterValidator(_language)]
Day = Annotated[date, BeforeValidator(_day)]
Whole = Annotated[int, Strict()]


class RequestPart(BaseModel):
    """A part of a request."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ResponsePart(BaseModel):
    """A part of a response."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# Errors


class FieldError(ResponsePart):
    """A field that cannot be taken."""

    path: str
    code: str
    message: str


class Explained(ResponsePart):
    """One thing on which a refusal or an amount rests, with its law, and what it rests on in turn."""

    words: str
    value: str
    law: str
    within: list["Explained"]


class ErrorBody(ResponsePart):
    """Why the request was refused. `explanation` says on what `not_eligible` rests; it is empty for all others."""

    code: str
    message: str
    fields: list[FieldError]
    explanation: list[Explained]
    request: str


class Error(ResponsePart):
    """The one shape of every error."""

    error: ErrorBody


# Services


class Named(ResponsePart):
    """Something with a name and a title in every language."""

    name: str
    title: Languages


class ServiceLine(ResponsePart):
    """A service in the list. `drafted`: languages that a machine drafted."""

    name: str
    version: int
    title: Languages
    summary: Languages
    drafted: list[str]
    department: Named
    topic: Named
    links: dict[str, str]


class ServiceList(ResponsePart):
    """A page of the live services, by name; `next` is what `after` takes for the page that follows."""

    services: list[ServiceLine]
    next: str | None


class FilesAsked(ResponsePart):
    """A question that is answered with files."""

    question: str
    title: Languages
    required: bool
    kinds: list[str]
    max_mb: float
    max_files: int


class VisitAsked(ResponsePart):
    """One of the visits of a booking: how many days it lies after another."""

    name: str
    title: Languages
    after: str | None
    days: list[int] | None


class BookingAsked(ResponsePart):
    """What is booked."""

    visits: list[VisitAsked]
    places: list[Named]
    max_size: int


class SubjectAsked(ResponsePart):
    """The register, or publication, of which the service needs an entry, and who may choose: its holder, or anyone."""

    service: str
    register_name: str
    who: str


class Opening(ResponsePart):
    """Whether a service takes applications now; else why not and when it opens, null when it does not or nobody knows.

    `closes_at` is when a service that is open closes next, as far ahead as that is known.
    """

    now: bool
    opens_at: datetime | None
    closes_at: datetime | None
    reason: Languages | None


class ServiceFull(ServiceLine):
    """A service."""

    open: Opening

    who: Languages
    needs: list[Languages]
    minutes: int
    legal_basis: Languages
    purpose: Languages
    departments_asked: list[str]
    files: list[FilesAsked]
    booking: BookingAsked | None
    subject: SubjectAsked | None


class Schema(BaseModel):
    """A JSON Schema (2020-12)."""

    model_config = ConfigDict(extra="allow")

    type: Literal["object"]
    properties: dict[str, Any]


class Slot(ResponsePart):
    """A session: an empty time is a whole day. Its class and title are those of its block of sessions."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    place: str
    day: date
    time: str
    left: int
    closed: bool
    minutes: int | None = None
    class_name: str | None = Field(default=None, serialization_alias="class")
    title: Languages | None = None


class Slots(ResponsePart):
    """Sessions between two days, and the days that may be booked now."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    service: str
    from_: date = Field(serialization_alias="from")
    to: date
    bookable_from: date | None
    bookable_to: date | None
    opens_at: datetime | None
    closes_at: datetime | None
    slots: list[Slot]


# Applications


class ApplicantIn(RequestPart):
    """Whose application it is."""

    email: str = Field(min_length=3, max_length=254)
    name: str | None = Field(None, min_length=1, max_length=200)
    language: Language = Field(default_factory=_usual_language)


class FileIn(RequestPart):
    """A file: its name and its bytes in base64 (RFC 4648, 4)."""

    name: str = Field(min_length=1, max_length=200)
    content_base64: str


class SeatIn(RequestPart):
    """A place for one visit; without a time, a whole day."""

    visit: str = Field("visit", max_length=60)
    place: str = Field(max_length=60)
    day: Day
    time: str = Field("", pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$")


Answers = dict[str, Any]


class ApplicationIn(RequestPart):
    """A whole application. `answers` follow the service's answers-schema; files are by question.

    `subject` is the reference of the register entry that the service is about, for a service that is about one.
    """

    applicant: ApplicantIn
    answers: Answers
    files: dict[str, list[FileIn]] = Field(default={}, max_length=50)
    seats: list[SeatIn] = Field(default=[], max_length=20)
    subject: str = Field(default="", max_length=40)


class CheckIn(RequestPart):
    """Answers to be looked at, the register entry that they are about, and the sessions that rules and fees read."""

    answers: Answers
    subject: str = Field(default="", max_length=40)
    seats: list[SeatIn] = Field(default=[], max_length=20)


class FeeSaid(ResponsePart):
    """A fee or deposit, with the law that says so, and what became of it: owed, paid, waived, refunded, forfeited.

    One of the `kind` grant is money that the person gets: promised, paid, withdrawn, returned. `returned` is how much
    was given back.
    """

    name: str | None
    kind: str
    state: str
    title: Languages
    amount: str
    returned: str
    currency: str
    reference: Languages | None


class Application(ResponsePart):
    """An application that was opened."""

    reference: str
    service: str
    version: int
    applicant: str
    state: str
    state_title: Languages
    due_date: date | None
    fees: list[FeeSaid]
    fee: str
    currency: str
    booking: str | None
    links: dict[str, str]


class TimeIn(RequestPart):
    """The time that is chosen for the applicant, by an action that asks them for one."""

    action: str = Field(max_length=60)
    seat: SeatIn


class Checked(ResponsePart):
    """What would be said to these answers. `files` are the questions that need files; they are not looked at.

    `explanation` says on what a refusal, the fees and derived answers rest, in the language of the request.
    """

    complete: bool
    eligible: bool
    reason: str | None
    fields: list[FieldError]
    fees: list[FeeSaid]
    files: list[str]
    explanation: list[Explained]


class VisitSaid(ResponsePart):
    """A visit that is booked."""

    visit: str
    place: str
    day: date
    time: str


class ReferralSaid(ResponsePart):
    """A department that was asked.

    `result` is no-objection, conditions, objection, not-ours, or assumed, where its silence was read as no objection;
    of an `arbiter`, who is asked whose matter the case is, decided, and then `belongs_to` names the department.
    """

    department: str
    asked_at: datetime
    due_at: datetime | None
    replied_at: datetime | None
    result: str
    arbiter: bool
    belongs_to: str | None


class Person(ResponsePart):
    """Whose application it is."""

    reference: str
    email: str
    name: str | None


class FileSaid(ResponsePart):
    """A file of an application."""

    question: str
    name: str
    kind: str
    size: int
    state: str


class ApplicationLine(ResponsePart):
    """An application without personal data.

    `due_at` is the end of the state's clock, `promise_at` that of the service's promise; `stopped_at` is since when the
    clock of the promise stands still.
    """

    reference: str
    service: str
    version: int
    department: str
    language: str
    state: str
    state_since: datetime
    due_at: datetime | None
    promise_at: datetime | None
    stopped_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    result: str
    links: dict[str, str]


class ApplicationList(ResponsePart):
    """A page of applications, those due first; `next` is what `after` takes for the page that follows."""

    applications: list[ApplicationLine]
    next: str | None


class PartySaid(ResponsePart):
    """What somebody who takes part gave. `number` counts from 1 where a party is several people.

    `state` is waiting, given, declined or lapsed. A department that is only asked reads the answers that the referral
    names.
    """

    party: str
    number: int
    state: str
    answers: Answers


class ApplicationFull(ApplicationLine):
    """An application with its personal content; that it was read is journalled and shown to the person.

    `applicant` is null and `answers` empty when the person was erased. `findings` are the answers of officers,
    `parties` those of people who take part. A department that is only asked reads the answers and files that the
    referral names, and no `applicant`. `explanation` says on what fees and derived answers rest, in the language of
    the application. `matter` is the application that this one is about, and `about` those about this one, where they
    are the department's own.
    """

    applicant: Person | None
    answers: Answers
    files: list[FileSaid]
    fees: list[FeeSaid]
    visits: list[VisitSaid]
    referrals: list[ReferralSaid]
    explanation: list[Explained]
    findings: Answers
    parties: list[PartySaid]
    matter: str | None
    about: list[str]


# Bookings


class BookedFor(RequestPart):
    """Whose booking it is: the reference of a person whom the platform knows, or an e-mail address."""

    ref: str | None = Field(None, pattern=r"^[0-9a-f]{32}$")
    email: str | None = Field(None, min_length=3, max_length=254)
    language: Language = Field(default_factory=_usual_language)

    @model_validator(mode="after")
    def _one(self) -> "BookedFor":
        if (self.ref is None) == (self.email is None):
            raise PydanticCustomError("one_of", "one of two")
        return self


Holder = Annotated[str, Field(min_length=1, max_length=120)]


class BookingIn(RequestPart):
    """A bare booking. `holders` are numbers of people who may have one active booking of the service each."""

    applicant: BookedFor
    seats: list[SeatIn] = Field(min_length=1, max_length=20)
    size: Whole = Field(1, ge=1, le=50)
    holders: list[Holder] = Field(default=[], max_length=50)


class SeatsIn(RequestPart):
    """Other sessions for every visit of a booking."""

    seats: list[SeatIn] = Field(min_length=1, max_length=20)


class BookingSaid(ResponsePart):
    """A booking that was made."""

    reference: str
    service: str
    applicant: str
    size: int
    visits: list[VisitSaid]
    links: dict[str, str]


# For anyone


class MilestoneSaid(ResponsePart):
    """A stage of an application."""

    title: str
    state: Literal["done", "current", "coming"]
    date: str | None
    note: str | None


class Tracked(ResponsePart):
    """How far an application is; nothing about the person."""

    reference: str
    service: str
    service_title: str
    department: str
    due_date: date | None
    milestones: list[MilestoneSaid]


class RecordIn(RequestPart):
    """The text of a record, as its QR code holds it; an address with the text behind `#` will do."""

    record: str = Field(min_length=1, max_length=9000)


class RecordFact(ResponsePart):
    """One thing that a record says."""

    name: str
    title: Languages
    value: str | Languages


class VerdictSaid(ResponsePart):
    """What a record is worth; only one that was signed here has anything besides a state.

    `replaced` was revoked at `revoked_at` because the record `replaced_by` took its place.
    """

    state: Literal["valid", "expired", "revoked", "replaced", "unknown", "forged", "unreadable"]
    reference: str | None
    service: str | None
    name: str | None
    title: Languages | None
    facts: list[RecordFact]
    issued_at: datetime | None
    valid_until: date | None
    revoked_at: datetime | None
    replaced_by: str | None

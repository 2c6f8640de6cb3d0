"""The progress of a draft: which pages are asked, what is wrong on them, and the context of its expressions."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition.chapters.booking import facts_of
from praya.definition.chapters.parties import Party
from praya.definition.explain import Known, Line, explained
from praya.definition.expression_context import derived, facts
from praya.definition.form import Eligibility, Page
from praya.definition.pack import Pack
from praya.definition.questions import Asking, Look, Refusal, SignatureQuestion, digest
from praya.definition.reasoning import rests_on
from praya.definition.service import Service
from praya.journey import entries, load, lookups
from praya.journey.register_lookups import Finder
from praya.kernel.expression import Expression, ExpressionFailed

VOID = "signature_void"


@dataclass(frozen=True)
class Walk:
    """A draft with its service and the context of its expressions."""

    draft: forms.Draft
    service: Service
    pack: Pack
    today: date
    context: dict[str, Any]
    look: Look | None = None
    subject: Mapping[str, Any] = field(default_factory=dict)

    @property
    def form(self) -> tuple[Page, ...]:
        """All its pages."""
        return self.section.form

    @property
    def section(self) -> Service | Party:
        """The form that is filled in: that of the service."""
        return self.service

    @property
    def path(self) -> str:
        """The address of its pages, after the language."""
        return f"apply/{self.draft.ref}"

    @property
    def start(self) -> str:
        """The address of the page before the first one."""
        return f"services/{self.service.service}"

    @property
    def books(self) -> bool:
        """Whether the service books places before submission."""
        return self.service.booked_on_applying is not None

    def known(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """The context of expressions with these answers."""
        return context_of(self.service, answers, self.draft.language, self.today, self.subject, self.look)

    def asking(self, answers: Mapping[str, Any], *, now: datetime | None = None) -> Asking:
        """What is known while these answers are looked at; a signature is fixed at `now`."""
        seen = self.context if answers is self.draft.answers else self.known(answers)
        return asking_of(self.section, answers, seen, self.known, self.today, self.look, now=now)

    def again(self, draft: forms.Draft, *, at: datetime) -> "Walk":
        """The same walk, read again after a save."""
        return walk(draft, at=at)

    @property
    def pages(self) -> list[Page]:
        """The pages that are asked of this person."""
        return [page for page in self.form if page.when is None or page.when.holds(self.context)]

    def done(self, page: Page) -> bool:
        """Whether the page was answered and nothing is wrong with it; a void signature is told of at the check."""
        if page.page not in self.draft.seen:
            return False
        return all(reason.code == VOID for reason in self.wrong_on(page))

    def wrong_on(self, page: Page) -> Iterator[Refusal]:
        """Every reason against the answers of a page."""
        return forms.refusals(page.questions, self.draft.answers, self.asking(self.draft.answers))

    @property
    def void(self) -> list[tuple[Page, Refusal]]:
        """The signatures under answers that were changed since, with their pages."""
        signing = [page for page in self.pages if any(isinstance(q, SignatureQuestion) for q in page.questions)]
        return [(page, reason) for page in signing for reason in self.wrong_on(page) if reason.code == VOID]

    @property
    def first_open(self) -> Page | None:
        """The first page that is not done."""
        return next((page for page in self.pages if not self.done(page)), None)

    def page_before(self, name: str) -> Page | None:
        """The page before `name` among those asked."""
        names = [page.page for page in self.pages]
        index = names.index(name) if name in names else 0
        return self.pages[index - 1] if index else None

    def shut_out(self) -> "ShutOut | None":
        """The first rule that refuses this person; a rule is not applied before its answers are given."""
        if not self.service.eligibility:
            return None
        missing: set[str] = set()
        for page in self.pages:
            missing |= {reason.question for reason in self.wrong_on(page)}
            if page.page not in self.draft.seen:
                missing |= {q.name for q in page.questions if self.draft.answers.get(q.name) is None}
        return shut_out(self.service, self.asked_answers, missing, self.known, self.today)

    @property
    def asked_answers(self) -> dict[str, Any]:
        """The answers that would be submitted, without those that are no longer asked."""
        return forms.pruned(self.section, self.draft.answers, self.known)

    @property
    def answers(self) -> dict[str, Any]:
        """The answers, with the derived ones."""
        return {**self.draft.answers, **derived(self.section, self.context)}


def seen_before(service: Service, *, subject_ref: str, person_ref: str, language: str, today: date) -> dict[str, Any]:
    """What expressions see before anything is answered: the entry that the service is about, who applies, and what
    finds entries for them.

    The address is looked up only for a service that reads it.
    """
    email = identity.person(person_ref).email if service.reads_address else None
    return {
        **entries.seen_by(service, subject_ref),
        "applicant": {"email": email, "language": language},
        "lookups": Finder(service, person_ref, today),
    }


def seen_while_held(
    service: Service, seats: Sequence[bookings.Seat], pack: Pack, *, ref: str = "", size: int = 0
) -> dict[str, Any]:
    """What expressions see of the seats that are held, before there is a case; nothing is booked without any."""
    if not service.reads_booking:
        return {}
    status = "held" if seats else "none"
    seen = facts_of(service.booking, seats, pack.calendar.holidays, ref=ref, size=size, status=status)
    return {"booking": seen}


def held_by(service: Service, booking_ref: str, pack: Pack) -> dict[str, Any]:
    """The same of a booking that is still held, or made."""
    booking = bookings.booking(booking_ref) if booking_ref and service.reads_booking else None
    if booking is None or booking.status not in {"held", "booked"}:
        return seen_while_held(service, (), pack)
    seats = [(visit.visit, visit.place, visit.day, visit.clock) for visit in booking.visits]
    return seen_while_held(service, seats, pack, ref=booking.ref, size=booking.size)


def context_of(
    service: Service,
    answers: Mapping[str, Any],
    language: str,
    today: date,
    subject: Mapping[str, Any],
    look: Look | None = None,
) -> dict[str, Any]:
    """`subject` is what was `seen_before`, `look` finds the entries that answers name."""
    look = look or lookups.looking(service, today)
    return facts(service, answers, today=today, applicant={"language": language}, more=subject, look=look)


def asking_of(
    section: Service | Party,
    answers: Mapping[str, Any],
    seen: Mapping[str, Any],
    context: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    today: date,
    look: Look | None,
    *,
    now: datetime | None = None,
) -> Asking:
    """What is known while answers to a section are looked at: expressions see `seen` of them."""

    def of_signed(name: str) -> str:
        return digest(forms.signed(section, answers, context, name))

    # A signature is dated as the territory's clocks show.
    local = now.astimezone(load.pack().calendar.zone) if now else None
    invites_applicant = partial(_invites_applicant, section) if isinstance(section, Service) else None
    return Asking(today, seen, look, of_signed, local, invites_applicant)


def _invites_applicant(service: Service, at: str, context: Mapping[str, Any]) -> bool:
    """Whether the answer at a place, such as `doctor_email` or `members.2.email`, is the address of a party, and also
    that of the applicant: nobody gives what another person must.
    """
    *repeat, name = [part for part in at.split(".") if not part.isdigit()]
    invited_by_it = [
        (party, party.email)
        for party in service.parties.values()
        if party.email is not None
        and (not repeat or party.repeat == repeat[0])
        and (("item", name) in party.email.paths if repeat else name in service.answers_behind(party.email))
    ]
    # Nearly every answer invites nobody. In a row of hundreds the context is worked out only when it is read.
    own = context.get("applicant", {}).get("email") if invited_by_it else None
    if not own:
        return False
    known = context.get("item", {}) if repeat else context["answers"]
    for party, email in invited_by_it:
        try:
            is_own = known.get(name) == email.value(context) and identity.address(known[name]) == own
        except (ExpressionFailed, identity.NotAnAddress):
            continue
        if is_own and (party.when is None or party.when.holds(context)):
            return True
    return False


@dataclass(frozen=True)
class ShutOut:
    """The rule that refuses a person, and the context in which it did."""

    rule: Eligibility
    service: Service
    answers: Mapping[str, Any]
    context: Mapping[str, Any]
    day: date

    def why(self, language: str) -> tuple[Line, ...]:
        """The explanation of the refusal."""
        return explained(Known(self.service, self.answers, self.context, self.day, language), self.rule.unless)


def shut_out(
    service: Service,
    answers: Mapping[str, Any],
    missing: Collection[str],
    known: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    today: date,
) -> ShutOut | None:
    """The first rule that refuses somebody with these answers, of which those named in `missing` are wrong or to come.

    A rule waits until the time that it reads is chosen. It waits for every answer on which it rests: also for one that
    it reads through a decision or a derived answer, and for one of which nobody knows yet whether it is asked. One that
    was asked and may be left empty is known to be empty; a rule that says nothing of that case refuses nobody.
    """
    if not service.eligibility:
        return None
    waiting = _with_what_hangs_on_them(service, missing)
    right = {name: value for name, value in answers.items() if name not in missing}
    context = known(right)
    optional = {
        question.name
        for page in service.form
        if page.when is None or page.when.holds(context)
        for question in forms.asked_parts(page.questions, context)
        if question.optional and question.name not in waiting
    }
    booked = context.get("booking", {}).get("visits")
    for rule in service.eligibility:
        if not booked and service.rests_on_booking(rule.unless):
            continue
        read = rests_on(rule.unless.paths, service.reads, through=("conditions",))
        asked = {name for root, name in read if root == "answers" and (root, name) not in service.reads}
        empty = {name for name in asked if context["answers"].get(name) is None}
        if service.answers_behind(rule.unless) & waiting or empty - optional:
            continue
        if _denied(rule.unless, context) if empty else not rule.unless.holds(context):
            return ShutOut(rule, service, {**right, **derived(service, context)}, context, today)
    return None


def _denied(expression: Expression, context: Mapping[str, Any]) -> bool:
    try:
        return expression.value(context) is False
    except ExpressionFailed:
        return False


def _with_what_hangs_on_them(service: Service, missing: Collection[str]) -> set[str]:
    """These questions, and those that may be asked or not, as these are answered."""
    names = set(missing)
    for page in service.form:
        for question in page.questions:
            conditions = [when for when in (page.when, question.when) if when is not None]
            if any(service.answers_behind(when) & names for when in conditions):
                names.add(question.name)
    return names


def walk(draft: forms.Draft, *, at: datetime) -> Walk:
    """The walk of a draft."""
    service, pack = load.compiled(draft.service, draft.version), load.pack()
    today = pack.calendar.day_of(at)
    look = lookups.looking(service, today)
    subject = seen_before(
        service, subject_ref=draft.subject_ref, person_ref=draft.person_ref, language=draft.language, today=today
    )
    subject |= held_by(service, draft.booking_ref, pack)
    context = context_of(service, draft.answers, draft.language, today, subject, look)
    return Walk(draft, service, pack, today, context, look, subject)

"""A resident's steps: begin, answer page by page, book, check, submit, cancel."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.definition.facts import derived, facts
from praya.definition.form import Eligibility, Page
from praya.definition.opening import Standing, standing
from praya.definition.pack import Pack
from praya.definition.parties import Party
from praya.definition.questions import Asking, Look, Posted, Refusal, SignatureQuestion, digest
from praya.definition.reasoning import rests_on
from praya.definition.service import Service
from praya.journey import entries, fees, invite, limits, load, lookups, picture, run

VOID = "signature_void"


class Incomplete(Exception):
    """Answers are missing or wrong; carries the reasons."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(", ".join(f"{r.path}: {r.code}" for r in refusals))
        self.refusals = list(refusals)


class NotEligible(Exception):
    """The person may not use the service; carries the rule that says so."""

    def __init__(self, rule: Eligibility) -> None:
        super().__init__(rule.unless.source)
        self.rule = rule


class Closed(Exception):
    """The service takes no applications now; carries how it stands."""

    def __init__(self, found: Standing) -> None:
        super().__init__("closed")
        self.standing = found


class LimitReached(Exception):
    """The answers take more than is left of a limit; carries what to tell."""

    def __init__(self, reached: limits.Reached) -> None:
        super().__init__(reached.limit.at_most.source)
        self.reached = reached


class NotBooked(Exception):
    """The service books, and nothing is held."""


class BookingClosed(Exception):
    """Booking is not open now; carries the window."""

    def __init__(self, window: bookings.Window) -> None:
        super().__init__("closed")
        self.window = window


@dataclass(frozen=True)
class Walk:
    """A draft with its service, and what expressions see of it."""

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
        """What is filled in."""
        return self.service

    @property
    def path(self) -> str:
        """Where its pages are, behind the language."""
        return f"apply/{self.draft.ref}"

    @property
    def start(self) -> str:
        """Where one comes from."""
        return f"services/{self.service.service}"

    @property
    def books(self) -> bool:
        """Whether places are booked on the way."""
        return self.service.booked_on_applying is not None

    def known(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """What expressions see with these answers."""
        return _context(self.service, answers, self.draft.language, self.today, self.subject, self.look)

    def asking(self, answers: Mapping[str, Any], *, now: datetime | None = None) -> Asking:
        """What is known while these answers are looked at; a signature is fixed at `now`."""
        seen = self.context if answers is self.draft.answers else self.known(answers)
        return asking_of(self.section, answers, seen, self.known, self.today, self.look, now=now)

    def again(self, draft: forms.Draft, *, at: datetime) -> "Walk":
        """The walk after something was saved."""
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

    def refusing_rule(self) -> Eligibility | None:
        """The first rule that shuts this person out; rules whose answers are not given yet wait."""
        return refusing_rule(self.service, self.context, final=self.first_open is None)

    @property
    def answers(self) -> dict[str, Any]:
        """What was answered, and what follows from it."""
        return {**self.draft.answers, **derived(self.service, self.context)}


def _context(
    service: Service,
    answers: Mapping[str, Any],
    language: str,
    today: date,
    subject: Mapping[str, Any],
    look: Look | None = None,
) -> dict[str, Any]:
    """`subject` is what is known of the entry that the service is about, `look` finds those that answers name."""
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
    return Asking(today, seen, look, of_signed, local)


def refusing_rule(service: Service, context: Mapping[str, Any], *, final: bool = False) -> Eligibility | None:
    """The first rule that shuts somebody out; rules whose answers are not given yet wait.

    Once the answers are `final` nothing waits for a decision or a derived answer that never became known.
    """
    for rule in service.eligibility:
        needed = rests_on(rule.unless.paths, service.reads, through=("conditions",))
        waits = any(
            context[root].get(name) is None
            for root, name in needed
            if root in {"answers", "decisions"} and not (final and (root, name) in service.reads)
        )
        if not waits and not rule.unless.holds(context):
            return rule
    return None


def walk(draft: forms.Draft, *, at: datetime) -> Walk:
    """The draft as it stands."""
    service, pack = load.compiled(draft.service, draft.version), load.pack()
    today = pack.calendar.day_of(at)
    subject, look = entries.seen_by(service, draft.subject_ref), lookups.looking(service, today)
    context = _context(service, draft.answers, draft.language, today, subject, look)
    return Walk(draft, service, pack, today, context, look, subject)


def begin(*, service: Service, person_ref: str, language: str, subject_ref: str = "", at: datetime) -> forms.Draft:
    """Begin, or go on with what was begun; with the entry that the service is about, when it is about one.

    Raises entries.NoSubject, entries.TooEarly.
    """
    insist_on_subject(service, subject_ref, person_ref, load.pack().calendar.day_of(at))
    return forms.start(
        person_ref=person_ref,
        service=service.service,
        version=service.version,
        language=language,
        subject_ref=subject_ref,
        at=at,
    )


def insist_on_open(service: Service, pack: Pack, at: datetime) -> None:
    """Raise Closed unless the service takes applications at that moment."""
    found = standing(service.open_times, at, pack.calendar)
    if not found.is_open:
        raise Closed(found)


def insist_on_subject(service: Service, subject_ref: str, person_ref: str, today: date) -> None:
    """Raise entries.NoSubject or entries.TooEarly unless the entry may be chosen; one is chosen only when asked."""
    if service.subject is not None or service.about is not None:
        entries.chosen(service, subject_ref, person_ref, today=today)
    elif subject_ref:
        raise entries.NoSubject(service.service)


def answer(step: Walk, page: Page, posted: Posted, *, at: datetime) -> tuple[Walk, forms.Read]:
    """Take what was typed on a page. Everything typed is kept, also what cannot be taken as an answer."""
    draft = step.draft
    read = forms.read_page(
        page,
        posted,
        draft.answers,
        context=step.known,
        asking=lambda answers: step.asking(answers, now=at),
    )
    unfinished = bool(read.refusals) or read.newly_asked
    refused = {re.split(r"[.-]", refusal.path, maxsplit=1)[0] for refusal in read.refusals}
    taken = {name: value for name, value in read.answers.items() if name not in refused}
    typed = typed_on(page, posted)
    saved = forms.save(
        ref=draft.ref,
        person_ref=draft.person_ref,
        answers=taken,
        page=page.page,
        typed=typed if unfinished else None,
        at=at,
    )
    return step.again(saved, at=at), read


def typed_on(page: Page, posted: Posted) -> dict[str, list[str]]:
    """What was typed in the fields of the page's own questions; anything else that was sent is not kept."""
    names = {question.name for question in page.questions}
    return {field: list(values) for field, values in posted.items() if re.split(r"[.-]", field, maxsplit=1)[0] in names}


# Booking


@dataclass(frozen=True)
class Choosing:
    """What may be booked: the window, the size of the party, and who may have one booking only."""

    window: bookings.Window
    size: int
    holders: tuple[str, ...]


def choosing(service: Service, context: Mapping[str, Any], pack: Pack, *, at: datetime) -> Choosing:
    """What this person may book now."""
    booking = service.booked_on_applying
    if booking is None:
        raise NotBooked(service.service)
    size, identities = 1, []
    if booking.party is not None:
        value = booking.party.value(context)
        size = min(max(int(value), 1), booking.max_party)
    if booking.once_per is not None:
        value = booking.once_per.value(context)
        identities = [str(v) for v in (value if isinstance(value, list) else [value]) if v]
    holders = tuple(bookings.holder(identity) for identity in identities)
    return Choosing(bookings.window(booking, at=at, calendar=pack.calendar, context=context), size, holders)


def choosing_for(step: Walk, *, at: datetime) -> Choosing:
    """What the person of a draft may book at a moment, by the answers that would be submitted now."""
    known = _context(step.service, _asked_answers(step), step.draft.language, step.today, step.subject)
    return choosing(step.service, known, step.pack, at=at)


def make_pools(service: Service, pack: Pack, *, at: datetime) -> int:
    """Make the pools for all days that can be reached from now."""
    booking = service.booking
    if booking is None:
        return 0
    today = pack.calendar.day_of(at)
    last = pack.calendar.date_after(today, booking.ahead) + timedelta(days=bookings.reach(booking) + 14)
    wanted = bookings.sessions(booking, today, last, pack.calendar)
    return bookings.make_pools(scheme=service.service, wanted=wanted)


def check_seats(service: Service, seats: Sequence[bookings.Seat], found: bookings.Window) -> None:
    """Raise BookingClosed or bookings.SlotTaken unless the seats are this service's visits, in its window."""
    booking = service.booking
    if booking is None or found.first is None:
        raise BookingClosed(found)
    chosen: dict[str, date] = {}
    if [seat[0] for seat in seats] != [visit.name for visit in booking.all_visits]:
        raise bookings.SlotTaken(service.service)
    for visit, (_, _, day, _) in zip(booking.all_visits, seats, strict=True):
        days = bookings.visit_days(visit, chosen, found)
        if days is None or not days[0] <= day <= days[1]:
            raise bookings.SlotTaken(service.service)
        chosen[visit.name] = day


def hold(step: Walk, seats: Sequence[bookings.Seat], *, once_key: str, at: datetime) -> bookings.Booking:
    """Hold the seats for the draft in place of what it held before; what it holds already stays held.

    Raises BookingClosed, bookings.SlotTaken, bookings.HeldAlready, forms.NoDraft.
    """
    booking = step.service.booking
    if booking is None:
        raise NotBooked(step.service.service)
    choice = choosing_for(step, at=at)
    check_seats(step.service, seats, choice.window)
    draft, by = step.draft, f"person:{step.draft.person_ref}"
    before = bookings.booking(draft.booking_ref) if draft.booking_ref else None
    if before is not None and _is_just_that(before, seats, choice, at):
        return before
    try:
        new = bookings.hold(
            scheme=step.service.service,
            person_ref=draft.person_ref,
            seats=seats,
            size=choice.size,
            # The new places are taken before the old ones are given back, so the holders move over afterwards.
            holders=() if before is not None else choice.holders,
            hold_for=step.pack.calendar.after(at, booking.hold) - at,
            # What ended is never given back for a key that was used for it.
            once_key=f"{draft.ref}:{sha256(f'{draft.booking_ref}:{once_key}'.encode()).hexdigest()}",
            at=at,
            by=by,
        )
        _take_over(draft, new, choice, at)
    except (forms.HeldMeanwhile, bookings.HeldAlready):
        # Sent twice at once: what came first is what the draft holds.
        first = forms.draft(draft.ref, person_ref=draft.person_ref).booking_ref
        if not first or first == draft.booking_ref:
            raise
        return bookings.booking(first)
    return new


def _take_over(draft: forms.Draft, new: bookings.Booking, choice: Choosing, at: datetime) -> None:
    """Let the draft hold `new` in place of what it held; when it cannot, `new` is given back and the rest stands."""
    by = f"person:{draft.person_ref}"
    try:
        if draft.booking_ref:
            bookings.replace(old=draft.booking_ref, new=new.ref, holders=choice.holders, at=at, by=by)
        forms.hold_booking(
            ref=draft.ref, person_ref=draft.person_ref, booking_ref=new.ref, instead_of=draft.booking_ref, at=at
        )
    except (forms.HeldMeanwhile, bookings.HeldAlready):
        bookings.cancel(ref=new.ref, at=at, by=by)
        raise


def _is_just_that(before: bookings.Booking, seats: Sequence[bookings.Seat], choice: Choosing, at: datetime) -> bool:
    """Whether the booking stands and is for the same seats, party and holders."""
    if before.status != "held" or before.size != choice.size or (before.expires_at or at) <= at:
        return False
    same = {(visit.visit, visit.place, visit.day, visit.clock) for visit in before.visits} == set(seats)
    return same and bookings.terms(before.ref).holders == frozenset(choice.holders)


def _still_theirs(step: Walk, found: bookings.Booking) -> bool:
    """Whether the answers as they now are would have been given these seats when they were held.

    Answers may change after a hold: nobody may hold as one person, or by the rule of one group, and submit as another.
    """
    given = bookings.terms(found.ref)
    choice = choosing_for(step, at=given.made_at)
    if found.size != choice.size or given.holders != frozenset(choice.holders) or step.service.booking is None:
        return False
    chosen = {visit.visit: (visit.visit, visit.place, visit.day, visit.clock) for visit in found.visits}
    seats = [chosen[visit.name] for visit in step.service.booking.all_visits if visit.name in chosen]
    try:
        check_seats(step.service, seats, choice.window)
    except (BookingClosed, bookings.SlotTaken):
        return False
    return True


def held(step: Walk) -> bookings.Booking | None:
    """What the draft holds, if it still holds it with the right number of places."""
    if not step.draft.booking_ref:
        return None
    found = bookings.booking(step.draft.booking_ref)
    return found if found.status in {"held", "booked"} else None


# Submitting


def limit_reached(step: Walk, *, at: datetime) -> limits.Reached | None:
    """The limit beyond which the answers go as things stand now; only submitting decides."""
    if not step.service.limits:
        return None
    answers = _asked_answers(step)
    known = step.known(answers)
    try:
        claims = limits.claims(step.service, known, step.pack, person_ref=step.draft.person_ref, at=at)
        cases.look_at_limits(claims, at=at)
    except cases.OverLimit as over:
        return limits.reached(step.service, known, answers, over)
    return None


def discard(step: Walk, *, at: datetime) -> None:
    """Throw the draft away and give back what it holds. Raises forms.NoDraft, also when it was submitted meanwhile."""
    draft = step.draft
    with transaction.atomic():
        forms.discard(ref=draft.ref, person_ref=draft.person_ref, at=at)
        if draft.booking_ref:
            bookings.cancel(ref=draft.booking_ref, at=at, by=f"person:{draft.person_ref}")


def _asked_answers(step: Walk) -> dict[str, Any]:
    language = step.draft.language

    def context(answers: Mapping[str, Any]) -> dict[str, Any]:
        return _context(step.service, answers, language, step.today, step.subject)

    return forms.pruned(step.service, step.draft.answers, context)


def submit(step: Walk, *, at: datetime) -> cases.Case:
    """Make the draft a case, once.

    Raises Incomplete, NotEligible, LimitReached, NotBooked, bookings.HoldExpired, Closed, entries.NoSubject,
    entries.TooEarly.
    """
    draft = step.draft
    if draft.case_ref:
        return cases.case(draft.case_ref)
    insist_on_open(step.service, step.pack, at)
    insist_on_subject(step.service, draft.subject_ref, draft.person_ref, step.today)
    answers = _asked_answers(step)
    if step.service.booked_on_applying is not None:
        found = held(step)
        if found is None or not _still_theirs(step, found):
            raise NotBooked(step.service.service)
    with transaction.atomic():
        by = f"person:{draft.person_ref}"
        if step.service.booked_on_applying is not None:
            bookings.confirm(ref=draft.booking_ref, at=at, by=by)
        case = open_case(
            step.service,
            step.pack,
            person_ref=draft.person_ref,
            language=draft.language,
            answers=answers,
            booking_ref=draft.booking_ref,
            subject_ref=draft.subject_ref,
            once_key=f"draft:{draft.ref}",
            at=at,
        )
        forms.close(ref=draft.ref, person_ref=draft.person_ref, case_ref=case.ref, at=at)
    return case


def open_case(
    service: Service,
    pack: Pack,
    *,
    person_ref: str,
    language: str,
    answers: Mapping[str, Any],
    booking_ref: str,
    subject_ref: str = "",
    once_key: str,
    at: datetime,
) -> cases.Case:
    """Check a whole set of answers and open the case with its first state's effects, in the caller's transaction.

    Raises Incomplete, NotEligible, LimitReached, cases.KeyReused, entries.NoSubject, load.Withdrawn.
    """
    load.insist_on_open(service.service)
    today = pack.calendar.day_of(at)
    subject, look = entries.seen_by(service, subject_ref), lookups.looking(service, today)

    def known(kept: Mapping[str, Any]) -> dict[str, Any]:
        return _context(service, kept, language, today, subject, look)

    context = known(answers)
    insist_on_answers(service, answers, asking_of(service, answers, context, known, today, look))
    answers = {**answers, **derived(service, context)}
    first = service.flow.states[service.flow.start]
    claims = limits.claims(service, context, pack, person_ref=person_ref, at=at)
    try:
        case, new = cases.open_case(
            prefix=service.reference,
            person_ref=person_ref,
            service=service.service,
            version=service.version,
            department=service.department,
            language=language,
            state=first.name,
            due_at=cases.due(first.clock, at=at, calendar=pack.calendar),
            waits_for_applicant=first.waits_for_applicant,
            answers=answers,
            fees=fees.first(service, context, pack, today),
            booking_ref=booking_ref,
            subject_ref=subject_ref,
            once_key=once_key,
            dimensions=picture.dimensions(service, answers),
            claims=claims,
            at=at,
        )
    except cases.OverLimit as over:
        raise LimitReached(limits.reached(service, context, answers, over)) from None
    if new:
        invite.on_opening(case, service, pack, at=at)
        try:
            case = run.enter(case, service, pack, reason="", at=at, by=f"person:{person_ref}")
        except registers.NoEntry:
            raise entries.NoSubject(service.service) from None
    return case


def insist_on_answers(service: Service, answers: Mapping[str, Any], asking: Asking) -> None:
    """Raise Incomplete or NotEligible unless the answers are complete, right, and those of somebody eligible."""
    reasons = forms.all_refusals(service, answers, asking=asking)
    if reasons:
        raise Incomplete(reasons)
    rule = refusing_rule(service, asking.context, final=True)
    if rule is not None:
        raise NotEligible(rule)


def apply_at_once(
    service: Service,
    *,
    person: identity.Person,
    language: str,
    answers: Mapping[str, Any],
    files: Mapping[str, Sequence[tuple[str, bytes]]],
    seats: Sequence[bookings.Seat],
    once_key: str,
    at: datetime,
    subject_ref: str = "",
) -> cases.Case:
    """A whole application in one call, as over the API: all of it or nothing. The same key gives the same case.

    `files` is question -> (name, bytes). Raises Incomplete, NotEligible, NotBooked, BookingClosed, forms.Unwelcome,
    bookings.SlotTaken, bookings.HeldAlready, cases.KeyReused, entries.NoSubject, entries.TooEarly, Closed.
    """
    pack = load.pack()
    today = pack.calendar.day_of(at)
    with transaction.atomic():
        draft = forms.start_for_key(
            person_ref=person.ref, service=service.service, version=service.version, language=language,
            subject_ref=subject_ref, once_key=once_key, at=at,
        )  # fmt: skip
        if draft.case_ref:
            return _same_case(service, draft, answers)
        insist_on_open(service, pack, at)
        insist_on_subject(service, subject_ref, person.ref, today)
        subject = entries.seen_by(service, subject_ref)
        given = {**answers, **_kept_files(service, draft, files, at)}
        complete = _asked_and_unknown(service, given, language, today, subject)
        look = lookups.looking(service, today)

        def known(kept: Mapping[str, Any]) -> dict[str, Any]:
            return _context(service, kept, language, today, subject, look)

        context = known(complete)
        complete = forms.settled(service, complete, asking_of(service, complete, context, known, today, look, now=at))
        context = known(complete)
        insist_on_answers(service, complete, asking_of(service, complete, context, known, today, look))
        booking_ref = ""
        if service.booked_on_applying is not None:
            choice = choosing(service, context, pack, at=at)
            check_seats(service, seats, choice.window)
            booking_ref = bookings.hold(
                scheme=service.service, person_ref=person.ref, seats=seats, size=choice.size,
                holders=choice.holders, hold_for=None, once_key=f"apply:{draft.ref}", at=at, by=f"person:{person.ref}",
            ).ref  # fmt: skip
        case = open_case(
            service, pack, person_ref=person.ref, language=language, answers=complete, booking_ref=booking_ref,
            subject_ref=subject_ref, once_key=f"draft:{draft.ref}", at=at,
        )  # fmt: skip
        forms.close(ref=draft.ref, person_ref=person.ref, case_ref=case.ref, at=at)
    return case


def _asked_and_unknown(
    service: Service, answers: Mapping[str, Any], language: str, today: date, subject: Mapping[str, Any]
) -> dict[str, Any]:
    """The answers to what is asked, and those that nobody can give, which are then refused by name."""
    asked = forms.pruned(service, answers, lambda a: _context(service, a, language, today, subject))
    mine = service.questions.keys() - {name for root, name in service.reads if root == "answers"}
    return {**asked, **{name: value for name, value in answers.items() if name not in mine}}


def _same_case(service: Service, draft: forms.Draft, answers: Mapping[str, Any]) -> cases.Case:
    given = cases.content(draft.case_ref).answers
    for name, value in answers.items():
        kept = given.get(name)
        # What the platform fixed when it was signed, nobody sends again.
        signed = isinstance(service.questions.get(name), SignatureQuestion) and isinstance(value, dict) and kept
        if (value["name"] != kept["name"]) if signed and kept else value != kept:
            raise cases.KeyReused(draft.service)
    return cases.case(draft.case_ref)


def _kept_files(
    service: Service, draft: forms.Draft, files: Mapping[str, Sequence[tuple[str, bytes]]], at: datetime
) -> dict[str, list[str]]:
    kept: dict[str, list[str]] = {}
    for name, sent in files.items():
        question = service.questions.get(name)
        if question is None or question.type != "file":
            raise forms.Unwelcome("file_kind")
        kept[name] = [
            forms.keep_upload(
                draft_ref=draft.ref, person_ref=draft.person_ref, question=question, path=name, name=title,
                data=data, at=at,
            ).ref
            for title, data in sent
        ]  # fmt: skip
    return kept

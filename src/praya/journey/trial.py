"""Generated data for a designer who tries a service: answers for a page, and a case in any state."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition.chapters.public_notices import Publication
from praya.definition.chapters.registers import Register, kind_of
from praya.definition.example import Example, Held
from praya.definition.expression_context import as_found, facts
from praya.definition.flow import Action
from praya.definition.pack import Pack
from praya.definition.questions import Asking, FileQuestion, Question
from praya.definition.service import Service
from praya.journey import (
    acting,
    answer_files,
    application_steps,
    case_context,
    draft_booking,
    entries,
    load,
    play,
    register_facts,
    register_lookups,
    samples,
    story_entries,
    visits,
)
from praya.journey.chapter import Picture

LONGEST_SEARCH = 200


class NotReached(Exception):
    """No example and no generated case reaches the state; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Brought:
    """A generated case in the requested state, and the moment at which it got there."""

    case: cases.Case
    at: datetime
    example: str


def good(stories: Sequence[tuple[str, Example]]) -> list[tuple[str, Example]]:
    """The examples in which an application is made; those that are refused or have errors bring no case anywhere."""
    return [(name, e) for name, e in stories if not e.expect.refused and not e.expect.errors]


def answers_for(
    questions: Sequence[Question],
    known: Mapping[str, Any],
    given: Sequence[Mapping[str, Any]],
    context: Callable[[Mapping[str, Any]], Asking],
) -> dict[str, Any]:
    """A made-up answer to each question: the first of `given` that says something which it takes, else any."""
    answers: dict[str, Any] = dict(known)
    for question in questions:

        def knowing(value: Any, question: Question = question) -> Asking:
            return context({**answers, question.name: value})

        if isinstance(question, FileQuestion):
            sample = next((g[question.name] for g in given if g.get(question.name)), None)
            answers[question.name] = sample or f"sample.{question.accept[0]}"
            continue
        if question.when is not None and not question.when.holds(context(answers).context):
            continue
        offered = [g[question.name] for g in given if g.get(question.name) is not None]
        fits = (v for v in offered if next(question.refusals(v, question.name, knowing(v)), None) is None)
        value = next(fits, None)
        if value is None:
            value = samples.answer(question, knowing)
        if value is not None:
            answers[question.name] = value
    return {question.name: answers[question.name] for question in questions if question.name in answers}


def whole_answers(service: Service, given: Sequence[Mapping[str, Any]], pack: Pack, *, at: datetime) -> dict[str, Any]:
    """Generated answers to every page that is asked."""
    today = pack.calendar.day_of(at)
    whole: dict[str, Any] = {}

    def context(answers: Mapping[str, Any]) -> Asking:
        return Asking(today, facts(service, answers, today=today))

    for page in service.form:
        if page.when is None or page.when.holds(context(whole).context):
            whole |= answers_for(page.questions, whole, given, context)
    return whole


def subject_for(
    service: Service, stories: Sequence[tuple[str, Example]], pack: Pack, *, person: identity.Person, at: datetime
) -> str:
    """A made-up entry or publication for a service that is about one, with the facts of an example; "" for others.

    The same one for a person on a day, in force, and near enough to its end for the service to be open.
    """
    if service.subject is None and service.about is None:
        return ""
    today = pack.calendar.day_of(at)
    held = next((example.entry for _, example in stories if example.entry is not None), None)
    ahead = service.subject.open_before if service.subject else None
    until = pack.calendar.date_after(today, ahead) if ahead else None
    made = Held.model_validate({"facts": held.facts if held else {}, "from": today, "until": until})
    if not made.facts:
        made = made.model_copy(update={"facts": _facts_of_subject(service, today)})
    return story_entries.entered(
        service, made, person=person, once_key=f"{person.ref}:{service.service}:{today}", at=at
    )


def _facts_of_subject(service: Service, today: date) -> dict[str, Any]:
    if service.about is not None:
        owner = load.territory().services.get(service.about.service)
        publication = owner.publishes.get(service.about.publication) if owner else None
        return _samples(publication, owner, today)
    register = entries.register_of(service, service.subject.register_in) if service.subject else None
    owner = register_lookups.owner_of(service, service.subject.service) if service.subject else None
    return _samples(register, owner, today)


def _samples(register: Register | Publication | None, owner: Service | None, today: date) -> dict[str, Any]:
    if register is None or owner is None:
        return {}
    return {name: register_facts.sample(kind_of(owner, fact), today) for name, fact in register.facts.items()}


def first_seats(
    service: Service, context: Mapping[str, Any], pack: Pack, *, at: datetime
) -> list[bookings.Seat] | None:
    """The first places that are free for each visit, and that no rule refuses; None when there are none."""
    if service.booked_on_applying is None:
        return []
    choice = draft_booking.choosing(service, context, pack, at=at)
    chosen: list[bookings.Seat] = []
    for visit in choice.visits:
        days = bookings.visit_days(visit, {seat[0]: seat[2] for seat in chosen}, choice.window)
        if days is None:
            return None
        free = (
            [*chosen, (visit.name, slot.place, slot.day, slot.clock)]
            for slot in bookings.slots(scheme=service.service, first=days[0], last=days[1])
            if not slot.closed and slot.left >= choice.size
        )
        fitting = (seats for seats in free if _fits(service, context, pack, seats, choice))
        fitting_seats = next(fitting, None)
        if fitting_seats is None:
            return None
        chosen = fitting_seats
    return chosen


def _fits(
    service: Service,
    context: Mapping[str, Any],
    pack: Pack,
    seats: Sequence[bookings.Seat],
    choice: draft_booking.Choosing,
) -> bool:
    """Whether one person can have these seats, and no rule refuses them."""
    if len({seat[1:] for seat in seats}) < len(seats):
        return False
    seen = visits.seen_with(service, pack, context, seats, choice.size)
    return draft_booking.rule_against(service, seen) is None


def bring(
    service: Service,
    state: str,
    stories: Sequence[tuple[str, Example]],
    pack: Pack,
    *,
    person: identity.Person,
    number: int,
    at: datetime,
) -> Brought:
    """A made-up case in `state`: an example played so far, at its own dates; else one that is led there from `at`.

    `number` tells this case from those brought before. Raises NotReached.
    """
    _release(service, at)
    promising = sorted(good(stories), key=lambda story: _expected(story[1], state) is None)
    for _, example in promising:
        until = _expected(example, state)
        if until is None:
            until = _step_into(example, state, service, pack, person)
        if until is None:
            continue
        part = example.model_copy(update={"example": f"{example.example} #{number}", "steps": example.steps[:until]})
        with transaction.atomic():
            try:
                played = play.play(part, service, pack, person=person, compare=False)
            except play.Differs:
                transaction.set_rollback(True)
                continue
            if played.case is not None and played.case.state == state:
                return Brought(cases.case(played.case.ref), played.now, example.example)
            transaction.set_rollback(True)
    return _led(service, state, stories, pack, person=person, number=number, at=at)


def _expected(example: Example, state: str) -> int | None:
    """After how many steps an example says that its case is in `state`; None when it does not say so."""
    return next((number for number, expect in enumerate(example.moments) if expect.state == state), None)


def _release(service: Service, at: datetime) -> None:
    """Give back what was booked and held before: who may book once may be the same made-up person again."""
    for person in identity.residents():
        held = [(case.service, case.booking_ref) for case in cases.of_person(person.ref)]
        held += [(draft.service, draft.booking_ref) for draft in forms.drafts(person.ref)]
        for name, booking_ref in held:
            if name == service.service and booking_ref:
                bookings.cancel(ref=booking_ref, at=at, by="system")


def _step_into(example: Example, state: str, service: Service, pack: Pack, person: identity.Person) -> int | None:
    """After how many steps of an example its case is in `state`."""
    reached = None
    with transaction.atomic():
        try:
            with transaction.atomic():
                played = play.play(example, service, pack, person=person, compare=False)
            reached = next((number for number, name in enumerate(played.states) if name == state), None)
        except Exception:  # noqa: BLE001 (an example that cannot be played any more brings nobody anywhere)
            reached = None
        transaction.set_rollback(True)
    return reached


def _led(
    service: Service,
    state: str,
    stories: Sequence[tuple[str, Example]],
    pack: Pack,
    *,
    person: identity.Person,
    number: int,
    at: datetime,
) -> Brought:
    given = [example.answers for _, example in good(stories)]
    answers = whole_answers(service, given, pack, at=at)
    context = facts(service, answers, today=pack.calendar.day_of(at))
    files, plain = answer_files.taken_out(service.questions.values(), answers, samples.file)
    search = _Search(service, state, pack, at)
    with transaction.atomic():
        try:
            draft_booking.make_pools(service, pack, at=at)
            case = application_steps.apply_at_once(
                service, person=person, language=person.language, answers=plain, files=files,
                seats=first_seats(service, context, pack, at=at) or [], once_key=f"trial:{number}", at=at,
                subject_ref=subject_for(service, stories, pack, person=person, at=at),
            )  # fmt: skip
            path = search.seek(case, at, frozenset())
        except (
            application_steps.Incomplete,
            application_steps.NotEligible,
            application_steps.LimitReached,
            draft_booking.NotBooked,
            application_steps.Closed,
            entries.NoSubject,
            entries.TooEarly,
            draft_booking.BookingClosed,
            bookings.SlotTaken,
            bookings.HeldAlready,
        ) as refusal:
            raise NotReached(next(why for kind, why in _REFUSED.items() if isinstance(refusal, kind))) from None
        if path is None:
            raise NotReached("no_way")
        return Brought(*path, "")


_REFUSED: dict[type[Exception], str] = {
    application_steps.Incomplete: "incomplete",
    application_steps.NotEligible: "not_eligible",
    application_steps.LimitReached: "limit_reached",
    application_steps.Closed: "closed",
    entries.NoSubject: "no_subject",
    entries.TooEarly: "closed",
    draft_booking.NotBooked: "nothing_free",
    draft_booking.BookingClosed: "nothing_free",
    bookings.SlotTaken: "nothing_free",
    bookings.HeldAlready: "nothing_free",
}


class _Search:
    """A search for a way into a state: it tries the available actions, and rolls back those that lead nowhere."""

    def __init__(self, service: Service, state: str, pack: Pack, at: datetime) -> None:
        self.service, self.state, self.pack, self.tries = service, state, pack, 0
        self.far = _distances(service, state)

    def seek(
        self, case: cases.Case, at: datetime, been: frozenset[tuple[str, int]]
    ) -> tuple[cases.Case, datetime] | None:
        if case.state == self.state:
            return case, at
        here = (case.state, sum(r.replied_at is None for r in case.referrals))
        if here in been or case.state not in self.far:
            return None
        for move, moment in self._moves(case, at):
            self.tries += 1
            if self.tries > LONGEST_SEARCH:
                return None
            with transaction.atomic():
                try:
                    moved = move()
                    path = self.seek(cases.case(moved.ref), moment, been | {here})
                except (
                    acting.NotAllowed,
                    acting.GoesRound,
                    bookings.SlotTaken,
                    bookings.HeldAlready,
                    draft_booking.BookingClosed,
                    acting.NotAnswered,
                    acting.NoReason,
                    cases.NotAsked,
                ):
                    path = None
                if path is not None:
                    return path
                transaction.set_rollback(True)
        return None

    def _moves(self, case: cases.Case, at: datetime) -> Iterator[tuple[Callable[[], cases.Case], datetime]]:
        waiting = [referral.department for referral in case.referrals if referral.replied_at is None]
        for department in waiting[:1]:
            for result in ("no-objection", "objection"):
                yield _bound(acting.reply, case=case, department=department, result=result, comment="A sample reply",
                             by=f"department:{department}", at=at), at  # fmt: skip
        everybody = acting.By("officer:sample", ("applicant", *self._roles()), self.service.department)
        actions = acting.open_actions(case, everybody, at=at)
        for action in sorted(actions, key=lambda a: self.far.get(a.to or case.state, 999)):
            yield _bound(self._act, case, action, everybody, at), at
        if case.timer_at is not None:
            due = max(case.timer_at, at) + timedelta(minutes=1)
            yield _bound(acting.fire_timers, case, at=due), due

    def _roles(self) -> set[str]:
        return {action.by for state in self.service.flow.states.values() for action in state.actions.values()}

    def _act(self, case: cases.Case, action: Action, by: acting.By, at: datetime) -> cases.Case:
        today = self.pack.calendar.day_of(at)
        seen = case_context.of_case(case, load.compiled(case.service, case.version), self.pack, today=today)

        def context(answers: Mapping[str, Any]) -> Asking:
            return Asking(today, as_found(seen.service, action, answers, seen.context))

        made = answers_for(action.ask, {}, (), context)
        files, plain = answer_files.taken_out(action.ask, made, samples.file)

        def keep(question: FileQuestion, path: str, name: str, data: bytes) -> str:
            return forms.keep_case_upload(
                case_ref=case.ref, person_ref=case.person_ref, question=question, path=path, name=name, data=data, at=at
            ).ref

        answers = answer_files.answers_with_files(action.ask, plain, files, keep)
        who = acting.applicant(case.person_ref) if action.by == "applicant" else by
        return acting.act(
            case=case, action=action.name, by=who, answers=answers, reason="A sample reason",
            once_key=f"trial:{case.ref}:{case.revision}:{self.tries}", at=at, session=self._session(action, seen, at),
        )  # fmt: skip

    def _session(self, action: Action, seen: Picture, at: datetime) -> visits.Session | None:
        """The first session with room, for an action that books one."""
        if not action.book:
            return None
        size = visits.group_size(self.service, seen.context)
        offered = visits.offered(self.service, self.pack, seen.context, size=size, at=at)
        return offered[0] if offered else None


def _bound(verb: Callable[..., cases.Case], *given: Any, **named: Any) -> Callable[[], cases.Case]:
    return lambda: verb(*given, **named)


def _distances(service: Service, state: str) -> dict[str, int]:
    """How many moves each state is away from `state`; those from which no way leads there are left out."""
    far, grown = {state: 0}, True
    while grown:
        grown = False
        for name, state_words in service.flow.states.items():
            nearest = min((far[to] for to in service.flow.leads_to(state_words) if to in far), default=None)
            if nearest is not None and far.get(name, 999) > nearest + 1:
                far[name], grown = nearest + 1, True
    return far

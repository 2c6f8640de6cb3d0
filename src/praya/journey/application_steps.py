"""The steps of an application: answer page by page, check, submit, discard; and a whole application in one call."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.definition.expression_context import worked_out_anew
from praya.definition.form import Page
from praya.definition.opening import Standing, standing
from praya.definition.pack import Pack
from praya.definition.questions import FileQuestion, Posted, SignatureQuestion, answers_taken
from praya.definition.service import Service
from praya.journey import acting, answer_files, entries, load, lookups
from praya.journey.chapters import fees
from praya.journey.draft_booking import NotBooked, check_seats, choosing, held, still_theirs
from praya.journey.draft_progress import Walk, asking_of, context_of, held_by, seen_before, seen_while_held
from praya.journey.new_cases import Incomplete, LimitReached, NotEligible, create, insist_on_answers
from praya.kernel import jsontext

__all__ = ["Incomplete", "LimitReached", "NotEligible", "insist_on_answers"]


class Closed(Exception):
    """The service takes no applications now; carries why, and when it opens."""

    def __init__(self, found: Standing) -> None:
        super().__init__("closed")
        self.standing = found


def insist_on_open(service: Service, pack: Pack, at: datetime) -> None:
    """Raise Closed unless the service takes applications at that moment."""
    opening = standing(service.open_times, at, pack.calendar)
    if not opening.is_open:
        raise Closed(opening)


def subject_of(service: Service, typed: str, person_ref: str, today: date) -> str:
    """The reference of the entry that was named by it or by its number; empty where the service is about none.

    Raises entries.NoSubject or entries.TooEarly unless the entry may be chosen; one is chosen only when asked.
    """
    if service.subject is not None or service.about is not None:
        return entries.chosen(service, typed, person_ref, today=today).ref
    if typed:
        raise entries.NoSubject(service.service)
    return ""


def read_page(step: Walk, page: Page, posted: Posted, *, at: datetime) -> forms.Read:
    """What was typed on a page as answers, with the reasons against them; nothing is kept."""
    return forms.read_page(
        page,
        posted,
        step.draft.answers,
        context=step.known,
        asking=lambda answers: step.asking(answers, now=at),
    )


def answer(step: Walk, page: Page, posted: Posted, *, at: datetime, saved_from: str = "") -> tuple[Walk, forms.Read]:
    """Take what was typed on a page. Everything typed is kept, also what cannot be taken as an answer.

    Raises forms.SavedMeanwhile when the draft was saved since it was read.
    """
    draft, read = step.draft, read_page(step, page, posted, at=at)
    unfinished = bool(read.refusals) or read.newly_asked
    refused = {refusal.question for refusal in read.refusals}
    taken = {name: value for name, value in read.answers.items() if name not in refused}
    typed = typed_on(page, posted)
    saved = forms.save(
        ref=draft.ref,
        person_ref=draft.person_ref,
        answers=taken,
        page=page.page,
        typed=typed if unfinished else None,
        at=at,
        revision=draft.revision,
        saved_from=saved_from,
    )
    return step.again(saved, at=at), read


def typed_on(page: Page, posted: Posted) -> dict[str, list[str]]:
    """The input in the fields of the page's own questions; other fields that were sent are ignored."""
    names = {question.name for question in page.questions}
    return {field: list(values) for field, values in posted.items() if re.split(r"[.-]", field, maxsplit=1)[0] in names}


def fees_with(step: Walk, seats: Sequence[bookings.Seat], size: int) -> list[cases.Fee]:
    """What the application costs with these seats; nothing where the seats make no difference.

    Raises ExpressionFailed.
    """
    service = step.service
    if not any(service.rests_on_booking(one) for fee in service.fees for one in (fee.amount, fee.when) if one):
        return []
    seen = {**step.known(step.asked_answers), **seen_while_held(service, seats, step.pack, size=size)}
    return fees.first(service, worked_out_anew(service, seen, step.today), step.pack, step.today)


def discard(step: Walk, *, at: datetime) -> None:
    """Delete the draft and free its held places. Raises forms.NoDraft, also when it was submitted meanwhile."""
    draft = step.draft
    with transaction.atomic():
        forms.discard(ref=draft.ref, person_ref=draft.person_ref, at=at)
        if draft.booking_ref:
            bookings.cancel(ref=draft.booking_ref, at=at, by=f"person:{draft.person_ref}")


def submit(step: Walk, *, at: datetime) -> cases.Case:
    """Submit the draft: open a case for it, once.

    Raises Incomplete, NotEligible, LimitReached, NotBooked, bookings.HoldExpired, Closed, entries.NoSubject,
    entries.TooEarly; acting.NotAllowed or bookings.SlotTaken when the effects cannot be carried out, and then nothing
    is stored.
    """
    draft = step.draft
    if draft.case_ref:
        return cases.case(draft.case_ref)
    insist_on_open(step.service, step.pack, at)
    subject_of(step.service, draft.subject_ref, draft.person_ref, step.today)
    answers = step.asked_answers
    if step.service.booked_on_applying is not None:
        booking = held(step)
        if booking is None or not still_theirs(step, booking):
            raise NotBooked(step.service.service)
    with acting.allowed("submit", service=step.service.service), transaction.atomic():
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
    case, new = create(
        service, pack, person_ref=person_ref, language=language, answers=answers, booking_ref=booking_ref,
        subject_ref=subject_ref, once_key=once_key, at=at,
    )  # fmt: skip
    if not new:
        return case
    try:
        return acting.begin(case, service, pack, at=at, by=f"person:{person_ref}")
    except registers.NoEntry:
        if not subject_ref:
            raise
        raise entries.NoSubject(service.service) from None


def apply_at_once(
    service: Service,
    *,
    person: identity.Person,
    language: str,
    answers: Mapping[str, Any],
    files: answer_files.Files,
    seats: Sequence[bookings.Seat],
    once_key: str,
    at: datetime,
    subject_ref: str = "",
) -> cases.Case:
    """A whole application in one call, as over the API: all of it or nothing. The same key gives the same case.

    Raises Incomplete, NotEligible, NotBooked, BookingClosed, forms.Unwelcome,
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
        subject_ref = subject_of(service, subject_ref, person.ref, today)
        subject = seen_before(service, subject_ref=subject_ref, person_ref=person.ref, language=language, today=today)
        subject |= held_by(service, "", pack)

        def keep(question: FileQuestion, path: str, name: str, data: bytes) -> str:
            return forms.keep_upload(
                draft_ref=draft.ref, person_ref=person.ref, question=question, path=path, name=name, data=data, at=at
            ).ref

        given = answer_files.answers_with_files(service.questions.values(), answers, files, keep)
        complete = _asked_and_unknown(service, given, language, today, subject)
        look = lookups.looking(service, today)

        def known(kept: Mapping[str, Any]) -> dict[str, Any]:
            return context_of(service, kept, language, today, subject, look)

        context = known(complete)
        complete = forms.settled(service, complete, asking_of(service, complete, context, known, today, look, now=at))
        context = known(complete)
        insist_on_answers(service, complete, asking_of(service, complete, context, known, today, look), known)
        booking_ref = ""
        if service.booked_on_applying is not None:
            choice = choosing(service, context, pack, at=at)
            check_seats(service, seats, choice.window, visits=choice.visits, apart=bool(choice.apart))
            booking_ref = bookings.hold(
                scheme=service.service, person_ref=person.ref, seats=seats, size=choice.size,
                holders=choice.holders, apart=choice.kept_apart(seats, pack), hold_for=None,
                once_key=f"apply:{draft.ref}", at=at, by=f"person:{person.ref}",
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
    asked = forms.pruned(service, answers, lambda a: context_of(service, a, language, today, subject))
    mine = service.questions.keys() - {name for root, name in service.reads if root == "answers"}
    return {**asked, **{name: value for name, value in answers.items() if name not in mine}}


def _same_case(service: Service, draft: forms.Draft, answers: Mapping[str, Any]) -> cases.Case:
    given = cases.content(draft.case_ref).answers
    for name, value in answers_taken(service.questions.values(), answers).items():
        kept = given.get(name)
        # What the platform fixed when it was signed, nobody sends again.
        signed = isinstance(service.questions.get(name), SignatureQuestion) and isinstance(value, dict) and kept
        if (value["name"] != kept["name"]) if signed and kept else not _same(value, kept):
            raise cases.KeyReused(draft.service)
    return cases.case(draft.case_ref)


def _same(value: Any, kept: Any) -> bool:
    return jsontext.dumps(value, sort_keys=True) == jsontext.dumps(kept, sort_keys=True)

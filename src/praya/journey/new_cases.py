"""A new case from a whole set of answers: checked, with its fees and limits, and stored. Nothing has followed yet."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.definition.expression_context import derived
from praya.definition.missing import missing_in
from praya.definition.pack import Pack
from praya.definition.questions import Asking, Refusal
from praya.definition.service import Service
from praya.journey import case_context, case_search, holding, limits, load, lookups, party_invitations
from praya.journey.chapters import fees
from praya.journey.draft_progress import ShutOut, asking_of, context_of, held_by, seen_before, shut_out
from praya.kernel.expression import Expression, ExpressionFailed


class Incomplete(Exception):
    """Answers are missing or wrong; carries their refusals."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(", ".join(f"{r.path}: {r.code}" for r in refusals))
        self.refusals = list(refusals)


class NotEligible(Exception):
    """The person is not eligible; carries the rule that excludes them, with its explanation."""

    def __init__(self, found: ShutOut) -> None:
        super().__init__(found.rule.unless.source)
        self.found = found


class LimitReached(Exception):
    """The answers exceed what is left of a limit; carries the explanation."""

    def __init__(self, reached: limits.Reached) -> None:
        super().__init__(reached.limit.at_most.source)
        self.reached = reached


def create(
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
    opened_from: str = "",
    opened_as: str = "",
) -> tuple[cases.Case, bool]:
    """Check a whole set of answers and store the case; return it and whether it is new. Its first state is not entered.

    `opened_from` is the case that opens it, if one does, and `opened_as` for which of its opened cases.
    Raises Incomplete, NotEligible, LimitReached, cases.KeyReused, load.Withdrawn.
    """
    load.insist_on_open(service.service)
    today = pack.calendar.day_of(at)
    look = lookups.looking(service, today)
    subject = seen_before(service, subject_ref=subject_ref, person_ref=person_ref, language=language, today=today)
    subject |= held_by(service, booking_ref, pack)

    def known(kept: Mapping[str, Any]) -> dict[str, Any]:
        return context_of(service, kept, language, today, subject, look)

    context = known(answers)
    insist_on_answers(service, answers, asking_of(service, answers, context, known, today, look), known)
    answers = {**answers, **derived(service, context)}
    with _naming_what_is_missing(service, context, (fee.amount for fee in service.fees)):
        charged = fees.first(service, context, pack, today)
    first = service.flow.states[service.flow.start]
    with _naming_what_is_missing(service, context, (limit.at_most for limit in service.limits)):
        claims = limits.claims(service, context, pack, person_ref=person_ref, at=at)
    try:
        application = cases.NewCase(
            prefix=service.reference,
            person_ref=person_ref,
            service=service.service,
            version=service.version,
            department=service.department,
            language=language,
            state=first.name,
            due_at=cases.deadline(first.clock, at=at, calendar=pack.calendar),
            waits_for_applicant=first.waits_for_applicant,
            held=holding.by_state(first),
            line=case_search.line_of(service, answers, {}, subject_ref),
            reckoned=pack.calendar_mark if first.clock else "",
            answers=answers,
            fees=charged,
            booking_ref=booking_ref,
            subject_ref=subject_ref,
            once_key=once_key,
            dimensions=case_context.dimensions(service, answers),
            claims=claims,
            result=first.result or "" if first.final else "",
            promise="kept" if first.final and service.promise is not None else "",
            search=case_search.at_opening(service, answers, person_ref=person_ref),
            opened_from=opened_from,
            opened_as=opened_as,
        )
        case, new = cases.open_case(application, at=at)
    except cases.OverLimit as over:
        raise LimitReached(limits.reached(service, context, answers, over)) from None
    if new:
        read = case_context.reader(service, pack, today=today)
        party_invitations.on_opening(case, service, pack, look=read, at=at)
        if service.parties:
            case_search.index(case.ref)
    return case, new


@contextmanager
def _naming_what_is_missing(
    service: Service, context: Mapping[str, Any], expressions: Iterable[Expression]
) -> Iterator[None]:
    """Raises Incomplete with the answer that one of the expressions lacks when it cannot be worked out."""
    try:
        yield
    except ExpressionFailed:
        for expression in expressions:
            missing = missing_in(service, expression, context)
            if missing is not None:
                items = tuple(missing.items)
                reason = Refusal(missing.path, missing.question.missing_code, missing.question.label, items=items)
                raise Incomplete([reason]) from None
        raise


def insist_on_answers(service: Service, answers: Mapping[str, Any], asking: Asking, known: forms.Context) -> None:
    """Raise NotEligible or Incomplete unless the answers are those of somebody eligible, complete and right.

    Whoever is shut out by what they answered is not asked for the rest.
    """
    reasons = forms.all_refusals(service, answers, asking=asking)
    refusal = shut_out(service, answers, {reason.question for reason in reasons}, known, asking.today)
    if refusal is not None:
        raise NotEligible(refusal)
    if reasons:
        raise Incomplete(reasons)

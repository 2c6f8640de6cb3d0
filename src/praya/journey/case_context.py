"""The context of a case for expressions and texts: its answers, findings, booking, replies and record."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition import figures
from praya.definition.chapters.booking import facts_of
from praya.definition.expression_context import as_found, facts, moment, worked_out_anew
from praya.definition.flow import Action
from praya.definition.pack import Pack
from praya.definition.questions import Answered, Look
from praya.definition.service import Service
from praya.journey import chapters, entries, lookups
from praya.journey.chapter import Picture, Reader, Reading
from praya.journey.register_lookups import Finder
from praya.kernel.crypto import vault


def reader(service: Service, pack: Pack, *, today: date) -> Reader:
    """What reads the picture of a case on a day, for effects that change the case one after another."""

    def read(case: cases.Case, struck: frozenset[str] = frozenset()) -> Picture:
        return of_case(case, service, pack, today=today, struck=struck)

    return read


def of_case(
    case: cases.Case, service: Service, pack: Pack, *, today: date, struck: frozenset[str] = frozenset()
) -> Picture:
    """The picture of a case as it is now; parameters are those of the day it was opened.

    Of the entries that the case made, those that are `struck` are read as if they still stood.
    """
    try:
        content = cases.content(case.ref)
        person: identity.Person | None = identity.person(case.person_ref)
    except (identity.Erased, vault.Forgotten):
        content, person = cases.Content({}, {}), None
    booking = bookings.booking(case.booking_ref) if case.booking_ref else None
    published, published_texts = entries.publication_seen(case, service, struck)
    handed_in, changed = entries.as_handed_in(case, service)
    opened = pack.calendar.day_of(case.opened_at)
    look = lookups.looking(service, today)
    of_chapters, chapter_texts = chapters.facts(Reading(case, service, pack, today, look, booking, struck))
    context = facts(
        service,
        content.answers,
        today=opened,
        applicant={"email": person.email if person else None, "language": case.language},
        more={
            "case": {
                "ref": case.ref,
                "state": case.state,
                "result": case.result,
                "opened_at": case.opened_at.astimezone(UTC),
                "opened_date": moment(opened),
            },
            "findings": _findings(service, content.findings, look),
            "reviews": _reviews(case, service, look),
            **of_chapters,
            **published,
            **handed_in,
            "lookups": Finder(service, case.person_ref if person else "", today),
        },
        look=look,
        now={"today": moment(today), **of_chapters},
    )
    texts = {**chapter_texts, **published_texts}
    answers = {**content.answers, **{name: question.worked_out(context) for name, question in service.live.items()}}
    return Picture(case, service, answers, content.findings, context, texts, person, booking, changed)


def with_seats(seen: Picture, pack: Pack, seats: Sequence[bookings.Seat]) -> dict[str, Any]:
    """What expressions would see of a case if its booking were for these seats."""
    service, booking = seen.service, seen.booking
    if booking is None:
        return seen.context
    chosen = facts_of(
        service.booking, seats, pack.calendar.holidays, ref=booking.ref, size=booking.size, status=booking.status
    )
    return worked_out_anew(service, {**seen.context, "booking": chosen}, pack.calendar.day_of(seen.case.opened_at))


def with_findings(seen: Picture, action: Action, answers: Mapping[str, Any], look: Look) -> dict[str, Any]:
    """What expressions see when an action's questions are answered so."""
    return as_found(seen.service, action, answers, seen.context, look)


def _findings(service: Service, findings: Mapping[str, Any], look: Look) -> dict[str, Any]:
    return Answered(service.flow.action_questions.values(), findings, look)


def _reviews(case: cases.Case, service: Service, look: Look) -> dict[str, list[dict[str, Any]]]:
    """What the reviewers of each action found, once all of them have: nobody's eyes are led by half of it."""
    actions = service.flow.reviewed
    if not actions:
        return {}
    rounds: dict[tuple[str, datetime], list[cases.Review]] = {}
    for review in cases.reviews(case.ref):
        rounds.setdefault((review.action, review.since), []).append(review)
    # The newest round in which all reviewers have given findings.
    whole = {name: given for (name, _), given in rounds.items() if len(given) >= given[0].needed}
    return {
        action.reviewed_as: [Answered(action.ask, review.findings, look) for review in whole.get(action.name, ())]
        for action in actions
    }


def dimensions(service: Service, answers: Mapping[str, Any]) -> dict[str, str | Sequence[str]]:
    """What the service's figures count by, taken from closed lists only: no free text reaches the journal."""
    cells = {name: one.cell(answers) for name, one in figures.dimensions(service).items()}
    return {name: cell for name, cell in cells.items() if cell is not None}

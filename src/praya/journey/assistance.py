"""An officer applies on behalf of a person: on the record, and the person is told."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.journey import application_steps, entries, load
from praya.journey.draft_progress import Walk
from praya.journey.own_words import WORDS
from praya.journey.reply_address import replies_to
from praya.kernel.ids import read_reference

LETTER = "assisted"


class NoHolder(Exception):
    """Nobody holds the entry, so there is nobody whose case it could be."""


def begin(*, service: str, email: str, language: str, once: str, at: datetime, by: str) -> forms.Draft:
    """Begin an application for the person with an address, known or not. Raises identity.NotAnAddress."""
    card = load.territory().live[service]
    with transaction.atomic():
        person = identity.enrol(email=email, name=None, language=language, at=at, by=by)
        return forms.start_for_key(
            person_ref=person.ref, service=card.service, version=card.version, language=person.language,
            once_key=f"assisted:{by}:{once}", at=at,
        )  # fmt: skip


def begin_about(*, service: str, number: str, once: str, at: datetime, by: str) -> forms.Draft:
    """Begin an application about an entry, for its holder. Raises entries.NoSubject, entries.TooEarly, NoHolder."""
    card = load.territory().live[service]
    definition = load.compiled(card.service, card.version)
    try:
        entry = registers.entry(read_reference(number) or number)
        person = identity.person(entry.holder_ref) if entry.holder_ref else None
    except registers.NoEntry:
        raise entries.NoSubject(service) from None
    except (identity.NoPerson, identity.Erased):
        person = None
    if person is None:
        raise NoHolder(service)
    today = load.pack().calendar.day_of(at)
    subject_ref = application_steps.subject_of(definition, entry.ref, person.ref, today)
    return forms.start_for_key(
        person_ref=person.ref, service=card.service, version=card.version, language=person.language,
        subject_ref=subject_ref, once_key=f"assisted:{by}:{once}", at=at,
    )  # fmt: skip


def submit(walk: Walk, *, reason: str, department: str, at: datetime, by: str) -> cases.Case:
    """Open the case for the person: who did it and why is on its record, and a letter tells the person.

    Raises as `application_steps.submit`.
    """
    if walk.draft.case_ref:
        return cases.case(walk.draft.case_ref)
    with transaction.atomic():
        case = application_steps.submit(walk, at=at)
        cases.note_event(ref=case.ref, kind="assisted", party="", at=at, by=by)
        cases.note(ref=case.ref, text=reason, at=at, by=by, department=department)
        person = identity.person(case.person_ref)
        values = {
            "title": walk.service.title.in_(case.language),
            "department": walk.pack.departments[department].title.in_(case.language),
            "ref": case.ref,
            "url": f"{settings.PRAYA.base_url}/{case.language}/cases/{case.ref}",
        }
        letter = notices.Letter(
            person_ref=person.ref, case_ref=case.ref, service=case.service, name=LETTER, language=case.language,
            subject=WORDS["assisted_subject"].in_(case.language).format(**values),
            body=WORDS["assisted_body"].in_(case.language).format(**values), email_to=person.email,
            channels=("inbox", "email"),
            replies=replies_to(walk.pack, department, case.language, ref=case.ref), once_key=f"{case.ref}:assisted",
        )  # fmt: skip
        notices.send(letter, at=at)
    return cases.case(case.ref)

"""Messages on a case: its applicant writes, the department answers, and a letter tells that there is an answer."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.journey import load
from praya.journey.acting.refusals import insist_on_another
from praya.journey.own_words import WORDS
from praya.journey.reply_address import replies_to

LETTER = "message"
LONGEST = 2000
"""The longest message, in characters."""


def write(case: cases.Case, text: str, *, at: datetime, once_key: str) -> None:
    """The applicant writes to the department. Raises cases.NoCase."""
    cases.write_message(ref=case.ref, text=text, kind="wrote", at=at, by=f"person:{case.person_ref}", once_key=once_key)


def answer(case: cases.Case, text: str, *, at: datetime, by: str, once_key: str) -> None:
    """The department answers, or writes first; the applicant gets a letter without the text.

    Raises cases.NoCase, OwnCase.
    """
    insist_on_another(case, by)
    with transaction.atomic():
        if not cases.write_message(ref=case.ref, text=text, kind="answered", at=at, by=by, once_key=once_key):
            return
        person = identity.person(case.person_ref)
        service, pack, language = load.compiled(case.service, case.version), load.pack(), case.language
        values = {
            "title": service.title.in_(language),
            "department": pack.departments[case.department].title.in_(language),
            "ref": case.ref,
            "url": f"{settings.PRAYA.base_url}/{language}/cases/{case.ref}/messages",
        }
        letter = notices.Letter(
            person_ref=person.ref, case_ref=case.ref, service=case.service, name=LETTER, language=language,
            subject=WORDS["message_subject"].in_(language).format(**values),
            body=WORDS["message_body"].in_(language).format(**values), email_to=person.email,
            channels=("inbox", "email"), replies=replies_to(pack, case.department, language, ref=case.ref),
            once_key=f"{case.ref}:message:{once_key}",
        )  # fmt: skip
        notices.send(letter, at=at)


def leave(case: cases.Case, *, at: datetime, by: str) -> None:
    """No message of the case needs an answer any more. Raises cases.NoCase, OwnCase."""
    insist_on_another(case, by)
    cases.write_message(ref=case.ref, text="", kind="left", at=at, by=by)

"""The version of a service that an application uses: the newest live one when it is begun, and from then on the same.

A draft has the number of its version, and so has the case that it becomes; `load.compiled` gives the definition of that
version.
"""

from datetime import datetime

from praya.blocks.forms import api as forms
from praya.definition.service import Service
from praya.journey import application_steps, load


def begin(*, service: Service, person_ref: str, language: str, subject_ref: str = "", at: datetime) -> forms.Draft:
    """The person's open draft of this version of a service, created if there is none.

    The caller passes the newest live version (`load.territory().service`), so a new draft gets that version and keeps
    it. `subject_ref` names the entry that the service is about.

    Raises entries.NoSubject, entries.TooEarly.
    """
    subject_ref = application_steps.subject_of(service, subject_ref, person_ref, load.pack().calendar.day_of(at))
    return forms.start(
        person_ref=person_ref,
        service=service.service,
        version=service.version,
        language=language,
        subject_ref=subject_ref,
        at=at,
    )


def begun_before(*, service: Service, person_ref: str, subject_ref: str, at: datetime) -> forms.Draft | None:
    """The person's open draft of an earlier version of the service, about the same entry; the person may continue it.

    None when there is none, or when they have also begun the present version. Raises entries.NoSubject, TooEarly.
    """
    subject_ref = application_steps.subject_of(service, subject_ref, person_ref, load.pack().calendar.day_of(at))
    drafts = [d for d in forms.drafts(person_ref) if (d.service, d.subject_ref) == (service.service, subject_ref)]
    if any(draft.version == service.version for draft in drafts):
        return None
    return next(iter(drafts), None)

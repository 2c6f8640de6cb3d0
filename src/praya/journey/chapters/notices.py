"""Notices: the letters that effects send."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.conf import settings

from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.chapters.notices import Notice
from praya.definition.flow import Effects
from praya.definition.service import Service
from praya.journey import entries
from praya.journey.chapter import Chapter, Effect, Moment, Occasion, Picture
from praya.journey.filled_texts import filled
from praya.kernel.expression import ExpressionFailed


def _notify(effects: Effects, now: Occasion) -> None:
    seen = now.seen()
    for name in effects.notify:
        send_notice(now.service.notices[name], seen, mark=now.mark, reason=now.reason, at=now.at)


def send_notice(notice: Notice, seen: Picture, *, mark: str, reason: str, at: datetime) -> None:
    """Write the notice in the recipient's language and queue it."""
    case, service = seen.case, seen.service
    # The language in which the person applied, whatever they read elsewhere.
    person, language, page = seen.person, case.language, f"cases/{case.ref}"
    if notice.to == "holder":
        with suppress(identity.NoPerson):
            person = identity.person(entries.holder_found(case))
            language, page = person.language, "me"
        if person is seen.person:
            return
    if person is None:
        return
    seen.context |= {"reason": reason, "url": f"{settings.PRAYA.base_url}/{language}/{page}"}
    to_applicant = person is seen.person
    notices.send(
        notices.Letter(
            person_ref=person.ref,
            case_ref=case.ref,
            service=service.service,
            name=notice.name,
            language=language,
            subject=filled(notice.subject, language, seen),
            body=filled(notice.body, language, seen),
            sms=filled(notice.sms, language, seen) if notice.sms else None,
            email_to=(_address(service, "email", seen.context) if to_applicant else None) or person.email,
            phone_to=_address(service, "phone", seen.context) if to_applicant else None,
            channels=notice.channels,
            otherwise=service.title.in_(language),
            once_key=f"{case.ref}:{mark}:{notice.name}",
        ),
        at=at,
    )


def _address(service: Service, kind: str, context: dict[str, Any]) -> str | None:
    expression = getattr(service.contact, kind)
    if expression is None:
        return None
    try:
        value = expression.value(context)
    except ExpressionFailed:
        return None
    return value if isinstance(value, str) and value else None


def sent(moment: Moment) -> list[notices.Sent]:
    """The notices of the case that belong to this moment."""
    every = notices.of_case(moment.case.ref) if moment.case else []
    return [n for n in every if n.created_at == moment.now or moment.since < n.created_at < moment.now]


def _names(moment: Moment, _expected: object) -> list[str]:
    return [notice.name for notice in sent(moment)]


CHAPTER = Chapter(effects=(Effect(120, ("notify",), _notify),), expectations={"notices": _names})

"""Notices: the letters that effects send."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.conf import settings

from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.parties import api as invitations
from praya.definition.chapters.notices import Notice
from praya.definition.chapters.parties import is_for_whole_case
from praya.definition.flow import Effects
from praya.definition.own_words import colon
from praya.definition.places import in_braces
from praya.definition.service import Service
from praya.journey import appointments, entries, load, matters, next_services, party_invitations
from praya.journey.chapter import Chapter, Effect, Moment, Occasion, Picture
from praya.journey.filled_texts import filled, filled_letter
from praya.journey.reply_address import replies_to
from praya.kernel.expression import ExpressionFailed


def _notify(effects: Effects, now: Occasion) -> None:
    seen = now.told()
    for name in effects.notify:
        send_notice(now.service.notices[name], seen, mark=now.mark, reason=now.reason, at=now.at)


def send_notice(notice: Notice, seen: Picture, *, mark: str, reason: str, at: datetime) -> None:
    """Write the notice in each recipient's language and queue it."""
    for addressee in _addressees(notice, seen):
        _send(notice, seen, addressee, mark=mark, reason=reason, at=at)


@dataclass(frozen=True)
class _Addressee:
    """Who gets a letter, in which language, which page it leads to, and what else it may speak of.

    `has_case` says that the case is theirs, alone or together, with its appointments.
    """

    person: identity.Person
    language: str
    page: str
    is_applicant: bool = False
    has_case: bool = False
    which: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


def _addressees(notice: Notice, seen: Picture) -> Iterator[_Addressee]:
    case = seen.case
    for recipient in notice.recipients:
        if recipient == "applicant" and seen.person is not None:
            # The language in which the person applied, whatever they read elsewhere.
            yield _Addressee(seen.person, case.language, f"cases/{case.ref}", is_applicant=True, has_case=True)
        elif recipient == "holder":
            with suppress(identity.NoPerson):
                holder = identity.person(entries.holder_found(case))
                if holder != seen.person:
                    yield _Addressee(holder, holder.language, "me")
        elif recipient == "respondent" and seen.person is not None:
            matter = matters.matter_of(case)
            with suppress(identity.NoPerson):
                if matter is not None:
                    person = identity.person(matter.person_ref)
                    yield _Addressee(person, matter.language, f"cases/{matter.ref}", which=":respondent")
    if seen.person is not None:
        yield from _parties(notice, seen)


def _parties(notice: Notice, seen: Picture) -> Iterator[_Addressee]:
    """The parties among the recipients that are waited for, or have given."""
    service, names = seen.service, notice.parties
    invited = invitations.newest(invitations.of_case(seen.case.ref)) if names else []
    # What the applicant reads of the case is read by an equal party too, but not before it has given.
    texts = (text for text in (notice.subject, notice.body, notice.sms) if text is not None)
    words = {words for text in texts for words in text.written.values()} if invited else set()
    whole = any(is_for_whole_case(expression) for text in words for expression in in_braces(text))
    for one in invited:
        states = {"given"} if whole else {"waiting", "given"}
        if one.party not in names or one.state not in states or not one.person_ref:
            continue
        party = service.parties[one.party]
        item = dict(enumerate(party_invitations.items(party, service, seen.answers), 1)).get(one.number, {})
        with suppress(identity.NoPerson):
            person = identity.person(one.person_ref)
            together = party.equal and one.state == "given"
            page = f"cases/{seen.case.ref}" if together else f"parts/{one.ref}"
            yield _Addressee(person, person.language, page, has_case=together, which=f":{one.ref}", more={"item": item})


def _send(notice: Notice, seen: Picture, to: _Addressee, *, mark: str, reason: str, at: datetime) -> None:
    case, service, person, language = seen.case, seen.service, to.person, to.language
    url = f"{settings.PRAYA.base_url}/{language}/{to.page}"
    seen = replace(seen, context={**seen.context, "reason": reason, "url": url, **to.more})
    pack = load.pack()
    calendar, told = None, ""
    if to.has_case and "email" in notice.channels:
        booked = appointments.of_case(seen, pack, language, at=at)
        calendar, told = appointments.to_send(case, pack, booked, language, person_ref=person.ref, at=at)
    notices.send(
        notices.Letter(
            person_ref=person.ref,
            case_ref=case.ref,
            service=service.service,
            name=notice.name,
            language=language,
            subject=filled(notice.subject, language, seen),
            body=filled_letter(notice.body, language, seen) + _next_services(notice, seen, language),
            sms=filled(notice.sms, language, seen) if notice.sms else None,
            email_to=(_address(service, "email", seen.context) if to.is_applicant else None) or person.email,
            phone_to=_address(service, "phone", seen.context) if to.is_applicant else None,
            channels=notice.channels,
            otherwise=service.title.in_(language),
            replies=replies_to(pack, case.department, language, ref=case.ref),
            attached=(calendar,) if calendar else (),
            appointments=told,
            once_key=f"{case.ref}:{mark}:{notice.name}{to.which}",
        ),
        at=at,
    )


def _next_services(notice: Notice, seen: Picture, language: str) -> str:
    """The lines of a letter that lead to the services that come next; empty when it leads to none."""
    base = f"{settings.PRAYA.base_url}/{language}"
    lines = [
        f"{link.title.in_(language)}{colon(language)}{base}/{link.path}"
        for link in next_services.of_case(seen.case, seen.service, notice.next_services)
    ]
    return "\n\n" + "\n".join(lines) if lines else ""


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
    """The notices of the case that belong to this moment: all that were made since the one before, of whatever date."""
    every = notices.of_case(moment.case.ref) if moment.case else []
    return [notice for notice in every if notice.ref not in moment.told]


def _names(moment: Moment, _expected: object) -> list[str]:
    return [notice.name for notice in sent(moment)]


CHAPTER = Chapter(effects=(Effect(120, ("notify",), _notify),), expectations={"notices": _names})

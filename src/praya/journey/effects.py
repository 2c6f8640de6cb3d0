"""What follows from an action or from entering a state: records, register entries, notices, places given back."""

from datetime import date, datetime
from typing import Any

from django.conf import settings

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.definition.flow import Effects
from praya.definition.outcome import Notice, Record
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import picture
from praya.journey.words import filled, value_in_all
from praya.kernel.expression import ExpressionFailed
from praya.kernel.money import Money


def carry_out(
    effects: Effects,
    case: cases.Case,
    service: Service,
    pack: Pack,
    *,
    mark: str,
    reason: str = "",
    at: datetime,
    by: str,
) -> None:
    """Carry out the effects in their order. `mark` tells this occasion from any other of the same case."""
    today = pack.calendar.day_of(at)
    if effects.release and case.booking_ref:
        bookings.cancel(ref=case.booking_ref, at=at, by=by)
    if effects.revoke:
        _revoke(effects.revoke, case, at, by)
    if effects.strike:
        registers.strike(case_ref=case.ref, at=at, by=by, because="struck")
    if effects.issue:
        seen = picture.of_case(case, service, pack, today=today)
        _issue(service.records[effects.issue], seen, pack, f"{case.ref}:{mark}:{effects.issue}", at)
    if effects.register_in:
        # A register may say what the record that was just issued says.
        seen = picture.of_case(case, service, pack, today=today)
        _register(effects.register_in, seen, pack, f"{case.ref}:{mark}:{effects.register_in}", at, by)
    for name in effects.notify:
        send_notice(service.notices[name], case, service, pack, mark=mark, reason=reason, at=at)


def _revoke(which: str | bool, case: cases.Case, at: datetime, by: str) -> None:
    """Revoke every record of the case, or those of one name."""
    for record in credentials.of_case(case.ref):
        if record.revoked_at is None and which in (True, record.name):
            credentials.revoke(ref=record.ref, because="revoked", at=at, by=by)


def _issue(record: Record, seen: picture.Picture, pack: Pack, once_key: str, at: datetime) -> None:
    said = [
        credentials.FactSaid(fact.name, fact.label, value_in_all(fact.value, seen)) for fact in record.facts.values()
    ]
    credentials.issue(
        person_ref=seen.case.person_ref,
        case_ref=seen.case.ref,
        service=seen.service.service,
        name=record.name,
        title=record.title,
        facts=said,
        valid_until=_valid_until(record, seen.context, pack, at),
        once_key=once_key,
        at=at,
    )


def _valid_until(record: Record, context: dict[str, Any], pack: Pack, at: datetime) -> date | None:
    if record.valid_until is not None:
        try:
            value = record.valid_until.value(context)
        except ExpressionFailed:
            return None
        return value.date() if isinstance(value, datetime) else None
    return pack.calendar.date_after(pack.calendar.day_of(at), record.valid) if record.valid else None


def _register(name: str, seen: picture.Picture, pack: Pack, once_key: str, at: datetime, by: str) -> None:
    register = seen.service.registers[name]
    today = pack.calendar.day_of(at)
    registers.enter(
        service=seen.service.service,
        register=name,
        case_ref=seen.case.ref,
        facts={key: value_in_all(fact.value, seen) for key, fact in register.facts.items()},
        from_date=today,
        until_date=pack.calendar.date_after(today, register.valid) if register.valid else None,
        once_key=once_key,
        at=at,
        by=by,
    )


def send_notice(
    notice: Notice, case: cases.Case, service: Service, pack: Pack, *, mark: str, reason: str, at: datetime
) -> None:
    """Write the notice in the recipient's language and queue it."""
    today = pack.calendar.day_of(at)
    seen = picture.of_case(case, service, pack, today=today)
    if seen.person is None:
        return
    # The language in which the person applied, whatever they read elsewhere.
    language = case.language
    total = Money(sum(fee.cents for fee in case.fees), pack.currency)
    seen.context |= {
        "reason": reason,
        "fees": {"total": total.shown()},
        "url": f"{settings.PRAYA.base_url}/{language}/cases/{case.ref}",
    }
    notices.send(
        person_ref=case.person_ref,
        case_ref=case.ref,
        service=service.service,
        name=notice.name,
        language=language,
        subject=filled(notice.subject, language, seen),
        body=filled(notice.body, language, seen),
        sms=filled(notice.sms, language, seen) if notice.sms else None,
        email_to=_address(service, "email", seen.context) or (seen.person.email if seen.person else None),
        phone_to=_address(service, "phone", seen.context),
        channels=notice.channels,
        once_key=f"{case.ref}:{mark}:{notice.name}",
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

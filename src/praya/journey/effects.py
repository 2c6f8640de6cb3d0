"""What follows from an action or from entering a state: records, register entries, notices, places given back."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.definition.flow import Action, Effects
from praya.definition.model import Several
from praya.definition.outcome import Notice, Publication, Record, Register
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import case_context, entries, fees, party_invitations, visits
from praya.journey.filled_texts import filled, value_in_all
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.text import Text, spoken


def carry_out(
    effects: Effects,
    case: cases.Case,
    service: Service,
    pack: Pack,
    *,
    mark: str,
    reason: str = "",
    session: visits.Session | None = None,
    at: datetime,
    by: str,
) -> None:
    """Carry out the effects in their order. `mark` tells this occasion from any other of the same case.

    `session` is the one that was chosen for a visit. Raises bookings.SlotTaken, registers.NoEntry, ExpressionFailed.
    """
    today = pack.calendar.day_of(at)
    if effects.book:
        context = case_context.of_case(case, service, pack, today=today).context
        try:
            visits.give(case, service, pack, context, session=session, mark=mark, at=at, by=by)
        except bookings.SlotTaken:
            # Time and ways wait for nobody: the case goes on, and sees `booking.status == 'none'`.
            if by != "system":
                raise
        case = cases.case(case.ref)
    if effects.release and case.booking_ref:
        bookings.cancel(ref=case.booking_ref, at=at, by=by)
    if effects.invite:
        # A state that is come back to, or a timer that reminds, asks nobody again who has given; an action does.
        again = isinstance(effects, Action)
        party_invitations.invite(effects.invite, case, service, pack, again=again, at=at, by=by)
    if effects.revoke:
        _revoke(effects.revoke, case, service, at, by)
    if effects.strike:
        for name in service.registers:
            registers.strike(case_ref=case.ref, register=name, at=at, by=by, because="struck")
        if service.subject is not None and case.subject_ref:
            registers.strike_entry(ref=case.subject_ref, case_ref=case.ref, at=at, by=by, because="struck")
    if any((effects.charge, effects.paid, effects.waive, effects.refund, effects.forfeit)):
        context = case_context.of_case(case, service, pack, today=today).context
        fees.carry_out(effects, case, service, context, pack, at=at, by=by)
    if effects.renew or effects.amend or effects.transfer:
        _change_entry(effects, case_context.of_case(case, service, pack, today=today), pack, at, by)
    if effects.unpublish:
        for name in service.publishes:
            registers.strike(case_ref=case.ref, register=name, at=at, by=by, because="taken down")
    if effects.publish:
        seen = case_context.of_case(case, service, pack, today=today)
        _publish(service.publishes[effects.publish], seen, pack, f"{case.ref}:{mark}:{effects.publish}", at, by)
    if effects.issue:
        seen = case_context.of_case(case, service, pack, today=today)
        _issue(service.records[effects.issue], seen, pack, f"{case.ref}:{mark}:{effects.issue}", at)
    if effects.register_in:
        # A register may say what the record that was just issued says.
        seen = case_context.of_case(case, service, pack, today=today)
        _register(effects.register_in, seen, pack, f"{case.ref}:{mark}:{effects.register_in}", at, by)
    if effects.notify:
        seen = case_context.of_case(case, service, pack, today=today)
        for name in effects.notify:
            send_notice(service.notices[name], seen, mark=mark, reason=reason, at=at)


def _revoke(which: str | bool, case: cases.Case, service: Service, at: datetime, by: str) -> None:
    """Revoke every record of the case and of the entry that it is about, or those of one name."""
    refs = [r.ref for r in credentials.of_case(case.ref) if r.revoked_at is None and which in (True, r.name)]
    if service.subject is not None and case.subject_ref:
        about = entries.certified(case.ref, case.subject_ref, 0)
        refs += credentials.standing_about(about, None if which is True else str(which))
    for ref in refs:
        credentials.revoke(ref=ref, because="revoked", at=at, by=by)


def _each(what: Several, seen: case_context.Picture) -> Iterator[tuple[int, case_context.Picture]]:
    """What is made once, as number 0; or for each item of a repeat, from 1 on, with what is seen of that item."""
    if what.repeat is None:
        yield 0, seen
        return
    inner = {question.name: question for question in getattr(seen.service.questions.get(what.repeat), "questions", ())}
    kept = seen.answers.get(what.repeat) or []
    for number, (item, answers) in enumerate(
        zip(party_invitations.items(what, seen.service, seen.answers), kept, strict=True), 1
    ):
        shown = {
            f"item.{name}": Text({language: inner[name].shown(value, language) for language in spoken()})
            for name, value in answers.items()
            if name in inner and value is not None
        }
        yield number, replace(seen, context={**seen.context, "item": item}, texts={**seen.texts, **shown})


def _issue(record: Record, whole: case_context.Picture, pack: Pack, once_key: str, at: datetime) -> None:
    case, service = whole.case, whole.service
    for number, seen in _each(record, whole):
        said = [
            credentials.FactSaid(fact.name, fact.label, value_in_all(fact.value, seen))
            for fact in record.facts.values()
        ]
        about = entries.certified(case.ref, case.subject_ref if service.subject else "", number)
        credentials.issue(
            person_ref=case.person_ref,
            case_ref=case.ref,
            service=service.service,
            name=record.name,
            title=record.title,
            facts=said,
            valid_until=_valid_until(record, seen.context, pack, at),
            once_key=once_key + (f":{number}" if number else ""),
            at=at,
            about_ref=about,
            replaces=credentials.standing_about(about, record.replaces) if record.replaces else (),
        )


def _valid_until(record: Record, context: dict[str, Any], pack: Pack, at: datetime) -> date | None:
    """The last day of a record, None when it has no end. Raises ExpressionFailed when it cannot be told."""
    if record.valid_until is not None:
        value = record.valid_until.value(context)
        if value is not None and not isinstance(value, datetime):
            raise ExpressionFailed(f"'{record.valid_until.source}' is no day")
        # What cannot be worked out must not hold for ever; what has no end says null.
        return value.date() if value is not None else None
    return pack.calendar.last_day(pack.calendar.day_of(at), record.valid) if record.valid else None


def _register(name: str, seen: case_context.Picture, pack: Pack, once_key: str, at: datetime, by: str) -> None:
    register = seen.service.registers[name]
    today = pack.calendar.day_of(at)
    until = pack.calendar.last_day(today, register.valid) if register.valid else None
    values = {key: fact.value for key, fact in register.facts.items()}
    for number, of_item in _each(register, seen):
        registers.enter(
            service=seen.service.service,
            register=name,
            case_ref=seen.case.ref,
            holder_ref=seen.case.person_ref,
            item=number,
            from_date=today,
            until_date=until,
            once_key=once_key + (f":{number}" if number else ""),
            at=at,
            by=by,
            **_said_in(register, values, of_item),
            **entries.next_reminder(register, until, pack, today=today),
        )


def _publish(
    publication: Publication, seen: case_context.Picture, pack: Pack, once_key: str, at: datetime, by: str
) -> None:
    """Show a public notice from today on; it is an entry that nobody holds, and lapses by itself."""
    today = pack.calendar.day_of(at)
    registers.enter(
        service=seen.service.service,
        register=publication.name,
        case_ref=seen.case.ref,
        facts={name: value_in_all(fact.value, seen) for name, fact in publication.facts.items()},
        from_date=today,
        until_date=pack.calendar.date_after(today, publication.shown_for),
        once_key=once_key,
        at=at,
        by=by,
    )


def _said_in(register: Register, values: Mapping[str, Expression], seen: case_context.Picture) -> dict[str, Any]:
    """What an entry says, in public and not, and the values as expressions know them."""
    said = {name: value_in_all(value, seen) for name, value in values.items()}
    return {
        "facts": {name: value for name, value in said.items() if name in register.shown},
        "inside": {name: value for name, value in said.items() if name in register.kept},
        "known": {name: entries.kept(_value(value, seen)) for name, value in values.items()},
    }


def _value(expression: Expression, seen: case_context.Picture) -> Any:
    try:
        return expression.value(seen.context)
    except ExpressionFailed:
        return None


def _change_entry(effects: Effects, seen: case_context.Picture, pack: Pack, at: datetime, by: str) -> None:
    """Renew, amend and transfer the entry that the case is about, or those that it made. Raises registers.NoEntry.

    An entry that does not stand any more is let be when time itself would have changed it.
    """
    case, service = seen.case, seen.service
    try:
        for name in dict.fromkeys(filter(None, (effects.renew, effects.amend, effects.transfer))):
            register, today = entries.register_of(service, name), pack.calendar.day_of(at)
            found = entries.all_of_case(case.ref, case.subject_ref, service, name)
            if not found or register is None:
                raise registers.NoEntry(name)
            of_item = dict(_each(register, seen)) if any(entry.case_ref == case.ref for entry in found) else {}
            for entry in found:
                if effects.amend == name:
                    values = {key: fact.value for key, fact in register.facts.items()}
                    if service.subject is not None and service.subject.facts:
                        written = service.subject.facts.items()
                        # What was not asked says nothing new.
                        values = {k: v for k, v in written if k in register.facts and _value(v, seen) is not None}
                    said = _said_in(register, values, of_item.get(entry.item, seen))
                    registers.amend(ref=entry.ref, case_ref=case.ref, at=at, by=by, **said)
                if effects.renew == name and register.valid is not None and entry.until_date is not None:
                    first = entry.until_date + timedelta(days=1) if register.renews_from == "end" else today
                    until = pack.calendar.last_day(first, register.valid)
                    following = entries.next_reminder(register, until, pack, today=today)
                    registers.renew(ref=entry.ref, case_ref=case.ref, until_date=until, at=at, by=by, **following)
                if effects.transfer == name:
                    registers.transfer(ref=entry.ref, case_ref=case.ref, holder_ref=case.person_ref, at=at, by=by)
    except registers.NoEntry:
        if by != "system":
            raise


def send_notice(notice: Notice, seen: case_context.Picture, *, mark: str, reason: str, at: datetime) -> None:
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

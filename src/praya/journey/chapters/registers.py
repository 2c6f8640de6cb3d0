"""Registers: the entries that effects make, renew, amend, transfer and strike off."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from praya.blocks.parties import api as parties
from praya.blocks.registers import api as registers
from praya.definition.chapters.registers import Register
from praya.definition.flow import Effects
from praya.definition.pack import Pack
from praya.journey import entries, load, register_facts
from praya.journey.chapter import Chapter, Effect, Moment, Occasion, Picture, Reading, agreeing
from praya.journey.items import each
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.text import Text


def _strike(effects: Effects, now: Occasion) -> None:
    """Strike off the entries that the case made, the one that it is about, or both."""
    case, service = now.case, now.service
    now.keep()
    for name in service.registers if effects.strike != "subject" else ():
        registers.strike(case_ref=case.ref, register=name, at=now.at, by=now.by, because="struck")
    if service.subject is not None and case.subject_ref and effects.strike != "own":
        registers.strike_entry(ref=case.subject_ref, case_ref=case.ref, at=now.at, by=now.by, because="struck")


def _change(effects: Effects, now: Occasion) -> None:
    _change_entry(effects, now.seen(), now.pack, now.at, now.by)


def _enter(effects: Effects, now: Occasion) -> None:
    # A register may say what the record that was just issued says.
    name = str(effects.register_in)
    _register(name, now.seen(), now.pack, now.once(name), now.at, now.by)


def _register(name: str, seen: Picture, pack: Pack, once_key: str, at: datetime, by: str) -> None:
    register = seen.service.registers[name]
    today = pack.calendar.day_of(at)
    values = {key: fact.value for key, fact in register.facts.items()}
    # A case that comes into a state again has its entry already; that one stays as it is.
    standing = {e.item for e in registers.of_case(seen.case.ref) if e.register == name and e.struck_at is None}
    for number, of_item in each(register, seen):
        if number in standing:
            continue
        until = last_day(register, of_item.context, pack, today)
        new = registers.NewEntry(
            service=seen.service.service,
            register=name,
            case_ref=seen.case.ref,
            holder_ref=seen.case.person_ref,
            item=number,
            from_date=today,
            until_date=until,
            once_key=once_key + (f":{number}" if number else ""),
            finding=register_facts.finding(register),
            **register_facts.of_case(register, seen.service, values, of_item),
            **entries.next_reminder(register, until, pack, today=today),
        )
        registers.enter(new, at=at, by=by)


def last_day(register: Register, context: Mapping[str, Any], pack: Pack, first: date) -> date | None:
    """The last day of an entry from a first one on; None when it never ends. Raises ExpressionFailed."""
    if register.valid_until is None:
        return pack.calendar.last_day(first, register.valid) if register.valid else None
    value = register.valid_until.value(context)
    if value is not None and not isinstance(value, datetime):
        raise ExpressionFailed(f"'{register.valid_until.source}' is no day")
    return value.date() if value is not None else None


def renew(entry: registers.Entry, register: Register, seen: Picture, pack: Pack, at: datetime, by: str) -> None:
    """Extend an entry by the period that its register sets. Raises registers.NoEntry, ExpressionFailed."""
    today = pack.calendar.day_of(at)
    if register.valid_until is None and entry.until_date is None:
        return
    goes_on = entry.until_date is not None and register.renews_from == "end"
    first = entry.until_date + timedelta(days=1) if entry.until_date and goes_on else today
    context = {**seen.context, "entry": entries.facts_of(entry)}
    until = last_day(register, context, pack, first)
    if until is None:
        raise ExpressionFailed(f"the entry in '{register.name}' is renewed until no day")
    registers.renew(
        ref=entry.ref, case_ref=seen.case.ref, until_date=until, finding=register_facts.finding(register), at=at, by=by,
        **entries.next_reminder(register, until, pack, today=today),
    )  # fmt: skip


def _value(expression: Expression, seen: Picture) -> Any:
    try:
        return expression.value(seen.context)
    except ExpressionFailed:
        return None


def _change_entry(effects: Effects, seen: Picture, pack: Pack, at: datetime, by: str) -> None:
    """Renew, amend and transfer the entry that the case is about, or those that it made. Raises registers.NoEntry.

    An entry that does not stand any more is let be when time itself would have changed it.
    """
    case, service = seen.case, seen.service
    try:
        for name in dict.fromkeys(filter(None, (effects.renew, effects.amend, effects.transfer))):
            register = entries.register_of(service, name)
            own_entries = entries.all_of_case(case.ref, case.subject_ref, service, name)
            if not own_entries or register is None:
                raise registers.NoEntry(name)
            of_item = (
                dict(each(register, seen, filtered=False))
                if any(entry.case_ref == case.ref for entry in own_entries)
                else {}
            )
            for entry in own_entries:
                if effects.amend == name:
                    values = {key: fact.value for key, fact in register.facts.items()}
                    owner = load.territory().owner(entry.service) or service
                    owner = service if entry.service == service.service else owner
                    if service.subject is not None and service.subject.facts:
                        written = service.subject.facts.items()
                        # A question that was not asked changes nothing.
                        values = {k: v for k, v in written if k in register.facts and _value(v, seen) is not None}
                    facts = register_facts.of_case(register, owner, values, of_item.get(entry.item, seen))
                    finding = register_facts.finding(register)
                    registers.amend(ref=entry.ref, case_ref=case.ref, finding=finding, at=at, by=by, **facts)
                if effects.renew == name:
                    renew(entry, register, seen, pack, at, by)
                if effects.transfer == name:
                    holder = _takes_over(effects.transfer_to, seen)
                    registers.transfer(ref=entry.ref, case_ref=case.ref, holder_ref=holder, at=at, by=by)
    except registers.NoEntry:
        if by != "system":
            raise


def _takes_over(party: str | None, seen: Picture) -> str:
    """Who becomes the holder: the applicant, or the party that gave its section. Raises ExpressionFailed."""
    if party is None:
        return seen.case.person_ref
    newest = parties.newest(parties.of_case(seen.case.ref))
    given = [one.person_ref for one in newest if one.party == party and one.state == "given"]
    if not given or not given[0]:
        raise ExpressionFailed(f"'{party}' has given nothing, so the entry cannot become theirs")
    return given[0]


def _entry(moment: Moment) -> registers.Entry | None:
    """The entry that the case is about, or the newest that it made, standing or not."""
    return registers.entry(moment.subject_ref) if moment.subject_ref else _own_entry(moment)


def _own_entry(moment: Moment) -> registers.Entry | None:
    """The newest entry that the case made, standing or not."""
    made = registers.of_case(moment.case.ref) if moment.case else []
    made = [entry for entry in made if entry.register in moment.service.registers]
    return made[-1] if made else None


def _facts_expected(moment: Moment, expected: Mapping[str, Any]) -> dict[str, Any] | None:
    """The facts as they are read; one that is expected by its value agrees with that."""
    entry = _entry(moment)
    if entry is None or entry.struck_at is not None:
        return None
    inside = registers.inside([entry])[entry.ref]
    words, values = {**entry.facts, **inside.facts}, {**entry.values, **inside.known}
    return {
        name: wanted if registers.alike(values.get(name), _stored(wanted)) else agreeing(words.get(name), wanted)
        for name, wanted in expected.items()
    }


def _stored(wanted: Any) -> Any:
    return {"day": wanted.isoformat()} if isinstance(wanted, date) else wanted


def _state(moment: Moment, _expected: object) -> str:
    entry = _entry(moment)
    return entry.state(moment.today) if entry else "none"


def _own_state(moment: Moment, _expected: object) -> str:
    entry = _own_entry(moment)
    return entry.state(moment.today) if entry else "none"


def _until(moment: Moment, _expected: object) -> date | None:
    entry = _entry(moment)
    return entry.until_date if entry else None


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """`entry` as it is now: the one that the case is about, or the newest standing one that it made."""
    entry = entries.of_case(reading.case.ref, reading.case.subject_ref, reading.service, struck=reading.struck)
    return ({"entry": entries.facts_of(entry)}, entries.texts_of(entry, "entry")) if entry else ({}, {})


CHAPTER = Chapter(
    effects=(
        Effect(50, ("strike",), _strike),
        Effect(70, ("renew", "amend", "transfer"), _change),
        Effect(110, ("register_in",), _enter),
    ),
    facts=_facts,
    expectations={
        "register_entry": _facts_expected,
        "entry": _state,
        "own_entry": _own_state,
        "entry_until": _until,
    },
)

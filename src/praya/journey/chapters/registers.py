"""Registers: the entries that effects make, renew, amend, transfer and strike off."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from praya.blocks.registers import api as registers
from praya.definition.chapters.registers import Register
from praya.definition.flow import Effects
from praya.definition.pack import Pack
from praya.journey import entries
from praya.journey.chapter import Chapter, Effect, Moment, Occasion, Picture, Reading, agreeing
from praya.journey.filled_texts import value_in_all
from praya.journey.items import each
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.text import Text


def _strike(_effects: Effects, now: Occasion) -> None:
    """Strike off the entries that the case made, and the one that it is about."""
    case, service = now.case, now.service
    for name in service.registers:
        registers.strike(case_ref=case.ref, register=name, at=now.at, by=now.by, because="struck")
    if service.subject is not None and case.subject_ref:
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
    until = pack.calendar.last_day(today, register.valid) if register.valid else None
    values = {key: fact.value for key, fact in register.facts.items()}
    for number, of_item in each(register, seen):
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


def _said_in(register: Register, values: Mapping[str, Expression], seen: Picture) -> dict[str, Any]:
    """What an entry says, in public and not, and the values as expressions know them."""
    said = {name: value_in_all(value, seen) for name, value in values.items()}
    return {
        "facts": {name: value for name, value in said.items() if name in register.shown},
        "inside": {name: value for name, value in said.items() if name in register.kept},
        "known": {name: entries.kept(_value(value, seen)) for name, value in values.items()},
    }


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
            register, today = entries.register_of(service, name), pack.calendar.day_of(at)
            found = entries.all_of_case(case.ref, case.subject_ref, service, name)
            if not found or register is None:
                raise registers.NoEntry(name)
            of_item = dict(each(register, seen)) if any(entry.case_ref == case.ref for entry in found) else {}
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


def _entry(moment: Moment) -> registers.Entry | None:
    """The entry that the case is about, or the newest that it made, standing or not."""
    if moment.subject_ref:
        return registers.entry(moment.subject_ref)
    made = registers.of_case(moment.case.ref) if moment.case else []
    made = [entry for entry in made if entry.register in moment.service.registers]
    return made[-1] if made else None


def _facts_expected(moment: Moment, expected: Mapping[str, Any]) -> dict[str, Any] | None:
    entry = _entry(moment)
    if entry is None or entry.struck_at is not None:
        return None
    values = {**entry.facts, **registers.inside([entry])[entry.ref].facts}
    return {name: agreeing(values.get(name), expected[name]) for name in expected}


def _state(moment: Moment, _expected: object) -> str:
    entry = _entry(moment)
    return entry.state(moment.today) if entry else "none"


def _until(moment: Moment, _expected: object) -> date | None:
    entry = _entry(moment)
    return entry.until_date if entry else None


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """`entry` as it is now: the one that the case is about, or the newest standing one that it made."""
    entry = entries.of_case(reading.case.ref, reading.case.subject_ref, reading.service)
    return ({"entry": entries.facts_of(entry)}, entries.texts_of(entry, "entry")) if entry else ({}, {})


CHAPTER = Chapter(
    effects=(
        Effect(50, ("strike",), _strike),
        Effect(70, ("renew", "amend", "transfer"), _change),
        Effect(110, ("register_in",), _enter),
    ),
    facts=_facts,
    expectations={"register_entry": _facts_expected, "entry": _state, "entry_until": _until},
)

"""Look-ups: what an effect does to the entries that are found."""

from dataclasses import replace
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.registers import api as registers
from praya.definition.chapters.lookups import PAID, SUBJECT, OnEntries
from praya.definition.chapters.registers import Register
from praya.definition.flow import Effects
from praya.definition.questions import EntryQuestion
from praya.definition.service import Service
from praya.journey import entries, load, refunds, register_facts
from praya.journey.chapter import Chapter, Effect, Occasion, Picture
from praya.journey.chapters import fees
from praya.journey.chapters.registers import renew
from praya.journey.register_lookups import Finder, owner_of
from praya.kernel.expression import Expression, ExpressionFailed


def _on_entries(effects: Effects, now: Occasion) -> None:
    for name, done in effects.on_entries.items():
        _change_found(name, done, now)


def _change_found(name: str, done: OnEntries, now: Occasion) -> None:
    """Change the entries that are found. Raises registers.NoEntry when there is none, or one was changed meanwhile."""
    seen = now.seen()
    found = _entries(name, seen, now)
    if done.refund:
        refunds.lock(found)
    refs = [entry.ref for entry in found]
    if done.strike:
        now.keep()
    for ref in sorted(refs):
        registers.lock(ref)
    # What another case has changed until the lock was ours is not found any more; of what is left the first counts.
    still = {entry.ref: entry for entry in _entries(name, seen, now)}
    wanted = refs if done.which == "all" else [ref for ref in still if ref in refs][:1]
    if not wanted or not still.keys() >= set(wanted):
        if now.by == "system":
            return
        raise registers.NoEntry(name)
    owner, register = _register(name, seen.service)
    for ref in wanted:
        _change(still[ref], done, owner, register, seen, now)


def _entries(name: str, seen: Picture, now: Occasion) -> list[registers.Entry]:
    root, _, asked = name.partition(".")
    today = now.pack.calendar.day_of(now.at)
    if name == SUBJECT and name not in seen.service.lookups:
        # The effect that strikes it off may come before this one.
        return [registers.entry(now.case.subject_ref)] if now.case.subject_ref else []
    if asked:
        ref = seen.answers.get(asked) if root == "answers" else seen.findings.get(asked)
        owner, register = _register(name, seen.service)
        try:
            entry = registers.entry(ref) if isinstance(ref, str) else None
        except registers.NoEntry:
            return []
        fits = entry is not None and (entry.service, entry.register) == (owner.service, register.name)
        return [entry] if entry is not None and fits and entry.state(today) == "in-force" else []
    finder = Finder(seen.service, now.case.person_ref, today)
    matches = finder.matches(seen.service.lookups[name], seen.context)
    if matches is None or matches.more:
        raise ExpressionFailed(
            f"it is not known which entries '{name}' finds: a value is missing, or they are too many"
        )
    return [match.entry for match in matches.all if match.entry.struck_at is None]


def _register(name: str, service: Service) -> tuple[Service, Register]:
    root, _, asked = name.partition(".")
    if asked:
        question = service.questions[asked] if root == "answers" else service.flow.action_questions[asked]
        assert isinstance(question, EntryQuestion)  # noqa: S101 (the definition was checked)
        place, register = question.service, question.register_name
    elif name == SUBJECT and name not in service.lookups and service.subject is not None:
        place, register = service.subject.service, service.subject.register_in
    else:
        place, register = service.lookups[name].service, service.lookups[name].register_in
    owner = owner_of(service, place)
    if owner is None or register not in owner.registers:
        raise registers.NoEntry(name)
    return owner, owner.registers[register]


def _change(
    entry: registers.Entry, done: OnEntries, owner: Service, register: Register, seen: Picture, now: Occasion
) -> None:
    now.found.append(entry.ref)
    how: dict[str, Any] = {"ref": entry.ref, "case_ref": now.case.ref, "at": now.at, "by": now.by}
    if done.refund:
        known = {**seen.context, "entry": entries.facts_of(entry)}

        def cents_of(part: Expression, payer: cases.Case) -> int:
            paid = fees.facts_of(load.compiled(payer.service, payer.version), cases.fees(payer.ref))
            return fees.cents_of(part, {**known, PAID: paid}, now.pack)

        refunds.give_back(entry, done, owner.service, cents_of, by_case=now.case, at=now.at, by=now.by)
    if done.strike:
        registers.strike_entry(because="struck", **how)
        return
    if done.amend:
        here = replace(
            seen,
            context={**seen.context, "entry": entries.facts_of(entry)},
            texts={**seen.texts, **entries.texts_of(entry, "entry")},
        )
        facts = register_facts.of_case(register, owner, done.amend, here)
        registers.amend(finding=register_facts.finding(register), **facts, **how)
    if done.renew:
        renew(registers.entry(entry.ref), register, seen, now.pack, now.at, now.by)


CHAPTER = Chapter(effects=(Effect(75, ("on_entries",), _on_entries),))

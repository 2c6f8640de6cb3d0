"""Searches of register entries in forms. They return public facts only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from praya.blocks.registers import api as registers
from praya.definition.chapters.registers import Register
from praya.definition.questions import EntryFacts, EntryQuestion, Look, Question, RepeatQuestion
from praya.definition.service import Service
from praya.journey import load
from praya.kernel.ids import read_reference
from praya.kernel.reading import refused_character
from praya.kernel.text import spoken

MOST = 10


@dataclass(frozen=True)
class Match:
    """An entry that a search found: its reference, its public facts as they are read, and its number for people."""

    ref: str
    facts: tuple[tuple[str, str], ...]
    number: str


def register_of(question: EntryQuestion, service: Service) -> tuple[str, Register] | None:
    """The service whose register it is, and the register; None where no live service has it."""
    if question.service in (None, service.service):
        owner: Service | None = service
    else:
        owner = load.territory().owner(str(question.service))
    found = owner.registers.get(question.register_name) if owner else None
    return (owner.service, found) if owner and found else None


def looking(service: Service, today: date) -> Look:
    """The look-up for the questions of a service; each entry is read once."""
    kept: dict[tuple[str | None, str, str], EntryFacts | None] = {}
    questions = {(q.service, q.register_name): q for q in service.all_questions() if isinstance(q, EntryQuestion)}

    def look(of: str | None, register: str, ref: str) -> EntryFacts | None:
        key = (of, register, ref)
        if key not in kept:
            place = register_of(questions[of, register], service)
            kept[key] = _entry(place, ref, today) if place else None
        return kept[key]

    return look


def _entry(place: tuple[str, Register], ref: str, today: date) -> EntryFacts | None:
    owner, register = place
    try:
        found = registers.entry(ref)
    except registers.NoEntry:
        return None
    if (found.service, found.register) != (owner, register.name):
        return None
    facts = {name: found.said(name, "en") for name in register.shown}
    until = found.until_date
    in_force = found.struck_at is None and found.from_date <= today and (until is None or today <= until)
    first = next((name for name in register.shown if found.said(name, "en")), "")
    called = {language: found.said(first, language) for language in spoken()} if first else {}
    return EntryFacts(facts, in_force, found.number, called)


def matches(question: EntryQuestion, service: Service, typed: str, language: str, *, on: date) -> list[Match]:
    """At most ten entries in force that hold every word, or the one with this number."""
    place = register_of(question, service)
    if place is None or not typed.strip() or refused_character(typed):
        return []
    owner, register = place
    number = read_reference(typed)
    one = chosen(question, service, number, language) if number else None
    if one is not None and (entry := _entry(place, one.ref, on)) and entry.in_force:
        return [one]
    found = registers.entries(service=owner, register=register.name, on=on, query=typed, size=MOST)
    return [_match(entry, register, language) for entry in found.entries]


def chosen(question: EntryQuestion, service: Service, ref: str, language: str) -> Match | None:
    """The entry with this reference, as it is read, in force or not."""
    place = register_of(question, service)
    if place is None:
        return None
    try:
        found = registers.entry(ref)
    except registers.NoEntry:
        return None
    if (found.service, found.register) != (place[0], place[1].name):
        return None
    return _match(found, place[1], language)


def _match(entry: registers.Entry, register: Register, language: str) -> Match:
    said = ((fact.label.in_(language), entry.said(name, language)) for name, fact in register.shown.items())
    return Match(entry.ref, tuple((label, words) for label, words in said if words), entry.number)


def names(service: Service, answers: Mapping[str, Any], language: str) -> dict[str, str]:
    """What the entries among the answers are called, by reference: the first thing that everybody may read, or else
    the number.
    """
    found: dict[str, str] = {}
    parts = (question for party in service.parties.values() for question in party.questions.values())
    for question, ref in _answered((*service.questions.values(), *service.flow.asked.values(), *parts), answers):
        match = chosen(question, service, ref, language)
        if match is not None:
            found[ref] = match.facts[0][1] if match.facts else match.number
    return found


def replaced(questions: Sequence[Question], answers: Mapping[str, Any], refs: Mapping[str, str]) -> dict[str, Any]:
    """Answers that name entries as a story does, with their references."""
    found = dict(answers)
    for question in questions:
        value = found.get(question.name)
        if isinstance(question, EntryQuestion):
            found |= {question.name: refs[str(value)]} if value in refs else {}
        elif isinstance(question, RepeatQuestion) and isinstance(value, list):
            found[question.name] = [replaced(question.questions, item, refs) for item in value]
    return found


def _answered(questions: Sequence[Question], answers: Mapping[str, Any]) -> Iterable[tuple[EntryQuestion, str]]:
    for question in questions:
        value = answers.get(question.name)
        if isinstance(question, EntryQuestion) and isinstance(value, str):
            yield question, value
        elif isinstance(question, RepeatQuestion):
            for item in value or ():
                yield from _answered(question.questions, item)

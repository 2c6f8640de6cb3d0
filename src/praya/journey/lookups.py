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
class Found:
    """A page of the entries that a search found, and whether there is another one."""

    matches: tuple["Match", ...] = ()
    page: int = 1
    more: bool = False


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
    register = owner.registers.get(question.register_name) if owner else None
    return (owner.service, register) if owner and register else None


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
        entry = registers.entry(ref)
    except registers.NoEntry:
        return None
    if (entry.service, entry.register) != (owner, register.name):
        return None
    facts = {name: entry.fact_text(name, "en") for name in register.shown}
    until = entry.until_date
    in_force = entry.struck_at is None and entry.from_date <= today and (until is None or today <= until)
    first = next((name for name in register.shown if entry.fact_text(name, "en")), "")
    called = {language: entry.fact_text(first, language) for language in spoken()} if first else {}
    values = {name: value for name, value in entry.values.items() if name in register.shown}
    return EntryFacts(facts, in_force, entry.number, called, values)


def matches(
    question: EntryQuestion,
    service: Service,
    typed: str,
    language: str,
    *,
    on: date,
    page: int = 1,
    context: Mapping[str, Any] | None = None,
) -> Found | None:
    """A page of the entries in force that hold every word, or the one with this number.

    A question with `where` offers those that say it, also before something is typed; None while it is not known.
    """
    place, wanted = register_of(question, service), question.wanted(context or {})
    if wanted is None:
        return None
    if place is None or not (typed.strip() or wanted) or refused_character(typed):
        return Found()
    owner, register = place
    number = read_reference(typed)
    one = chosen(question, service, number, language) if number else None
    if one is not None and (entry := _entry(place, one.ref, on)) and entry.in_force and _says(entry, wanted):
        return Found((one,))
    search = _search(register, wanted)
    if wanted and search is None:
        return Found()
    read = registers.entries(
        service=owner, register=register.name, on=on, query=typed, page=page, size=MOST, search=search
    )
    return Found(tuple(_match(entry, register, language) for entry in read.entries), page, read.more)


def _says(entry: EntryFacts, wanted: Mapping[str, Any]) -> bool:
    return all(registers.alike(entry.values.get(name), value) for name, value in wanted.items())


def _search(register: Register, wanted: Mapping[str, Any]) -> registers.Search | None:
    group = next((group for group in register.found_by if set(group) == set(wanted)), None) if wanted else None
    return registers.Search(group, tuple(wanted[name] for name in group)) if group is not None else None


def chosen(question: EntryQuestion, service: Service, ref: str, language: str) -> Match | None:
    """The entry with this reference, as it is read, in force or not."""
    place = register_of(question, service)
    if place is None:
        return None
    try:
        entry = registers.entry(ref)
    except registers.NoEntry:
        return None
    if (entry.service, entry.register) != (place[0], place[1].name):
        return None
    return _match(entry, place[1], language)


def _match(entry: registers.Entry, register: Register, language: str) -> Match:
    labelled = ((fact.label.in_(language), entry.fact_text(name, language)) for name, fact in register.shown.items())
    return Match(entry.ref, tuple((label, words) for label, words in labelled if words), entry.number)


def names(service: Service, answers: Mapping[str, Any], language: str) -> dict[str, str]:
    """What the entries among the answers are called, by reference: the first thing that everybody may read, or else
    the number.
    """
    labels: dict[str, str] = {}
    parts = (question for party in service.parties.values() for question in party.questions.values())
    for question, ref in _answered(
        (*service.questions.values(), *service.flow.action_questions.values(), *parts), answers
    ):
        match = chosen(question, service, ref, language)
        if match is not None:
            labels[ref] = match.facts[0][1] if match.facts else match.number
    return labels


def replaced(questions: Sequence[Question], answers: Mapping[str, Any], refs: Mapping[str, str]) -> dict[str, Any]:
    """Answers that name entries as a story does, with their references."""
    replaced_answers = dict(answers)
    for question in questions:
        value = replaced_answers.get(question.name)
        if isinstance(question, EntryQuestion):
            replaced_answers |= {question.name: refs[str(value)]} if value in refs else {}
        elif isinstance(question, RepeatQuestion) and isinstance(value, list):
            replaced_answers[question.name] = [replaced(question.questions, item, refs) for item in value]
    return replaced_answers


def _answered(questions: Sequence[Question], answers: Mapping[str, Any]) -> Iterable[tuple[EntryQuestion, str]]:
    for question in questions:
        value = answers.get(question.name)
        if isinstance(question, EntryQuestion) and isinstance(value, str):
            yield question, value
        elif isinstance(question, RepeatQuestion):
            for item in value or ():
                yield from _answered(question.questions, item)

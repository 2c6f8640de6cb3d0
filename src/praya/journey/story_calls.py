"""Judging and ranking within a story: among its own cases, by members who are invented, at the moments they are due."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.panels import api as panels
from praya.definition.chapters import awarding as awarding_words
from praya.definition.chapters import stocks as stock_words
from praya.definition.chapters.panels import judgings
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import awarding, calls, lines, stocks
from praya.journey import panels as judging
from praya.kernel.calendar import MORNING
from praya.kernel.number import Number


class NoJudge(LookupError):
    """The entry was never given to so many members, or is not being judged."""


def story_of(key: str, refs: Iterable[str]) -> calls.Story:
    """The story with these cases; `key` tells it from every other."""
    return calls.Story(sha256(key.encode()).hexdigest()[:16], frozenset(refs))


def begin(service: Service, numbers: Mapping[str, int], story: calls.Story, *, language: str, at: datetime) -> None:
    """Invent the members of the panels. Each may chair: which of them gets which entry differs from play to play."""
    for name, count in numbers.items():
        for number in range(1, count + 1):
            address = f"{name}{number}.{story.key}@example.com"
            person = identity.enrol(email=address, name=f"Member {number} (sample)", language=language, at=at)
            panels.add_member(
                panel_ref=judging.panel_ref(service.service, name, story.key), person_ref=person.ref,
                chair=True, invited=True, service=service.service, at=at, by="system",
            )  # fmt: skip


def moments(service: Service, pack: Pack, *, after: datetime, until: datetime) -> list[datetime]:
    """When something is due to all cases between two moments, in order."""
    days = {day for _, word in judgings(service) for day in judging.days(word, pack)}
    days |= {pack.calendar.moment(word.on, MORNING) for _, word in awarding_words.rankings(service)}
    days |= {pack.calendar.moment(word.from_date, MORNING) for _, word in stock_words.lines(service) if word.from_date}
    return sorted(moment for moment in days if after < moment <= until)


def hold(service: Service, story: calls.Story, *, at: datetime) -> None:
    """Do what is due by now to the story's cases, until nothing more is."""
    judged = calls.of_service(service, (), judgings, lambda word: word.from_date, story)
    ranked = calls.of_service(service, (), awarding_words.rankings, lambda word: word.on, story)
    waiting = calls.of_service(service, (), stock_words.lines, stocks.day_of, story)
    for _ in range(len(judged) + len(ranked) + len(waiting) + 1):
        # Most of the states of a large competition hold no case of a story: nothing is due there.
        states = {cases.case(ref).state for ref in story.refs}
        moved = sum(judging.hold(call, at=at) for call in judged if call.state in states)
        moved += sum(awarding.hold(call, at=at) for call in ranked if call.state in states)
        moved += sum(lines.call_on(call, at=at) for call in waiting if call.state in states)
        if not moved:
            return


def _round(case: cases.Case) -> panels.Round:
    one, _ = panels.judged(case.ref).get(case.state, (None, None))
    if one is None:
        raise NoJudge(case.state)
    return one


def judge(case: cases.Case, number: int, answers: Mapping[str, Any], *, conflict: str | None, at: datetime) -> None:
    """Let a member give marks, or declare a conflict. Raises NoJudge, and as `panels.mark` and `panels.declare`."""
    seats = panels.seats_of(case.ref, _round(case).ref)
    seat = next((one for one in seats if one.number == number), None)
    if seat is None:
        raise NoJudge(str(number))
    duty = judging.duty(seat.ref, person_ref=seat.person_ref)
    judging.declare(duty, conflict=conflict is not None, reason=conflict or "", at=at)
    if conflict is None:
        judging.mark(judging.duty(seat.ref, person_ref=seat.person_ref), answers, at=at)


def moderate(case: cases.Case, score: Number, reason: str, *, at: datetime) -> None:
    """Let a chair without a conflict in the case set its score. Raises NoJudge, and as `panels.set_score`."""
    one = _round(case)
    chairs = (member for member in panels.members(one.panel_ref) if member.chair)
    free = (member for member in chairs if not panels.has_conflict(case_ref=case.ref, person_ref=member.person_ref))
    chair = next(free, None)
    entry = panels.judged(case.ref)[case.state][1]
    if chair is None:
        raise NoJudge("chair")
    judging.set_score(one, entry.number, score, reason=reason, person_ref=chair.person_ref, at=at)

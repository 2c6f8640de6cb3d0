"""Judging by a panel: entries are given to its members, who declare conflicts and give marks; then it is closed.

A member is a person. Officers of a community or a department are members as the residents whose address they share, so
that there is one worklist for everybody. Whatever a member reads comes from here, and nothing comes where the case is
their own or they declared a conflict.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.panels import api as panels
from praya.blocks.parties import api as parties
from praya.definition import sharing
from praya.definition.chapters.panels import COMMENT, Judging, Panel, judgings
from praya.definition.expression_context import moment as as_moment
from praya.definition.pack import Pack
from praya.definition.questions import Asking, NumberQuestion, Question, Refusal, shown_date
from praya.definition.service import Service
from praya.journey import acting, calls, conflicts, load
from praya.journey.own_words import WORDS
from praya.journey.reply_address import replies_to
from praya.kernel.calendar import MORNING
from praya.kernel.crypto import vault
from praya.kernel.number import Number
from praya.kernel.rounds import by_itself
from praya.kernel.text import Text

LETTER = "panel_entries"
# An operator is told of judging that is not closed so long after its hour.
PATIENCE = timedelta(minutes=15)
MOST_REASON = 2000
SCORE = NumberQuestion(type="number", name="score", label=WORDS["panel_score"], min=0, max=100, decimals=2)
"""What a chair is asked who sets a score."""

Judged = calls.Call[Judging]


# The worker: entries are given out, and judging is closed


def panel_ref(service: str, panel: str, key: str = "") -> str:
    """The reference of a panel of a service; `key` is a story's."""
    return calls.hashed("panel", service, panel, key=key)


def round_ref(call: Judged) -> str:
    """The reference of the judging of a state."""
    return call.ref("judging", call.word.from_date)


def judge_due(*, at: datetime) -> int:
    """Give out entries and close what is over; answers how many entries were given out and cases went on."""
    count = 0
    for name, due_calls in calls.every(judgings, _first_day):
        for call in due_calls:
            with by_itself("judge_entries", service=name, state=call.state):
                count += hold(call, at=at)
    return count


def _first_day(judging: Judging) -> date:
    return judging.from_date


def hold(call: Judged, *, at: datetime) -> int:
    """Do what is due of the judging of one state."""
    pack, judging, service = load.pack(), call.word, call.service
    opens, closes = days(judging, pack)
    panel = service.panels.get(judging.panel)
    if at < opens or panel is None:
        return 0
    ref = round_ref(call)
    known = panels.round_of(ref)
    if known is None or known.closed_at is None:
        known = known or panels.open_round(
            ref=ref, panel_ref=panel_ref(service.service, panel.name, call.story.key if call.story else ""),
            service=service.service, version=service.version, state=call.state, closes_at=closes,
            blind=panel.blind, at=at,
        )  # fmt: skip
        given = _give_out(call, known, panel, at=at)
        if at < closes:
            return given
        try:
            panels.close(round_ref=ref, scales=scales(judging), how=judging.normalise, quorum=judging.quorum, at=at)
        except panels.NotWhole:
            return given
    return _go_on(call, ref, at=at)


def days(judging: Judging, pack: Pack) -> tuple[datetime, datetime]:
    """When judging begins, and when it is over."""
    calendar = pack.calendar
    return calendar.moment(judging.from_date, MORNING), calendar.moment(judging.until + timedelta(days=1), MORNING)


def scales(judging: Judging) -> list[panels.Scale]:
    """The criteria as marks are worked out by them."""
    return [panels.Scale(one.name, one.min, one.max, one.weight) for one in judging.criteria.values()]


def _give_out(call: Judged, known: panels.Round, panel: Panel, *, at: datetime) -> int:
    if call.story is None:
        _take_in(known.panel_ref, panel, call.service, at=at)
    waiting = {one.ref: one for one in call.waiting()}
    people = {one.person_ref for one in panels.members(known.panel_ref)}
    parts = parties.parts_of(people, states=conflicts.TAKES_PART) if call.service.parties else {}
    given = panels.fill(
        round_ref=known.ref,
        cases={ref: (one.person_ref, one.version) for ref, one in waiting.items()},
        judges=call.word.judges,
        barred={ref: parts.get(ref, set()) | ({one.person_ref} & people) for ref, one in waiting.items()},
        at=at,
    )
    for person_ref, count in Counter(given).items():
        _send(person_ref, count, call, known, panel, at=at)
    return len(given)


def _take_in(ref: str, panel: Panel, service: Service, *, at: datetime) -> None:
    """Let the officers whom the definition names be the members, and nobody else; who was invited stays."""
    if panel.invited:
        return
    chairs = _officers(panel, service, at=at)
    now = {one.person_ref: one for one in panels.members(ref)}
    for person_ref, chair in chairs.items():
        if person_ref not in now or now[person_ref].chair != chair:
            panels.add_member(
                panel_ref=ref, person_ref=person_ref, chair=chair, invited=False, service=service.service, at=at,
                by="system",
            )  # fmt: skip
    for person_ref, one in now.items():
        if person_ref not in chairs and not one.invited:
            panels.remove_member(panel_ref=ref, person_ref=person_ref, service=service.service, at=at, by="system")


def _officers(panel: Panel, service: Service, *, at: datetime) -> dict[str, bool]:
    """The officers who are members, as persons, each with whether they chair."""
    pack, chairs = load.pack(), {}
    where = f"{identity.COMMUNITY}{panel.community}" if panel.community else service.department
    for officer in _holders(where):
        held = pack.all_roles.with_included(officer.roles_in(where))
        if held and (panel.role is None or panel.role in held or panel.chair in held):
            person_ref = identity.person_of_officer(officer.ref)
            if person_ref is None:
                person_ref = identity.enrol(email=officer.email, name=None, language=pack.languages[0], at=at).ref
            chairs[person_ref] = panel.chair in held
    return chairs


def _holders(where: str) -> Iterator[identity.Officer]:
    page = identity.holders(where, limit=200)
    while page:
        yield from page
        page = identity.holders(where, after=page[-1].ref, limit=200)


def _send(person_ref: str, count: int, call: Judged, known: panels.Round, panel: Panel, *, at: datetime) -> None:
    """Tell a member how many entries wait for them; the letter says nothing of any of them."""
    try:
        person = identity.person(person_ref)
    except identity.NoPerson:
        return
    language = person.language if person.language in load.pack().languages else "en"
    values = {
        "title": call.service.title.in_(language),
        "panel": panel.label.in_(language),
        "count": count,
        "until": shown_date(call.word.until, language),
        "url": f"{settings.PRAYA.base_url}/{language}/panels",
    }
    with suppress(notices.PersonGone):
        notices.send(
            notices.Letter(
                person_ref=person.ref, case_ref="", service=call.service.service, name=LETTER, language=language,
                subject=WORDS["panel_subject"].in_(language).format(**values),
                body=WORDS["panel_body"].in_(language).format(**values),
                email_to=person.email, channels=("inbox", "email"),
                replies=replies_to(load.pack(), call.service.department, language),
                once_key=f"{known.ref}:{person.ref}:{at.isoformat()}",
            ),
            at=at,
        )  # fmt: skip


def _go_on(call: Judged, ref: str, *, at: datetime) -> int:
    """Let the cases of a closed round go on by the ways of their state; where they are ranked, they wait for that."""
    state = call.service.flow.states[call.state]
    if state.ranking is not None or panels.went_on(ref):
        return 0
    waiting = {one.ref for one in call.waiting()}
    count = 0
    for entry in panels.entries(ref):
        if entry.case_ref in waiting:
            with (
                by_itself("judge_entries", service=call.service.service, case=entry.case_ref),
                suppress(cases.CaseMoved),
            ):
                case = cases.case(entry.case_ref)
                count += acting.look_onward(case, at=at).state != case.state
    panels.note_went_on(ref, at=at)
    return count


def oldest_due(*, at: datetime) -> datetime | None:
    """Since when the first judging should be closed that is not."""
    return min((one.closes_at for one in panels.unclosed(before=at) if _is_real(one)), default=None)


def overdue(*, at: datetime) -> list[tuple[panels.Round, int]]:
    """The judging that should be closed by now and is not, each with how many entries lack their quorum."""
    lacking = []
    for one in panels.unclosed(before=at - PATIENCE):
        judging = judging_of(one)
        if judging is not None and _is_real(one):
            lacking.append((one, panels.lacking_quorum(one.ref, judging.quorum)))
    return lacking


def _is_real(one: panels.Round) -> bool:
    """Whether a round is not a story's."""
    service = load.compiled(one.service, one.version)
    return one.panel_ref in {panel_ref(one.service, name) for name in service.panels}


# What members see and do


def judging_of(one: panels.Round) -> Judging | None:
    """What the definition says of a round."""
    state = load.compiled(one.service, one.version).flow.states.get(one.state)
    return state.judging if state else None


@dataclass(frozen=True)
class Duty:
    """An entry as it is given to one member; of the case nothing else than what the panel may read is here."""

    seat: panels.Seat
    round: panels.Round
    service: Service
    panel: Panel
    judging: Judging
    sees: Mapping[str, Any]

    @property
    def declared(self) -> bool:
        """Whether the member said that they have no conflict of interest."""
        return self.seat.state != "given"

    def shown(self) -> list[tuple[Text, Question, Any]]:
        """What the member may read of the entry, in the order of the form; nothing before they declared."""
        if not self.declared:
            return []
        questions = self.service.questions.values()
        return [(q.label, q, self.sees[q.name]) for q in questions if q.name in self.sees]

    @property
    def files(self) -> set[str]:
        """The references of the files among what they may read."""
        return {ref for _, q, value in self.shown() for ref in sharing.uploads([q], {q.name: value})}


def duty(ref: str, *, person_ref: str) -> Duty:
    """An entry of a member.

    Raises panels.NoSeat for anybody else, and where judging is over or the case is their own.
    """
    seat = panels.seat(ref, person_ref=person_ref)
    one = panels.round_of(seat.round_ref)
    judging = judging_of(one) if one is not None else None
    try:
        case = cases.case(seat.case_ref)
        answers = cases.content(seat.case_ref).answers
    except (cases.NoCase, vault.Forgotten):
        raise panels.NoSeat(ref) from None
    if one is None or judging is None or one.closed_at or case.state != one.state or case.closed_at:
        raise panels.NoSeat(ref)
    if conflicts.takes_part(case, person_ref):
        raise panels.NoSeat(ref)
    service = load.compiled(case.service, case.version)
    panel = service.panels.get(judging.panel)
    if panel is None:
        raise panels.NoSeat(ref)
    sees = {name: answers[name] for name in panel.sees if name in answers}
    return Duty(seat, one, service, panel, judging, sees)


def declare(duty: Duty, *, conflict: bool, reason: str, at: datetime) -> None:
    """Declare a conflict of interest, or none. Raises panels.NoSeat, panels.NotOpen, acting.NotAnswered."""
    kept = acting.lines_kept(reason, "reason", acting.REASON)
    if conflict and not kept:
        raise acting.NotAnswered([Refusal("reason", "missing", acting.REASON)])
    panels.declare(
        ref=duty.seat.ref, person_ref=duty.seat.person_ref, conflict=conflict, reason=kept[:MOST_REASON], at=at
    )


def mark(duty: Duty, answers: Mapping[str, Any], *, at: datetime) -> None:
    """Give the marks. Raises acting.NotAnswered, panels.NoSeat, panels.NotOpen, PermissionError before declaring."""
    asks, today = duty.judging.asks, load.pack().calendar.day_of(at)
    refusals = list(forms.refusals(asks, answers, asking(duty.service, today)))
    if refusals:
        raise acting.NotAnswered(refusals)
    criteria = duty.judging.criteria
    comments = {name: answers.get(name + COMMENT) for name in criteria}
    panels.mark(
        ref=duty.seat.ref, person_ref=duty.seat.person_ref, marks={name: answers[name] for name in criteria},
        comments={name: text for name, text in comments.items() if text}, at=at,
    )  # fmt: skip


def asking(service: Service, today: date) -> Asking:
    """What the questions of a member see: the law of the day."""
    return Asking(today, {"parameters": service.parameters_on(today), "today": as_moment(today)})


def answers_so_far(duty: Duty) -> dict[str, Any]:
    """The answers of a member so far, by question."""
    judgement = panels.judgement(duty.seat.ref)
    if judgement is None:
        return {}
    return {**judgement.marks, **{name + COMMENT: text for name, text in judgement.comments.items()}}


# What the chair sees and does


@dataclass(frozen=True)
class Reviewed:
    """An entry as the chair sees it: the totals of its members by their numbers, and what they come to unevened."""

    entry: panels.Entry
    totals: tuple[Number, ...]
    judges: int
    mean: Number | None
    spread: Number | None


def reviewed(one: panels.Round, judging: Judging, *, without: Iterable[str] = ()) -> list[Reviewed]:
    """The entries of a round with their marks so far, without the cases named."""
    hidden, weights = set(without), scales(judging)
    marks: dict[str, list[panels.Marks]] = {}
    for each in panels.scores(one.ref):
        marks.setdefault(each.entry, []).append(each)
    counted = panels.given_to(one.ref)
    rows = []
    for entry in panels.entries(one.ref):
        if entry.case_ref in hidden:
            continue
        own = marks.get(entry.case_ref, [])
        result = panels.worked_out(own, weights, "none").get(entry.case_ref)
        totals = tuple(sorted((panels.total_of(each, weights) for each in own), reverse=True))
        rows.append(
            Reviewed(
                entry, totals, counted.get(entry.case_ref, 0), result.score if result else None,
                result.spread if result else None,
            )
        )  # fmt: skip
    return rows


def chaired(one: panels.Round, person_ref: str) -> bool:
    """Whether a person chairs the panel of a round."""
    return panels.panels_of(person_ref).get(one.panel_ref, False)


def shut_out(person_ref: str) -> set[str]:
    """The cases that a person may not judge: their own, those in which they take part or declared a conflict."""
    return panels.declared_by(person_ref) | conflicts.parts_of(person_ref)


def set_score(
    one: panels.Round, number: int, score: Number | None, *, reason: str, person_ref: str, at: datetime
) -> None:
    """Let the chair set the score of an entry with a reason, or with None take it back.

    Raises PermissionError for anybody else, panels.NoSeat where they have a conflict, panels.NotOpen,
    acting.NotAnswered.
    """
    if not chaired(one, person_ref):
        raise PermissionError("only the chair sets a score")
    kept = acting.lines_kept(reason, "reason", acting.REASON)
    today = load.pack().calendar.day_of(at)
    refusals = [] if score is None else list(SCORE.refusals(score, "score", Asking(today, {})))
    if score is not None and not kept:
        refusals.append(Refusal("reason", "missing", acting.REASON))
    if refusals:
        raise acting.NotAnswered(refusals)
    with transaction.atomic():
        entry = panels.entry(one.ref, number, person_ref=person_ref)
        if conflicts.takes_part(cases.case(entry.case_ref), person_ref):
            raise panels.NoSeat(one.ref)
        panels.set_score(
            round_ref=one.ref, number=number, score=score, reason=kept[:MOST_REASON], at=at,
            by=f"person:{person_ref}", person_ref=person_ref,
        )  # fmt: skip

"""Judging by a panel and awarding, as the worker does them: conflicts, quorum, moderation, late entries, budgets."""

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from tests.small import AT, GRANT, published

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.panels import api as panels
from praya.blocks.rankings import api as rankings
from praya.blocks.registers import api as registers
from praya.definition.load import parse_service
from praya.definition.service import Service
from praya.definition.source import Broken, read_text
from praya.journey import acting, application_steps, awarding, conflicts, erasure, jobs, load
from praya.journey import panels as judging
from praya.kernel.journal import api as journal
from praya.project import diagnosis

pytestmark = pytest.mark.django_db

CALL = (
    GRANT.partition("form:\n")[0]
    + """\
parameters:
  fund: [{from: 2020-01-01, value: 1000}]
form:
  - page: about-you
    questions:
      - applicant_name: {type: text, label: {en: Your name, zh-hant: 姓名}}
      - idea: {type: text, label: {en: Your idea, zh-hant: 構思}}
      - needed: {type: money, min: 1, max: 1000, label: {en: You need, zh-hant: 所需金額}}
      - stream:
          type: choice
          label: {en: Stream, zh-hant: 組別}
          options: [{value: a, label: {en: A, zh-hant: 甲}}, {value: b, label: {en: B, zh-hant: 乙}}]
panels:
  jury: {label: {en: Jury, zh-hant: 評審團}, sees: [idea]}
flow:
  start: first-round
  states:
    first-round:
      label: {en: First round, zh-hant: 初審}
      judging:
        panel: jury
        from: 2026-01-12
        until: 2026-01-16
        judges: 3
        quorum: 2
        normalise: z-score
        criteria:
          worth: {label: {en: Worth, zh-hant: 價值}, weight: 3, comment: none}
          skill: {label: {en: Skill, zh-hant: 技巧}, weight: 2, comment: none}
      ranking:
        {on: 2026-01-19, by: judged.first_round.score, then: [judged.first_round.skill], per: answers.stream,
         places: 8, won: second-round, lost: refused}
      actions:
        withdraw: {label: {en: Withdraw, zh-hant: 撤回}, by: applicant, to: withdrawn}
    second-round:
      label: {en: Second round, zh-hant: 複審}
      judging:
        panel: jury
        from: 2026-01-20
        until: 2026-01-23
        judges: 4
        quorum: 1
        normalise: rank
        criteria:
          worth: {label: {en: Worth, zh-hant: 價值}, comment: none}
      ranking:
        {on: 2026-01-26, by: judged.second_round.score, per: answers.stream, places: 3, won: grand, lost: refused}
    grand:
      label: {en: Grand award, zh-hant: 大獎}
      ranking:
        {on: 2026-01-27, by: judged.second_round.score + judged.first_round.score, budget: parameters.fund,
         amount: answers.needed, short: part, bar: [{register: winners}], won: granted, lost: refused}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted, register: winners}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
    withdrawn: {label: {en: Withdrawn, zh-hant: 已撤回}, final: true, result: withdrawn}
registers:
  winners:
    title: {en: Winners, zh-hant: 得獎名單}
    legal_basis: {en: A decision, zh-hant: 決定}
    facts: {amount: {label: {en: Amount, zh-hant: 金額}, value: ranking.amount}}
retention: {granted: 7 years, refused: 3 years, withdrawn: 1 year}
"""
)
JUDGED_ALONE = CALL[: CALL.index("      ranking:\n")] + (
    """\
      next:
        - {when: judged.first_round.score >= 50, to: granted}
        - {when: judged.first_round.score < 50, to: refused}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
retention: {granted: 7 years, refused: 3 years}
"""
)


def day(number: int, hour: int = 10) -> Any:
    """The moment on this day of January 2026."""
    return AT.replace(day=number, hour=hour)


OPENED, CLOSED, RANKED = day(12), day(17), day(19)


def entered(service: Service, number: int, **more: Any) -> cases.Case:
    person = identity.enrol(email=f"p{number}@example.com", name=f"Sample {number}", language="en", at=AT)
    answers = {
        "applicant_name": f"Chan {number}", "idea": f"Idea {number}", "needed": 400, "stream": "ab"[number % 2], **more,
    }  # fmt: skip
    return application_steps.apply_at_once(
        service, person=person, language="en", answers=answers, files={}, seats=[], once_key=str(number), at=AT
    )


def invited(service: Service, number: int, *, panel: str = "jury") -> list[str]:
    people = []
    for n in range(number):
        person = identity.enrol(email=f"judge{n}@example.com", name=f"Judge {n}", language="en", at=AT)
        panels.add_member(
            panel_ref=judging.panel_ref(service.service, panel), person_ref=person.ref, chair=n == 0, invited=True,
            service=service.service, at=AT, by="system",
        )  # fmt: skip
        people.append(person.ref)
    return people


def round_of(service: Service) -> panels.Round:
    (one, *_) = panels.rounds_of_service(service.service)
    return one


def give(seat: panels.Seat, person: str, at: Any = OPENED, **marks: int) -> None:
    judging.declare(judging.duty(seat.ref, person_ref=person), conflict=False, reason="", at=at)
    judging.mark(judging.duty(seat.ref, person_ref=person), marks, at=at)


def everybody_gives(service: Service, people: list[str], at: Any = OPENED, seed: int = 1, **marks: int) -> None:
    """Everybody gives marks to all their entries, in an order that the seed shuffles."""
    one = round_of(service)
    duties = [(seat, person) for person in people for seat in panels.worklist(one.ref, person)]
    state = service.flow.states[one.state].judging
    assert state is not None
    for seat, person in Random(seed).sample(duties, len(duties)):
        said = marks or {name: int(panels.ticket(name, seat.case_ref, person)[:4], 16) % 11 for name in state.criteria}
        give(seat, person, at=at, **said)


def test_entries_are_given_out_on_the_day_and_a_letter_says_nothing_of_them() -> None:
    service = published(CALL)
    people = invited(service, 5)
    refs = [entered(service, n).ref for n in range(10)]
    assert judging.judge_due(at=day(11)) == 0
    assert judging.judge_due(at=OPENED) == 30
    assert judging.judge_due(at=OPENED) == 0
    one = round_of(service)
    loads = [len(panels.worklist(one.ref, person)) for person in people]
    assert loads == [6] * 5
    assert sorted(entry.number for entry in panels.entries(one.ref)) == list(range(1, 11))
    letter = notices.inbox(people[0])[0]
    assert "6 entries to judge" in letter.subject
    assert not any(ref in letter.body or f"Idea {n}" in letter.body for n, ref in enumerate(refs))
    late = entered(service, 20)
    judging.judge_due(at=day(13))
    assert len(panels.seats_of(late.ref, one.ref)) == 3


def test_a_conflict_is_declared_before_anything_is_seen_and_shuts_every_door() -> None:
    service = published(CALL)
    people = invited(service, 4)
    case = entered(service, 1)
    judging.judge_due(at=OPENED)
    one = round_of(service)
    seat = panels.seats_of(case.ref, one.ref)[0]
    person = seat.person_ref
    found = judging.duty(seat.ref, person_ref=person)
    assert (found.declared, found.shown(), found.files) == (False, [], set())
    with pytest.raises(PermissionError):
        judging.mark(found, {"worth": 5, "skill": 5}, at=OPENED)
    with pytest.raises(acting.NotAnswered):
        judging.declare(found, conflict=True, reason=" ", at=OPENED)
    judging.declare(found, conflict=False, reason="", at=OPENED)
    found = judging.duty(seat.ref, person_ref=person)
    assert [(question.name, value) for _, question, value in found.shown()] == [("idea", "Idea 1")]
    judging.mark(found, {"worth": 5, "skill": 5}, at=OPENED)

    judging.declare(found, conflict=True, reason="A cousin of mine.", at=OPENED)
    with pytest.raises(panels.NoSeat):
        judging.duty(seat.ref, person_ref=person)
    assert panels.worklist(one.ref, person) == []
    assert panels.seats(person) == {}
    assert panels.scores(one.ref) == []
    entry = panels.entries(one.ref)[0]
    with pytest.raises(panels.NoSeat):
        panels.entry(one.ref, entry.number, person_ref=person)
    assert judging.reviewed(one, found.judging, without=panels.declared_by(person)) == []
    if judging.chaired(one, person):
        with pytest.raises(panels.NoSeat):
            judging.set_score(one, entry.number, 99, reason="Mine.", person_ref=person, at=OPENED)
    judging.judge_due(at=OPENED + timedelta(minutes=1))
    assert [seat.state for seat in panels.seats_of(case.ref, one.ref)] == ["conflict", "given", "given", "given"]
    (fact,) = journal.about(case.ref, events=["conflict_declared"])
    assert "cousin" not in str(fact)
    others = [seat for seat in panels.seats_of(case.ref, one.ref) if seat.person_ref != person]
    assert {seat.person_ref for seat in others} == {*people} - {person}
    # A stranger, and another member's address.
    for somebody in ("0" * 32, others[0].person_ref, ""):
        with pytest.raises(panels.NoSeat):
            judging.duty(seat.ref, person_ref=somebody)


def test_nobody_judges_what_is_their_own_nor_opens_at_the_desk_what_they_judge_blind() -> None:
    service = published(CALL)
    people = invited(service, 4)
    applicant = identity.person(people[0])
    case = application_steps.apply_at_once(
        service, person=applicant, language="en", files={}, seats=[], once_key="own", at=AT,
        answers={"applicant_name": "Judge", "idea": "Mine", "needed": 1, "stream": "a"},
    )  # fmt: skip
    roles = frozenset({identity.Role("dh", "officer")})
    officer = identity.add_officer(name="Judge", email="judge1@example.com", roles=roles, at=AT, by="system")
    assert not conflicts.concerns(case, officer.ref)
    judging.judge_due(at=OPENED)
    seats = {seat.person_ref: seat for seat in panels.seats_of(case.ref, round_of(service).ref)}
    assert set(seats) == {*people} - {people[0]}
    assert conflicts.concerns(case, officer.ref), "a blind judge does not open the case at the desk"
    judging.declare(judging.duty(seats[people[1]].ref, person_ref=people[1]), conflict=True, reason="A.", at=OPENED)
    assert conflicts.concerns(case, officer.ref), "and whoever declared a conflict never does"


def test_judging_stays_open_until_each_entry_has_its_quorum_and_an_operator_is_told() -> None:
    service = published(CALL)
    people = invited(service, 3)
    case = entered(service, 1)
    judging.judge_due(at=OPENED)
    seats = panels.seats_of(case.ref, round_of(service).ref)
    give(seats[0], seats[0].person_ref, worth=8, skill=3)
    jobs.judge_entries(at=CLOSED)
    jobs.rank_cases(at=RANKED)
    assert round_of(service).closed_at is None
    assert cases.case(case.ref).state == "first-round"
    told = {finding.check: finding.sentence for finding in diagnosis.draws(at=RANKED)}
    assert "1 entries lack marks" in told["judging"]
    assert "small-grant" in told["rankings"]
    assert jobs.panels.oldest_due(at=RANKED) == judging.days(service.flow.states["first-round"].judging, load.pack())[1]
    give(seats[1], seats[1].person_ref, at=RANKED, worth=2, skill=3)
    jobs.judge_entries(at=RANKED)
    jobs.rank_cases(at=RANKED)
    assert cases.case(case.ref).state == "second-round"
    assert [finding.state for finding in diagnosis.draws(at=RANKED)] == ["ok"]
    with pytest.raises(panels.NoSeat):
        judging.duty(seats[2].ref, person_ref=people[0])


def test_the_chair_sets_a_score_with_a_reason_and_nobody_else_does() -> None:
    service = published(CALL)
    people = invited(service, 3)
    case = entered(service, 1)
    judging.judge_due(at=OPENED)
    everybody_gives(service, people, worth=5, skill=5)
    one = round_of(service)
    with pytest.raises(PermissionError):
        judging.set_score(one, 1, 80, reason="Because.", person_ref=people[1], at=OPENED)
    for score, reason, path in ((80, " ", "reason"), (101, "High.", "score"), (-1, "Low.", "score")):
        with pytest.raises(acting.NotAnswered) as refused:
            judging.set_score(one, 1, score, reason=reason, person_ref=people[0], at=OPENED)
        assert [refusal.path for refusal in refused.value.refusals] == [path]
    judging.set_score(one, 1, 80, reason="A judge misread it.", person_ref=people[0], at=OPENED)
    jobs.judge_entries(at=CLOSED)
    (entry,) = panels.entries(one.ref)
    assert (entry.score, entry.worked_out, entry.set_by) == (80, 50, f"person:{people[0]}")
    assert panels.reason_of(one.ref, case.ref) == "A judge misread it."
    with pytest.raises(panels.NotOpen):
        judging.set_score(one, 1, 70, reason="Late.", person_ref=people[0], at=CLOSED)


def test_judging_without_a_ranking_leads_on_by_the_ways_of_the_state() -> None:
    service = published(JUDGED_ALONE)
    people = invited(service, 3)
    good, bad = entered(service, 1), entered(service, 2)
    judging.judge_due(at=OPENED)
    one = round_of(service)
    for person in people:
        for seat in panels.worklist(one.ref, person):
            mark = 9 if seat.case_ref == good.ref else 1
            give(seat, person, worth=mark, skill=mark)
    assert jobs.judge_entries(at=CLOSED) == 2
    assert (cases.case(good.ref).state, cases.case(bad.ref).state) == ("granted", "refused")
    assert jobs.judge_entries(at=CLOSED) == 0


def test_who_comes_late_loses_who_withdraws_is_out_and_earlier_winners_leave_the_budget_to_others() -> None:
    service = published(CALL)
    people = invited(service, 4)
    made = [entered(service, n, needed=400) for n in range(6)]
    judging.judge_due(at=OPENED)
    gone = made[5]
    acting.act(
        case=cases.case(gone.ref), action="withdraw", by=acting.applicant(gone.person_ref), answers={}, reason="",
        once_key="w", at=OPENED,
    )  # fmt: skip
    everybody_gives(service, people)
    jobs.judge_entries(at=CLOSED)
    late = entered(service, 9)
    jobs.rank_cases(at=RANKED)
    later = entered(service, 10)
    jobs.rank_cases(at=RANKED)
    assert cases.case(later.ref).state == "refused"
    assert cases.case(late.ref).state == "refused", "nobody judged it: it is last, and gets no place that is left"
    assert rankings.last_of(late.ref).place == 6
    assert rankings.last_of(gone.ref) is None
    jobs.judge_entries(at=day(20))
    everybody_gives(service, people, at=day(20))
    jobs.judge_entries(at=day(24))
    jobs.rank_cases(at=day(26))
    best = sorted((rankings.last_of(case.ref).place, case) for case in made if cases.case(case.ref).state == "grand")
    barred = best[0][1]
    winner = registers.NewEntry(
        service=service.service, register="winners", holder_ref=barred.person_ref, facts={"amount": "1"},
        case_ref="earlier", from_date=AT.date(), until_date=None, once_key="earlier",
    )  # fmt: skip
    registers.enter(winner, at=AT, by="system")
    jobs.rank_cases(at=day(27))
    given = {case.ref: rankings.last_of(case.ref).cents for _, case in best}
    assert given[barred.ref] is None
    assert cases.case(barred.ref).state == "refused"
    assert sorted(Counter(given.values()).items(), key=str) == [(20000, 1), (40000, 2), (None, len(best) - 3)]


def test_the_ranking_that_is_published_is_that_of_the_journal_and_can_be_recomputed() -> None:
    service = published(CALL)
    people = invited(service, 4)
    made = [entered(service, n).ref for n in range(5)]
    judging.judge_due(at=OPENED)
    everybody_gives(service, people)
    jobs.judge_entries(at=CLOSED)
    jobs.rank_cases(at=RANKED)
    (ranking,) = rankings.of_service(service.service)
    (fact,) = journal.about(ranking.ref)
    assert fact.facts["digest"] == ranking.digest
    rows = [line.split("\t") for line in ranking.lines.splitlines()]
    assert [row[0] for row in rows] == [
        rankings.ticket(ref) for ref in sorted(made, key=lambda ref: rankings.last_of(ref).place)
    ]
    assert [float(row[2].split()[0]) for row in rows] == sorted((float(r[2].split()[0]) for r in rows), reverse=True)
    # Nobody's second run changes it.
    with pytest.raises(rankings.MadeAlready):
        rankings.make(
            ref=ranking.ref, service="x", state="y", contenders=[], places=1, budget=None, short="stop", at=AT
        )


def test_a_run_that_fails_is_tried_again_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    service = published(CALL)
    people = invited(service, 3)
    case = entered(service, 1)
    judging.judge_due(at=OPENED)
    everybody_gives(service, people)
    jobs.judge_entries(at=CLOSED)
    make = rankings.make

    def fails(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(rankings, "make", fails)
    assert jobs.rank_cases(at=RANKED) == 0
    (late,) = awarding.overdue(at=RANKED)
    assert (late.service, late.state, late.why) == ("small-grant", "first-round", "")
    monkeypatch.setattr(rankings, "make", make)
    assert jobs.rank_cases(at=RANKED) == 1
    assert cases.case(case.ref).state == "second-round"


def test_an_erased_applicant_is_judged_by_nobody_and_holds_nobody_up() -> None:
    service = published(CALL)
    people = invited(service, 3)
    gone, stays = entered(service, 1), entered(service, 2)
    judging.judge_due(at=OPENED)
    everybody_gives(service, people)
    seat = panels.seats_of(gone.ref, round_of(service).ref)[0]
    erasure.erase(person_ref=gone.person_ref, at=OPENED, by="system")
    with pytest.raises(panels.NoSeat):
        judging.duty(seat.ref, person_ref=seat.person_ref)
    jobs.judge_entries(at=CLOSED)
    jobs.rank_cases(at=RANKED)
    assert cases.case(stays.ref).state == "second-round"
    assert rankings.last_of(stays.ref).place == 1


def test_what_panels_keep_of_a_case_goes_with_it() -> None:
    service = published(CALL)
    people = invited(service, 3)
    case = entered(service, 1)
    judging.judge_due(at=OPENED)
    everybody_gives(service, people)
    jobs.judge_entries(at=CLOSED)
    jobs.rank_cases(at=RANKED)
    panels.forget_of_case(case_ref=case.ref)
    rankings.forget_of_case(case_ref=case.ref)
    assert panels.judged(case.ref) == {}
    assert rankings.last_of(case.ref) is None


def test_a_bar_reads_the_facts_of_its_register() -> None:
    changed = CALL.replace("bar: [{register: winners}]", "bar: [{register: winners, when: entry.amont > 0}]")
    with pytest.raises(Broken) as found:
        parse_service(read_text(changed.encode(), "service.yaml"), load.pack())
    assert any("did you mean 'amount'" in problem.message for problem in found.value.problems)

"""Referrals with their own clocks, silence, refusals that end, and a promise whose clock stands still."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import small_services
from tests.journeys.test_entries import person

from praya.blocks.cases import api as cases
from praya.definition.pack import Holiday
from praya.definition.service import Service
from praya.journey import acting, application_steps, case_context, clocks, jobs, load
from praya.kernel.journal import api as journal
from praya.kernel.text import Text

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)  # a Monday morning
SIGN = """
form:
  - page: sign
    questions:
      - street: {type: text, max_length: 60, label: {en: Street, zh-hant: 街道}}
promise:
  within: 30 working days
  stops_for: [applicant, departments]
  warn: [{before: 5 working days}, {before: 2 working days, role: supervisor}]
  escalate: supervisor
arbiter: {department: td, within: 5 working days}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      clock: 10 working days
      warn: [{before: 2 working days, role: supervisor}]
      escalate: supervisor
      actions:
        ask:
          label: {en: Ask departments, zh-hant: 徵詢部門}
          to: asked
          refer: [fsd, bd]
          reply_within: 10 working days
          each_within: {bd: 15 working days}
          remind: 3 working days
        question: {label: {en: Ask the applicant, zh-hant: 詢問申請人}, to: waiting}
        approve: {label: {en: Approve, zh-hant: 批准}, to: granted}
    waiting:
      label: {en: Waiting, zh-hant: 等候}
      waits_for_applicant: true
      actions:
        answer: {label: {en: Answer, zh-hant: 回答}, by: applicant, to: received}
    asked:
      label: {en: Asked, zh-hant: 已徵詢}
      when_replied: [{when: replies.adverse > 0, to: refused}, {to: received}]
      when_late: [{of: [fsd], assume: no-objection}, {of: [bd], to: chased}]
      actions:
        another:
          label: {en: Ask another, zh-hant: 徵詢其他部門}
          refer_to: which
          reply_within: 10 working days
          ask:
            - which:
                type: choice
                label: {en: Which, zh-hant: 部門}
                options:
                  - {value: fsd, label: {en: Fire, zh-hant: 消防}}
                  - {value: bd, label: {en: Buildings, zh-hant: 屋宇}}
                  - {value: epd, label: {en: Environment, zh-hant: 環保}}
    chased:
      label: {en: Chased, zh-hant: 已催辦}
      when_replied: [{to: received}]
      actions:
        go-on: {label: {en: Go on, zh-hant: 繼續}, to: received}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
retention: {granted: 7 years, refused: 1 year}
"""
OFFICER = acting.By("officer:x", ("officer",), "fehd")
Do = Callable[..., cases.Case]


def sign(text: str = SIGN, name: str = "small-sign") -> Service:
    return small_services.published(small_services.service(name, "SG", text)).services[name]


def opened(service: Service, key: str = "x", at: datetime = AT) -> str:
    return application_steps.apply_at_once(
        service, person=person(), language="en", answers={"street": "Sample Street"}, files={}, seats=[],
        once_key=key, at=at,
    ).ref  # fmt: skip


def do(ref: str, action: str, at: datetime, answers: dict[str, Any] | None = None, by: str = "officer") -> cases.Case:
    case = cases.case(ref)
    who = OFFICER if by == "officer" else acting.applicant(case.person_ref)
    return acting.act(
        case=case, action=action, by=who, answers=answers or {}, reason="", once_key=f"{ref}{action}{at}", at=at
    )


def replied(ref: str, department: str, result: str, at: datetime, belongs_to: str = "") -> cases.Case:
    return acting.reply(
        case=cases.case(ref), department=department, result=result, comment="", belongs_to=belongs_to,
        by=f"department:{department}", at=at,
    )  # fmt: skip


def day(at: datetime | None) -> date | None:
    return load.pack().calendar.day_of(at) if at else None


def after(count: int, start: datetime = AT) -> date:
    calendar = load.pack().calendar
    return calendar.working_days_after(calendar.day_of(start), count)


def steps(ref: str, *kinds: str) -> list[tuple[str, str]]:
    return [(step.kind, step.action) for step in cases.history(ref) if step.kind in kinds]


def test_each_department_has_its_own_clock_and_silence_is_read_as_the_definition_says(db: None) -> None:
    ref = opened(sign())
    asked = do(ref, "ask", AT + timedelta(hours=1))
    assert [(r.department, day(r.due_at)) for r in asked.referrals] == [("fsd", after(10)), ("bd", after(15))]
    jobs.run_timers(at=AT + timedelta(days=13))
    assert steps(ref, "asked_again", "late") == [("asked_again", "fsd")]
    jobs.run_timers(at=AT + timedelta(days=15))
    jobs.run_timers(at=AT + timedelta(days=15))
    fsd, bd = cases.case(ref).referrals
    assert (fsd.result, fsd.is_open, bd.is_open) == ("assumed", False, True)
    assert day(fsd.replied_at) == after(10), "it replied when its time was over, not when the worker came"
    assert cases.visible_refs([ref], within=cases.Access(("fsd",))) == set(), "who is not asked any more sees nothing"
    # Buildings are not read as agreeing: the case goes on to be chased, and they stay asked.
    jobs.run_timers(at=AT + timedelta(days=25))
    late = cases.case(ref)
    assert (late.state, [r.department for r in late.referrals if r.is_open]) == ("chased", ["bd"])
    assert steps(ref, "late") == [("late", "fsd"), ("late", "bd")]
    assert replied(ref, "bd", "no-objection", AT + timedelta(days=26)).state == "received"


def test_what_is_not_ours_goes_back_and_after_two_refusals_an_arbiter_decides(db: None) -> None:
    ref = opened(sign())
    do(ref, "ask", AT)
    replied(ref, "bd", "no-objection", AT + timedelta(days=1))
    back = replied(ref, "fsd", "not-ours", AT + timedelta(days=1))
    assert back.state == "asked", "a refusal is no reply: the case does not go on by itself"
    do(ref, "another", AT + timedelta(days=2), {"which": "epd"})
    refused = replied(ref, "epd", "not-ours", AT + timedelta(days=3))
    (arbiter,) = [r for r in refused.referrals if r.is_open]
    assert (arbiter.department, arbiter.arbiter, day(arbiter.due_at)) == ("td", True, after(5, AT + timedelta(days=3)))
    with pytest.raises(cases.NotAsked):
        replied(ref, "td", "no-objection", AT + timedelta(days=4))
    with pytest.raises(cases.CannotRefuse):
        replied(ref, "td", "not-ours", AT + timedelta(days=4))
    with pytest.raises(cases.NotAsked):
        replied(ref, "td", "decided", AT + timedelta(days=4), belongs_to="nobody")
    decided = replied(ref, "td", "decided", AT + timedelta(days=4), belongs_to="epd")
    (bound,) = [r for r in decided.referrals if r.is_open]
    assert (bound.department, bound.binding) == ("epd", True)
    with pytest.raises(cases.CannotRefuse):
        replied(ref, "epd", "not-ours", AT + timedelta(days=5))
    assert replied(ref, "epd", "no-objection", AT + timedelta(days=5)).state == "received"


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(choices=st.lists(st.sampled_from(["fsd", "bd", "epd"]), min_size=30, max_size=30), number=st.integers())
def test_refusals_end(db: None, choices: list[str], number: int) -> None:
    """Whoever is asked and may refuse does, and the officer asks whomever they like: still the case is answered."""
    ref, at = opened(sign(), key=f"{number}{choices}"), AT
    do(ref, "ask", at)
    refusals = 0
    for choice in choices:
        at += timedelta(hours=1)
        open_ones = [r for r in cases.case(ref).referrals if r.is_open]
        if cases.case(ref).state != "asked":
            break
        if not open_ones:
            do(ref, "another", at, {"which": choice})
            continue
        one = open_ones[0]
        if one.arbiter:
            replied(ref, one.department, "decided", at, belongs_to=choice)
            continue
        try:
            replied(ref, one.department, "not-ours", at)
            refusals += 1
        except cases.CannotRefuse:
            replied(ref, one.department, "no-objection", at)
    assert cases.case(ref).state == "received"
    assert refusals <= 3


def test_the_promise_stands_still_while_others_are_asked(db: None) -> None:
    service, pack = sign(), load.pack()
    ref = opened(service)
    assert (day(cases.case(ref).promise_at), day(cases.case(ref).due_at)) == (after(30), after(10))
    asked = do(ref, "ask", AT + timedelta(days=1))
    assert (asked.promise_at, asked.stopped_at) == (None, AT + timedelta(days=1))
    # Three working days later both have replied; the applicant is asked for four more.
    replied(ref, "bd", "no-objection", AT + timedelta(days=2))
    heard = replied(ref, "fsd", "conditions", AT + timedelta(days=4))
    assert (day(heard.promise_at), heard.stopped_at) == (after(33), None)
    waiting = do(ref, "question", AT + timedelta(days=7))
    assert (waiting.promise_at, day(waiting.stopped_at)) == (None, date(2026, 3, 9))
    answered = do(ref, "answer", AT + timedelta(days=11), by="applicant")
    assert day(answered.promise_at) == after(37)
    assert day(answered.due_at) == after(10, AT + timedelta(days=11)), "the clock of a state begins with it"
    # Nothing of this was carried on: worked out again from the history it is the same.
    found = clocks.read(cases.case(ref), service, pack)
    assert (found.promise_at, found.stopped_at) == (answered.promise_at, None)


def test_rules_read_the_clock_of_the_state_and_the_promise(db: None) -> None:
    approve = "approve: {label: {en: Approve, zh-hant: 批准}, "
    rush = approve.replace("approve", "rush") + "to: granted, when: clock.late}"
    soon = approve.replace("approve", "soon") + "to: granted, when: 'days_between(today, clock.due) <= 2'}"
    late = approve.replace("approve", "late") + "to: granted, when: promise.late}"
    text = SIGN.replace(approve, f"{rush}\n        {soon}\n        {late}\n        {approve}")
    service, pack = sign(text), load.pack()
    ref = opened(service)

    def offered(days: int) -> set[str]:
        case = cases.case(ref)
        return {one.name for one in acting.open_actions(case, OFFICER, at=AT + timedelta(days=days))}

    due = (after(10) - AT.date()).days
    assert offered(0) == {"ask", "question", "approve"}
    assert offered(due - 2) - offered(0) == {"soon"}
    assert offered(due) - offered(0) == {"soon"}
    assert offered(due + 1) - offered(0) == {"soon", "rush"}
    assert offered((after(30) - AT.date()).days + 1) - offered(0) == {"soon", "rush", "late"}

    def seen(of: cases.Case) -> dict[str, Any]:
        return case_context.of_case(of, service, pack, today=day(AT) or date.max).context

    asked = seen(do(ref, "ask", AT + timedelta(days=1)))
    nothing = {"due": None, "late": False, "stopped": False}
    assert (asked["promise"], asked["clock"]) == ({**nothing, "stopped": True}, nothing)


def test_clocks_warn_and_escalate_once_and_the_figures_tell_what_was_missed(db: None) -> None:
    ref = opened(sign())
    for days in (11, 12, 14, 15, 40, 45, 50):
        jobs.run_timers(at=AT + timedelta(days=days))
    told = [("warned", "supervisor"), ("escalated", "supervisor"), ("warned", "officer"), ("warned", "supervisor")]
    assert steps(ref, "warned", "escalated") == [*told, ("escalated", "supervisor")]
    do(ref, "approve", AT + timedelta(days=60))
    (closed,) = journal.about(ref, events=["case_closed"])
    assert closed.facts["promise"] == "missed"
    other = opened(sign(), key="other")
    do(other, "approve", AT + timedelta(days=3))
    (closed,) = journal.about(other, events=["case_closed"])
    assert closed.facts["promise"] == "kept"
    assert cases.case(other).clock_at is None


def test_a_typhoon_moves_the_clocks_of_open_cases(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = opened(sign())
    do(ref, "ask", AT)
    replied(ref, "fsd", "no-objection", AT)
    without = SIGN[: SIGN.index("promise:")] + SIGN[SIGN.index("arbiter:") :]
    plain = opened(sign(without, "plain-sign"), key="plain")
    expected = after(16), after(11)
    pack = load.pack()
    typhoon = Holiday(date=date(2026, 3, 4), name=Text({"en": "Typhoon", "zh-hant": "颱風"}))
    days = pack.days.model_copy(update={"closures": (typhoon,)})
    changed = type(pack).model_validate(pack.model_copy(update={"days": days}).model_dump(by_alias=True))
    assert not changed.calendar.works(date(2026, 3, 4))
    monkeypatch.setattr(load, "pack", lambda: changed)
    assert jobs.set_clocks_anew(at=AT) == 2
    assert jobs.set_clocks_anew(at=AT) == 0, "what is set by this calendar is not set again"
    (_, bd), case = cases.case(ref).referrals, cases.case(plain)
    assert (day(bd.due_at), day(case.due_at)) == expected


@pytest.mark.parametrize(("change", "problem"), [
    (("[fsd], assume", "[hd], assume"), "there is no department that is asked 'hd'"),
    (("each_within: {bd", "each_within: {hd"), "there is no department that is asked 'hd'"),
    (("refer_to: which", "refer_to: what"), "there is no question of the action 'what'"),
    (("remind: 3 working", "remind: 12 working"), "would come at once"),
    (("assume: no-objection}", "assume: no-objection, to: chased}"), "take 'to' out, or 'assume'"),
    (("to: chased}]", "to: hunted}]"), "there is no state 'hunted'"),
    (("before: 5 working", "before: 40 working"), "would come at once"),
    (("  escalate: supervisor\narbiter", "  escalate: queen\narbiter"), "there is no role 'queen'"),
    (("department: td", "department: xx"), "there is no department 'xx'"),
    (("value: epd", "value: xpd"), "there is no department 'xpd'"),
    (("      clock: 10 working days\n", ""), "is about the clock of the state"),
    (("refer_to: which", "reason: none"), "refers to another one after the first"),
    (("{when: replies.adverse > 0,", "{when: clock.over,"), "'clock.over' does not exist"),
])  # fmt: skip
def test_what_is_wrong_with_clocks_and_referrals_is_said(db: None, change: tuple[str, str], problem: str) -> None:
    assert change[0] in SIGN
    found = small_services.problems("small-sign", "SG", SIGN.replace(*change))
    assert any(problem in message for message in found), found


def test_a_clock_that_there_is_not_is_never_read(db: None) -> None:
    neither = """
form: [{page: note, questions: [{note: {type: text, label: {en: Note, zh-hant: 備註}}}]}]
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions: {end: {label: {en: End, zh-hant: 結束}, to: done, when: WHEN}}
    done: {label: {en: Done, zh-hant: 完成}, final: true, result: completed}
retention: {completed: 1 year}
"""

    def problems(when: str) -> list[str]:
        return small_services.problems("small-note", "SN", neither.replace("WHEN", when))

    assert problems("clock.late") == ["'clock.late' is never known: no state has a 'clock'"]
    assert problems("promise.due == today") == ["'promise.due' is never known: the service makes no 'promise'"]
    assert problems("case.state == 'received'") == []

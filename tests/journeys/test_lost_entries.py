"""An entry that another case strikes off takes its day with it: the timer stops where officers see it."""

from datetime import UTC, datetime, timedelta

import pytest
from tests import small_services

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.journey import acting, application_steps, jobs

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
STALL = """
form: [{page: stall, questions: [{stall: {type: text, label: {en: Stall, zh-hant: 攤檔}}}]}]
registers:
  stalls:
    title: {en: Stalls, zh-hant: 攤檔}
    valid: 1 year
    facts: {stall: {label: {en: Stall, zh-hant: 攤檔}, value: answers.stall}}
flow:
  start: licensed
  states:
    licensed:
      label: {en: Licensed, zh-hant: 已發牌}
      register: stalls
      timers: [{on: entry.until, to: ended}]
    ended: {label: {en: Ended, zh-hant: 已屆滿}, final: true, result: lapsed}
retention: {lapsed: 1 year}
"""


@pytest.mark.django_db
@pytest.mark.parametrize("struck", [True, False])
def test_a_timer_whose_entry_was_struck_off_is_noted_once(*, struck: bool) -> None:
    service = small_services.published(small_services.service("small-stall", "ST", STALL)).services["small-stall"]
    person = identity.enrol(email="keeper@example.com", name=None, language="en", at=AT)
    case = application_steps.apply_at_once(
        service, person=person, language="en", answers={"stall": "Bowls"}, files={}, seats=[], once_key="x", at=AT
    )
    (entry,) = registers.of_case(case.ref)
    if struck:
        later = AT + timedelta(days=9)
        registers.strike_entry(ref=entry.ref, case_ref="OT-1", at=later, by="officer:x", because="struck")
    for days in (300, 366, 367, 400):
        jobs.run_timers(at=AT + timedelta(days=days))
    noted = [step.kind for step in cases.history(case.ref) if step.kind == "timer_stopped"]
    assert (noted, cases.case(case.ref).state) == ((["timer_stopped"], "licensed") if struck else ([], "ended"))


CLOSING = """
form: [{page: day, questions: [{day: {type: date, label: {en: Last day, zh-hant: 最後一天}}}]}]
lookups: {mine: {register: stalls, service: small-stall, whose: own, most: 500}}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        close:
          label: {en: Set the last day, zh-hant: 訂定最後一天}
          to: done
          on_entries: {mine: {which: all, amend: {closes: answers.day}}}
    done: {label: {en: Done, zh-hant: 完成}, final: true, result: completed}
retention: {completed: 1 year}
"""


@pytest.mark.django_db
@pytest.mark.parametrize("known", ['"null"', '"days_after(today, 300)"'])
def test_a_timer_wakes_on_the_day_that_another_service_writes_into_the_entry_that_it_found(known: str) -> None:
    text = STALL.replace(
        "facts: {", f"facts: {{closes: {{kind: date, label: {{en: Closes, zh-hant: 結束}}, value: {known}}}, "
    )
    text = text.replace("on: entry.until", "on: entry.closes")
    territory = small_services.published(
        small_services.service("small-stall", "ST", text), small_services.service("stall-closing", "SC", CLOSING)
    )
    person = identity.enrol(email="keeper@example.com", name=None, language="en", at=AT)

    def applied(name: str, **answers: str) -> cases.Case:
        return application_steps.apply_at_once(
            territory.services[name], person=person, language="en", answers=answers, files={}, seats=[],
            once_key=name, at=AT,
        )  # fmt: skip

    stall, closing = applied("small-stall", stall="Bowls"), applied("stall-closing", day="2026-03-20")
    by = acting.By("officer:x", ("officer",), closing.department)
    acting.act(case=closing, action="close", by=by, answers={}, reason="", once_key="y", at=AT)
    jobs.run_timers(at=AT + timedelta(days=10))
    assert cases.case(stall.ref).state == "licensed"
    jobs.run_timers(at=AT + timedelta(days=20))
    assert cases.case(stall.ref).state == "ended"

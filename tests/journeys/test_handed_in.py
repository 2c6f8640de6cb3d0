"""Values that were computed from a register entry count as submitted, so nothing is paid twice."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests import small_services

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.definition.service import Service
from praya.journey import acting, application_steps, case_context, entries, jobs, load
from praya.kernel.journal import api as journal

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICER = acting.By("officer:x", ("officer",), "fehd")

ACCOUNT = """
form:
  - page: worked
    questions: [{hours: {type: number, min: 0, max: 99, decimals: 1, label: {en: Hours, zh-hant: 時數}}}]
flow:
  start: received
  states:
    received: {label: {en: Received, zh-hant: 已收到}, register: accounts, final: true, result: completed}
registers:
  accounts:
    title: {en: Accounts, zh-hant: 帳戶}
    facts: {hours: {label: {en: Hours, zh-hant: 時數}, value: answers.hours}}
retention: {completed: 1 year}
"""
CLAIM = """
subject: {service: account, register: accounts, facts: {hours: entry.hours - answers.due}}
parameters: {rate: [{from: 2020-01-01, value: 60.5}]}
decisions: {band: {rows: [{when: "entry.hours > 3", then: long}, {then: short}]}}
form:
  - page: claim
    title: {en: Claim, zh-hant: 申領}
    questions:
      - share: {type: number, min: 1, max: 100, label: {en: Per cent, zh-hant: 百分比}}
      - due:
          {type: derived, value: entry.hours * answers.share / 100, live: LIVE, label: {en: Due, zh-hant: 應付}}
fees:
  - {name: pay, label: {en: Pay, zh-hant: 款項}, amount: answers.due * parameters.rate}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        pay: {label: {en: Pay, zh-hant: 支付}, when: answers.due > 0, to: paid}
        refuse: {label: {en: Refuse, zh-hant: 拒絕}, to: refused}
    paid:
      label: {en: Paid, zh-hant: 已支付}
      charge: [pay]
      amend: accounts
      issue: slip
      notify: [paid]
      final: true
      result: granted
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
records:
  slip:
    title: {en: Slip, zh-hant: 單據}
    facts:
      due: {label: {en: Hours, zh-hant: 時數}, value: answers.due}
      band: {label: {en: Band, zh-hant: 組別}, value: decisions.band}
notices:
  paid:
    subject: {en: Paid, zh-hant: 已支付}
    body:
      en: "{answers.due} hours ({decisions.band}), {fees.pay.amount}"
      zh-hant: "{answers.due} 小時（{decisions.band}），{fees.pay.amount}"
retention: {granted: 1 year, refused: 1 year}
"""


def service(name: str, text: str) -> Service:
    return small_services.service(name, {"account": "AC", "claim": "CL"}[name], text)


@pytest.fixture
def person(db: None) -> identity.Person:
    return identity.enrol(email="holder@example.com", name=None, language="en", at=AT)


def apply(
    name: str, person: identity.Person, key: str, about: str = "", at: datetime = AT, **answers: Any
) -> cases.Case:
    return application_steps.apply_at_once(
        load.territory().services[name], person=person, language="en", answers=answers, files={}, seats=[],
        once_key=key, at=at, subject_ref=about,
    )  # fmt: skip


def pay(case: cases.Case, at: datetime = AT) -> cases.Case:
    return acting.act(
        case=cases.case(case.ref), action="pay", by=OFFICER, answers={}, reason="", once_key=case.ref, at=at
    )


def hours(entry: registers.Entry) -> Any:
    return registers.inside([registers.entry(entry.ref)])[entry.ref].known["hours"]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("apart", [0, 1])
def test_two_cases_about_one_entry_never_pay_twice(person: identity.Person, first: int, apart: int) -> None:
    small_services.published(service("account", ACCOUNT), service("claim", CLAIM.replace("LIVE", "false")))
    (entry,) = registers.of_case(apply("account", person, "a", hours=4).ref)
    both = [apply("claim", person, key, entry.ref, share=100) for key in "bc"]
    later = AT.replace(hour=2 + apart)

    done = pay(both[first], later)
    assert done.state == "paid"
    assert hours(entry) == 0
    with pytest.raises(acting.NotAllowed):
        pay(both[1 - first], later)
    other = cases.case(both[1 - first].ref)
    assert [action.name for action in acting.open_actions(other, OFFICER, at=later)] == ["refuse"]
    assert acting.entry_changed(other)
    assert hours(entry) == 0

    # What was shown, decided, written and charged is one value.
    (fee,) = cases.fees(done.ref)
    assert fee.cents == 24200
    (slip,) = credentials.of_case(done.ref)
    assert [fact.in_("en") for fact in slip.facts] == ["4", "long"]
    assert next(n.body for n in notices.inbox(person.ref) if n.subject == "Paid") == "4 hours (long), HK$242"
    seen = case_context.of_case(done, load.compiled("claim", 1), load.pack(), today=AT.date())
    assert seen.context["answers"]["due"] == seen.answers["due"] == 4
    assert seen.context["decisions"]["band"] == "long"
    assert seen.context["entry"]["hours"] == 0


def test_a_timer_that_an_earlier_case_took_the_ground_from_is_told_once_and_the_next_one_comes(
    person: identity.Person,
) -> None:
    timers = "      timers: [{after: 3 days, to: paid}, {after: 9 days, to: refused}]\n      actions:\n"
    timed = CLAIM.replace("LIVE", "false").replace("      actions:\n", timers)
    small_services.published(service("account", ACCOUNT), service("claim", timed))
    (entry,) = registers.of_case(apply("account", person, "a", hours=4).ref)
    first, second = (apply("claim", person, key, entry.ref, share=100) for key in "bc")
    pay(first)
    assert acting.entry_changed(cases.case(second.ref))
    for day in (4, 4, 5, 6):
        jobs.run_timers(at=AT + timedelta(days=day))
        assert cases.case(second.ref).state == "received"
    kinds = [step.kind for step in cases.steps(second.ref).steps]
    assert kinds.count("timer_stopped") == 1
    assert [fact.event for fact in journal.about(second.ref)].count("case_timer_stopped") == 1
    assert jobs.oldest_timer(at=AT) > AT + timedelta(days=6), "nothing is overdue"
    jobs.run_timers(at=AT + timedelta(days=10))
    assert cases.case(second.ref).state == "refused"


def test_what_is_live_is_worked_out_anew_everywhere(person: identity.Person) -> None:
    claim = CLAIM.replace("LIVE", "true").replace("value: decisions.band", "value: answers.share")
    small_services.published(service("account", ACCOUNT), service("claim", claim))
    (entry,) = registers.of_case(apply("account", person, "a", hours=4).ref)
    half, whole = (apply("claim", person, key, entry.ref, share=share) for key, share in (("b", 50), ("c", 100)))
    pay(half)
    assert hours(entry) == 2
    done = pay(whole)
    assert hours(entry) == 0
    assert [fee.cents for case in (half, done) for fee in cases.fees(case.ref)] == [12100, 12100]


def test_decimals_go_through_answers_register_record_and_letter_unchanged(person: identity.Person) -> None:
    small_services.published(service("account", ACCOUNT), service("claim", CLAIM.replace("LIVE", "false")))
    (entry,) = registers.of_case(apply("account", person, "a", hours=Decimal("0.3")).ref)
    assert hours(entry) == Decimal("0.3")
    assert entries.facts_of(entry)["hours"] == Decimal("0.3")
    done = pay(apply("claim", person, "b", entry.ref, share=10))
    assert cases.content(done.ref).answers == {"share": 10, "due": Decimal("0.03")}
    assert hours(entry) == Decimal("0.27")
    assert next(n.body for n in notices.inbox(person.ref) if n.subject == "Paid") == "0.03 hours (short), HK$1.82"

"""Fees and deposits at any point of a case: charged, paid, waived, given back, forfeited; by hand and by time."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests import made

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.example import Example
from praya.journey import keep, load, picture, play, run, steps
from praya.kernel.journal import api as journal

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICER = run.By("officer:x", ("officer",), "fehd")

HIRE = """
parameters:
  rate: [{from: 2020-01-01, value: 150, reference: Cap. 1 Sch. 2}]
  late: [{from: 2020-01-01, value: 80, reference: Cap. 1 Sch. 3}]
form:
  - page: hours
    questions:
      - hours: {type: number, min: 1, max: 12, label: {en: Hours, zh-hant: 小時}}
fees:
  - {name: hire, label: {en: Hire, zh-hant: 租金}, amount: parameters.rate * answers.hours}
  - {name: deposit, kind: deposit, label: {en: Deposit, zh-hant: 按金}, amount: 500}
  - {name: damage, label: {en: Damage, zh-hant: 損壞賠償}, amount: findings.damage, when: findings.damage > 0}
  - {name: late, label: {en: Late payment, zh-hant: 逾期附加費}, amount: parameters.late}
flow:
  start: to-pay
  states:
    to-pay:
      label: {en: To pay, zh-hant: 待繳費}
      actions:
        mark-paid: {label: {en: Mark as paid, zh-hant: 記錄已繳費}, paid: [hire, deposit], to: booked}
        waive-hire: {label: {en: Waive the hire, zh-hant: 豁免租金}, waive: [hire]}
        withdraw: {label: {en: Withdraw, zh-hant: 撤回}, by: applicant, to: withdrawn}
      timers:
        - {after: 2 weeks, charge: [late], notify: [late]}
        - {after: 4 weeks, to: lapsed, waive: [hire, deposit, late]}
    booked:
      label: {en: Booked, zh-hant: 已預訂}
      actions:
        returned: {label: {en: Left in order, zh-hant: 場地完好}, to: closed, refund: [deposit]}
        damaged:
          label: {en: Damaged, zh-hant: 有損壞}
          ask: [{damage: {type: money, min: 0, max: 100000, label: {en: Damage, zh-hant: 損壞}}}]
          forfeit: [deposit]
          charge: [damage]
          to: settling
    settling:
      label: {en: To settle, zh-hant: 待結清}
      next: [{when: fees.owed == 0, to: closed}]
      actions:
        settled:
          label: {en: Mark as paid, zh-hant: 記錄已繳費}
          paid: true
          to: closed
          when: fees.damage.state == 'owed'
    closed: {label: {en: Closed, zh-hant: 已結束}, final: true, result: completed, notify: [closed]}
    withdrawn: {label: {en: Withdrawn, zh-hant: 已撤回}, final: true, result: withdrawn}
    lapsed: {label: {en: Lapsed, zh-hant: 已失效}, final: true, result: lapsed}
notices:
  late:
    subject: {en: "Please pay {fees.owed}", zh-hant: "請繳付 {fees.owed}"}
    body: {en: "Hire {fees.hire.amount}", zh-hant: "租金 {fees.hire.amount}"}
  closed:
    subject: {en: "Closed", zh-hant: "已結束"}
    body: {en: "In all {fees.total}", zh-hant: "合共 {fees.total}"}
retention: {completed: 1 year, withdrawn: 1 year, lapsed: 1 year}
"""


@pytest.fixture
def territory(db: None) -> load.Territory:
    return made.published(made.service("hall-hire", "HH", HIRE))


def opened(territory: load.Territory, hours: int = 2) -> cases.Case:
    person = identity.enrol(email="hirer@example.com", name=None, language="en", at=AT)
    return steps.apply_at_once(
        territory.services["hall-hire"], person=person, language="en", answers={"hours": hours}, files={}, seats=[],
        once_key=f"hall{hours}", at=AT,
    )  # fmt: skip


def do(case: cases.Case, action: str, **answers: Any) -> cases.Case:
    return run.act(
        case=case, action=action, by=OFFICER, answers=answers, reason="", once_key=f"{case.ref}{action}", at=AT
    )


def states(case: cases.Case) -> dict[str, tuple[int, str]]:
    return {fee.name: (fee.cents, fee.state) for fee in cases.fees(case.ref)}


def test_only_what_no_effect_charges_is_due_on_applying(territory: load.Territory) -> None:
    case = opened(territory)
    assert states(case) == {"hire": (30_000, "owed"), "deposit": (50_000, "owed")}
    assert [fee.kind for fee in case.fees] == ["fee", "deposit"]


@pytest.mark.parametrize(("hours", "law"), [(2, "Cap. 1 Sch. 4"), (9, "Cap. 1 Sch. 5")])
def test_a_fee_names_the_law_of_the_row_that_decides(db: None, hours: int, law: str) -> None:
    rows = "{when: answers.hours > 8, value: parameters.rate / 2, reference: Cap. 1 Sch. 5}, {value: parameters.rate}"
    table = f"decisions: {{hourly: {{reference: Cap. 1 Sch. 4, rows: [{rows}]}}}}\n"
    by_table = HIRE.replace("parameters.rate * answers.hours", "decisions.hourly * answers.hours") + table
    case = opened(made.published(made.service("hall-hire", "HH", by_table)), hours)
    assert case.fees[0].reference == {"": f"Cap. 1 Sch. 2; {law}"}


def test_a_deposit_is_given_back(territory: load.Territory) -> None:
    case = do(opened(territory), "mark-paid")
    assert {state for _, state in states(case).values()} == {"paid"}
    case = do(case, "returned")
    assert states(case) == {"hire": (30_000, "paid"), "deposit": (50_000, "refunded")}
    assert notices.inbox(case.person_ref)[0].body.startswith("In all HK$300")
    facts = [(fact.event, dict(fact.facts)) for fact in journal.about(case.ref) if fact.event.startswith("fee_")]
    assert ("fee_refunded", {"fee": "deposit", "kind": "deposit", "cents": 50_000}) in facts
    assert len(facts) == 3


def test_a_deposit_is_forfeited_and_what_was_found_is_charged(territory: load.Territory) -> None:
    case = do(do(opened(territory), "mark-paid"), "damaged", damage=800)
    assert (case.state, states(case)["damage"]) == ("settling", (80_000, "owed"))
    assert states(case)["deposit"] == (50_000, "forfeited")
    seen = picture.of_case(case, territory.services["hall-hire"], territory.pack, today=AT.date())
    assert seen.context["fees"]["damage"] == {"state": "owed", "amount": 800.0}
    assert (seen.context["fees"]["owed"], seen.context["fees"]["total"]) == (800.0, 1600.0)
    case = do(case, "settled")
    assert (case.state, states(case)["damage"]) == ("closed", (80_000, "paid"))


def test_a_fee_whose_condition_does_not_hold_is_not_charged_and_ways_see_it_at_once(territory: load.Territory) -> None:
    case = do(do(opened(territory), "mark-paid"), "damaged", damage=0)
    assert case.state == "closed"
    assert "damage" not in states(case)


def test_what_was_never_paid_is_owed_no_more_when_it_is_given_back(territory: load.Territory) -> None:
    case = do(opened(territory), "waive-hire")
    assert states(case)["hire"] == (30_000, "waived")
    cases.settle(ref=case.ref, how="refund", names=["deposit"], at=AT, by="officer:x")
    assert states(case)["deposit"] == (50_000, "waived")
    cases.settle(ref=case.ref, how="paid", names=None, at=AT, by="officer:x")
    assert {state for _, state in states(case).values()} == {"waived"}


def test_time_charges_a_fee_and_lets_the_case_lapse(territory: load.Territory) -> None:
    case = opened(territory)
    keep.run_timers(at=datetime(2026, 3, 17, tzinfo=UTC))
    assert states(case)["late"] == (8_000, "owed")
    assert notices.inbox(case.person_ref)[0].subject == "Please pay HK$880"
    assert "Hire HK$300" in notices.inbox(case.person_ref)[0].body
    assert cases.fees(case.ref)[-1].reference
    keep.run_timers(at=datetime(2026, 4, 1, tzinfo=UTC))
    assert cases.case(case.ref).state == "lapsed"
    assert {state for _, state in states(case).values()} == {"waived"}


def test_a_story_tells_what_became_of_fees(territory: load.Territory) -> None:
    story = Example.model_validate({
        "example": "A hall is hired", "starts": "2026-03-02T10:00:00+08:00", "answers": {"hours": 2},
        "expect": {"fee": 800, "fees": {"deposit": "owed", "damage": "none"}},
        "steps": [
            {"by": "officer", "do": "mark-paid", "expect": {"fees": {"hire": "paid", "deposit": "paid"}}},
            {"by": "officer", "do": "returned", "expect": {"fee": 300, "fees": {"deposit": "refunded"}}},
        ],
    })  # fmt: skip
    person = identity.enrol(email="hirer@example.com", name=None, language="en", at=AT)
    play.play(story, territory.services["hall-hire"], territory.pack, person=person)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("charge: [damage]", "charge: [damages]", "did you mean 'damage'"),
        ("forfeit: [deposit]", "forfeit: [hire]", "no deposit"),
        ("{name: deposit, kind", "{kind", "a deposit needs a 'name'"),
        ("{name: late, label", "{name: owed, label", "is the sum of several"),
        ("{name: late, label", "{name: hire, label", "two fees are called 'hire'"),
        ("fees.owed == 0", "fees.owned == 0", "did you mean 'owed'"),
        ("fees.damage.state == 'owed'", "fees.damage.state == 'owd'", "did you mean 'owed'"),
        ("fees.damage.state ==", "fees.damage.stat ==", "did you mean 'state'"),
        ("by: applicant, to: withdrawn", "by: applicant, to: withdrawn, paid: true", "an applicant cannot say"),
    ],
)
def test_what_is_wrong_with_fees_is_said(old: str, new: str, said: str) -> None:
    assert old in HIRE
    assert said in "\n".join(made.problems("hall-hire", "HH", HIRE.replace(old, new)))

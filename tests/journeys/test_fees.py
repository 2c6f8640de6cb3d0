"""Fees and deposits at any point of a case: charged, paid, waived, given back, forfeited; by hand and by time."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests import small_services

from praya.blocks.cases import api as cases
from praya.blocks.cases import rows
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.example import Example
from praya.journey import acting, application_steps, case_context, jobs, load, play
from praya.kernel.journal import api as journal
from praya.project.designing import unknowable

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICER = acting.By("officer:x", ("officer",), "fehd")

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
    return small_services.published(small_services.service("hall-hire", "HH", HIRE))


def opened(territory: load.Territory, hours: int = 2) -> cases.Case:
    person = identity.enrol(email="hirer@example.com", name=None, language="en", at=AT)
    return application_steps.apply_at_once(
        territory.services["hall-hire"], person=person, language="en", answers={"hours": hours}, files={}, seats=[],
        once_key=f"hall{hours}", at=AT,
    )  # fmt: skip


def do(case: cases.Case, action: str, **answers: Any) -> cases.Case:
    return acting.act(
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
    case = opened(small_services.published(small_services.service("hall-hire", "HH", by_table)), hours)
    assert case.fees[0].reference == {"": f"Cap. 1 Sch. 2; {law}"}


def test_a_deposit_is_given_back(territory: load.Territory) -> None:
    case = do(opened(territory), "mark-paid")
    assert {state for _, state in states(case).values()} == {"paid"}
    case = do(case, "returned")
    assert states(case) == {"hire": (30_000, "paid"), "deposit": (50_000, "refunded")}
    assert notices.inbox(case.person_ref)[0].body.startswith("In all HK$300")
    facts = [(fact.event, dict(fact.facts)) for fact in journal.about(case.ref) if fact.event.startswith("fee_")]
    assert ("fee_refunded", {"fee": "deposit", "kind": "deposit", "cents": 50_000, "returned": 50_000}) in facts
    assert len(facts) == 3


def test_a_deposit_is_forfeited_and_what_was_found_is_charged(territory: load.Territory) -> None:
    case = do(do(opened(territory), "mark-paid"), "damaged", damage=800)
    assert (case.state, states(case)["damage"]) == ("settling", (80_000, "owed"))
    assert states(case)["deposit"] == (50_000, "forfeited")
    seen = case_context.of_case(case, territory.services["hall-hire"], territory.pack, today=AT.date())
    assert seen.context["fees"]["damage"] == {"state": "owed", "amount": 800.0, "returned": 0.0}
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


IN_PART = HIRE.replace("forfeit: [deposit]", "refund: {deposit: fees.deposit.amount - findings.damage}").replace(
    "In all {fees.total}", "{fees.deposit.returned} of {fees.deposit.amount} back, {fees.total} kept"
).replace("amount: findings.damage, when: findings.damage > 0", "amount: 1, when: 'false'")  # fmt: skip


def hired(text: str, name: str = "hall-hire") -> cases.Case:
    return do(opened(small_services.published(small_services.service(name, "HH", text))), "mark-paid")


def deposit(case: cases.Case) -> cases.Fee:
    return next(fee for fee in cases.fees(case.ref) if fee.name == "deposit")


@pytest.mark.parametrize(
    ("damage", "state", "returned", "said"),
    [
        (120.5, "refunded", 37_950, "HK$379.50 of HK$500 back, HK$420.50 kept"),
        (0, "refunded", 50_000, "HK$500 of HK$500 back, HK$300 kept"),
        (500, "forfeited", 0, "HK$0 of HK$500 back, HK$800 kept"),
        (800, "forfeited", 0, "HK$0 of HK$500 back, HK$800 kept"),
    ],
)
def test_a_deposit_is_given_back_less_what_was_found(
    db: None, damage: float, state: str, returned: int, said: str
) -> None:
    case = do(hired(IN_PART), "damaged", damage=damage)
    assert (deposit(case).state, deposit(case).returned) == (state, returned)
    assert deposit(case).amount_kept == 50_000 - returned
    assert notices.inbox(case.person_ref)[0].body.startswith(said)
    seen = case_context.of_case(case, load.compiled("hall-hire", 1), load.pack(), today=AT.date()).context["fees"]
    assert seen["deposit"] == {"state": state, "amount": 500.0, "returned": returned / 100}
    assert seen["total"] == seen["paid"] == (80_000 - returned) / 100
    told = [dict(fact.facts) for fact in journal.about(case.ref) if fact.event == "fee_refunded"]
    assert told == (
        [{"fee": "deposit", "kind": "deposit", "cents": 50_000, "returned": returned}] if returned else []
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sum_of", "state", "returned"),
    [
        ("fees.hire.amount * 2", "refunded", 30_000),
        ("fees.hire.amount / 7", "refunded", 4_286),
        ("-5", "paid", 0),
        ("days_between(case.opened_date, today) <= 7 ? fees.hire.amount / 2 : 0", "refunded", 15_000),
    ],
)
def test_of_a_fee_no_more_is_given_back_than_was_paid_and_no_less_than_nothing(
    db: None, sum_of: str, state: str, returned: int
) -> None:
    case = do(hired(HIRE.replace("refund: [deposit]", f'refund: {{hire: "{sum_of}"}}')), "returned")
    hire = cases.fees(case.ref)[0]
    assert (hire.cents, hire.state, hire.returned) == (30_000, state, returned)
    assert deposit(case).state == "paid"


def test_what_was_never_paid_is_owed_no_more_also_where_a_part_would_be_given_back(db: None) -> None:
    unpaid = HIRE.replace("paid: [hire, deposit], to: booked", "paid: [hire], to: booked")
    case = do(hired(unpaid.replace("refund: [deposit]", "refund: {deposit: 100}")), "returned")
    assert (deposit(case).state, deposit(case).returned) == ("waived", 0)
    assert [fact.facts["fee"] for fact in journal.about(case.ref) if fact.event == "fee_waived"] == ["deposit"]


def test_of_a_fee_that_was_paid_several_times_the_newest_is_given_back_first(db: None) -> None:
    case = hired(HIRE)
    cases.charge(ref=case.ref, fees=[cases.Fee({"en": "Hire"}, 20_000, name="hire", state="paid")], at=AT, by="system")
    cases.settle(ref=case.ref, how="refund", names=["hire"], at=AT, by="officer:x", most=25_000)
    found = [(fee.cents, fee.state, fee.returned) for fee in cases.fees(case.ref) if fee.name == "hire"]
    assert found == [(30_000, "refunded", 5_000), (20_000, "refunded", 20_000)]
    cases.settle(ref=case.ref, how="refund", names=["hire"], at=AT, by="officer:x", most=25_000)
    assert [fee.returned for fee in cases.fees(case.ref) if fee.name == "hire"] == [5_000, 20_000]


def test_nothing_is_done_when_the_sum_to_give_back_cannot_be_worked_out(db: None) -> None:
    case = hired(HIRE.replace("refund: [deposit]", "refund: {deposit: fees.deposit.amount / fees.owed}"))
    before = [*journal.about(case.ref)]
    with pytest.raises(acting.NotAllowed):
        do(case, "returned")
    assert (cases.case(case.ref).state, deposit(case).state) == ("booked", "paid")
    assert [*journal.about(case.ref)] == before


def test_what_was_given_back_before_parts_were_told_was_the_whole() -> None:
    old = '[{"label":{"en":"Deposit"},"cents":500,"name":"deposit","kind":"deposit","state":"refunded"}]'
    (fee,) = rows.fees_of(old)
    assert (fee.returned, fee.amount_kept) == (500, 0)
    assert rows.fees_of(old.replace("refunded", "paid"))[0].amount_kept == 500
    assert rows.fees_of(rows.fees_written([fee])) == (fee,)


def test_time_charges_a_fee_and_lets_the_case_lapse(territory: load.Territory) -> None:
    case = opened(territory)
    jobs.run_timers(at=datetime(2026, 3, 17, tzinfo=UTC))
    assert states(case)["late"] == (8_000, "owed")
    assert notices.inbox(case.person_ref)[0].subject == "Please pay HK$880"
    assert "Hire HK$300" in notices.inbox(case.person_ref)[0].body
    assert cases.fees(case.ref)[-1].reference
    jobs.run_timers(at=datetime(2026, 4, 1, tzinfo=UTC))
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
        ("to: withdrawn}", "to: withdrawn, refund: {deposit: 5}}", "an applicant cannot say"),
        ("refund: [deposit]", "refund: {deposits: 5}", "did you mean 'deposit'"),
        ("refund: [deposit]", "refund: {deposit: true}", "'true' is no sum of money"),
        ("refund: [deposit]", "refund: {deposit: half}", "there is no name 'half'"),
        ("refund: [deposit]", "refund: {deposit: \"'all'\"}", "is no sum of money"),
        ("refund: [deposit]", "refund: {deposit: findings.damage > 0}", "is no sum of money"),
        ("refund: [deposit]", "refund: {deposit: findings.damages}", "did you mean 'damage'"),
        ("refund: [deposit]", "refund: {deposit: fees.deposit.return}", "did you mean 'returned'"),
        ("refund: [deposit]", "refund: deposit", "expected a list"),
    ],
)
def test_what_is_wrong_with_fees_is_said(old: str, new: str, said: str) -> None:
    assert old in HIRE
    assert said in "\n".join(small_services.problems("hall-hire", "HH", HIRE.replace(old, new)))


def test_a_wrong_sum_is_said_once_and_a_right_one_passes() -> None:
    wrong = HIRE.replace("refund: [deposit]", "refund: {deposit: 'fees.deposit.amount -'}")
    (said,) = small_services.problems("hall-hire", "HH", wrong)
    assert said.startswith("the expression cannot be read")
    assert small_services.problems("hall-hire", "HH", IN_PART) == []


def test_a_finding_that_nobody_has_made_by_then_gives_no_sum() -> None:
    """The action that asks for it knows it, and so does a state behind it; another action beside it does not."""
    assert list(unknowable.unknowable(small_services.service("hall-hire", "HH", IN_PART))) == []
    early = IN_PART.replace("refund: [deposit]", "refund: {deposit: findings.damage}")
    ((path, said),) = unknowable.unknowable(small_services.service("hall-hire", "HH", early))
    assert path == ("flow", "states", "booked", "actions", "returned", "refund", "deposit")
    assert "no case comes to 'booked' after it is asked" in said
    behind = IN_PART.replace("result: completed,", "result: completed, refund: {deposit: findings.damage},")
    assert list(unknowable.unknowable(small_services.service("hall-hire", "HH", behind))) == []

"""Grants: money that the department promises and pays to the person, in instalments, and that comes back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests import small_services
from tests.rules.test_reasoning import PACK

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.definition.example import Example
from praya.definition.source import read_text
from praya.journey import acting, application_steps, load, play
from praya.kernel.journal import api as journal
from praya.project.designing.advice import warnings
from praya.systems.webhooks.rules import EVENTS

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICER = acting.By("officer:x", ("officer",), "fehd")

GRANT = """
parameters:
  share: [{from: 2020-01-01, value: 0.4, reference: Cap. 1 Sch. 2}]
form:
  - page: project
    questions:
      - asked: {type: money, min: 0, max: 600000, label: {en: How much, zh-hant: 申請金額}}
fees:
  - {name: entry, label: {en: To apply, zh-hant: 申請費}, amount: 50}
  - {name: first, kind: grant, label: {en: First instalment, zh-hant: 第一期}, amount: answers.asked * parameters.share}
  - {name: rest, kind: grant, label: {en: The rest, zh-hant: 餘款}, amount: findings.accepted - fees.paid_out}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收件}
      actions:
        award: {label: {en: Award, zh-hant: 批出}, promise: [first], to: awarded}
        refuse: {label: {en: Refuse, zh-hant: 拒絕}, to: refused}
    awarded:
      label: {en: Awarded, zh-hant: 已批出}
      notify: [awarded]
      actions:
        pay: {label: {en: Paid, zh-hant: 已發放}, pay_out: [first], to: spending}
        call-off: {label: {en: Call off, zh-hant: 取消}, take_back: [first], to: refused}
    spending:
      label: {en: Being spent, zh-hant: 使用中}
      actions:
        accept:
          label: {en: Accept the accounts, zh-hant: 接納帳目}
          ask: [{accepted: {type: money, min: 0, max: 600000, label: {en: Accepted, zh-hant: 接納金額}}}]
          pay_out: [rest]
          to: settling
    settling:
      label: {en: To settle, zh-hant: 待結清}
      next: [{when: fees.paid_out <= findings.accepted, to: done}]
      actions:
        came-back:
          label: {en: Money came back, zh-hant: 已收回款項}
          take_back: {first: fees.first.amount - findings.accepted}
          to: done
    done: {label: {en: Done, zh-hant: 已完成}, final: true, result: completed, notify: [done]}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
notices:
  awarded:
    subject: {en: "You get {fees.first.amount}", zh-hant: "獲批 {fees.first.amount}"}
    body: {en: "To come {fees.promised}, to pay {fees.owed}", zh-hant: "待發放 {fees.promised}，待繳 {fees.owed}"}
  done:
    subject: {en: "Done", zh-hant: "已完成"}
    body:
      en: "In all {fees.paid_out}, back {fees.first.returned}"
      zh-hant: "合共 {fees.paid_out}，收回 {fees.first.returned}"
retention: {completed: 1 year, refused: 1 year}
"""


MONTHLY = (
    "{label: {en: Each month, zh-hant: 每月}, pay_out: [first]}\n        go-on: {label: {en: Go on, zh-hant: 繼續}, "
)


def published(text: str = GRANT) -> load.Territory:
    return small_services.published(small_services.service("film-grant", "FG", text))


def opened(territory: load.Territory, asked: int = 1000) -> cases.Case:
    person = identity.enrol(email="maker@example.com", name=None, language="en", at=AT)
    return application_steps.apply_at_once(
        territory.services["film-grant"], person=person, language="en", answers={"asked": asked}, files={}, seats=[],
        once_key=f"film{asked}", at=AT,
    )  # fmt: skip


def do(case: cases.Case, action: str, **answers: Any) -> cases.Case:
    return acting.act(
        case=case, action=action, by=OFFICER, answers=answers, reason="", once_key=f"{case.ref}{action}", at=AT
    )


def grants(case: cases.Case) -> dict[str, tuple[int, str, int]]:
    return {fee.name: (fee.cents, fee.state, fee.returned) for fee in cases.fees(case.ref) if fee.is_grant}


def letter(case: cases.Case, subject: str) -> str:
    (body,) = [one.body for one in notices.inbox(case.person_ref) if one.subject == subject]
    return body


def events(case: cases.Case) -> list[tuple[str, dict[str, Any]]]:
    return [
        (fact.event, dict(fact.facts)) for fact in reversed(journal.about(case.ref)) if fact.event.startswith("grant_")
    ]


def test_a_grant_is_no_part_of_what_is_owed(db: None) -> None:
    case = opened(published())
    assert [fee.name for fee in case.fees] == ["entry"]
    case = do(case, "award")
    assert grants(case) == {"first": (40_000, "promised", 0)}
    assert cases.fees(case.ref)[-1].reference == {"": "Cap. 1 Sch. 2"}
    assert letter(case, "You get HK$400").startswith("To come HK$400, to pay HK$50")


def test_evidence_pays_the_next_instalment(db: None) -> None:
    """What was not promised before is promised and paid at once, with the amount of that moment."""
    case = do(do(do(opened(published()), "award"), "pay"), "accept", accepted=900)
    assert case.state == "done"
    assert grants(case) == {"first": (40_000, "paid", 0), "rest": (50_000, "paid", 0)}
    assert letter(case, "Done").startswith("In all HK$900, back HK$0")
    assert [event for event, _ in events(case)] == ["grant_promised", "grant_paid", "grant_promised", "grant_paid"]


def test_what_was_not_spent_comes_back(db: None) -> None:
    case = do(do(do(opened(published()), "award"), "pay"), "accept", accepted=300)
    # Nothing is left to pay: an instalment that comes to less than nothing is neither promised nor paid.
    assert (case.state, grants(case)) == ("settling", {"first": (40_000, "paid", 0)})
    case = do(case, "came-back")
    assert grants(case) == {"first": (40_000, "returned", 10_000)}
    assert letter(case, "Done").startswith("In all HK$300, back HK$100")
    returned = {"fee": "first", "kind": "grant", "cents": 40_000, "returned": 10_000}
    assert events(case)[-1] == ("grant_returned", returned)


def test_what_was_promised_and_not_paid_is_withdrawn(db: None) -> None:
    case = do(do(opened(published()), "award"), "call-off")
    assert grants(case) == {"first": (40_000, "withdrawn", 0)}


def test_what_a_state_says_happens_again_when_the_case_comes_back_but_an_entry_is_made_once(db: None) -> None:
    text = GRANT.replace(
        "      notify: [awarded]\n", "      notify: [awarded]\n      register: funded\n      charge: [stamp]\n"
    )
    text = text.replace(
        "        call-off:", "        again: {label: {en: Again, zh-hant: 重做}, to: received}\n        call-off:"
    )
    text = text.replace("fees:\n", "fees:\n  - {name: stamp, label: {en: Stamp, zh-hant: 印花}, amount: 5}\n")
    facts = "{project: {label: {en: Asked, zh-hant: 申請}, value: answers.asked}}"
    text += f"registers:\n  funded: {{title: {{en: Funded, zh-hant: 資助}}, unique: [project], facts: {facts}}}\n"
    case = do(opened(published(text)), "award")
    for key in ("again", "award"):
        case = acting.act(case=case, action=key, by=OFFICER, answers={}, reason="", once_key=f"{key}2", at=AT)
    assert case.state == "awarded"
    assert [entry.register for entry in registers.of_case(case.ref)] == ["funded"]
    assert [one.subject for one in notices.inbox(case.person_ref)] == ["You get HK$400"] * 2
    assert [fee.name for fee in cases.fees(case.ref)] == ["entry", "first", "stamp", "first", "stamp"]
    registers.strike(case_ref=case.ref, at=AT, by="officer:x", because="struck")
    for key in ("again", "award"):
        case = acting.act(case=case, action=key, by=OFFICER, answers={}, reason="", once_key=f"{key}3", at=AT)
    assert [entry.struck_at is None for entry in registers.of_case(case.ref)].count(True) == 1


def test_a_grant_that_is_paid_again_is_another_one(db: None) -> None:
    monthly = GRANT.replace("{label: {en: Paid, zh-hant: 已發放}, ", MONTHLY)
    case = do(do(opened(published(monthly)), "award"), "pay")
    case = acting.act(case=case, action="pay", by=OFFICER, answers={}, reason="", once_key="again", at=AT)
    assert [(fee.cents, fee.state) for fee in cases.fees(case.ref) if fee.is_grant] == [(40_000, "paid")] * 2


def test_paid_true_means_what_the_person_owes(db: None) -> None:
    case = do(
        do(opened(published(GRANT.replace("pay_out: [first], to: spending", "paid: true, to: spending"))), "award"),
        "pay",
    )
    assert {fee.name: fee.state for fee in cases.fees(case.ref)} == {"entry": "paid", "first": "promised"}


def test_every_event_of_a_grant_reaches_other_systems() -> None:
    names = {"grant_promised", "grant_paid", "grant_withdrawn", "grant_returned"}
    assert {EVENTS[name] for name in names} == {"case.grants_changed"}


def test_a_story_tells_what_became_of_grants(db: None) -> None:
    territory = published()
    story = Example.model_validate({
        "example": "A film is paid for", "starts": "2026-03-02T10:00:00+08:00", "answers": {"asked": 1000},
        "expect": {"fee": 50, "fees": {"first": "none"}},
        "steps": [
            {"by": "officer", "do": "award", "expect": {"fee": 50, "fees": {"first": "promised", "rest": "none"}}},
            {"by": "officer", "do": "pay", "expect": {"fees": {"entry": "owed", "first": "paid"}}},
            {"by": "officer", "do": "accept", "answers": {"accepted": 300}, "expect": {"fees": {"rest": "none"}}},
            {"by": "officer", "do": "came-back", "expect": {"fee": 50, "fees": {"first": "returned"}}},
        ],
    })  # fmt: skip
    person = identity.enrol(email="maker@example.com", name=None, language="en", at=AT)
    play.play(story, territory.services["film-grant"], territory.pack, person=person)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("promise: [first]", "promise: [frist]", "did you mean 'first'"),
        ("promise: [first]", "promise: [entry]", "'entry' is a fee, which the person pays; 'promise' is for a"),
        ("promise: [first]", "charge: [first]", "for grants there are promise, pay_out, take_back"),
        ("take_back: [first]", "refund: [first]", "for grants there are promise, pay_out, take_back"),
        ("pay_out: [rest]\n", "paid: [rest]\n", "for grants there are promise, pay_out, take_back"),
        ("pay_out: [rest]\n", "\n", "no 'promise', 'pay_out' or 'pays' names the grant 'rest'"),
        ("{name: rest, kind", "{kind", "a grant needs a 'name'"),
        ("take_back: [first]", "take_back: {first: true}", "'true' is no sum of money"),
        ("take_back: [first]", "by: applicant, take_back: [first]", "an applicant cannot promise, pay out or take"),
        ("{name: rest, kind", "{name: paid_out, kind", "is the sum of several"),
        ("fees.paid_out <=", "fees.first.state == 'payed' || fees.paid_out <=", "did you mean 'paid'"),
    ],
)
def test_what_is_wrong_with_grants_is_said(old: str, new: str, said: str) -> None:
    assert old in GRANT
    assert small_services.problems("film-grant", "FG", GRANT) == []
    assert said in "\n".join(small_services.problems("film-grant", "FG", GRANT.replace(old, new)))


def test_a_grant_that_is_only_promised_is_warned_of() -> None:
    text = GRANT.replace("pay_out: [first], to", "to")
    service = small_services.service("film-grant", "FG", text)
    source = read_text(small_services.text("film-grant", "FG", text).encode(), "service.yaml")
    said = {problem.message for problem in warnings(service, source, PACK, [])}
    assert "the grant 'first' is never paid: no 'pay_out' and no 'pays'" in said
    assert not any("'rest' is never paid" in one for one in said)

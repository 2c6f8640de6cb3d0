"""The fee of the case that was paid for an entry is given back by another case: to whoever paid it, and once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests import pitches, small_services
from tests.installations import House
from tests.journeys.test_entries import person
from tests.pitches import services

from praya.blocks.cases import api as cases
from praya.blocks.registers import api as registers
from praya.definition import check
from praya.journey import acting, application_steps, load
from praya.kernel.journal import api as journal
from praya.web.desk import history

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICER = acting.By("officer:x", ("officer",), "fehd")


@pytest.fixture
def territory(db: None) -> load.Territory:
    return small_services.published(*services())


def apply(territory: load.Territory, service: str, who: str, about: str = "", **answers: Any) -> cases.Case:
    return application_steps.apply_at_once(
        territory.services[service], person=person(who), language="en", answers=answers, files={}, seats=[],
        once_key=f"{service}{who}{answers}", at=AT, subject_ref=about,
    )  # fmt: skip


def do(case: cases.Case, action: str, once: str = "") -> cases.Case:
    return acting.act(
        case=cases.case(case.ref), action=action, by=OFFICER, answers={}, reason="",
        once_key=f"{case.ref}{action}{once}", at=AT + timedelta(minutes=1),
    )  # fmt: skip


def permit(territory: load.Territory, who: str, street: str = "Quay", *, paid: bool = True) -> tuple[cases.Case, str]:
    case = apply(territory, "small-permit", who, street=street)
    done = do(case, "pay") if paid else case
    return done, registers.of_case(case.ref)[0].ref if paid else ""


def fee(case: cases.Case) -> tuple[str, int]:
    (one,) = cases.case(case.ref).fees
    return one.state, one.returned


def kinds(case: cases.Case) -> list[str]:
    return [step.kind for step in cases.history(case.ref)]


def test_the_closing_gives_back_what_was_paid_in_each_case_and_says_in_which_and_to_whom(
    territory: load.Territory,
) -> None:
    one, two = permit(territory, "one")[0], permit(territory, "two")[0]
    other = permit(territory, "three", street="Hill")[0]
    closing = apply(territory, "small-closing", "clerk", street="quay")
    do(closing, "close")
    assert [fee(case) for case in (one, two, other)] == [("refunded", 30000), ("refunded", 30000), ("paid", 0)]
    facts = [fact for fact in journal.about(closing.ref) if fact.event == "case_refunded"]
    assert {(fact.facts["of"], fact.facts["returned"]) for fact in facts} == {(one.ref, 30000), (two.ref, 30000)}
    shown = history.step_rows(
        cases.steps(closing.ref), load.compiled("small-closing", 1), load.pack(), {}, "zh-hant"
    )  # fmt: skip
    assert f"已就個案 {one.ref} 向付款人 申請人 退還「許可證」300元" in [row["what"] for row in shown]


def test_of_a_renewed_entry_the_fee_of_the_newest_renewal_is_given_back_in_part_and_once(
    territory: load.Territory,
) -> None:
    first, entry = permit(territory, "one")
    renewals = [apply(territory, "small-renewal", "one", entry, again=again) for again in (True, False)]
    for renewal in renewals:
        do(renewal, "pay")
    closing = apply(territory, "small-closing", "clerk", street="Quay")
    do(closing, "refund", "a")
    assert [fee(case) for case in renewals] == [("paid", 0), ("refunded", 10000)]
    # The one before was paid too; the third time nothing is left.
    do(closing, "refund", "b")
    do(closing, "refund", "c")
    assert [fee(case) for case in renewals] == [("refunded", 10000), ("refunded", 10000)]
    assert fee(first) == ("paid", 0)
    assert kinds(closing).count("refunded") == 2
    assert kinds(closing).count("not_refunded") == 1


def test_the_case_that_ends_its_own_entry_gives_a_part_back_by_what_the_entry_says(territory: load.Territory) -> None:
    for who, street, left in (("one", "Quay", 10000), ("two", "Hill", 0)):
        case, entry = permit(territory, who, street)
        end = apply(territory, "small-end", who, entry, sure=True)
        assert registers.entry(entry).struck_at is not None
        assert fee(case)[1] == left
        assert kinds(end).count("refunded") == (left > 0)


def test_two_that_give_one_fee_back_at_the_same_moment_give_it_once(house: House) -> None:
    for told, returned, noted in house.call("tests.journeys.together:refunds", rounds=3, closings=4):
        assert told == {"done": 4}
        assert returned == 30000
        assert noted == 1


WRONG = [
    ("refund: [permit]", "refund: [permits]", "there is no fee of 'small-permit' with the name 'permits'"),
    ("paid.renewal.amount / 2", "paid.permit.amount / 2", "there is no fee of 'small-renewal' with the name 'permit'"),
    ("refund: [permit]", "refund: {permit: nothing}", "nothing"),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG)
def test_what_is_wrong_is_told(old: str, new: str, said: str) -> None:
    assert old in pitches.CLOSING
    found = small_services.problems("small-closing", "PC", pitches.CLOSING.replace(old, new))
    if not found:
        closing = small_services.service("small-closing", "PC", pitches.CLOSING.replace(old, new))
        found = [str(m) for owner in services()[:2] for _, m in check.about_another(closing, owner)]
    assert any(said in problem for problem in found), found


def test_a_fee_lets_it_and_an_applicant_gives_nothing_back() -> None:
    permit_service, renewal, closing, _ = services()
    assert [m for owner in (permit_service, renewal) for _, m in check.about_another(closing, owner)] == []
    shut = permit_service.model_copy(update={"fees": (permit_service.fees[0].model_copy(update={"for_cases_of": ()}),)})
    assert any("give 'permit' back" in str(m) for _, m in check.about_another(closing, shut))
    by = pitches.CLOSING.replace("封閉街道}\n", "封閉街道}\n          by: applicant\n")
    assert any(
        "an applicant cannot give a fee back" in said for said in small_services.problems("small-closing", "PC", by)
    )
    both = pitches.END.replace("{subject: {refund", "{subject: {strike: true, refund")
    assert any("'strike', 'renew' and 'amend' change it" in s for s in small_services.problems("small-end", "PX", both))

"""Cases about cases: one holds another, waits for it, moves it once, and is resumed after a kill."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests import matters as services
from tests import small_services
from tests.installations import House
from tests.journeys.test_entries import person

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.definition import check
from praya.journey import acting, application_steps, jobs, load
from praya.journey.acting import linked

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICER = acting.By("officer:x", ("officer",), "fehd")


@pytest.fixture
def territory(db: None) -> load.Territory:
    return small_services.published(*services.both())


def apply(territory: load.Territory, service: str, who: str, answers: dict[str, Any], about: str = "") -> cases.Case:
    return application_steps.apply_at_once(
        territory.services[service], person=person(who), language="en", answers=answers, files={}, seats=[],
        once_key=f"{service}{who}", at=AT, subject_ref=about,
    )  # fmt: skip


def allowance(territory: load.Territory) -> tuple[cases.Case, str]:
    case = apply(territory, "small-allowance", "holder", {"name": "Holder"})
    (entry,) = registers.of_case(case.ref)
    return case, entry.ref


def review(territory: load.Territory, entry: str, who: str) -> cases.Case:
    return apply(territory, "small-review", who, {"who": f"Secret {who}", "grounds": "They moved away"}, entry)


def do(ref: str, action: str, by: acting.By = OFFICER, answers: dict[str, Any] | None = None) -> cases.Case:
    return acting.act(
        case=cases.case(ref), action=action, by=by, answers=answers or {}, reason="", once_key=f"{ref}{action}",
        at=AT + timedelta(days=1),
    )  # fmt: skip


def state(ref: str) -> str:
    return cases.case(ref).state


def test_an_allowance_stays_while_its_review_is_open_and_goes_on_when_all_are_answered(
    territory: load.Territory,
) -> None:
    case, entry = allowance(territory)
    one, two = (review(territory, entry, name) for name in ("one", "two"))
    assert state(case.ref) == "held"
    jobs.run_timers(at=AT + timedelta(days=90))
    assert state(case.ref) == "held", "time does not end what is held"
    # The second found it held already: that is told with the second, and nothing else happened.
    assert [(s.kind, s.action) for s in cases.history(two.ref)][-1] == ("not_done", "hold")
    assert [s.kind for s in cases.history(case.ref)] == ["opened", "moved"]
    do(one.ref, "reject")
    assert state(case.ref) == "held"
    do(two.ref, "uphold")
    assert cases.case(case.ref).result == "refused"
    (letter,) = [n for n in notices.inbox(case.person_ref) if n.case_ref == case.ref]
    assert letter.subject == "Stopped after 2 reviews"


def test_reviews_end_when_the_allowance_does(territory: load.Territory) -> None:
    case, entry = allowance(territory)
    one, two = (review(territory, entry, name) for name in ("one", "two"))
    do(two.ref, "answer", acting.respondent(case.person_ref), {"answer": "No"})
    do(case.ref, "withdraw", acting.applicant(case.person_ref))
    assert [state(ref) for ref in (one.ref, two.ref)] == ["pointless", "pointless"]
    assert cases.errands(limit=10) == []


def test_only_whom_it_concerns_answers_and_their_letters_say_what_they_see(territory: load.Territory) -> None:
    case, entry = allowance(territory)
    one = review(territory, entry, "one")
    for by in (OFFICER, acting.applicant(one.person_ref)):
        with pytest.raises(acting.NotAllowed):
            do(one.ref, "answer", by, {"answer": "No"})
    do(one.ref, "answer", acting.respondent(case.person_ref), {"answer": "We did not move"})
    (told,) = [n for n in notices.inbox(case.person_ref) if n.case_ref == one.ref]
    assert told.body.startswith("They moved away http")
    assert "Secret" not in told.body + told.subject
    assert f"/cases/{case.ref}" in told.body
    (answer,) = notices.inbox(one.person_ref)
    assert answer.body == "We did not move"


def test_what_was_not_done_before_a_kill_is_done_afterwards_once(
    territory: load.Territory, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, entry = allowance(territory)
    reviews = [review(territory, entry, f"r{number}") for number in range(6)]
    monkeypatch.setattr(linked, "AT_ONCE", 2)
    do(case.ref, "withdraw", acting.applicant(case.person_ref))
    assert sorted(state(one.ref) for one in reviews) == ["asked"] * 4 + ["pointless"] * 2
    done = linked._do

    def killed(errand: cases.Errand) -> None:
        done(errand)
        raise KeyboardInterrupt

    monkeypatch.setattr(linked, "_do", killed)
    with pytest.raises(KeyboardInterrupt):
        jobs.acting.run_errands(at=AT)
    assert sorted(state(one.ref) for one in reviews) == ["asked"] * 4 + ["pointless"] * 2, "half done is not done"
    monkeypatch.setattr(linked, "_do", done)
    assert acting.run_errands(at=AT) == 4
    assert acting.run_errands(at=AT) == 0
    assert {state(one.ref) for one in reviews} == {"pointless"}
    for one in reviews:
        assert [s.to_state for s in cases.history(one.ref)].count("pointless") == 1


def about(change: tuple[str, str], owner: tuple[str, str] = ("", "")) -> list[str]:
    """What is said of a changed review about a changed allowance."""
    review_of = small_services.service("small-review", "SR", services.REVIEW.replace(*change))
    of = services.ALLOWANCE.replace(*owner) if owner[0] else services.ALLOWANCE
    allowance_of = small_services.service("small-allowance", "SA", of)
    return [str(said) for _, said in check.about_another(review_of, allowance_of)]


def test_what_one_case_may_do_to_another_is_checked_on_both_sides(db: None) -> None:
    assert about(("x-x", "")) == []
    (missing,) = about(("matter_does: hold", "matter_does: hald"))
    assert "there is no action of 'small-allowance' 'hald'; did you mean 'hold'?" in missing
    (closed,) = about(("x-x", ""), (", for_cases_of: [small-review]", ""))
    assert "say so there: 'for_cases_of: [small-review]'" in closed
    circle = ("for_cases_of: [small-review], to: held", "for_cases_of: [small-review], matter_does: again, to: held")
    back = "about: {service: small-review, publication: opened}\nform:\n  - page: you"
    of = services.ALLOWANCE.replace("form:\n  - page: you", back, 1).replace(*circle)
    text = services.REVIEW.replace(
        "to: rejected}\n      when",
        "to: rejected}\n        again: {label: {en: A, zh-hant: 甲}, by: system, matter_does: hold}\n      when",
    )
    one = small_services.service("small-review", "SR", text)
    two = small_services.service("small-allowance", "SA", of)
    found = [str(said) for _, said in check.about_another(one, two)]
    assert any("move each other for ever" in message for message in found), found


DECIDED = (
    services.ALLOWANCE.replace(
        "      publish: grant\n      actions:\n",
        "      publish: grant\n      actions:\n        confirm: {label: {en: Confirm, zh-hant: 確認}}\n",
    ),
    services.REVIEW.replace("      matter_does: hold\n", "      assign: [{unlike: matter.confirm}]\n").replace(
        "zh-hant: 駁回}, to: rejected}", "zh-hant: 駁回}, unlike: matter.confirm, to: rejected}", 1
    ),
)


def test_whoever_decided_a_case_decides_nothing_about_it(db: None) -> None:
    of, review_of = DECIDED
    territory = small_services.published(
        small_services.service("small-allowance", "SA", of), small_services.service("small-review", "SR", review_of)
    )
    department = territory.services["small-review"].department
    role = frozenset({identity.Role(department, "officer")})
    first, second = (
        identity.add_officer(name=f"Officer {n} (sample)", email=f"o{n}@example.com", roles=role, at=AT, by="system")
        for n in range(2)
    )
    case, entry = allowance(territory)
    do(case.ref, "confirm", acting.officer(first, department))
    about_it = review(territory, entry, "neighbour")
    assert about_it.assigned_to == second.ref
    offered = {
        one.ref: [action.name for action in acting.open_actions(about_it, acting.officer(one, department), at=AT)]
        for one in (first, second)
    }
    assert offered == {first.ref: ["uphold"], second.ref: ["uphold", "reject"]}
    with pytest.raises(acting.NotAllowed):
        do(about_it.ref, "reject", acting.officer(first, department))
    assert do(about_it.ref, "reject", acting.officer(second, department)).state == "rejected"


@pytest.mark.parametrize("word", ["unlike: matter.%s, to: rejected}", "assign: [{unlike: matter.%s}], to: rejected}"])
def test_the_other_service_has_the_action_that_somebody_else_did(db: None, word: str) -> None:
    owner = ("        hold: {", "        confirm: {label: {en: Confirm, zh-hant: 確認}}\n        hold: {")
    rejects = "        reject: {label: {en: Reject, zh-hant: 駁回}, "
    assert about((f"{rejects}to: rejected}}", rejects + word % "confirm"), owner) == []
    (unknown,) = set(about((f"{rejects}to: rejected}}", rejects + word % "confrim"), owner))
    assert "there is no action of officers in 'small-allowance' 'confrim'; did you mean 'confirm'?" in unknown
    (nobody,) = set(about((f"{rejects}to: rejected}}", rejects + word % "hold"), owner))
    assert "there is no action of officers in 'small-allowance' 'hold'" in nobody
    alone = services.REVIEW.replace("about: {service", "# {service").replace(
        f"{rejects}to: rejected}}", rejects + word % "confirm", 1
    )
    assert any("is about no other case" in said for said in small_services.problems("small-review", "SR", alone))


@pytest.mark.parametrize(("change", "problem"), [
    (("sees: [grounds", "sees: [reasons"), "there is no question or page 'reasons'"),
    (("{answers.grounds} {url}\", zh", "{answers.who}\", zh"), "the respondent does not see 'answers.who'"),
    (("respondent: {sees", "# {sees"), "say what they see"),
    (("about: {service", "# {service"), "the service is about no other case"),
    (("by: respondent\n", "by: respondents\n"), "there is no role 'respondents'"),
    (("{to: rejected}]\n    answered", "{to: nowhere}]\n    answered"), "there is no state 'nowhere'"),
])  # fmt: skip
def test_what_is_wrong_in_a_review_is_said(db: None, change: tuple[str, str], problem: str) -> None:
    assert change[0] in services.REVIEW
    found = small_services.problems("small-review", "SR", services.REVIEW.replace(*change))
    assert any(problem in message for message in found), found


@pytest.mark.parametrize(("change", "problem"), [
    (("by: system, for_cases_of", "by: officer, reason: required, for_cases_of"), "gives no reason"),
    (("to: held}", "to: held, ask: [{q: {type: yes-no, label: {en: Q, zh-hant: 問}}}]}"), "it has 'ask'"),
])  # fmt: skip
def test_what_another_case_cannot_do_is_said(db: None, change: tuple[str, str], problem: str) -> None:
    assert change[0] in services.ALLOWANCE
    found = small_services.problems("small-allowance", "SA", services.ALLOWANCE.replace(*change))
    assert any(problem in message for message in found), found


def test_cases_that_move_each_other_at_once_neither_wait_for_ever_nor_move_twice(house: House) -> None:
    for told, allowances, reviews in house.call("tests.journeys.together:matters", rounds=4, reviews=5):
        assert set(told) <= {"done", "withdrawn", "CaseMoved", "NotAllowed"}, told
        assert "asked" not in reviews
        assert allowances in {"stopped", "confirmed", "withdrawn"}


FEE = """fees:
  - name: entry
    label: {en: Fee, zh-hant: 費用}
    amount: "300"
    for_cases_of: [small-review]
publishes:"""
PAY = "pay: {label: {en: Pay, zh-hant: 繳費}, paid: true}"
BACK = "back: {label: {en: Back, zh-hant: 退款}, refund_matter: {entry: matter.fees.entry.amount / 3}}"


def with_refund() -> list[Any]:
    """The allowance with a fee, and a review that gives a third of it back."""
    owner = services.ALLOWANCE.replace("publishes:", FEE, 1)
    owner = owner.replace("        withdraw: {label", f"        {PAY}\n        withdraw: {{label")
    about_it = services.REVIEW.replace("        answer:\n", f"        {BACK}\n        answer:\n", 1)
    return [
        small_services.service("small-allowance", "SA", owner), small_services.service("small-review", "SR", about_it),
    ]  # fmt: skip


def test_a_case_gives_the_fee_of_the_case_that_it_is_about_back_in_part_and_once(db: None) -> None:
    territory = small_services.published(*with_refund())
    case, entry = allowance(territory)
    do(case.ref, "pay")
    one, two = (review(territory, entry, name) for name in ("one", "two"))
    for again in (one, two):
        do(again.ref, "back")
    (fee,) = cases.case(case.ref).fees
    assert (fee.state, fee.cents, fee.returned) == ("refunded", 30000, 10000)
    assert "not_refunded" not in [s.kind for s in cases.history(one.ref)]
    assert "not_refunded" in [s.kind for s in cases.history(two.ref)]


def test_a_fee_that_does_not_let_it_is_not_given_back() -> None:
    owner, about_it = with_refund()
    assert list(check.about_another(about_it, owner)) == []
    shut = owner.model_copy(update={"fees": (owner.fees[0].model_copy(update={"for_cases_of": ()}),)})
    none = owner.model_copy(update={"fees": ()})
    for changed, sentence in ((shut, "cases of 'small-review' give 'entry' back"), (none, "fee of 'small-allowance'")):
        assert any(sentence in str(message) for _, message in check.about_another(about_it, changed))

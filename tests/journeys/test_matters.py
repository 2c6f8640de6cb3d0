"""Cases about cases: one holds another, waits for it, moves it once, and is resumed after a kill."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests import matters as services
from tests import small_services
from tests.installations import House
from tests.journeys.test_entries import person

from praya.blocks.cases import api as cases
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

"""Several officers each give their findings on their own; the case moves when enough of them have."""

from typing import Any

import pytest
from tests.small import AT, GRANT, player, problems, published

from praya.blocks.cases import api as cases
from praya.journey import acting, load, play
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal

pytestmark = pytest.mark.django_db


def officer(name: str) -> acting.By:
    return acting.By(f"officer:{name}", ("officer",), "dh")


def assess(score: int, who: str, **more: Any) -> dict[str, Any]:
    return {"by": "officer", "who": who, "do": "assess", "answers": {"score": score}, **more}


RECOMMEND = {"by": "officer", "who": "anna", "do": "recommend"}


def test_the_case_moves_when_as_many_officers_as_it_needs_gave_theirs() -> None:
    play_it = player(published())
    played = play_it(
        RECOMMEND,
        assess(3, "ben", expect={"state": "assessing", "actions": ["assess"]}),
        assess(8, "carl", expect={"state": "granted", "result": "granted"}),
    )
    assert [(r.actor, r.findings) for r in cases.reviews(played.case.ref)] == [
        ("officer:example-ben", {"score": 3}),
        ("officer:example-carl", {"score": 8}),
    ]
    assert [s.kind for s in cases.history(played.case.ref)] == ["opened", "moved", "reviewed", "moved", "moved"]
    assert cases.content(played.case.ref).findings == {}
    facts = [fact.facts for fact in journal.about(played.case.ref, events=["case_reviewed"])]
    assert facts == [{"action": "assess", "given": 2, "needed": 2}, {"action": "assess", "given": 1, "needed": 2}]


def test_the_average_of_all_decides() -> None:
    player(published())(RECOMMEND, assess(3, "ben"), assess(6, "carl", expect={"state": "refused"}))


def test_the_same_officer_counts_once() -> None:
    player(published())(
        RECOMMEND,
        assess(9, "ben"),
        assess(9, "ben", expect={"state": "assessing", "errors": {"action": "not_allowed"}}),
    )


def test_whoever_did_the_other_action_may_not_do_this_one() -> None:
    player(published())(
        RECOMMEND, assess(9, "anna", expect={"state": "assessing", "errors": {"action": "not_allowed"}})
    )


def test_expressions_see_nothing_of_a_review_that_goes_on() -> None:
    text = GRANT.replace(
        "        assess:\n",
        "        peek: {label: {en: Peek, zh-hant: 查看}, to: refused, when: size(reviews.assess) > 0}\n"
        "        assess:\n",
    )
    player(published(text))(RECOMMEND, assess(9, "ben", expect={"actions": ["assess"]}))


@pytest.mark.parametrize("after", [{}, {"after": "1 day"}])
def test_coming_back_to_the_state_is_a_new_round(after: dict[str, str]) -> None:
    text = GRANT.replace(
        "        assess:\n",
        "        put-back: {label: {en: Back, zh-hant: 退回}, to: received}\n        assess:\n",
    )
    player(published(text))(
        RECOMMEND,
        assess(9, "ben"),
        {"by": "officer", "do": "put-back", **after},
        {**RECOMMEND, **after, "expect": {"state": "assessing"}},
        assess(9, "carl", expect={"state": "assessing"}),
        assess(9, "ben", expect={"state": "granted"}),
    )


def test_the_same_form_sent_twice_counts_once_and_a_stale_one_is_refused() -> None:
    played = player(published())(RECOMMEND)
    case = cases.case(played.case.ref)
    for _ in range(2):
        acting.act(case=case, action="assess", by=officer("ben"), answers={"score": 9}, reason="", once_key="k", at=AT)
    assert len(cases.reviews(case.ref)) == 1
    # Whoever wrote meanwhile can still send theirs; then the case has moved.
    acting.act(case=case, action="assess", by=officer("carl"), answers={"score": 9}, reason="", once_key="l", at=AT)
    with pytest.raises(acting.NotAllowed):
        acting.act(case=case, action="assess", by=officer("dora"), answers={"score": 9}, reason="", once_key="m", at=AT)
    assert len(cases.reviews(case.ref)) == 2


def test_an_action_that_leaves_the_case_where_it_is_ends_with_its_number() -> None:
    text = GRANT.replace("          to: assessed\n", "").replace(
        "        assess:\n",
        "        decide: {label: {en: Decide, zh-hant: 決定}, when: size(reviews.assess) == 2, to: assessed}\n"
        "        assess:\n",
    )
    player(published(text))(
        RECOMMEND,
        assess(9, "ben", expect={"actions": ["assess"]}),
        assess(9, "carl", expect={"state": "assessing", "actions": ["decide"]}),
        assess(9, "dora", expect={"errors": {"action": "not_allowed"}}),
        {"by": "officer", "do": "decide", "expect": {"state": "granted"}},
    )


def test_what_reviewers_wrote_goes_with_the_person() -> None:
    played = player(published())(RECOMMEND, assess(9, "ben", reason="Sound"))
    vault.forget(played.person.ref)
    vault.reset_memory()
    assert cases.reviews(played.case.ref) == []
    assert isinstance(acting.open_actions(cases.case(played.case.ref), officer("x"), at=AT), list)


def test_a_story_that_expects_otherwise_differs() -> None:
    with pytest.raises(play.Differs):
        player(published())(RECOMMEND, assess(9, "ben", expect={"state": "granted"}))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("unlike: recommend", "unlike: recomend", "there is no other action 'recomend'; did you mean 'recommend'?"),
        ("unlike: recommend", "unlike: assess", "there is no other action 'assess'"),
        ("reviewers: 2", "reviewers: 2\n          by: applicant", "only officers review: 'assess' is by 'applicant'"),
        ("reviews.assess", "reviews.asess", "'reviews.asess' does not exist; did you mean 'assess'?"),
        ("reviewers: 2", "reviewers: 0", "must be at least 1"),
    ],
)
def test_what_is_wrong_with_reviewers_is_said(old: str, new: str, said: str) -> None:
    assert any(said in problem for problem in problems(load.pack(), GRANT.replace(old, new)))

"""A public notice and what others say to it: its facts in rules, its place, and what counts as answered."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from tests import neighbours, small_services
from tests.journeys.test_entries import person

from praya.blocks.cases import api as cases
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.definition.example import Example
from praya.journey import acting, application_steps, load, matters, play
from praya.journey.expectations import Differs
from praya.kernel import clock
from praya.kernel.crypto import vault

NUMBERS = count(1)
AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
TREES = {
    "spot": {"text": "Behind the school", "lat": 22.3, "lon": 114.175}, "work": "fell", "trees": 3,
    "begins": "2026-04-20", "owner": {"family": "EXAMPLE", "given": "Mina"},
}  # fmt: skip
NEAR = {"home": {"text": "3 Sample Lane", "lat": 22.3005, "lon": 114.175}, "why": "They keep us cool"}
FAR = {**NEAR, "home": {"text": "Far away", "lat": 22.36, "lon": 114.12}}


@pytest.fixture
def territory(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[load.Territory]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    yield small_services.published(*neighbours.both())
    load.forget()
    vault.reset_memory()


def apply(territory: load.Territory, service: str, who: str, answers: dict[str, Any], about: str = "") -> cases.Case:
    return application_steps.apply_at_once(
        territory.services[service], person=person(who), language="en", answers=answers, files={}, seats=[],
        once_key=f"{service}{who}", at=AT, subject_ref=about,
    )  # fmt: skip


def tell(territory: load.Territory, service: str, **words: Any) -> None:
    example = Example.model_validate(
        {"example": f"Story {next(NUMBERS)}", "starts": "2026-03-02T10:00:00+08:00", "language": "en", **words}
    )
    play.play(example, territory.services[service], territory.pack, person=person("teller"))


def test_rules_see_the_facts_of_a_notice_as_they_are_wherever_it_comes_from(territory: load.Territory) -> None:
    works = apply(territory, "tree-works", "owner", TREES)
    (notice,) = registers.of_case(works.ref)
    objection = apply(territory, "tree-objection", "neighbour", NEAR, notice.ref)
    (letter,) = [n for n in notices.inbox(objection.person_ref) if n.case_ref == objection.ref]
    assert letter.subject == "You object at Behind the school (22.30000, 114.17500)"
    assert letter.body.startswith("Fell them, 3, 20 April 2026, ")
    with pytest.raises(application_steps.NotEligible):
        apply(territory, "tree-objection", "stranger", FAR, notice.ref)
    applies = {"as": "neighbour", "applies": "tree-objection"}
    tell(
        territory, "tree-works", answers=TREES, expect={"state": "shown"},
        steps=[
            {**applies, "answers": NEAR, "expect": {"state": "received"}},
            {**applies, "as": "stranger", "answers": FAR, "expect": {"refused": True}},
        ],
    )  # fmt: skip
    facts = {**TREES, "number": "TW-1111-1111"}
    entry = {"facts": facts, "from": "2026-03-01", "until": "2026-03-14"}
    tell(territory, "tree-objection", entry=entry, answers=NEAR, expect={"state": "received"})
    tell(territory, "tree-objection", entry=entry, answers=FAR, expect={"refused": True})
    # What a cell of a table would have is read by the fact's kind.
    words = {"trees": "3", "owner": TREES["owner"]}
    tell(
        territory,
        "tree-objection",
        entry={**entry, "facts": {**facts, **words}},
        answers=NEAR,
        expect={"state": "received"},
    )
    wrong = {**entry, "facts": {**facts, "trees": "many"}}
    with pytest.raises(Differs, match="'many' is no number"):
        tell(territory, "tree-objection", entry=wrong, answers=NEAR)
    with pytest.raises(Differs, match="the publication has no fact 'tree'"):
        tell(territory, "tree-objection", entry={**entry, "facts": {**facts, "tree": 3}}, answers=NEAR)


def test_what_is_answered_keeps_no_case_waiting_and_hears_of_the_decision(db: None) -> None:
    territory = small_services.published(*neighbours.both(answered="answered: true"))
    applies = {"applies": "tree-objection", "answers": NEAR, "expect": {"state": "received"}}
    answer = {"by": "respondent", "do": "answer", "expect": {"state": "answered"}}
    tell(
        territory, "tree-works", answers=TREES,
        steps=[
            {"as": "one", **applies}, {"as": "two", **applies},
            {"as": "one", **answer},
            {"after": "15 days", "expect": {"state": "answering"}},
            {"as": "two", "after": "1 day", **answer},
            {"expect": {"state": "deciding"}},
            {"by": "officer", "do": "permit", "expect": {"state": "permitted"}},
            {"as": "one", "expect": {"state": "decided", "notices": ["decided"]}},
            {"as": "two", "expect": {"state": "decided"}},
        ],
    )  # fmt: skip
    # An objection that ends is settled too, and one that nobody answers holds the works until their time comes.
    tell(
        territory, "tree-works", answers=TREES,
        steps=[
            {"as": "one", **applies}, {"as": "two", **applies},
            {"as": "one", "by": "applicant", "do": "withdraw", "expect": {"state": "withdrawn"}},
            {"after": "15 days", "expect": {"state": "answering"}},
            {"after": "8 days", "expect": {"state": "deciding"}},
        ],
    )  # fmt: skip
    works = apply(territory, "tree-works", "owner", TREES)
    (notice,) = registers.of_case(works.ref)
    objection = apply(territory, "tree-objection", "neighbour", NEAR, notice.ref)
    assert {name: matters.counts(works)[name] for name in ("open", "answered", "all")} == {
        "open": 1, "answered": 0, "all": 1,
    }  # fmt: skip
    by = acting.By(f"person:{works.person_ref}", ("respondent",), "")
    acting.act(case=objection, action="answer", by=by, answers={}, reason="", once_key="answer", at=AT)
    assert {name: matters.counts(works)[name] for name in ("open", "answered", "all")} == {
        "open": 1, "answered": 1, "all": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("final: true, result: completed", "final: true, result: completed, answered: true"), "take 'answered' out"),
        (("about: {service: tree-works, publication: trees}", ""), "the service is about no other case"),
    ],
)
def test_where_nothing_is_answered_check_says_so(change: tuple[str, str], said: str, db: None) -> None:
    text = neighbours.OBJECTION.replace("ELIGIBILITY", '  - {unless: "true", refuse: {en: "No.", zh-hant: "否。"}}')
    text = text.replace("ANSWERED", "answered: true").replace(*change)
    assert any(said in problem for problem in small_services.problems("tree-objection", "TX", text))

"""A part of a limit is free again, and a list in `per` is several things or one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests import small_services

from praya.blocks.identity import api as identity
from praya.definition.chapters.limits import doubtful
from praya.definition.example import Example
from praya.journey import load, play
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
FUEL = """
form:
  - page: fuel
    questions:
      - litres: {type: number, min: 0, decimals: 1, label: {en: Litres, zh-hant: 公升}}
      - shop: {type: text, label: {en: Shop, zh-hant: 店舖}}
      - street: {type: text, label: {en: Street, zh-hant: 街道}}
limits:
  - name: fuel
    of: answers.litres
    at_most: 100
    per: "[answers.shop, answers.street]"
    counts: COUNTS
    refuse: {en: "{limit.left} litres are left.", zh-hant: "尚餘 {limit.left} 公升。"}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        less:
          label: {en: Grant less, zh-hant: 部分批准}
          frees: {fuel: answers.litres - findings.granted}
          ask: [{granted: {type: number, decimals: 1, label: {en: Granted, zh-hant: 批准公升}}}]
        done: {label: {en: Done, zh-hant: 完成}, to: done}
    done: {label: {en: Done, zh-hant: 已完成}, final: true, result: completed}
retention: {completed: 1 year}
"""


def fuel(counts: str) -> Any:
    return small_services.published(small_services.service("fuel", "FU", FUEL.replace("COUNTS", counts)))


@pytest.fixture
def person(db: None) -> Iterator[identity.Person]:
    yield identity.enrol(email="shop@example.com", name=None, language="en", at=AT)
    load.forget()
    vault.reset_memory()


def story(*steps: dict[str, Any]) -> Example:
    answers = {"litres": 80, "shop": "Bay", "street": "Harbour Road"}
    told = {"example": "Fuel", "starts": "2026-03-02T10:00:00+08:00", "answers": answers, "steps": steps}
    return Example.model_validate(told)


def asks(who: str, litres: float, *, errors: bool = False, **other: str) -> dict[str, Any]:
    expect: dict[str, Any] = {"errors": {"limits": "LimitReached"}} if errors else {"state": "received"}
    return {"as": who, "applies": "fuel", "answers": {"litres": litres, **other}, "expect": expect}


def grants(litres: float) -> dict[str, Any]:
    return {"by": "officer", "do": "less", "answers": {"granted": litres}, "expect": {"errors": {}}}


def test_what_is_not_granted_others_can_have_and_never_more_than_was_taken(person: identity.Person) -> None:
    territory = fuel("together")
    played = play.play(
        story(asks("b", 20.5, errors=True), grants(59.5), asks("b", 40.5), asks("c", 0.5, errors=True), grants(-1000),
              grants(200), asks("d", 59.5), asks("e", 0.5, errors=True)),
        territory.services["fuel"], territory.pack, person=person,
    )  # fmt: skip
    assert played.case is not None
    told = [fact.facts["millionths"] for fact in journal.about(played.case.ref, events=["limit_freed"])]
    assert sorted(told) == [20_500_000, 59_500_000]


@pytest.mark.parametrize("counts", ["each", "together"])
def test_the_items_of_a_list_are_several_things_or_one(person: identity.Person, counts: str) -> None:
    each = counts == "each"
    territory = fuel(counts)
    play.play(
        story(asks("same", 30, errors=True), asks("street", 30, shop="Hill", errors=each),
              asks("other", 30, shop="Hill", street="Peak Road"), asks("shop", 30, street="Low Road", errors=each)),
        territory.services["fuel"], territory.pack, person=person,
    )  # fmt: skip


def test_check_knows_the_names_of_limits(db: None) -> None:
    found = small_services.problems(
        "fuel", "FU", FUEL.replace("COUNTS", "each").replace("frees: {fuel:", "frees: {feul:")
    )
    assert found == ["there is no limit with the name 'feul'; did you mean 'fuel'? (known: fuel)"]


def test_a_list_that_does_not_say_is_doubted(db: None) -> None:
    for counts, codes in (("each", []), ("together", []), ("null", ["each-or-together"])):
        service = small_services.service("fuel", "FU", FUEL.replace("COUNTS", counts))
        assert [said.code for _, said in doubtful(service)] == codes, counts  # type: ignore[attr-defined]

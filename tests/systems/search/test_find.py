"""Finding services, registers, topics and pages of the pack, as people ask for them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.published import AT

from praya.journey import load
from praya.systems.search import api, sources

pytestmark = [pytest.mark.usefixtures("pack_is_live"), pytest.mark.django_db]


def first(query: str) -> str:
    return api.find(query).documents[0].url if api.find(query).count else ""


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ("restaurant licence", "services/restaurant-licence"),
        ("renew resturant licence", "services/restaurant-renewal"),
        ("食牌", "services/restaurant-licence"),
        ("食肆牌照", "services/restaurant-licence"),
        ("食肆牌照续期", "services/restaurant-renewal"),
        ("牌照 renew restaurant", "services/restaurant-renewal"),
        ("我想開餐廳點申請牌照", "life-events/opening-a-food-business"),
        ("打針", "services/vaccination-booking"),
        ("vacination", "services/vaccination-booking"),
        ("marriage notice", "services/marriage-notice"),
        ("sik si paai ziu", "services/restaurant-licence"),
        ("sikpaai", "services/restaurant-licence"),
        ("jiehun", "life-events/getting-married"),
        ("licensed restaurants", "registers/restaurant-licence/licensed-restaurants"),
        ("私隱", "privacy"),
    ],
)
def test_what_people_ask_for_comes_first(query: str, url: str) -> None:
    assert first(query) == url


def test_every_service_is_found_first_by_its_title_in_each_language() -> None:
    for card in load.territory().offered.values():
        for title in card.title.words.values():
            assert first(title) == f"services/{card.service}", title


def test_what_is_nowhere_is_not_found() -> None:
    for query in ("xyzzy", "火化", "!!!", "\N{ROCKET}", ""):
        assert api.find(query).count == 0
    assert api.find("restaurant xyzzy").loose


def test_facets_count_what_was_found_and_narrow_it() -> None:
    found = api.find("licence", most=100)
    kinds = found.facets["kind"]
    assert sum(kinds.values()) == found.count == len(found.documents)
    for kind, count in kinds.items():
        narrowed = api.find("licence", only={"kind": kind}, most=100)
        assert narrowed.count == count
        assert {one.kind for one in narrowed.documents} == {kind}
    assert api.find("licence", only={"kind": "nothing"}).count == 0


def test_pages_of_results_have_each_document_once() -> None:
    count = api.find("licence").count
    paged = [one.url for start in range(0, count, 5) for one in api.find("licence", start=start, most=5).documents]
    assert len(paged) == len(set(paged)) == count


def test_suggestions_complete_what_is_being_typed() -> None:
    assert "services/restaurant-licence" in [one.url for one in api.suggested("restaur", lang="en")]
    assert "services/restaurant-licence" in [one.url for one in api.suggested("食肆", lang="zh-hant")]
    assert api.suggested("?!", lang="en") == []


def test_the_index_follows_what_is_published() -> None:
    assert api.keep() == len(list(sources.documents()))
    assert api.keep() == 0
    assert first("street fair") == "services/street-fair"
    from praya.blocks.services import api as services

    services.withdraw(service="street-fair", at=AT, by="system")
    load.forget()
    assert api.keep() > 0
    api.forget()
    assert first("street fair") != "services/street-fair"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=120))
def test_any_text_is_searched(text: str) -> None:
    found = api.find(text)
    assert found.count >= len(found.documents)


@pytest.mark.parametrize(
    "query", ["x" * 10_000, "食" * 10_000, "a b " * 2500, "AND OR NOT (", '"', "kind:service", "*", "\x00"]
)
def test_no_query_is_an_instruction(query: str) -> None:
    assert api.find(query).count >= 0

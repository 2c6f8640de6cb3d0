from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from praya.blocks.registers import rules

DAY = date(2023, 1, 5)


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("沙田灣茶餐廳", "沙田湾"),
        ("沙田湾茶餐厅", "茶餐廳"),
        ("Golden Bowl Café", "golden bowl"),
        ("ＡＢＣ 餐廳", "abc"),
        ("STRASSE", "straße"),
        ("乾隆酒樓", "乾"),
        ("乾隆酒樓", "乾隆酒楼"),
    ],
)
def test_an_entry_is_found_in_any_way_of_writing(said: str, typed: str) -> None:
    text = rules.searched({"name": said})
    assert all(word in text for word in rules.words(typed))


def test_every_language_is_searched_and_the_first_fact_gives_the_order() -> None:
    facts = {"name": {"en": "Golden Bowl", "zh-hant": "金碗"}, "district": "Sha Tin"}
    assert rules.searched(facts) == "golden bowl\n金碗\nsha tin"
    assert rules.order(facts) == "golden bowl"


@given(st.text(max_size=300))
def test_a_query_is_a_few_plain_words_whatever_was_typed(query: str) -> None:
    words = rules.words(query)
    assert len(words) <= 8
    assert all(word and not word.isspace() and "\x00" not in word for word in words)


@given(st.text(alphabet="abcXYZ 09沙田金碗乾隆燥頭髮發展皇后後台臺", min_size=1, max_size=60), st.data())
def test_any_part_of_what_an_entry_says_finds_it(said: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(said) - 1))
    part = said[start : start + data.draw(st.integers(1, 20))]
    assert all(word in rules.searched({"name": said}) for word in rules.words(part))


def test_what_cannot_be_entered_is_refused() -> None:
    rules.check({"name": "a"}, DAY, DAY)
    for facts, until in (
        ({}, None),
        ({"name": "a"}, date(2023, 1, 4)),
    ):
        with pytest.raises(rules.NotEnterable):
            rules.check(facts, DAY, until)


def test_what_people_typed_is_shortened_until_it_can_be_entered() -> None:
    assert rules.fitted({"name": "a\x00b", "note": {"en": "c"}}) == ({"name": "a b", "note": {"en": "c"}}, [])
    said, cut = rules.fitted({"name": "a" * 2001, "note": {"en": "字" * 30, "zh-hant": "字" * 2000}})
    assert (said["name"], cut) == ("a" * 1999 + "…", ["name"])
    said, cut = rules.fitted({str(n): {"en": "a" * 2000, "zh-hant": "b"} for n in range(11)})
    assert sum(len(text) for value in said.values() for text in dict(value).values()) <= rules.FACTS_LENGTH
    assert cut == [str(n) for n in range(11)]


def test_a_day_ends_at_midnight_in_the_territory() -> None:
    assert rules.day_after(DAY, "Asia/Hong_Kong") == datetime(2023, 1, 5, 16, tzinfo=UTC)

"""The terms of texts and queries: in any script, from any input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from praya.systems.search import romanisation, tokens
from praya.systems.search.tokens import Phrases, Vocabulary

PHRASES = Phrases(
    Vocabulary((("restaurant licence", "食肆牌照", "食牌"), ("renew", "續期")), ("how do i", "我想", "申請")),
    romanisation.readings,
)


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("Restaurant", ["restaurant"]), ("食肆牌照", ["食肆", "肆牌", "牌照"]), ("牌", ["牌"]),
        ("食物 licence 2026", ["食物", "licence", "2026"]), ("ＦＥＨＢ９４", ["fehb94"]), ("Café’s", ["cafe"]),
        ("  \u200b ,，!", []),
    ],
)  # fmt: skip
def test_a_query_becomes_terms(query: str, terms: list[str]) -> None:
    assert tokens.asked(query) == terms


def test_both_scripts_become_the_same_terms() -> None:
    assert tokens.asked("結婚證書") == tokens.asked("结婚证书")


@given(st.text(max_size=60))
def test_every_term_of_a_query_is_a_term_of_the_same_text(text: str) -> None:
    assert set(tokens.asked(text)) <= set(tokens.indexed(text))


@given(st.text(max_size=200))
def test_marking_changes_no_text(text: str) -> None:
    assert "".join(piece.text for piece in tokens.marked(text, set(tokens.indexed(text)), str)) == text


@given(st.text(max_size=100))
def test_any_query_has_concepts_where_it_has_terms(text: str) -> None:
    assert bool(PHRASES.concepts(text)) == bool(tokens.asked(text))


@pytest.mark.parametrize(
    "query", ["食牌", "sik paai", "sikpaai", "shipai", "我想申請食牌", "How do I get a restaurant licence"]
)
def test_a_synonym_is_found_in_characters_and_in_latin_letters(query: str) -> None:
    ways = PHRASES.concepts(query)[0].ways
    assert ("restaurant", "licence") in ways
    assert ("食肆", "肆牌", "牌照") in ways


def test_phrases_that_say_nothing_are_left_out_unless_nothing_else_is_there() -> None:
    assert [concept.ways for concept in PHRASES.concepts("我想結婚")] == [(("結婚",),)] or tokens.asked("結婚") == [
        "结婚"
    ]
    assert [concept.ways[0] for concept in PHRASES.concepts("我想")] == [("我想",)]


def test_a_word_inside_another_is_no_phrase() -> None:
    assert len(PHRASES.concepts("renewable")) == 1
    assert PHRASES.concepts("renewable")[0].ways == (("renewable",),)


def test_a_number_of_a_form_is_found_with_and_without_a_space() -> None:
    assert "fehb94" in set(tokens.indexed("Form FEHB 94"))
    assert {"fehb94", "fehb", "94"} <= set(tokens.indexed("FEHB94"))


def test_romanisations_have_a_syllable_for_each_character() -> None:
    assert romanisation.readings("食肆") == (("sik", "si"), ("shi", "si"))
    assert romanisation.readings("\U00020000") == () or all(
        len(way) == 1 for way in romanisation.readings("\U00020000")
    )

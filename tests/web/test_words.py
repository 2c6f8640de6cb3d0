"""The words of the interface: each text is complete in every language."""

from pathlib import Path

import pytest

from praya.definition.source import read
from praya.kernel.text import LANGUAGES
from praya.project.designing import texts

WEB = Path(__file__).resolve().parents[2] / "src" / "praya" / "web"


@pytest.mark.parametrize("path", sorted(WEB.glob("*/words.yaml")), ids=lambda path: path.parent.name)
def test_words_hold_text_in_known_languages_and_nothing_else(path: Path) -> None:
    """A comma without quotation marks would cut a sentence in two: `{en: Real, but expired}` says only "Real"."""
    for key, said in read(path).data.items():
        assert set(said) <= set(LANGUAGES), key
        assert {"en", "zh-hant"} <= set(said), key
        assert all(isinstance(words, str) and words for words in said.values()), key


SOURCE = WEB.parent


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("words.yaml")), ids=lambda path: path.parent.name)
def test_the_words_of_the_pages_are_as_plain_as_those_of_a_service_must_be(path: Path) -> None:
    hard = [
        f"{key}, {language}: {fault}"
        for key, said in read(path).data.items()
        for language, words in said.items()
        for fault in texts.hard(words, language)
    ]
    assert hard == []


@pytest.mark.parametrize(
    ("language", "words", "says"),
    [
        ("en", "You must commence prior to the hearing.", ["people say: begin", "people say: before"]),
        ("en", "Commencement is not told.", []),
        ("en", "word " * 31, ["31 words long"]),
        ("zh-hant", "你嘅申請喺處理中。", ["is spoken Cantonese"]),
        ("zh-hant", "申請正在處理。", []),
        ("zh-hant", "申" * 71, ["71 characters long"]),
    ],
)
def test_what_is_hard_to_read_is_told(language: str, words: str, says: list[str]) -> None:
    found = [str(fault) for fault in texts.hard(words, language)]
    assert len(found) == len(says), found
    assert all(part in told for part, told in zip(says, found, strict=True))

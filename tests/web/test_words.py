"""The words of the interface: each text is complete in every language."""

from pathlib import Path

import pytest

from praya.definition.source import read
from praya.kernel.text import LANGUAGES

WEB = Path(__file__).resolve().parents[2] / "src" / "praya" / "web"


@pytest.mark.parametrize("path", sorted(WEB.glob("*/words.yaml")), ids=lambda path: path.parent.name)
def test_words_hold_text_in_known_languages_and_nothing_else(path: Path) -> None:
    """A comma without quotation marks would cut a sentence in two: `{en: Real, but expired}` says only "Real"."""
    for key, said in read(path).data.items():
        assert set(said) <= set(LANGUAGES), key
        assert {"en", "zh-hant"} <= set(said), key
        assert all(isinstance(words, str) and words for words in said.values()), key

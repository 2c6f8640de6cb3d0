"""Praya's own words below the pages: each words.yaml of the definition, its questions and the journey."""

from collections.abc import Mapping
from pathlib import Path

from praya.definition.source import read
from praya.kernel.calendar import Length
from praya.kernel.text import Text, brought


class OwnText(Text):
    """A text of Praya itself. In a language without a translation it is the territory's translation, else English."""

    __slots__ = ("_key",)

    def __init__(self, key: str, words: Mapping[str, str]) -> None:
        """Store the words (language -> text); a territory may translate them under `key` or the English sentence."""
        super().__init__(words)
        self._key = key

    def in_(self, language: str) -> str:
        """The text in `language`."""
        own = brought(self._key, language) or self.words.get(language)
        return own if own is not None else brought(self.words["en"], language) or self.words["en"]


def own_words(file: Path, prefix: str) -> dict[str, OwnText]:
    """The texts of a words.yaml by key; a territory may translate them under `prefix.key`."""
    return {key: OwnText(f"{prefix}.{key}", words) for key, words in read(file).data.items()}


WORDS = own_words(Path(__file__).with_name("words.yaml"), "definition")


def colon(language: str) -> str:
    """The colon that the language writes."""
    return WORDS["colon"].in_(language)


def length_words(length: Length, language: str) -> str:
    """A length of time: `10 working days`, `10 個工作天`."""
    number = "one" if length.count == 1 else "many"
    return WORDS[f"{length.unit.replace(' ', '_')}_{number}"].in_(language).format(count=length.count)

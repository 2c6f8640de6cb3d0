"""Text in several languages. Machine-drafted translations are marked as drafts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Self

import opencc
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

LANGUAGES = ("en", "zh-hant", "zh-hans")
HTML_LANGUAGE = {"en": "en", "zh-hant": "zh-Hant-HK", "zh-hans": "zh-Hans-HK"}
# Languages written from right to left.
_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
# A missing language is drafted from another one. OpenCC's hk2s conversion is reliable; s2hk is not.
DRAFTED_FROM = {"zh-hans": "zh-hant"}


@dataclass
class _Spoken:
    """The languages of the territory, the first of which is the fallback, and the territory's own translations."""

    languages: tuple[str, ...] = LANGUAGES
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


_spoken = _Spoken()


def speak(languages: tuple[str, ...], words: Mapping[str, Mapping[str, str]]) -> None:
    """Set the languages of this process and the territory's own translations: language -> key -> text.

    The key is a key of `words.yaml`, or the English sentence itself.
    """
    _spoken.languages, _spoken.words = languages, words


def spoken() -> tuple[str, ...]:
    """The languages of the territory, the main one first."""
    return _spoken.languages


def brought(key: str, language: str) -> str | None:
    """The territory's own translation of `key`; None when it has none."""
    return _spoken.words.get(language, {}).get(key)


def html_language(language: str) -> str:
    """The BCP 47 tag of a language, for browsers and screen readers."""
    return HTML_LANGUAGE.get(language, language)


def direction(language: str) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if language.split("-", maxsplit=1)[0] in _RIGHT_TO_LEFT else "ltr"


_QUOTES = str.maketrans("「」『』", "“”‘’")


@lru_cache(maxsize=1)
def _simplifier() -> Any:
    return opencc.OpenCC("hk2s")


@lru_cache(maxsize=8192)
def simplified(traditional: str) -> str:
    """Draft Simplified Chinese from Hong Kong's Traditional Chinese (OpenCC hk2s), with mainland quotation marks."""
    return str(_simplifier().convert(traditional)).replace("甚么", "什么").translate(_QUOTES)


class Text:
    """One meaning in several languages. Immutable; unknown languages fall back to English, then to any."""

    __slots__ = ("_drafts", "_words")

    def __init__(self, words: Mapping[str, str]) -> None:
        """Store `words` (language -> text), and draft missing languages where possible."""
        complete = dict(words)
        drafts = set()
        for language, origin in DRAFTED_FROM.items():
            if language not in complete and origin in complete:
                complete[language] = simplified(complete[origin])
                drafts.add(language)
        self._words = complete
        self._drafts = frozenset(drafts)

    def in_(self, language: str) -> str:
        """The text in `language`; else the territory's translation, its main language, English, or any language."""
        text = self._words.get(language)
        if text is not None:
            return text
        english = self._words.get("en", "")
        return (
            brought(english, language)
            or self._words.get(_spoken.languages[0])
            or english
            or next(iter(self._words.values()), "")
        )

    @property
    def words(self) -> Mapping[str, str]:
        """Language -> text, drafts included."""
        return self._words

    @property
    def drafts(self) -> frozenset[str]:
        """The languages that a machine drafted and nobody has approved."""
        return self._drafts

    @property
    def written(self) -> dict[str, str]:
        """Language -> text, without drafts."""
        return {k: v for k, v in self._words.items() if k not in self._drafts}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self._words == other._words

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._words.items())))

    def __repr__(self) -> str:
        return f"Text({self.in_('en')!r})"

    @classmethod
    def _read(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            raise ValueError("write the text in each language, like {en: Apply, zh-hant: 申請}")
        if not isinstance(value, dict) or not value:
            raise ValueError("expected a text in each language, like {en: Apply, zh-hant: 申請}")
        words = {}
        for language, text in value.items():
            if not isinstance(language, str) or not isinstance(text, str):
                raise ValueError("each language must be followed by its text")
            if not text.strip():
                raise ValueError(f"the text in '{language}' is empty")
            words[language] = text.strip()
        return cls(words)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._read, serialization=core_schema.plain_serializer_function_ser_schema(lambda t: t.written)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": "object",
            "description": "A text in each language of the pack; zh-hans may be left out: it is drafted.",
            "properties": {language: {"type": "string", "minLength": 1} for language in LANGUAGES},
            "additionalProperties": {"type": "string"},
            "minProperties": 1,
        }


class Citation(Text):
    """A citation, such as of a law: in each language, or one plain string for all of them."""

    __slots__ = ()

    @property
    def is_plain(self) -> bool:
        """Whether it is one string for every language."""
        return set(self.words) == {""}

    @classmethod
    def _read(cls, value: object) -> Self:
        if isinstance(value, str) and value.strip():
            return cls({"": value.strip()})
        return super()._read(value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._read, serialization=core_schema.plain_serializer_function_ser_schema(_citation_written)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string", "minLength": 1}, super().__get_pydantic_json_schema__(schema, handler)]}


def _citation_written(citation: Citation) -> str | dict[str, str]:
    return citation.words[""] if citation.is_plain else citation.written

"""The texts of the interface, from the `words.yaml` of every plug, in every language."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

from praya.definition.source import read
from praya.kernel import plug
from praya.kernel.text import LANGUAGES, Text, brought

# The name of each language in that language.
LABELS = {
    "en": "English",
    "zh-hant": "繁體",
    "zh-hans": "简体",
    "pt": "Português",
    "ur": "اردو",
    "ne": "नेपाली",
    "hi": "हिन्दी",
    "tl": "Tagalog",
    "id": "Bahasa Indonesia",
    "th": "ไทย",
    "vi": "Tiếng Việt",
    "pa": "ਪੰਜਾਬੀ",
    "ja": "日本語",
    "ko": "한국어",
    "fr": "Français",
    "de": "Deutsch",
    "es": "Español",
    "ms": "Bahasa Melayu",
    "ar": "العربية",
    "bn": "বাংলা",
    "ta": "தமிழ்",
}


class Unfit(ValueError):
    """A text of the interface lacks a language, or two plugs use the same key. The message names the file."""


@lru_cache(maxsize=1)
def words() -> dict[str, Text]:
    """Key -> text, of all plugs. Raises Unfit."""
    texts: dict[str, Text] = {}
    files: dict[str, Path] = {}
    for path in plug.folders("words.yaml"):
        for key, translations in (read(path).data or {}).items():
            if (first := files.setdefault(key, path)) != path:
                raise Unfit(f"{path}: the text '{key}' is in {first} already; choose another key.")
            missing = [language for language in LANGUAGES if not Text(translations).words.get(language)]
            if missing:
                raise Unfit(f"{path}: the text '{key}' is not in {', '.join(missing)}.")
            texts[key] = Text(translations)
    return texts


@lru_cache(maxsize=8)
def in_language(language: str) -> dict[str, str]:
    """Key -> text in one language."""
    return {key: brought(key, language) or text.in_(language) for key, text in words().items()}


class Translator:
    """`t("portal.start", name=...)` in one language."""

    __slots__ = ("_words", "language")

    def __init__(self, language: str) -> None:
        """Speak `language`."""
        self.language = language
        self._words = in_language(language)

    def __call__(self, key: str, **values: Any) -> str:
        """The text for `key`. Raises KeyError for a key that does not exist: that is a bug."""
        text = self._words[key]
        return text.format(**values) if values else text


@lru_cache(maxsize=8)
def translator(language: str) -> Translator:
    """The translator of one language."""
    return Translator(language)


_spoken: ContextVar[Translator] = ContextVar("_spoken")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Let `PageWords` use a language while a page is rendered."""
    before = _spoken.set(translator(language))
    try:
        yield
    finally:
        _spoken.reset(before)


class PageWords:
    """`t` of the macros, which are built once for all pages: it uses the language of the page that is rendered."""

    __slots__ = ()

    def __call__(self, key: str, **values: Any) -> str:
        """The text for `key` in the language of the page."""
        return _spoken.get()(key, **values)

    @property
    def language(self) -> str:
        """The language of the page."""
        return _spoken.get().language

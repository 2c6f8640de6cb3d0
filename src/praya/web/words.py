"""The words of the interface: the `words.yaml` of every plug, in every language."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from praya.definition.source import read
from praya.kernel import plug
from praya.kernel.text import Text, brought

# What each language calls itself.
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


@lru_cache(maxsize=1)
def words() -> dict[str, Text]:
    """Key -> text, of all faces."""
    found: dict[str, Text] = {}
    for path in plug.folders("words.yaml"):
        for key, said in (read(path).data or {}).items():
            found[key] = Text(said)
    return found


@lru_cache(maxsize=8)
def in_language(language: str) -> dict[str, str]:
    """Key -> words in one language."""
    return {key: brought(key, language) or text.in_(language) for key, text in words().items()}


class Translator:
    """`t("portal.start", name=...)` in one language."""

    __slots__ = ("_words", "language")

    def __init__(self, language: str) -> None:
        """Speak `language`."""
        self.language = language
        self._words = in_language(language)

    def __call__(self, key: str, **values: Any) -> str:
        """The words for `key`. Raises KeyError for a key that does not exist: a missing word is a bug."""
        said = self._words[key]
        return said.format(**values) if values else said


@lru_cache(maxsize=8)
def translator(language: str) -> Translator:
    """The translator of one language."""
    return Translator(language)


_spoken: ContextVar[Translator] = ContextVar("_spoken")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Let `PageWords` speak a language while a page is made."""
    before = _spoken.set(translator(language))
    try:
        yield
    finally:
        _spoken.reset(before)


class PageWords:
    """`t` of the macros, which are made once for all pages: it speaks as the page that is being made."""

    __slots__ = ()

    def __call__(self, key: str, **values: Any) -> str:
        """The words for `key`, as the translator says them."""
        return _spoken.get()(key, **values)

    @property
    def language(self) -> str:
        """The language of the page."""
        return _spoken.get().language

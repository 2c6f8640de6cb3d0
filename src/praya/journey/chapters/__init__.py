"""What the chapters of the definition language do, one file each. A new file here is found; nothing else names it."""

import pkgutil
from importlib import import_module
from typing import Any

from praya.journey.chapter import Chapter, Effect, Reading
from praya.kernel.text import Text

CHAPTERS: tuple[Chapter, ...] = tuple(
    import_module(f"{__name__}.{module.name}").CHAPTER
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name)
)
"""Every chapter, by the names of their files."""

EFFECTS: tuple[Effect, ...] = tuple(
    sorted((effect for chapter in CHAPTERS for effect in chapter.effects), key=lambda effect: effect.at)
)
"""The table of effects, in the order in which they are carried out."""

EXPECTATIONS = {word: find for chapter in CHAPTERS for word, find in chapter.expectations.items()}
"""How each word of an example's expectation is found."""


WRITTEN = {word: write for chapter in CHAPTERS for word, write in chapter.written.items()}
"""How an expected value is written before it is compared with what is found, where it is not compared as it stands."""


def facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """What expressions and texts see of all chapters."""
    names: dict[str, Any] = {}
    texts: dict[str, Text] = {}
    for chapter in CHAPTERS:
        if chapter.facts is not None:
            seen, shown = chapter.facts(reading)
            names |= seen
            texts |= shown
    return names, texts


__all__ = ["CHAPTERS", "EFFECTS", "EXPECTATIONS", "WRITTEN", "facts"]

"""The chapters of the definition language, one file or folder each. A new one is discovered; nothing else names it."""

import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from praya.definition.chapter import FLOW, Chapter, Leads, Scope, Whole, Words
from praya.definition.chapter import joined as _joined
from praya.definition.model import Model, Path

CHAPTERS: tuple[Chapter, ...] = tuple(
    import_module(f"{__name__}.{module.name}").CHAPTER
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name)
)
"""Every chapter, by the names of their files."""

NAMES = frozenset(name for chapter in CHAPTERS for name in chapter.names)
"""What the chapters let expressions of a case read."""


BEFORE = frozenset(name for chapter in CHAPTERS for name in chapter.before)
"""Those of them that are known before there is a case."""


def service_with(*own: Words) -> type[Model]:
    """The model of a service: its own words and those of the chapters, in the order of their positions."""
    return _joined("ServiceWords", (*own, *(words for chapter in CHAPTERS for words in chapter.service)))


def effects_with(*own: Words) -> type[Model]:
    """The model of effects: its own words and those of the chapters."""
    return _joined("EffectWords", (*own, *(words for chapter in CHAPTERS for words in chapter.effects)))


def state_with(*own: Words) -> type[Model]:
    """The model of a state, without its effects: its own words and those of the chapters."""
    return _joined("StateWords", (*own, *(words for chapter in CHAPTERS for words in chapter.states)))


def story_with(*own: Words) -> type[Model]:
    """The model of an example: its own words and those of the chapters."""
    return _joined("StoryWords", (*own, *(words for chapter in CHAPTERS for words in chapter.stories)))


def step_with(*own: Words) -> type[Model]:
    """The model of a step of an example: its own words and those of the chapters."""
    return _joined("StepWords", (*own, *(words for chapter in CHAPTERS for words in chapter.steps)))


def expect_with(*own: Words) -> type[Model]:
    """The model of an expectation in an example: its own words and those of the chapters."""
    return _joined("ExpectWords", (*own, *(words for chapter in CHAPTERS for words in chapter.expect)))


def sections(service: Any) -> dict[Path, Any]:
    """The forms of a service by path: the applicant's own form, and those that other people fill."""
    return {(): service, **{path: one for chapter in CHAPTERS for path, one in chapter.sections(service)}}


def section_at(service: Any, path: Path) -> Any:
    """The section for somebody other than the applicant that contains a path; None if no section does."""
    others = (pair for chapter in CHAPTERS for pair in chapter.sections(service))
    return next((one for above, one in others if path[: len(above)] == above), None)


def in_service() -> list[Chapter]:
    """The chapters that add words to a service, in the order of these words."""
    return sorted((chapter for chapter in CHAPTERS if chapter.service), key=lambda chapter: (chapter.at, chapter.name))


def words_in_service(which: Callable[[Chapter], bool]) -> Iterator[str]:
    """The words that these chapters add to a service, as they are written."""
    for chapter in CHAPTERS:
        for words in chapter.service if which(chapter) else ():
            yield from (field.alias or name for name, field in words.model.model_fields.items())


def ways(flow: Any, state: Any) -> Iterator[Leads]:
    """The transitions from a state that the words of all chapters cause."""
    for chapter in CHAPTERS:
        yield from chapter.ways(flow, state)


__all__ = [
    "BEFORE", "CHAPTERS", "FLOW", "NAMES", "Chapter", "Leads", "Scope", "Whole", "Words", "effects_with",
    "expect_with", "in_service", "section_at", "sections", "service_with", "state_with", "step_with", "story_with",
    "ways", "words_in_service",
]  # fmt: skip

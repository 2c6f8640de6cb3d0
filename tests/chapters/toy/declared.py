"""Stamps, for a test of chapters: an effect presses one of a service's stamps on a case."""

from collections.abc import Mapping
from typing import Annotated, Any

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.model import Keyed, Model, Name, Path
from praya.definition.source import unknown
from praya.kernel.text import Text


class Stamp(Model):
    """A stamp that a case can get."""

    name: Name
    label: Text


class OfService(Model):
    """The stamps of a service."""

    stamps: Annotated[dict[str, Stamp], Keyed] = {}


class OfEffects(Model):
    """The stamp that an effect presses."""

    stamp: Name | None = None


class OfExpect(Model):
    """The stamps that an example expects on its case."""

    stamped: tuple[Name, ...] | None = None


def problems(whole: Whole) -> Problems:
    """Check that effects name stamps that there are."""
    for path, effects in whole.effects:
        if effects.stamp and effects.stamp not in whole.service.stamps:
            yield (*path, "stamp"), unknown("stamp", effects.stamp, whole.service.stamps)


def story_problems(service: Any, expect: Any, path: Path) -> Problems:
    """Check that an example expects stamps that there are."""
    for index, name in enumerate(expect.stamped or ()):
        if name not in service.stamps:
            yield (*path, "stamped", index), unknown("stamp", name, service.stamps)


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The stamps by name."""
    return {"stamp": data["stamps"]}


CHAPTER = Chapter(
    name="stamps",
    service=(Words(model=OfService),),
    effects=(Words(model=OfEffects),),
    expect=(Words(model=OfExpect),),
    parts=(Stamp,),
    problems=problems,
    story_problems=story_problems,
    members=lambda _service: {"stamps": {"count"}},
    differences=differences,
    reference={
        "Service": {
            "stamps": ("The stamps that a case can get.", {"red": {"label": {"en": "Red", "zh-hant": "紅色"}}})
        },
        "Stamp": {
            "name": ("Its name; written as the key.", "red"),
            "label": ("What it is called.", {"en": "Red", "zh-hant": "紅色"}),
        },
        "Effects": {"stamp": ("The stamp that the case gets.", "red")},
        "Expect": {"stamped": ("The stamps on the case.", ["red"])},
    },
    names={"stamps": ("`stamps.count`: how many stamps the case has.", "in flow, records, registers, notices")},
)

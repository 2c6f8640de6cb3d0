"""Buttons that change a form without submitting it: add or remove an item, search a register, click on the map."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from praya.definition.questions import EntryQuestion, PlaceQuestion, Question, RepeatQuestion
from praya.definition.service import Service
from praya.journey import lookups
from praya.web.fields import MAP_WIDTHS, Fields
from praya.web.finders import Finder, page_of

MOST_ITEMS = 999
_POINTED = re.compile(r"(.+)-map(\d{3})\.([xy])")


@dataclass(frozen=True)
class Pressed:
    """The field whose button was pressed, and the number of the repeat's item that it removed."""

    at: str
    removed: int | None = None


def apply_pressed(questions: Sequence[Question], fields: Fields) -> Pressed | None:
    """Apply the pressed button to `fields`; None when the form was submitted."""
    pointed_at = _pointed(questions, fields)
    if "_find" in fields:
        at, _, page = fields.pop("_find")[0].partition("|")
        fields[f"{at}-page"] = [page]
        return Pressed(at)
    if "_add" in fields:
        at = fields.pop("_add")[0]
        if f"{at}.count" in fields:
            fields[f"{at}.count"] = [str(min(_number(fields[f"{at}.count"][0]) + 1, MOST_ITEMS))]
        return Pressed(at)
    if "_remove" in fields:
        at, _, index = fields.pop("_remove")[0].rpartition(".")
        if f"{at}.count" in fields and index.isdecimal() and len(index) < 4:
            _drop_item(fields, at, int(index))
            return Pressed(at, int(index))
        return Pressed(at)
    return Pressed(pointed_at) if pointed_at else None


def fields_of(questions: Sequence[Question], fields: Fields, prefix: str = "") -> Iterator[tuple[str, Question]]:
    """Every question with the name of its field, including those in each item of a repeat."""
    for question in questions:
        at = f"{prefix}{question.name}"
        yield at, question
        if isinstance(question, RepeatQuestion):
            for index in range(question.count(fields, at)):
                yield from fields_of(question.questions, fields, f"{at}.{index}.")


def _pointed(questions: Sequence[Question], fields: Fields) -> str | None:
    """Set the coordinates of a place from a click on its map, and return the name of the field.

    The browser sends the click's position in the picture.
    """
    clicks: dict[tuple[str, int], dict[str, int]] = {}
    for name in [name for name in fields if _POINTED.fullmatch(name)]:
        match = _POINTED.fullmatch(name)
        typed = fields.pop(name)[0]
        if match is not None and typed.isdecimal() and len(typed) < 5:
            clicks.setdefault((match[1], int(match[2])), {})[match[3]] = int(typed)
    maps = {at: question for at, question in fields_of(questions, fields) if isinstance(question, PlaceQuestion)}
    for (at, width), click in clicks.items():
        drawn = maps[at].described if at in maps and width in MAP_WIDTHS else None
        # Pressing the picture with the keyboard sends the position 0,0: it sets nothing.
        if drawn is not None and click.keys() == {"x", "y"} and any(click.values()):
            lat, lon = drawn.point(click["x"], click["y"], width)
            fields[f"{at}-lat"], fields[f"{at}-lon"] = [str(lat)], [str(lon)]
            return at
    return next(iter(clicks), ("", 0))[0] or None


def _drop_item(fields: Fields, at: str, index: int) -> None:
    count = _number(fields[f"{at}.count"][0])
    items = {name: fields.pop(name) for name in list(fields) if name.startswith(f"{at}.") and name != f"{at}.count"}
    for name, values in items.items():
        number, dot, rest = name.removeprefix(f"{at}.").partition(".")
        if not number.isdecimal() or len(number) > 3 or int(number) == index:
            continue
        moved = int(number) - (int(number) > index)
        fields[f"{at}.{moved}{dot}{rest}"] = values
    fields[f"{at}.count"] = [str(max(0, count - 1))]


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def finders(
    questions: Sequence[Question],
    fields: Fields,
    service: Service,
    language: str,
    *,
    on: date,
    context: Mapping[str, Any] | None = None,
) -> dict[str, Finder]:
    """The finders of the register searches in the fields: the matches, and the entries that are chosen, by field."""
    found: dict[str, Finder] = {}
    for at, question in fields_of(questions, fields):
        if not isinstance(question, EntryQuestion):
            continue
        typed, ref, page = _first(fields, f"{at}-find"), _first(fields, at), page_of(fields, at)
        read = lookups.matches(question, service, typed, language, on=on, page=page, context=context)
        matches = list(read.matches) if read is not None else []
        if ref and all(match.ref != ref for match in matches):
            chosen = lookups.chosen(question, service, ref, language)
            matches = [chosen, *matches] if chosen else matches
        searched = bool(typed.strip() or matches or (question.where and read is not None))
        found[at] = Finder(
            typed, options=[_option(match) for match in matches] if searched else None, page=page,
            more=read is not None and read.more, waits=read is None,
        )  # fmt: skip
    return found


def _option(match: lookups.Match) -> dict[str, Any]:
    first, *rest = match.facts or (("", match.number),)
    return {"value": match.ref, "label": first[1], "hint": " · ".join(words for _, words in rest) or None}


def _first(fields: Fields, at: str) -> str:
    values = fields.get(at)
    return values[0] if values else ""

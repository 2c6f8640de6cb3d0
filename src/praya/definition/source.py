"""Reading YAML that may be wrong or hostile, and knowing the line of every part."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 512 * 1024
MAX_DEPTH = 40
Place = tuple[int, int]


@dataclass(frozen=True)
class Problem:
    """Something wrong in a definition: where, what, how to mend it. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str
    where: str = ""
    level: str = "error"

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{self.file}:{self.line}:{self.column}: {self.level}: {where}{self.message}"


class Broken(Exception):
    """A definition that cannot be used; carries every problem found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Source:
    """The plain data of a YAML file and the place of each of its parts."""

    file: str
    data: Any
    places: dict[tuple[str | int, ...], Place] = field(default_factory=dict)

    def place(self, path: tuple[str | int, ...]) -> Place:
        """The line and column of `path`, or of the nearest part around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def problem(self, path: tuple[str | int, ...], message: str, level: str = "error") -> Problem:
        """A problem at `path`."""
        line, column = self.place(path)
        return Problem(self.file, line, column, message, ".".join(map(str, path)), level)


def read(path: Path) -> Source:
    """Read a YAML 1.2 file. Raises Broken when it is too large, no YAML, or uses aliases."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Broken([Problem(str(path), 1, 1, f"cannot be read: {error.strerror}")]) from None
    return read_text(raw, str(path))


def read_text(raw: bytes, file: str) -> Source:
    """Read YAML 1.2 from memory; `file` names it in problems."""
    if len(raw) > MAX_BYTES:
        raise Broken([Problem(file, 1, 1, f"is larger than {MAX_BYTES // 1024} kB")])
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Broken([Problem(file, line, 1, "is not UTF-8; save it as UTF-8")]) from None
    reading = _Reading(file, yaml.parse(text, Loader=yaml.CSafeLoader))
    try:
        return Source(file, reading.document(), reading.places)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Broken([Problem(file, line, column, f"is no YAML: {error.problem or error.context}")]) from None
    except yaml.YAMLError as error:
        raise Broken([Problem(file, 1, 1, f"is no YAML: {type(error).__name__}")]) from None


class _Reading:
    """One pass over the events of the parser, which is C: every command reads the whole pack when it starts."""

    def __init__(self, file: str, events: Iterator[Any]) -> None:
        self.file, self.events = file, events
        self.places: dict[tuple[str | int, ...], Place] = {}

    def document(self) -> Any:
        """The plain data of the only document; None of an empty file."""
        next(self.events)  # the stream starts
        data = None
        if isinstance(next(self.events), yaml.DocumentStartEvent):
            first = next(self.events)
            if isinstance(first, yaml.MappingStartEvent):
                self.places[()] = _place(first)
            data = self._value(first, (), 1)
            next(self.events)  # the document ends
            more = next(self.events)
            if not isinstance(more, yaml.StreamEndEvent):
                raise self._problem(more, "is no YAML: another document begins here; a file holds one")
        return data

    def _value(self, event: Any, path: tuple[str | int, ...], depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent):
            raise self._problem(event, "aliases (*name) are not part of the language; write the part out")
        if event.tag is not None:
            raise self._problem(event, f"tags ({event.tag}) are not part of the language; write the value plainly")
        if isinstance(event, yaml.ScalarEvent):
            try:
                return _scalar(event.value) if event.implicit[0] else event.value
            except ValueError:
                raise self._problem(
                    event, f"'{event.value[:40]}' is no day and no number; put words in quotes"
                ) from None
        if depth > MAX_DEPTH:
            raise self._problem(event, f"is nested deeper than {MAX_DEPTH}")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path, depth)
        return self._mapping(path, depth)

    def _sequence(self, path: tuple[str | int, ...], depth: int) -> list[Any]:
        items: list[Any] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            inner = (*path, len(items))
            self.places[inner] = _place(event)
            items.append(self._value(event, inner, depth + 1))
        return items

    def _mapping(self, path: tuple[str | int, ...], depth: int) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._value(event, path, depth + 1)
            if not isinstance(key, str):
                raise self._problem(event, f"'{key}' must be a word in quotes here")
            if key in plain:
                raise self._problem(event, f"is no YAML: '{key}' is written twice in the same place")
            inner = (*path, key)
            self.places[inner] = _place(event)
            plain[key] = self._value(next(self.events), inner, depth + 1)
        return plain

    def _problem(self, event: Any, message: str) -> Broken:
        return Broken([Problem(self.file, *_place(event), message)])


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


# What a plain scalar of YAML 1.2 is: not `yes`, `on` or 9:30, which are words. A day is a day.
_WORDS = {"": None, "~": None} | {
    spelt: value
    for word, value in (("null", None), ("true", True), ("false", False))
    for spelt in (word, word.capitalize(), word.upper())
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _scalar(text: str) -> str | int | float | bool | date | None:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0 if text[:2] in {"0o", "0x"} else 10)
    if _NUMBER.fullmatch(text):
        return float(re.sub(r"\.(?=[in])", "", text.lower()))
    return date.fromisoformat(text) if _DAY.fullmatch(text) else text

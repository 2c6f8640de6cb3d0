"""Read YAML that may be wrong or hostile, with the file and line of every part."""

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Self

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from praya.kernel.expression import among
from praya.kernel.number import Number, plain

MAX_BYTES = 512 * 1024
MAX_DEPTH = 40
PROBLEMS = Path(__file__).with_name("problems.yaml")
REFERENCE = "docs/reference/problems.md"
Step = str | int
Where = tuple[Step, ...]
_NEAREST = re.compile(r"did you mean '([^']*)'\?")
_KNOWN = re.compile(r"\(known: (.*?)(?: and [\d,]+ more)?\)$")


@lru_cache(maxsize=1)
def catalogue() -> dict[str, dict[str, str]]:
    """The meaning and the remedy of each code of a problem, as in docs/reference/problems.md."""
    return dict(yaml.load(PROBLEMS.read_text("utf-8"), yaml.CSafeLoader))


@dataclass(frozen=True)
class Problem:
    """A problem in a definition: its place, a sentence and a remedy. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str
    where: str = ""
    level: str = "error"
    code: str = "not-possible"

    @property
    def nearest(self) -> str:
        """The word that was probably meant, if one is similar."""
        match = _NEAREST.search(self.message)
        return match[1] if match else ""

    @property
    def expected(self) -> list[str]:
        """The words that are possible here; the most similar ones if there are very many."""
        match = _KNOWN.search(self.message)
        return match[1].split(", ") if match and match[1] != "none" else []

    @property
    def mend(self) -> str:
        """How problems of this code are mended."""
        return catalogue().get(self.code, {}).get("mend", "")

    @property
    def link(self) -> str:
        """The address of the explanation of the code in the reference."""
        return f"{REFERENCE}#{self.code}"

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{self.file}:{self.line}:{self.column}: {self.level}: {where}{self.message}"


class Broken(Exception):
    """A definition that cannot be used; carries every problem found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Message(str):
    """The sentence of a problem, with the code by which the reference explains it."""

    __slots__ = ("code",)
    code: str

    def __new__(cls, code: str, message: str) -> Self:
        """Create a sentence with its code."""
        instance = super().__new__(cls, message)
        instance.code = code
        return instance


class Mark(NamedTuple):
    """The place of a part in a file, and the marks of its inner parts: by key, or in order.

    `used` is the `FILE:LINE` that uses a shared part; `item` is the index of an item before others were removed.
    """

    file: str
    line: int
    column: int
    inner: "dict[str, Mark] | list[Mark] | None" = None
    used: str = ""
    item: int = -1


@dataclass(frozen=True)
class Source:
    """The plain data of a YAML file, the place of each of its parts, and the problems of its form."""

    file: str
    data: Any
    mark: Mark
    problems: list[Problem] = field(default_factory=list)

    def marked(self, path: Where) -> tuple[Mark, Where]:
        """The mark of `path`, or of the nearest enclosing part, and its path in the file."""
        mark, used, steps = self.mark, self.mark.used, list[Step]()
        for step in path:
            below = mark.inner
            within = below if isinstance(below, dict) else dict(enumerate(below or ()))
            if step not in within:
                break
            mark = within[step]  # type: ignore[index]
            used = mark.used or used
            steps.append(mark.item if mark.item >= 0 else step)
        return mark._replace(used=used), (*steps, *path[len(steps) :])

    def place(self, path: Where) -> tuple[int, int]:
        """The line and column of `path`, or of the nearest enclosing part."""
        mark, _ = self.marked(path)
        return mark.line, mark.column

    def problem(self, path: Where, message: str, level: str = "error") -> Problem:
        """A problem at `path`; the code is that of the message, if it is a Message."""
        code = message.code if isinstance(message, Message) else "not-possible"
        mark, there = self.marked(path)
        if mark.used:
            message = f"{message} (in a shared part, used at {mark.used})"
        return Problem(mark.file, mark.line, mark.column, str(message), ".".join(map(str, there)), level, code)

    def without(self, cut: Collection[Where]) -> "Source":
        """The source without the parts at these paths."""
        tree: dict[Step, Any] = {}
        for path in cut:
            node = tree
            for step in path:
                node = node.setdefault(step, {})
            node[_CUT] = True
        data, mark = _without(self.data, self.mark, tree)
        return Source(self.file, data, mark, self.problems)

    @cached_property
    def places(self) -> dict[Where, tuple[int, int]]:
        """The line and column of every part of the file."""
        return {path: (mark.line, mark.column) for path, mark in _marks(self.mark, ())}


_CUT = "\0cut"


def _without(data: Any, mark: Mark, tree: dict[Step, Any]) -> tuple[Any, Mark]:
    if not tree:
        return data, mark
    if isinstance(data, dict) and isinstance(mark.inner, dict):
        words: dict[str, Any] = {}
        marks: dict[str, Mark] = {}
        for key, value in data.items():
            below = tree.get(key, {})
            if _CUT not in below:
                words[key], marks[key] = _without(value, mark.inner[key], below)
        return words, mark._replace(inner=marks)
    if isinstance(data, list) and isinstance(mark.inner, list):
        kept = [
            (*_without(value, inner, tree.get(index, {})), inner.item if inner.item >= 0 else index)
            for index, (value, inner) in enumerate(zip(data, mark.inner, strict=True))
            if _CUT not in tree.get(index, {})
        ]
        return [value for value, _, _ in kept], mark._replace(inner=[m._replace(item=i) for _, m, i in kept])
    return data, mark


def _marks(mark: Mark, path: Where) -> Iterator[tuple[Where, Mark]]:
    yield path, mark
    inner = mark.inner
    for step, one in inner.items() if isinstance(inner, dict) else enumerate(inner or ()):
        yield from _marks(one, (*path, step))


def read(path: Path) -> Source:
    """Read a YAML 1.2 file. Raises Broken when it is too large, not YAML, or uses excluded features."""
    source = scan(path)
    if source.problems:
        raise Broken(source.problems)
    return source


def read_text(raw: bytes, file: str) -> Source:
    """Read YAML 1.2 from memory; `file` names it in problems. Raises Broken."""
    source = scan_text(raw, file)
    if source.problems:
        raise Broken(source.problems)
    return source


def scan(path: Path) -> Source:
    """Read a file of which a part may be invalid: problems are in `problems`. Raises Broken when nothing is valid."""
    try:
        if path.exists() and not path.is_file():
            raise Broken([Problem(str(path), 1, 1, "is no file", code="no-file")])
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Broken([Problem(str(path), 1, 1, f"cannot be read: {error.strerror}", code="no-file")]) from None
    return scan_text(raw, str(path))


def scan_text(raw: bytes, file: str) -> Source:
    """Read YAML 1.2 from memory like `scan`."""
    text = _decoded(raw, file)
    reading = _Reading(file, text)
    try:
        data, mark = reading.document()
    except yaml.MarkedYAMLError as error:
        raise Broken([_no_yaml(error, file, text)]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Broken([Problem(file, 1, 1, f"is no YAML: {error}", code="no-yaml")]) from None
    return Source(file, data, mark, reading.problems)


def _decoded(raw: bytes, file: str) -> str:
    if len(raw) > MAX_BYTES:
        raise Broken([Problem(file, 1, 1, f"is larger than {MAX_BYTES // 1024} kB", code="too-large")])
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Broken([Problem(file, 1, 1, "is saved as UTF-16; save it as UTF-8", code="no-utf8")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = len(raw[: error.start].rsplit(b"\n", 1)[-1].decode("utf-8", "replace")) + 1
        raise Broken([Problem(file, line, column, "is not UTF-8; save it as UTF-8", code="no-utf8")]) from None
    unprintable = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if unprintable:
        line, column = _place_of(text, unprintable.start())
        message = f"holds a character that nobody sees (U+{ord(unprintable[0]):04X}); delete it"
        raise Broken([Problem(file, line, column, message, code="hidden-character")])
    return text


def _place_of(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1


# The errors of libyaml, in words for people who write services.
_SPOKEN = {
    "mapping values are not allowed": "a colon followed by a space begins a value, and none can begin here; put a text "
    "that holds a colon in quotes, or look at how far this line is indented",
    "did not find expected key": "the line is indented neither like the lines above nor like a part of them, or a "
    "quotation mark, bracket or comma is missing before it",
    "did not find expected '-' indicator": "a list goes on here, and its items begin with '- ' in one column",
    "did not find expected ',' or '}'": "a comma or the closing bracket } is missing before here; between { and } a "
    "text with brackets, a comma or a colon must stand in quotes, all of it",
    "did not find expected ',' or ']'": "a comma or the closing bracket ] is missing before here",
    "did not find expected alphabetic or numeric": "a text that begins with & or * must stand in quotes, and so must "
    "all of an expression with brackets between { and }",
    "could not find expected ':'": "a word of the language is followed by a colon, a space and its value",
    "found unexpected end of stream": "a quotation mark is opened here and never closed",
    "did not find expected <document start>": "the file goes on after its end; check how far the first lines are "
    "indented",
    "found a tab character": "a tab stands where the line is indented; use spaces",
    "block sequence entries are not allowed": "a list item '- ' cannot begin here; put it on a line of its own",
    "found unknown escape character": "a backslash in double quotes begins a code that is not known; use single quotes",
    "did not find expected node content": "a value is missing here",
    "did not find expected comment or line break": "a text that begins with | or > must stand in quotes",
    "found undefined tag handle": "tags (!) are not part of the language; write the value plainly",
}
_NO_START = {
    "\t": "a tab stands where the line is indented; use spaces",
    "@": "a text that begins with @ must stand in quotes",
    "`": "a text that begins with ` must stand in quotes",
    "%": "a text that begins with % must stand in quotes",
    "|": "between { and } all of an expression with brackets must stand in quotes",
}
_NOT = re.compile(r"(?<=[:,{\[-]) +!(?!!)")


def _no_yaml(error: yaml.MarkedYAMLError, file: str, text: str) -> Problem:
    problem = error.problem or error.context or "it cannot be read"
    mark = error.problem_mark or error.context_mark
    if error.context_mark and "unexpected end of stream" in problem:
        mark = error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    message = next((spoken for begins, spoken in _SPOKEN.items() if problem.startswith(begins)), problem)
    written = text.split("\n")[line - 1] if line <= text.count("\n") + 1 else ""
    if "cannot start any token" in problem:
        character = written[column - 1 : column]
        message = _NO_START.get(character, f"a text that begins with '{character}' must stand in quotes")
    if "end of stream" in problem and error.context and "quoted" not in error.context:
        message = problem
    begun = _NOT.search(written, 0, column)
    if begun:
        column, message = begun.end(), "a text that begins with ! must stand in quotes"
    opened = _opened_before(text, line - 1)
    if opened is not None:
        line, column = opened.line + 1, opened.column + 1
        message = "a quotation mark is opened here and closed only lines below; close it in its line"
    return Problem(file, line, column, f"is no YAML: {message}", code="no-yaml")


def _opened_before(text: str, line: int) -> Any:
    """The start of the quoted text that ends in this line and began in an earlier one; None without one."""
    opening = None
    try:
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            quoted = isinstance(token, yaml.ScalarToken) and token.style in {"'", '"'}
            if quoted and token.start_mark.line < token.end_mark.line == line:
                opening = token.start_mark
    except yaml.YAMLError:
        pass
    return opening


# The value of a plain scalar in YAML 1.2: `yes`, `on`, 9:30 and .inf are texts, and a date is a date.
_WORDS = {"": None, "~": None} | {
    spelt: value
    for word, value in (("null", None), ("true", True), ("false", False))
    for spelt in (word, word.capitalize(), word.upper())
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _scalar(text: str) -> str | Number | bool | date | None:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0 if text[:2] in {"0o", "0x"} else 10)
    if _NUMBER.fullmatch(text):
        with suppress(ValueError):
            return plain(text)
    return date.fromisoformat(text) if _DAY.fullmatch(text) else text


class _Reading:
    """Convert the events of libyaml to plain data and marks in one pass."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.problems = file, list[Problem]()
        self._next = yaml.CSafeLoader(text).get_event

    def document(self) -> tuple[Any, Mark]:
        """Read the single document of the file."""
        self._next()
        event = self._next()
        if isinstance(event, StreamEndEvent):
            return None, Mark(self.file, 1, 1)
        data, mark = self._node(self._next(), 1)
        self._next()
        event = self._next()
        if isinstance(event, DocumentStartEvent):
            self._problem(event, "no-yaml", "is no YAML of one document: a second one begins here with '---'")
        return data, mark

    def _problem(self, event: Any, code: str, message: str) -> None:
        at = event.start_mark
        self.problems.append(Problem(self.file, at.line + 1, at.column + 1, message, code=code))

    def _node(self, event: Any, depth: int) -> tuple[Any, Mark]:
        start = event.start_mark
        mark = Mark(self.file, start.line + 1, start.column + 1)
        if isinstance(event, AliasEvent):
            self._problem(event, "alias", "aliases (*name) are not part of the language; write the part out")
            return None, mark
        if event.tag is not None:
            how = "put a text that begins with ! in quotes" if event.tag.startswith("!") else "write the value plainly"
            self._problem(event, "tag", f"tags ({event.tag}) are not part of the language; {how}")
        if isinstance(event, ScalarEvent):
            return self._plain(event) if event.implicit[0] else event.value, mark
        if depth > MAX_DEPTH:
            self._problem(event, "too-deep", f"is nested deeper than {MAX_DEPTH}")
            raise Broken(self.problems)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(mark, depth)
        assert isinstance(event, MappingStartEvent)  # noqa: S101 (a node is one of these)
        return self._mapping(mark, depth)

    def _plain(self, event: ScalarEvent) -> Any:
        try:
            return _scalar(event.value)
        except ValueError:
            message = f"'{event.value[:40]}' is no day and no number that there is; put words in quotes"
            self._problem(event, "wrong-date", message)
            return event.value

    def _sequence(self, mark: Mark, depth: int) -> tuple[list[Any], Mark]:
        items: list[Any] = []
        marks: list[Mark] = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            item, inner = self._node(event, depth + 1)
            items.append(item)
            marks.append(inner)
        return items, mark._replace(inner=marks)

    def _mapping(self, mark: Mark, depth: int) -> tuple[dict[str, Any], Mark]:
        data: dict[str, Any] = {}
        marks: dict[str, Mark] = {}
        while not isinstance(event := self._next(), MappingEndEvent):
            key, here = self._node(event, depth + 1)
            after = self._next()
            value, inner = self._node(after, depth + 1)
            if _is_cut_off(event, after):
                said = (
                    f"'{str(getattr(event, 'value', ''))[:40]}' stands after a comma, which ends a value within braces"
                )
                self._problem(event, "comma", f"{said}; put a text in quotes, and write a number without it, like 1200")
            elif not isinstance(key, str):
                shown = str(getattr(event, "value", "a list or mapping"))[:40]
                self._problem(event, "no-word", f"'{shown}' must be a word in quotes here")
            elif key == "<<":
                self._problem(
                    event, "merge", "'<<' is not part of the language; write the words out, or share them with 'use'"
                )
            elif key in data:
                self._problem(event, "twice", f"'{key}' stands here twice; first in line {marks[key].line}")
            else:
                data[key] = value
                marks[key] = here._replace(inner=inner.inner)
        return data, mark._replace(inner=marks)


def _is_cut_off(key: Any, value: Any) -> bool:
    """Whether a key in braces has no colon: it is then the rest of a value that contained a comma."""
    return (
        isinstance(key, ScalarEvent)
        and isinstance(value, ScalarEvent)
        and value.value == ""
        and key.end_mark is not None
        and value.start_mark is not None
        and key.end_mark.index == value.start_mark.index
    )


def unknown(kind: str, word: str, known: Iterable[str]) -> Message:
    """The sentence for a word that does not exist, with the most similar one and those that exist."""
    return Message("unknown-name", f"there is no {kind} '{word}'{among(word, known)}")


def not_asked(asking: str, name: str, asked: Iterable[str]) -> Message:
    """The sentence for an answer to a question that does not exist, with those that do, the most similar first."""
    words = sorted(asked)
    near = among(name, words).replace("(known: ", "(it asks ") if words else "; it asks nothing"
    return Message("unknown-name", f"{asking} does not ask '{name}'{near}")

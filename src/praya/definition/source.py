"""Reading YAML that may be wrong or hostile, and knowing the line of every part."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent

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
    try:
        _refuse_aliases(text, file)
        loaded = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Broken([Problem(file, line, column, f"is no YAML: {error.problem or error.context}")]) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise Broken([Problem(file, 1, 1, f"is no YAML: {type(error).__name__}")]) from None
    places: dict[tuple[str | int, ...], Place] = {}
    return Source(file, _plain(loaded, (), places, file), places)


def _refuse_aliases(text: str, file: str) -> None:
    depth = 0
    for event in YAML(typ="rt").parse(text):
        kind = type(event).__name__
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        mark = event.start_mark
        if isinstance(event, AliasEvent):
            message = "aliases (*name) are not part of the language; write the part out"
            raise Broken([Problem(file, mark.line + 1, mark.column + 1, message)])
        tag = getattr(event, "tag", None)
        if tag is not None and not _implicit(event):
            message = f"tags ({tag}) are not part of the language; write the value plainly"
            raise Broken([Problem(file, mark.line + 1, mark.column + 1, message)])
        if depth > MAX_DEPTH:
            raise Broken([Problem(file, mark.line + 1, mark.column + 1, f"is nested deeper than {MAX_DEPTH}")])


def _implicit(event: Any) -> bool:
    """Whether the reader chose the tag; of a scalar it is told for plain and for quoted text."""
    implicit = getattr(event, "implicit", True)
    return any(implicit) if isinstance(implicit, tuple) else bool(implicit)


def _plain(node: Any, path: tuple[str | int, ...], places: dict[tuple[str | int, ...], Place], file: str) -> Any:
    if isinstance(node, CommentedMap):
        places.setdefault(path, (node.lc.line + 1, node.lc.col + 1))
        plain: dict[str, Any] = {}
        for key, value in node.items():
            line, column = node.lc.key(key)
            if not isinstance(key, str):
                raise Broken([Problem(file, line + 1, column + 1, f"'{key}' must be a word in quotes here")])
            places[(*path, key)] = (line + 1, column + 1)
            plain[key] = _plain(value, (*path, key), places, file)
        return plain
    if isinstance(node, CommentedSeq):
        items = []
        for index, value in enumerate(node):
            line, column = node.lc.item(index)
            places[(*path, index)] = (line + 1, column + 1)
            items.append(_plain(value, (*path, index), places, file))
        return items
    if isinstance(node, bool) or node is None:
        return node
    for plain_type in (str, int, float):
        if isinstance(node, plain_type):
            return plain_type(node)
    return node

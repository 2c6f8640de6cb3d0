"""The parts of handwritten pages that are generated from the code, each between two marks."""

import ast
import inspect
import re
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from praya.kernel import plug
from praya.kernel.plug import Plug
from praya.project.reference.markdown import code, table
from praya.project.refusal import Refused

PAGES = ("ARCHITECTURE.md", "docs/howto/add-a-system.md")
"""The pages with such parts, from the root of the checkout."""
MARKED = re.compile(r"^<!-- ([\w ]+): made by \./dev docs -->\n.*?^<!-- end -->$", re.MULTILINE | re.DOTALL)
STARTS = {"portal": "/<lang>/", "desk": "/<lang>/desk/", "root": "/"}


def pages(root: Path) -> dict[str, str]:
    """The pages by their path from the root, with each part made anew. Raises Refused for an unknown mark."""
    return {name: filled((root / name).read_text(encoding="utf-8"), root, name) for name in PAGES}


def filled(text: str, root: Path, name: str) -> str:
    """A page with every marked part made anew."""

    def part(match: re.Match[str]) -> str:
        if match[1] not in PARTS:
            raise Refused(f"{name}: there is no '{match[1]}' to make; it can be one of {', '.join(PARTS)}.")
        return f"<!-- {match[1]}: made by ./dev docs -->\n{PARTS[match[1]](root)}\n<!-- end -->"

    return MARKED.sub(part, text)


def tree(root: Path) -> str:
    """The packages of the source, layer by layer, each with the first sentence of its docstring."""
    source = root / "src"
    contracts = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "layers")
    lines = [("src/praya", "")]
    for layer in layers:
        lines += _packages(source.joinpath(*layer.split(".")), depth=1)
    width = max(len(name) for name, _ in lines) + 2
    return "```\n" + "\n".join(f"{name:{width}}{sentence}".rstrip() for name, sentence in lines) + "\n```"


def _packages(folder: Path, depth: int) -> Iterator[tuple[str, str]]:
    yield f"{'    ' * depth}{folder.name}", _sentence(folder / "__init__.py")
    for inner in sorted(folder.iterdir()):
        # The subpackages of blocks and systems have the same names everywhere, and are not listed.
        if depth < 2 and (inner / "__init__.py").is_file() and inner.name not in {"migrations", "commands"}:
            yield from _packages(inner, depth + 1)


def _sentence(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return re.split(r"(?<=\.)\s", text.replace("\n", " "), maxsplit=1)[0]


def plugs(_: Path) -> str:
    """A table of every plug with what it brings. Django must be ready, because jobs and folds need tables."""
    own = [one for one in plug.plugs() if one.package.startswith("praya.")]
    rows = [(code(one.package.removeprefix("praya.")), "; ".join(_brought(one)) or "its folder only") for one in own]
    return table(["plug", "what it brings"], rows)


def _brought(one: Plug) -> Iterator[str]:
    if one.tables:
        yield "tables"
    for field in fields():
        given = getattr(one, field)
        if given and field != "tables":
            names = sorted(set(_names(field, given)))
            yield field.replace("_", " ") + (f" {', '.join(map(code, names))}" if names else "")


def _names(field: str, given: Any) -> Iterable[str]:
    """The names of a field's values, if they have names."""
    match field:
        case "routes":
            return [f"{STARTS[one.below]}{one.at}" for one in given]
        case "entries":
            return [f"{one.place}/{one.name}" for one in given]
        case "slots":
            return [one.place for one in given]
        case "parts" | "folds":
            parts = plug.value(given)
            return [one.name for one in (parts() if callable(parts) else parts)]
        case "roles" | "processes" | "stores":
            return [one.name for one in given]
        case "pack_files":
            return [one.folder for one in given]
        case "scopes" | "rates" | "readiness" | "measures":
            return list(given)
        case _:
            return []


def fields() -> dict[str, str]:
    """The fields of a plug, each with its description in the docstring."""
    text = inspect.getdoc(Plug) or ""
    rows = re.findall(r"^    (\w+)\s+(.*(?:\n {5,}.*)*)", textwrap.indent(text, "    "), re.MULTILINE)
    names = {name: " ".join(sentence.split()) for name, sentence in rows}
    return {name: names[name] for name in Plug.__dataclass_fields__ if name in names}


def field_table(_: Path) -> str:
    """The table of the fields."""
    return table(["field", "what it is for"], ((code(name), sentence) for name, sentence in fields().items()))


PARTS: dict[str, Callable[[Path], str]] = {"tree": tree, "plugs": plugs, "fields of a plug": field_table}

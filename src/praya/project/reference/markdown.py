"""Write Markdown tables and pages, and YAML on one line."""

import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import yaml

from praya.definition.source import Broken, read_text
from praya.kernel.number import written

MADE = "<!-- Made by `praya docs`; change what it is made from, not this page. -->\n"


def page(title: str, *parts: str) -> str:
    """A whole page."""
    body = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    return f"# {title}\n\n{MADE}\n{body}\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells may hold anything but line breaks."""
    lines = [_row(heads), "|" + "---|" * len(heads)]
    return "\n".join([*lines, *(_row(row) for row in rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(re.sub(r"\s*\n\s*", " ", cell).replace("|", r"\|") for cell in cells) + " |"


def code(text: object) -> str:
    """A text as code; empty for an empty text."""
    return f"`{text}`" if str(text) else ""


def one_line(value: Any) -> str:
    """A value in YAML's short form, on one line; a mapping on the outside without its braces."""
    if isinstance(value, dict) and value:
        return ", ".join(f"{name}: {_flow(item)}" for name, item in value.items())
    return _flow(value)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(name)}: {_flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """A scalar: bare if YAML reads it as the same value inside braces, else in double quotes."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if not isinstance(value, str):
        return str(value)
    try:
        # Numbers that are words, such as times, are easier to recognise in quotes.
        words = any(character.isalpha() for character in value)
        bare = words and _read(f"[{value}, {{a: {value}}}]") == [value, {"a": value}]
    except Broken:
        bare = False
    return value if bare else json.dumps(value, ensure_ascii=False)


def _read(text: str) -> Any:
    return read_text(text.encode(), "reference").data


class _Dumper(yaml.SafeDumper):
    """Writes mappings without a mapping inside on one line, as people do, and indents the items of a list."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def represent_data(self, data: Any) -> yaml.Node:
        if isinstance(data, Decimal):
            return yaml.ScalarNode("tag:yaml.org,2002:float", written(data))
        node = super().represent_data(data)
        if isinstance(data, dict | list):
            inner = list(data.values()) if isinstance(data, dict) else data
            plain = not any(isinstance(item, dict | (list if isinstance(data, dict) else dict)) for item in inner)
            node.flow_style = plain and bool(data) and (isinstance(data, list) or len(data) <= 3)  # type: ignore[attr-defined]
        return node

    def ignore_aliases(self, data: Any) -> bool:
        return True


def block(value: Any) -> str:
    """A value as a YAML block, texts in their short form."""
    return yaml.dump(value, Dumper=_Dumper, width=100_000, allow_unicode=True, sort_keys=False).strip("\n")

"""Small pieces of Markdown, and YAML on one line."""

import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

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
    """As it is typed."""
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
    """Bare where YAML reads it as the same value inside braces, else in double quotes."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if not isinstance(value, str):
        return str(value)
    try:
        # Numbers that are words, such as times, are easier to recognise in quotes.
        words = any(character.isalpha() for character in value)
        bare = words and YAML(typ="safe").load(f"[{value}, {{a: {value}}}]") == [value, {"a": value}]
    except YAMLError:
        bare = False
    return value if bare else json.dumps(value, ensure_ascii=False)


def block(value: Any) -> str:
    """A value as a YAML block, texts in their short form."""
    out = io.StringIO()
    yaml = YAML()
    yaml.width = 100_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(_short(value), out)
    return out.getvalue().strip("\n")


def _short(value: Any) -> Any:
    """Mappings without another mapping inside go on one line, as people write them."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if isinstance(value, dict):
        made = CommentedMap({name: _short(item) for name, item in value.items()})
        if value and not any(isinstance(item, dict | list) for item in value.values()) and len(value) <= 3:
            made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        items = CommentedSeq([_short(item) for item in value])
        if not any(isinstance(item, dict | list) for item in value):
            items.fa.set_flow_style()
        return items
    return value

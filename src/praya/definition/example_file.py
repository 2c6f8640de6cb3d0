"""Write an example as a file that people can edit."""

import io
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import yaml

from praya.kernel.number import written

WIDE = 110
SHORT = 80
LIKE_NUMBER = re.compile(r"[+-]?\d[\d:.T+-]*")


def example_yaml(story: Mapping[str, Any]) -> str:
    """An example as YAML: short values on one line, longer ones in a block."""
    return str(yaml.serialize(_node(story, depth=0), Dumper=_Indented, allow_unicode=True, width=WIDE))


class _Indented(yaml.SafeDumper):
    """A YAML dumper that indents the items of a list below their word."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Increase the indentation for lists as well."""
        super().increase_indent(flow, indentless=False)


def _node(value: Any, *, depth: int) -> yaml.Node:
    if isinstance(value, Mapping):
        pairs = [(_node(name, depth=depth), _node(item, depth=depth + 1)) for name, item in value.items()]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=depth > 1 and len(str(value)) < SHORT)
    if isinstance(value, list | tuple):
        items = [_node(item, depth=depth + 1) for item in value]
        plain = all(isinstance(item, yaml.ScalarNode) for item in items)
        return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=plain)
    if isinstance(value, Decimal):
        return yaml.ScalarNode("tag:yaml.org,2002:float", written(value))
    scalar = yaml.SafeDumper(io.StringIO()).represent_data(value)
    if isinstance(value, str) and isinstance(scalar, yaml.ScalarNode):
        # A text that looks like a date or a number must be quoted: "2026-03-01" is a text here, not a YAML date.
        scalar.style = '"' if LIKE_NUMBER.fullmatch(value) else "|" if "\n" in value and depth < 3 else None
    return scalar

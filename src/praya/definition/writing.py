"""Writing an example as a file that people then edit."""

import io
import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

WIDE = 110
LIKE_NUMBER = re.compile(r"[+-]?\d[\d:.T+-]*")


def example_yaml(story: Mapping[str, Any]) -> str:
    """An example as YAML: what is short on one line, what is longer below it."""
    yaml = YAML(typ="rt")
    yaml.width = WIDE
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump({name: _node(value, depth=1) for name, value in story.items()}, out)
    return out.getvalue()


def _node(value: Any, *, depth: int) -> Any:
    if isinstance(value, Mapping):
        mapping = CommentedMap({name: _node(item, depth=depth + 1) for name, item in value.items()})
        if depth > 1 and len(str(value)) < WIDE - 30:
            mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list | tuple):
        items = CommentedSeq([_node(item, depth=depth + 1) for item in value])
        if all(not isinstance(item, Mapping | list) for item in value):
            items.fa.set_flow_style()
        return items
    # A date or a number that is a text must stay one: "2026-03-01" is an answer, not a day of YAML's.
    if isinstance(value, str) and LIKE_NUMBER.fullmatch(value):
        return DoubleQuotedScalarString(value)
    return value

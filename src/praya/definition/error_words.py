"""The errors that pydantic reports, in words for people who write services."""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from praya.definition.model import FROM_PACK, LANGUAGE, NAME, SLUG
from praya.definition.source import Message, Problem, Source, Where
from praya.kernel.expression import nearest
from praya.kernel.number import is_number

_LIST = "a list: each item on a line after '- ', or all in [ ]"
_WORDS = "words, each followed by a colon and its value"
_EXPECTED = {
    "string_type": "a word, or a text in quotes",
    "string_sub_type": "a word, or a text in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _WORDS,
    "mapping_type": _WORDS,
    "model_type": _WORDS,
    "model_attributes_type": _WORDS,
    "date_type": "a date, like 2026-03-01",
    "date_parsing": "a date, like 2026-03-01",
    "date_from_datetime_parsing": "a date, like 2026-03-01",
    "date_from_datetime_inexact": "a date, like 2026-03-01",
    "datetime_type": "a day and time, like 2026-03-01T10:00",
    "datetime_parsing": "a day and time, like 2026-03-01T10:00",
    "datetime_from_date_parsing": "a day and time, like 2026-03-01T10:00",
    "time_type": "a time of day, like '09:30'",
    "time_parsing": "a time of day, like '09:30'",
}
_NUMBERS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}
_PATTERNS = {
    LANGUAGE: "the code of a language in small letters, like pt or zh-hant",
    NAME: "small letters, digits and underscores, a letter first, like shop_name",
    SLUG: "small letters, digits and hyphens, a letter first, like dog-boarding",
    "^[A-HJ-NP-Z]{2,4}$": "two to four capital letters without I and O, like DB",
    "^[A-Z]{3}$": "three capital letters, like HKD",
    "^[A-Z]{2}$": "two capital letters, like HK",
    "^[A-Za-z0-9][A-Za-z0-9_-]*$": "letters, digits, hyphens and underscores, like north-district",
}
# The beginnings of our own types' sentences, and the codes under which the reference explains them.
_OWN = (
    (("the expression", "expected an expression", "unknown function"), "wrong-expression"),
    (("expected a length of time",), "wrong-length-of-time"),
    (("write the text in each", "expected a text in each", "each language", "the text in '"), "wrong-text"),
    (("the pack has no", "there is no", "'capacity' names the unknown"), "unknown-name"),
    (("expected its values",), "wrong-kind"),
)


def problem(kind: type[BaseModel], source: Source, detail: Mapping[str, Any]) -> Problem:
    """An error of pydantic as a problem, with its place in the file."""
    return source.problem(in_file(source.data, detail["loc"]), _message(kind, detail))


def echoes(detail: Mapping[str, Any]) -> bool:
    """Whether an error is a consequence of another one: a list seems too short when its items are wrong."""
    value = detail["input"]
    return bool(
        detail["type"] == "too_short"
        and isinstance(value, list | tuple | dict)
        and len(value) >= detail["ctx"]["min_length"]
    )


def in_file(data: Any, location: Where) -> Where:
    """Convert a pydantic location to the path in the file, without union tags and generated keys."""
    path: list[str | int] = []
    for step in location:
        if isinstance(data, dict) and len(data) == 1 and step not in data:
            (only, body), *_ = data.items()
            if isinstance(body, dict) and step in body:
                path.append(only)
                data = body
        if (isinstance(data, dict) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        ):
            path.append(step)
            data = data[step]  # type: ignore[index]
    return tuple(path)


def _message(kind: type[BaseModel], detail: Mapping[str, Any]) -> Message:
    code, value, about = detail["type"], detail["input"], detail.get("ctx", {})
    if code == "extra_forbidden":
        return _unknown_word(kind, detail["loc"])
    if code == "missing":
        return Message("missing-word", f"'{detail['loc'][-1]}' is missing")
    if code == "union_tag_not_found":
        return Message("missing-word", "'type' is missing; say which type of question it is, like {type: text}")
    if code == "union_tag_invalid":
        tags = [tag.strip("' ") for tag in about["expected_tags"].split(",")]
        near = nearest(str(about["tag"]), tags)
        return Message("unknown-type", f"there is no question type '{about['tag']}'{near} (known: {', '.join(tags)})")
    if code == "value_error":
        message = str(detail["msg"]).removeprefix("Value error, ")
        return Message(next((known for begins, known in _OWN if message.startswith(begins)), "not-possible"), message)
    if value is None:
        return Message("no-value", "has no value: write one after the colon, or take the word out")
    return _wrong_value(str(code), value, about, str(detail["msg"]))


def _wrong_value(code: str, value: Any, about: Mapping[str, Any], message: str) -> Message:
    if code in _NUMBERS:
        limit, words = _NUMBERS[code]
        return Message("out-of-range", f"must be {words} {about[limit]}; found {shown(value)}")
    if code in {"too_short", "too_long", "string_too_short", "string_too_long"}:
        limit = about.get("min_length", about.get("max_length"))
        unit = "character" if code.startswith("string") else "item"
        words = "at least" if code.endswith("short") else "at most"
        return Message("out-of-range", f"needs {words} {limit} {unit}{'' if limit == 1 else 's'}; found {_size(value)}")
    if code == "string_pattern_mismatch":
        expected = _PATTERNS.get(about["pattern"], f"a word of the pattern {about['pattern']}")
        return Message("wrong-name", f"expected {expected}; found {shown(value)}")
    if code == "literal_error":
        known = re.findall(r"'([^']*)'", about["expected"]) or [about["expected"].lower()]
        near = nearest(str(value), known)
        return Message("wrong-word", f"{shown(value)} cannot stand here{near} (known: {', '.join(known)})")
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) and code.startswith("date"):
        return Message("wrong-date", f"there is no day {value}; a date is written year-month-day, like 2026-03-01")
    if code in _EXPECTED:
        wrong = "wrong-date" if code.startswith(("date", "time")) else "wrong-kind"
        return Message(wrong, f"expected {_EXPECTED[code]}; found {shown(value)}")
    return Message("not-possible", f"cannot be {shown(value)}: {message}")


def shown(value: Any) -> str:
    """The wrong value, as text for a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        # Python refuses to convert numbers with too many digits to text.
        return f"the number {value}" if abs(value) < 1e18 else "a number beyond measure"
    if isinstance(value, date):
        return f"the date {value}"
    if isinstance(value, str):
        return f"'{value[:40]}…'" if len(value) > 40 else f"'{value}'"
    return "a list" if isinstance(value, list | tuple) else "words with values"


def _size(value: Any) -> str:
    return str(len(value)) if hasattr(value, "__len__") else shown(value)


def _unknown_word(kind: type[BaseModel], location: Where) -> Message:
    word = str(location[-1])
    known = _words_at(kind, location[:-1])
    message = f"'{word[:60]}' is not a word of the language here{nearest(word, known)}"
    homes = _homes(kind).get(word, ())
    if not nearest(word, known) and 0 < len(homes) <= 3:
        message += f"; it is a word of {' and '.join(homes)}"
    return Message("unknown-word", message + (f" (known: {', '.join(sorted(known))})" if known else ""))


@lru_cache(maxsize=8)
def _schema(kind: type[BaseModel]) -> dict[str, Any]:
    return kind.model_json_schema()


@lru_cache(maxsize=8)
def _homes(kind: type[BaseModel]) -> dict[str, tuple[str, ...]]:
    """The parts of the language to which each word belongs."""
    homes: dict[str, tuple[str, ...]] = {}
    for part, body in _schema(kind).get("$defs", {}).items():
        for word in body.get("properties", {}):
            homes[word] = (*homes.get(word, ()), part)
    return homes


def _words_at(kind: type[BaseModel], location: Where) -> list[str]:
    """The words of the model at `location`, according to the JSON Schema."""
    schema = _schema(kind)
    definitions = schema.get("$defs", {})
    nodes = [schema]
    for step in location:
        nodes = [child for node in nodes for child in _children(_opened(node, definitions), step)]
        if not nodes:
            return []
    words: set[str] = set()
    for node in nodes:
        for opened in _opened(node, definitions):
            words |= set(opened.get("properties", {}))
    return sorted(words - FROM_PACK)


def _opened(node: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in node:
        return _opened(definitions[node["$ref"].rsplit("/", 1)[1]], definitions)
    for union in ("anyOf", "oneOf"):
        if union in node:
            return [opened for option in node[union] for opened in _opened(option, definitions)]
    return [node]


def _children(nodes: list[dict[str, Any]], step: str | int) -> list[dict[str, Any]]:
    below: list[dict[str, Any]] = []
    for node in nodes:
        if node.get("properties", {}).get("type", {}).get("const") == step:
            below.append(node)
        elif isinstance(step, str) and step in node.get("properties", {}):
            below.append(node["properties"][step])
        elif isinstance(step, int) and isinstance(node.get("items"), dict):
            below.append(node["items"])
        elif isinstance(step, str) and isinstance(node.get("additionalProperties"), dict):
            below.append(node["additionalProperties"])
    return below

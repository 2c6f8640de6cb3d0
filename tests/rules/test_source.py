"""Reading YAML 1.2: what is a word, what a number, what a day; and what is refused at which line."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from praya.definition.source import MAX_DEPTH, Broken, read_text


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"), ("off", "off"), ("9:30", "9:30"), ("1_000", "1_000"), ("2026-1-2", "2026-1-2"),
        ("'5'", "5"), ("+852", 852), ("010", 10), ("0o10", 8), ("0x1F", 31), ("-1.5", Decimal("-1.5")),
        (".5", Decimal("0.5")), ("-.inf", "-.inf"), ("1e3", 1000), ("0.10", Decimal("0.1")), ("1e999", "1e999"),
        ("True", True), ("~", None), ("", None), ('""', ""), ("2026-03-02", date(2026, 3, 2)),
        ("{b: http://x/y, c: d:e}", {"b": "http://x/y", "c": "d:e"}),
    ],
)  # fmt: skip
def test_a_value_is_what_yaml_1_2_says(written: str, value: Any) -> None:
    found = read_text(f"a: {written}".encode(), "file").data["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3", 3, "'a' stands here twice"),
        ("a: 1\n---\nb: 2", 2, "a second one begins here"),
        ("a:\n  - &x 1\n  - *x", 3, "aliases"),
        ("a: 1\nb: !!python/name:os.system x", 2, "tags"),
        ("a: 1\n1: b", 2, "a word in quotes"),
        ("fees:\n- {label: x, amount: 1,200}", 2, "'200' stands after a comma, which ends a value within braces"),
        ("a: {en: Yes, we do, zh: x}", 1, "'we do' stands after a comma"),
        ("? [a]\n: b", 1, "a word in quotes"),
        ("a: 1\nb: 2026-13-45", 2, "no day"),
        ("a: " + "9" * 5000, 1, "no number"),
        ("a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), 1, "nested deeper"),
        ("a: [b\nc: d", 2, "is no YAML"),
        ("a: b\n\tc: d", 2, "is no YAML"),
        ("a: 1\nb: !c", 2, "a text that begins with ! in quotes"),
        ("a: 1\nb: !c && d", 2, "a text that begins with ! must stand in quotes"),
        ("a: 1\nb: !(c || d)", 2, "a text that begins with ! must stand in quotes"),
        ("a: 1\nb: !!int 5", 2, "write the value plainly"),
        ("a: 1\nb: || c", 2, "a text that begins with | or > must stand in quotes"),
        ("a: 1\nb: {c: d in ['e'], f: g}", 2, "a text with brackets, a comma or a colon must stand in quotes"),
        ("- {c: d in ['e'] && h, f: g}", 1, "all of an expression with brackets between { and }"),
        ("- {c: d in ['e'] || h, f: g}", 1, "between { and } all of an expression with brackets"),
        ("a: \x07", 1, "a character that nobody sees"),
    ],
)
def test_what_is_refused_is_said_at_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(Broken) as caught:
        read_text(text.encode(), "file")
    [problem] = caught.value.problems
    assert problem.line == line
    assert said in problem.message


def test_every_part_knows_its_place() -> None:
    source = read_text("# before\na:\n  - b: 1\n    c: {d: 2}\n  - 稻\n".encode(), "file")
    assert source.places == {
        (): (2, 1), ("a",): (2, 1), ("a", 0): (3, 5), ("a", 0, "b"): (3, 5), ("a", 0, "c"): (4, 5),
        ("a", 0, "c", "d"): (4, 9), ("a", 1): (5, 5),
    }  # fmt: skip

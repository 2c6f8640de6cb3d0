"""Parts that services share: put in their place, with one's own words before them, and told of where they stand."""

from pathlib import Path
from typing import Any

import pytest

from praya.definition.shared import MAX_CHAIN, resolved
from praya.definition.source import Source, read_text


def used(tmp_path: Path, text: str, **files: str) -> Source:
    """`text` as a service of a pack with these shared files."""
    (tmp_path / "shared").mkdir(exist_ok=True)
    for name, body in files.items():
        (tmp_path / "shared" / f"{name}.yaml").write_text(body, "utf-8")
    return resolved(read_text(text.encode(), str(tmp_path / "services" / "x" / "service.yaml")), tmp_path)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: {use: shared/p.yaml#words}", {"a": {"b": 1, "c": {"d": 2, "e": 3}}}),
        ("a: {use: shared/p.yaml#words, b: 9, f: 0}", {"a": {"b": 9, "c": {"d": 2, "e": 3}, "f": 0}}),
        ("a: {c: {e: 4}, use: shared/p.yaml#words}", {"a": {"b": 1, "c": {"d": 2, "e": 4}}}),
        ("a: [{use: shared/p.yaml#items}, z]", {"a": [{"x": 1}, {"y": 2}, "z"]}),
        ("a: [{use: shared/p.yaml#words, b: 5}]", {"a": [{"b": 5, "c": {"d": 2, "e": 3}}]}),
        ("a: {use: shared/p.yaml#items}", {"a": [{"x": 1}, {"y": 2}]}),
        ("a: {use: shared/p.yaml#nested, b: 7}", {"a": {"b": 7, "c": {"d": 8, "e": 3}}}),
        ("a: {use: shared/p.yaml#word}", {"a": "w"}),
        ("a: {use: {b: 1}}", {"a": {"use": {"b": 1}}}),
        ("a: [{use: {b: {use: shared/p.yaml#word}}}]", {"a": [{"use": {"b": "w"}}]}),
    ],
)
def test_a_shared_part_is_put_in_its_place(tmp_path: Path, text: str, data: Any) -> None:
    parts = """
words: {b: 1, c: {d: 2, e: 3}}
items: [{x: 1}, {y: 2}]
nested: {use: shared/p.yaml#words, c: {d: 8}}
word: w
"""
    source = used(tmp_path, text, p=parts)
    assert source.problems == []
    assert source.data == data


def test_a_problem_is_told_in_the_shared_file_and_by_whom_it_is_used(tmp_path: Path) -> None:
    source = used(tmp_path, "a:\n- use: shared/p.yaml#one\n- 2\n", p="one:\n- x: 1\n- y: {z: 2}\n")
    problem = source.problem(("a", 1, "y", "z"), "is wrong")
    assert (Path(problem.file).name, problem.line, problem.column) == ("p.yaml", 3, 7)
    assert problem.message == "is wrong (in a shared part, used at services/x/service.yaml:2)"
    own = source.problem(("a", 2), "is wrong")
    assert (Path(own.file).name, own.line, own.message) == ("service.yaml", 3, "is wrong")


def test_what_is_written_beside_it_is_told_where_it_is_written(tmp_path: Path) -> None:
    source = used(tmp_path, "a:\n  use: shared/p.yaml#one\n  x: {y: 2}\n", p="one: {x: {y: 1, z: 2}}\n")
    assert (Path(source.problem(("a", "x", "y"), "").file).name) == "service.yaml"
    assert (Path(source.problem(("a", "x", "z"), "").file).name) == "p.yaml"


LAUGHS = "".join(f"p{n}: [{f'{{use: shared/p.yaml#p{n + 1}}}, ' * 9}]\n" for n in range(7)) + "p7: [x]\n"


@pytest.mark.parametrize(
    ("text", "parts", "code", "said"),
    [
        ("a: {use: shared/q.yaml#one}", "one: 1", "unknown-name", "did you mean 'shared/p.yaml'?"),
        ("a: {use: shared/p.yaml#oen}", "one: 1", "unknown-name", "did you mean 'one'?"),
        ("a: {use: shared/../pack.yaml#one}", "one: 1", "shared-name", "like shared/applicant.yaml#"),
        ("a: {use: /etc/passwd}", "one: 1", "shared-name", "like shared/applicant.yaml#"),
        ("a: {use: [x]}", "one: 1", "shared-name", "like shared/applicant.yaml#"),
        ("a: {use: shared/p.yaml#one, b: 1}", "one: [1]", "shared-kind", "nothing can be written beside"),
        ("a: {use: shared/p.yaml#one}", "one: {use: shared/p.yaml#one}", "shared-cycle", "uses itself"),
        (
            "a: {use: shared/p.yaml#p0}",
            "".join(f"p{n}: {{use: shared/p.yaml#p{n + 1}}}\n" for n in range(MAX_CHAIN + 1)) + f"p{MAX_CHAIN + 1}: 1",
            "shared-cycle",
            "more than 8 deep",
        ),
        ("a: {use: shared/p.yaml#p0}", LAUGHS, "shared-too-much", "when every shared part is in its place"),
        ("a: {use: shared/p.yaml#one}", "one: [", "no-yaml", "is no YAML"),
    ],
)
def test_what_cannot_be_shared_is_told(tmp_path: Path, text: str, parts: str, code: str, said: str) -> None:
    problems = used(tmp_path, text, p=parts).problems
    assert [problem.code for problem in problems] == [code]
    assert said in problems[0].message


def test_a_file_that_a_link_leads_out_of_the_pack_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("one: 1", "utf-8")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "p.yaml").symlink_to(tmp_path / "secret.yaml")
    assert [problem.code for problem in used(tmp_path, "a: {use: shared/p.yaml#one}").problems] == ["unknown-name"]

"""`praya check` on definitions changed at random: always sentences, soon, and in little memory.

`PRAYA_FUZZ=5000 .venv/bin/pytest tests/rules/test_definition_fuzz.py` looks further than the suite does.
"""

import copy
import json
import os
import resource
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.read_packs import pack_in

from praya.definition.load import examine
from praya.definition.shared import resolved
from praya.definition.source import Broken, read, scan_text
from praya.project.designing import checking

FOLDER = Path(__file__).parents[2] / "packs" / "hongkong"
PACK = pack_in(FOLDER)
SERVICE = FOLDER / "services" / "vaccination-booking" / "service.yaml"
TEXT = SERVICE.read_text("utf-8")
TREE = resolved(read(SERVICE), FOLDER).data
EXAMPLES = int(os.environ.get("PRAYA_FUZZ", "40"))
usual = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES == 40
)
PIECES = st.sampled_from(
    ["{", "}", "[", "]", ":", "- ", "\t", "\n", "'", '"', "&a ", "*a", "<<: ", "!!x ", "? ", "|", "%", "@", "\0",
     "\x07", "é", "用", "use: shared/applicant.yaml#hkid", "true", "null", "1e999", "9" * 60, "answers.", "((((",
     "2020-13-01", "\ufeff"]
) | st.text(max_size=8)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | PIECES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PIECES, inner, max_size=3),
    max_leaves=6,
)


def paths(tree: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    steps = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(found for step, below in steps for found in paths(below, (*path, step)))]


PATHS = [path for path in paths(TREE) if path]


@pytest.fixture(autouse=True, scope="module")
def small() -> Any:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


def told(raw: bytes, folder: Path) -> None:
    """Check it as the command does."""
    file = folder / "vaccination-booking" / "service.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(raw)
    began = time.process_time()
    found = checking.check_service(file, PACK)
    assert time.process_time() - began < 10
    assert found.fine or found.problems
    for problem in found.problems:
        assert problem.code != "not-understood", problem.message
        assert problem.line >= 1
        assert problem.column >= 1
        json.dumps(problem.message)


@usual
@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 40), PIECES), min_size=1, max_size=4))
def test_text_changed_at_random(tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int, str]]) -> None:
    text = TEXT
    for at, length, piece in changes:
        text = text[:at] + piece + text[at + length :]
    told(text.encode("utf-8", "surrogatepass"), tmp_path_factory.getbasetemp())


@usual
@given(st.lists(st.tuples(st.sampled_from(PATHS), VALUES), min_size=1, max_size=4))
def test_a_tree_changed_at_random(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[tuple[str | int, ...], Any]]
) -> None:
    tree = copy.deepcopy(TREE)
    for path, value in changes:
        node = tree
        try:
            for step in path[:-1]:
                node = node[step]
            node[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # what an earlier change took away
    told(json.dumps(tree, default=str, ensure_ascii=True).encode(), tmp_path_factory.getbasetemp())


@usual
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_bytes_at_random(raw: bytes) -> None:
    try:
        source = scan_text(raw, "file")
    except Broken:
        return
    examine(resolved(source, FOLDER), PACK)

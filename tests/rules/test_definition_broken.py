"""Definitions broken on purpose: each is told by its code, at the very line and column, in words that help."""

import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.rules.test_definition_check import FOLDER, PACK, praya

from praya.definition.source import catalogue, read
from praya.project.designing import checking

TABLE = Path(__file__).with_name("broken") / "definitions.yaml"
DEFINITIONS: list[dict[str, Any]] = read(TABLE).data
# Words of the tools with which definitions are read; who writes services never meets them.
FOREIGN = ("Input should", "Extra inputs", "tuple", "dictionary", "valid dict", "pydantic", "NoneType", "Traceback")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack with one sound service, which `praya new-service` made, without its examples."""
    pack = tmp_path_factory.mktemp("packs") / "hongkong"
    shutil.copytree(FOLDER, pack, ignore=lambda folder, names: names if folder.endswith(("services", "sample")) else [])
    result = praya("new-service", "dog-boarding", "--title-zh", "寄養狗隻", "--reference", "DB", pack=pack)
    assert result.returncode == 0, result.stderr
    shutil.rmtree(pack / "services" / "dog-boarding" / "examples")
    return pack / "services" / "dog-boarding"


@pytest.mark.parametrize("one", [pytest.param(one, id=one["name"]) for one in DEFINITIONS])
def test_each_is_told_at_its_place(one: dict[str, Any], home: Path, tmp_path: Path) -> None:
    text = (home / "service.yaml").read_text("utf-8")
    if "append" in one:
        text += one["append"]
    else:
        assert one["change"] in text
        text = text.replace(one["change"], one["to"], 1)
    file = tmp_path / "dog-boarding" / "service.yaml"
    file.parent.mkdir()
    file.write_text(text, "utf-8")
    found = checking.check_service(file, PACK)
    errors = [problem for problem in found.problems if problem.level == "error"]
    at = text.index(one["at"])
    place = (text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    told = [p for p in errors if p.code == one["code"] and one["says"] in p.message and (p.line, p.column) == place]
    assert told, (place, [str(p) for p in errors])
    assert len(errors) == 1 or not one.get("only"), [str(p) for p in errors]
    for problem in errors:
        assert problem.code in catalogue()
        assert problem.mend
        assert not any(word in problem.message for word in FOREIGN), problem.message


def test_what_is_wrong_in_form_and_in_meaning_is_told_in_one_round(home: Path, tmp_path: Path) -> None:
    text = (home / "service.yaml").read_text("utf-8")
    for old, new in (
        ("minutes: 5", "minuts: 5"),
        ("type: choice", "type: choise"),
        ("to: approved", "to: aproved"),
        ("department: afcd", "department: afdc"),
        ("{en: Refuse, zh-hant: 拒絕}", "{en: Refuse}"),
        ("unless: years_between(", "unless: year_between("),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    file = tmp_path / "dog-boarding" / "service.yaml"
    file.parent.mkdir()
    file.write_text(text, "utf-8")
    found = checking.check_service(file, PACK).problems
    # Not that no question is called applying_for: it is there, only its type is wrong.
    assert sorted(problem.code for problem in found) == [
        "missing-language", "unknown-name", "unknown-name", "unknown-type", "unknown-word", "wrong-expression",
    ]  # fmt: skip


HOSTILE = {
    "a billion laughs": b"a: &a [x, x, x, x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (c, c, b", ".join([b"*%c" % (c - 1)] * 9)) for c in range(98, 107)),
    "brackets without end": b"[" * 400_000,
    "mappings without end": b"{a: " * 100_000,
    "indented without end": b"".join(b" " * n + b"a:\n" for n in range(900)),
    "ten megabytes": b"a: b\n" * 2_000_000,
    "one line of half a megabyte": b"service: " + b"x" * 510_000,
    "keys without end": b"".join(b"k%d: 1\n" % n for n in range(50_000)),
    "the same key without end": b"a: 1\n" * 80_000,
    "an endless number": b"version: " + b"9" * 400_000,
    "an endless exponent": b"version: 1e999999999\n",
    "an endless expression": b"conditions: {a: '" + b"(" * 1900 + b"'}\n",
    "utf-16": "service: x\n".encode("utf-16"),
    "latin 1": "service: caf\u00e9\n".encode("latin-1"),
    "big5": "service: 食肆\n".encode("big5"),
    "nul": b"service: x\x00y\n",
    "a bell": b"service: \x07\n",
    "lone surrogates": b"service: \xed\xa0\x80\n",
    "directives": b"%YAML 9.9\n---\nservice: x\n",
    "an explicit key": b"? [service, x]\n: y\n",
    "bytes": bytes(range(256)) * 20,
    "nothing": b"",
    "only a comment": b"# nothing\n",
}
PROGRAM = """
import sys
from pathlib import Path
from praya.definition.load import load_pack
from praya.project.designing import checking
pack = load_pack(Path(sys.argv[1]))
for name in sys.argv[2:]:
    found = checking.check_service(Path(name), pack)
    assert found.problems, name
    codes = {problem.code for problem in found.problems}
    assert "not-understood" not in codes, (name, found.problems)
    assert len(found.problems) < 500, (name, len(found.problems))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")))
"""


def test_whatever_is_in_the_file_it_is_a_sentence_soon_and_small(tmp_path: Path) -> None:
    files = []
    for number, raw in enumerate(HOSTILE.values()):
        file = tmp_path / str(number) / "service.yaml"
        file.parent.mkdir()
        file.write_bytes(raw)
        files.append(str(file))
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(FOLDER), *files],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, 60)),
    )
    assert result.returncode == 0, result.stderr[-2000:]
    # kB. Not getrusage's ru_maxrss: through fork and exec that keeps what the process that tests had at its largest.
    assert int(result.stdout) < 250_000


def test_a_byte_order_mark_does_no_harm(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "dog-boarding" / "service.yaml"
    file.parent.mkdir()
    file.write_bytes(b"\xef\xbb\xbf" + (home / "service.yaml").read_bytes())
    checked = checking.check_service(file, PACK)
    assert checked.fine
    # There is no folder of examples beside it.
    assert "the service has no example: nobody has seen it work" in [problem.message for problem in checked.problems]

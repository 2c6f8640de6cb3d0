"""A chapter of the definition language in two files: adding them adds its words, deleting them removes the words."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.small import GRANT

ROOT = Path(__file__).parents[2]
TOY = Path(__file__).parent / "toy"
PLACES = ("definition/chapters/stamps.py", "journey/chapters/stamps.py")
STAMPED = """\
stamps:
  red: {label: {en: Red, zh-hant: 紅色}}
  blue: {label: {en: Blue, zh-hant: 藍色}}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        look: {label: {en: Look, zh-hant: 查看}, stamp: red}
        press: {label: {en: Press, zh-hant: 蓋印}, stamp: blue, when: stamps.count > 0, to: granted}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted}
retention: {granted: 7 years}
"""
STORY = """\
example: stamped twice
starts: 2026-01-05T10:00:00+08:00
answers: {applicant_name: Chan Tai Man}
expect: {state: received, stamped: [], actions: [look]}
steps:
  - {by: officer, do: look, expect: {stamped: [red], actions: [look, press]}}
  - {by: officer, do: press, expect: {state: granted, stamped: [blue, red]}}
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, and a pack whose only service has stamps."""
    home = tmp_path_factory.mktemp("chapter")
    shutil.copytree(ROOT / "src", home / "src")
    shutil.copytree(ROOT / "packs/hongkong", home / "pack", ignore=shutil.ignore_patterns("services", "sample"))
    folder = home / "pack/services/small-grant"
    (folder / "examples").mkdir(parents=True)
    (folder / "service.yaml").write_text(GRANT.partition("flow:\n")[0] + STAMPED, "utf-8")
    (folder / "examples/stamped.yaml").write_text(STORY, "utf-8")
    return home


def praya(tree: Path, *command: object) -> "subprocess.CompletedProcess[str]":
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"PYTHONPATH": str(tree / "src"), "PRAYA_MODE": "test", "PRAYA_DATA_DIR": str(tree / "var")}
    words = [sys.executable, "-m", "praya.project.cli", *map(str, command)]
    return subprocess.run(words, env=environment, cwd=tree, capture_output=True, text=True, check=False)


@pytest.mark.size
def test_a_chapter_is_there_with_its_two_files_and_gone_without_them(tree: Path) -> None:
    service = tree / "pack/services/small-grant/service.yaml"
    for source, place in zip(("declared.py", "done.py"), PLACES, strict=True):
        shutil.copy(TOY / source, tree / "src/praya" / place)
    played = praya(tree, "play", service, "--json")
    assert played.returncode == 0, played.stdout + played.stderr

    wrong = tree / "pack/services/small-grant/examples/wrong.yaml"
    wrong.write_text(STORY.replace("stamped: [blue, red]", "stamped: [red]"), "utf-8")
    differs = praya(tree, "play", wrong)
    assert differs.returncode == 1
    assert "stamped: expected ('red',), found ('blue', 'red')" in differs.stdout
    wrong.write_text(STORY.replace("stamped: [blue, red]", "stamped: [rad]"), "utf-8")
    assert "there is no stamp 'rad'" in praya(tree, "check", service).stdout
    wrong.unlink()

    whole = service.read_text("utf-8")
    service.write_text(whole.replace("stamp: blue", "stamp: bleu").replace("stamps.count", "stamps.number"), "utf-8")
    checked = praya(tree, "check", service)
    assert checked.returncode == 1
    assert "there is no stamp 'bleu'" in checked.stdout
    assert "'stamps.number' does not exist" in checked.stdout
    service.write_text(whole, "utf-8")

    explained = praya(tree, "explain", "stamp")
    assert "The stamp that the case gets." in explained.stdout, explained.stdout + explained.stderr

    for place in PLACES:
        (tree / "src/praya" / place).unlink()
    gone = praya(tree, "check", service)
    assert gone.returncode == 1
    assert "stamps" in gone.stdout
    assert "The stamp that the case gets." not in praya(tree, "explain", "stamp").stdout
    service.write_text(GRANT, "utf-8")
    (tree / "pack/services/small-grant/examples/stamped.yaml").unlink()
    assert praya(tree, "check", service).returncode == 0

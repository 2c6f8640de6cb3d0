"""`docs/howto/audit-the-journal.md` and the change of keys: the commands find what the pages promise."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests import commands
from tests.docs.conftest import ROOT

PREPARE = """
from datetime import UTC, datetime, timedelta
from praya.project import startup
startup.ready_django()
from praya.blocks.identity import api as identity
from praya.kernel.journal import sealing
from praya.project import migration
at = datetime(2026, 3, 2, 2, tzinfo=UTC)
migration.migrate(at=at)
for number in range(6):
    identity.enrol(email=f"person{number}@example.com", name="Chan Tai Man (sample)", language="en", at=at)
    sealing.seal(at=at)
"""
READ = """
from praya.project import startup
startup.ready_django()
from praya.blocks.identity import api as identity
print([person.name for person in identity.residents()])
"""


class Installation:
    """A demonstration's data with six people, made once and copied for each test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        settings = {"PRAYA_MODE": "demo", "PRAYA_DATA_DIR": str(self.folder), "PYTHONPATH": str(ROOT / "src")}
        return subprocess.run(
            [sys.executable, *command], env=kept | settings, capture_output=True, text=True, check=False, timeout=400
        )

    def praya(self, *command: object) -> "subprocess.CompletedProcess[str]":
        return commands.praya(*command, PRAYA_MODE="demo", PRAYA_DATA_DIR=str(self.folder))

    def sql(self, *statements: str) -> None:
        """What somebody does who can write the database, past its triggers."""
        with sqlite3.connect(self.folder / "praya.sqlite3") as database:
            triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                database.execute(f'DROP TRIGGER "{name}"')
            for statement in statements:
                assert database.execute(statement).rowcount > 0

    def verify(self, *more: object) -> "subprocess.CompletedProcess[str]":
        """As an auditor: nothing but the file, the key and the checkpoints kept."""
        return self.praya(
            "verify-journal", "--database", self.folder / "praya.sqlite3", "--key", self.folder / "kept.txt", *more
        )


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Installation(tmp_path_factory.mktemp("audit") / "var")
    result = made.run("-c", PREPARE)
    assert result.returncode == 0, result.stderr
    saved = made.praya("verify-journal", "--save-key", made.folder / "kept.txt")
    assert saved.returncode == 0, saved.stderr
    return made.folder


@pytest.fixture
def installation(prepared: Path, tmp_path: Path) -> Installation:
    return Installation(shutil.copytree(prepared, tmp_path / "var"))


def said() -> list[str]:
    """What the page says the command says."""
    text = (ROOT / "docs" / "howto" / "audit-the-journal.md").read_text("utf-8")
    return [row.split("|")[1].strip() for row in text.splitlines() if row.startswith("| ") and "---" not in row][1:]


def test_a_whole_journal_is_whole(installation: Installation) -> None:
    result = installation.verify("--checkpoints", installation.folder / "checkpoints.log")
    assert result.returncode == 0, result.stdout
    assert re.search(r"The journal is whole: \d+ entries, \d+ signed checkpoints, also those in", result.stdout)
    told = json.loads(installation.verify("--json").stdout)
    assert told["whole"] is True
    assert told["entries"] >= 6
    assert told["unsealed"] == 0


TAMPERED = [
    ("UPDATE journal_entry SET actor = 'person:x' WHERE position = 3", "do not have the root that was signed"),
    ("DELETE FROM journal_entry WHERE position = 3", "entry 3 is missing"),
    ("UPDATE journal_checkpoint SET note = replace(note, 'praya', 'xraya') WHERE size = 2", "cannot be trusted"),
    ("UPDATE journal_key SET public = replace(public, 'A', 'B')", "names another key"),
]


@pytest.mark.parametrize(("statement", "finding"), TAMPERED)
def test_what_was_tampered_with_is_found(installation: Installation, statement: str, finding: str) -> None:
    installation.sql(statement)
    result = installation.verify("--checkpoints", installation.folder / "checkpoints.log")
    assert result.returncode == 1, result.stdout
    assert finding in result.stdout
    assert any(re.sub(r"\bN\b|\bM\b", "", line)[:24].strip() in line for line in said())


def test_a_tail_cut_from_both_tables_is_found_by_what_was_kept_outside(installation: Installation) -> None:
    installation.sql("DELETE FROM journal_entry WHERE position > 3", "DELETE FROM journal_checkpoint WHERE size > 3")
    assert installation.verify().returncode == 0, "nothing inside the database can tell"
    result = installation.verify("--checkpoints", installation.folder / "checkpoints.log")
    assert result.returncode == 1
    assert "the tail is cut: " in result.stdout


def test_the_page_lists_every_finding_of_the_program() -> None:
    source = (ROOT / "src" / "praya" / "kernel" / "journal" / "verify.py").read_text("utf-8")
    source += (ROOT / "src" / "praya" / "project" / "commands" / "verify_journal.py").read_text("utf-8")
    findings = re.findall(r'problems\.append\(\s*f?"([^"{]*)', source)
    assert len(findings) >= 7
    for finding in findings:
        assert any(line.startswith(finding.strip()[:20]) for line in said()), finding


# Keys


def test_a_new_master_key_wraps_everything_and_the_old_one_can_go(installation: Installation) -> None:
    before = installation.run("-c", READ).stdout
    assert "Chan Tai Man (sample)" in before
    result = installation.praya("rotate-keys", "--new")
    assert result.returncode == 0, result.stderr
    assert "New master key k2" in result.stdout
    assert "k1 wraps nothing any more" in result.stdout
    path = installation.folder / "keys.json"
    assert path.stat().st_mode & 0o777 == 0o600
    data = json.loads(path.read_text())
    assert data["current"] == "k2"
    path.write_text(json.dumps({"current": "k2", "keys": {"k2": data["keys"]["k2"]}}))
    assert installation.run("-c", READ).stdout == before


def test_several_machines_get_the_key_before_it_is_used(installation: Installation) -> None:
    assert "rotate-keys --current k2" in installation.praya("rotate-keys", "--add").stdout
    path = installation.folder / "keys.json"
    assert json.loads(path.read_text())["current"] == "k1"
    result = installation.praya("rotate-keys", "--current", "k2")
    assert result.returncode == 0
    assert not result.stdout.startswith("0 data keys")
    assert json.loads(path.read_text())["current"] == "k2"


def test_a_key_file_that_others_can_read_is_refused(installation: Installation) -> None:
    path = installation.folder / "keys.json"
    path.chmod(0o640)
    result = installation.praya("rotate-keys", "--new")
    assert result.returncode == 1
    assert "mode 640" in result.stderr
    assert list(json.loads(path.read_text())["keys"]) == ["k1"]


def test_a_missing_old_key_stops_the_rotation_with_a_sentence(installation: Installation) -> None:
    path = installation.folder / "keys.json"
    data = json.loads(path.read_text())
    path.write_text(json.dumps({"current": "k9", "keys": {"k9": data["keys"]["k1"]}}))
    result = installation.praya("rotate-keys")
    assert result.returncode == 1
    assert "Put the missing key back" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--database", "nowhere.sqlite3"), "The database cannot be read"),
        (("--key", "nowhere.txt"), "nowhere.txt cannot be read"),
        (("--checkpoints", "nowhere.log"), "nowhere.log cannot be read"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(
    installation: Installation, arguments: tuple[str, ...], sentence: str
) -> None:
    result = installation.praya("verify-journal", *arguments)
    assert result.returncode == 1
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr

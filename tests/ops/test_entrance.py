"""`./dev` on a machine that lacks something, and what it refuses to let into the repository."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path):
    """A copy of what `./dev` reads, without .venv and .tools, and a folder for programs of our making."""
    shutil.copy(ROOT / "dev", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "bin").mkdir()
    for name in ("dirname", "cut", "cat", "cksum", "grep", "find", "head", "ls", "sort", "sed", "rm", "mkdir"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    return tmp_path


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


def dev(checkout, *command):
    shell = shutil.which("dash") or "/bin/sh"
    environment = {"PATH": str(checkout / "bin")}
    return subprocess.run(
        [shell, checkout / "dev", *command], env=environment, capture_output=True, text=True, check=False
    )


def test_an_old_python_is_a_sentence(checkout):
    program(checkout / "bin" / "python3", "exit 1")
    result = dev(checkout, "demo")
    assert result.returncode == 1
    assert "Python 3.11 or later is needed" in result.stderr


def test_an_absent_pip_is_a_sentence(checkout):
    program(checkout / "bin" / "python3", 'case "$*" in *pip*) exit 1;; esac\nexit 0')
    result = dev(checkout, "demo")
    assert result.returncode == 1
    assert "has no pip" in result.stderr
    assert "python3-pip" in result.stderr


def test_an_unknown_command_shows_what_there_is(checkout):
    result = dev(checkout, "dmeo")
    assert result.returncode == 1
    assert "./dev demo" in result.stderr
    assert "there is no command dmeo" in result.stderr


@pytest.fixture
def ready(checkout):
    """The same with an environment whose every check passes."""
    for name in ("python", "ruff", "mypy", "lint-imports", "djlint"):
        program(checkout / ".venv" / "bin" / name, "exit 0")
    for folder in ("src", "packs/hongkong/services"):
        (checkout / folder).mkdir(parents=True)
    locks = (checkout / "requirements" / "uv.txt").read_bytes() + (checkout / "requirements" / "dev.txt").read_bytes()
    summed = subprocess.run(["cksum"], input=locks, capture_output=True, check=True).stdout.decode().strip()
    (checkout / ".venv" / "praya-lock").write_text(f"dev {summed}")
    return checkout


def test_when_every_check_passes_it_says_so_and_installs_nothing(ready):
    result = dev(ready, "check")
    assert result.returncode == 0, result.stderr
    assert "Every check is clean" in result.stderr
    assert not (ready / ".tools").exists()


def test_a_failing_check_is_named_and_the_others_still_run(ready):
    program(ready / ".venv" / "bin" / "mypy", "exit 1")
    result = dev(ready, "check")
    assert result.returncode == 1
    assert "these checks failed: mypy" in result.stderr
    assert "— addresses" in result.stderr


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("requirements/base.txt", "--index-url https://packages.example/simple"),
        ("requirements/dev.in", "thing @ https://packages.example/thing.whl"),
        ("pyproject.toml", '[[tool.uv.index]]\nurl = "x"'),
        (".ci/run", "pip install --find-links /wheels x"),
        ("pip.conf", "[global]\nindex-url = x"),
    ],
)
def test_an_index_address_anywhere_is_caught(ready, file, line):
    with (ready / file).open("a") as opened:
        opened.write(f"\n{line}\n")
    result = dev(ready, "check")
    assert result.returncode == 1
    assert "these checks failed: addresses" in result.stderr

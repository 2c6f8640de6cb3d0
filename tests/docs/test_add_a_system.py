"""`docs/howto/add-a-system.md` is followed word for word, in a copy of the checkout."""

import http.cookiejar
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import pytest
from tests.docs.conftest import ROOT, Block, Reader, blocks
from tests.docs.test_tutorial import type_all

PAGE = ROOT / "docs" / "howto" / "add-a-system.md"
SYSTEM = Path("src/praya/systems/tide_board")
Opener = urllib.request.OpenerDirector


def browser() -> Opener:
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), jar)


@dataclass
class Developer(Reader):
    """A reader whose checkout has its own copy of the source, and who looks at the demonstration in a browser."""

    paths: list[Path] = field(default_factory=list)
    anyone: Opener = field(default_factory=browser)
    officer: Opener = field(default_factory=browser)

    def environment(self) -> dict[str, str]:
        paths = os.pathsep.join(str(path) for path in (self.folder / "src", *self.paths))
        return super().environment() | {"PYTHONPATH": paths}

    def type(self, line: str) -> "subprocess.CompletedProcess[str]":
        if line.startswith("rm -r "):
            self.stop()
            shutil.rmtree(self.folder / line.removeprefix("rm -r "))
            return subprocess.CompletedProcess(line, 0, "")
        if line == "./dev demo":
            self.stop()
            return super().type(line)
        settings, program, words = line.partition("./dev praya ")
        assert program, line
        given = dict(word.split("=") for word in settings.split())
        command = [sys.executable, "-m", "praya.project.cli", *shlex.split(words)]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment() | given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False, timeout=120,
        )  # fmt: skip

    def page(self, who: Opener, path: str, form: dict[str, str] | None = None) -> str:
        data = urllib.parse.urlencode(form).encode() if form else None
        with who.open(f"http://127.0.0.1:{self.port}{path}", data, timeout=20) as answer:
            return str(answer.read().decode())

    def sign_in(self) -> None:
        page = self.page(self.officer, "/en/desk/sign-in")
        form = page[page.index('action="/en/sign-in/invented"') :].partition("</form>")[0]
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        self.page(self.officer, "/en/sign-in/invented", fields)

    def submit(self, path: str, text: str) -> None:
        page = self.page(self.officer, path)
        typed = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.partition("<main")[2]))
        typed |= dict(line.split(": ") for line in text.splitlines())
        self.page(self.officer, path, typed)


@pytest.fixture
def developer(tmp_path: Path) -> Iterator[Developer]:
    for name in ("src", "packs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    somebody = Developer(tmp_path)
    yield somebody
    somebody.stop()


def change(path: Path, diff: str) -> None:
    """Put the lines with `+` into the place of those with `-`; the others say where."""
    lines = diff.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] != "+")
    new = "".join(line[1:] for line in lines if line[0] != "-")
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{path.name} has this {text.count(old)} times:\n{old}"
    path.write_text(text.replace(old, new), "utf-8")


def install(folder: Path) -> None:
    """Leave of a distribution what pip leaves: the metadata, with the entry points of its pyproject.toml."""
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    metadata = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n")
    groups = [
        f"[{group}]\n" + "\n".join(f"{name} = {value}" for name, value in points.items())
        for group, points in project["entry-points"].items()
    ]
    (metadata / "entry_points.txt").write_text("\n".join(groups))


def follow(developer: Developer, block: Block) -> None:
    kind, _, target = block.kind.partition(" ")
    match kind:
        case "console":
            type_all(developer, block)
        case "diff":
            change(developer.folder / SYSTEM / target, block.text)
        case "python":
            (developer.folder / SYSTEM / target.removeprefix("file=")).write_text(block.text, "utf-8")
        case "toml":
            (developer.folder / target.removeprefix("file=")).write_text(block.text, "utf-8")
        case "form":
            developer.submit(target.partition(" ")[2], block.text)
        case "look" if target == "gone":
            for path in block.text.splitlines():
                with pytest.raises(urllib.error.HTTPError) as answer:
                    developer.page(developer.officer, path)
                assert answer.value.code == 404, path
        case "look":
            if target == "officer":
                developer.sign_in()
            for line in block.text.splitlines():
                path, _, expected = line.partition(": ")
                who = developer.officer if target == "officer" else developer.anyone
                until = monotonic() + (20 if "/search?" in path else 0)  # which follows within seconds
                while expected not in (page := developer.page(who, path)) and monotonic() < until:
                    sleep(0.5)
                assert expected in page, f"line {block.line}: {line}"
        case "sql":
            developer.stop()
            with sqlite3.connect(developer.folder / "var" / "praya.sqlite3") as database:
                for statement in block.text.splitlines():
                    database.execute(statement)
        case _:
            raise AssertionError(f"line {block.line}: nobody knows what to do with a block '{block.kind}'")


def test_the_changes_of_the_page_fit_what_the_command_writes_and_are_sound_python(developer: Developer) -> None:
    """What needs no demonstration: the system is made, the files of the page are put in place, and all can be read."""
    page = list(blocks(PAGE))
    type_all(developer, page[0])
    for block in page:
        if block.kind.partition(" ")[0] in {"diff", "python", "toml"} and "elsewhere" not in block.kind:
            follow(developer, block)
    changed = developer.folder / SYSTEM
    for path in changed.rglob("*.py"):
        compile(path.read_text("utf-8"), path, "exec")
    assert "plug.settings_of" in (changed / "api.py").read_text("utf-8")
    assert developer.type("./dev praya settings").stdout.count("PRAYA_TIDE_BOARD_DAYS") == 1


@pytest.mark.size
def test_a_system_is_added_changed_and_taken_away_word_for_word(developer: Developer) -> None:
    kinds = []
    for block in blocks(PAGE):
        kinds.append(block.kind.partition(" ")[0])
        follow(developer, block)
    assert (kinds.count("console"), kinds.count("look"), kinds.count("diff")) == (8, 5, 6)
    # The installation is whole without the system, and the distribution of its own is found by its entry point.
    doctor = developer.type("PRAYA_MODE=demo ./dev praya doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "tide" not in doctor.stdout
    developer.paths.append(developer.folder / "elsewhere")
    assert developer.type("./dev praya tide-board --help").returncode == 2
    install(developer.folder / "elsewhere")
    assert developer.type("./dev praya tide-board --help").returncode == 0


def test_every_field_of_a_plug_is_in_the_page() -> None:
    from dataclasses import fields

    from praya.kernel.plug import Plug

    page = PAGE.read_text("utf-8")
    assert [one.name for one in fields(Plug) if f"| `{one.name}` |" not in page] == ["name", "package"]

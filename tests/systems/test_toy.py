"""A system in a distribution of its own: installed it adds everything, removed it leaves nothing; clashing plugs."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django import urls as django_urls
from django.core.exceptions import ImproperlyConfigured
from pydantic import create_model
from tests import commands

from praya.kernel import plug
from praya.kernel.outbox.parts import Part
from praya.kernel.plug import MenuEntry, PackFiles, Plug, Process, Routes, Store
from praya.kernel.roles import Role
from praya.project import config, wiring
from praya.project.refusal import Refused
from praya.web import urls, who, words

route, include = django_urls.path, django_urls.include
ROOT = Path(__file__).parents[2]
EVERYWHERE = ("home", "tab", "described", "explained", "search")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `pip install` leaves it: the package, and the metadata with its entry point."""
    home = tmp_path_factory.mktemp("toy")
    made = commands.praya("new-system", "toy_notes", "--into", home)
    assert made.returncode == 0, made.stderr
    metadata = home / "toy_notes-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-notes\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[praya.systems]\ntoy_notes = toy_notes\n")
    return home


def tour(folder: Path, *paths: Path) -> dict[str, Any]:
    """What there is in an installation whose Python also looks into these folders."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {
        "PYTHONPATH": os.pathsep.join(str(path) for path in (*paths, ROOT / "src", ROOT)),
        "PRAYA_MODE": "test",
        "PRAYA_DATA_DIR": str(folder / "var"),
        "PRAYA_LOG_LEVEL": "error",
    }
    found = folder / "found.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.systems.toy_tour", found], env=environment, cwd=folder, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(found.read_text("utf-8"))
    return seen


@pytest.mark.size
def test_a_system_is_there_with_its_folder_and_gone_without_it(toy: Path, tmp_path: Path) -> None:
    there = tour(tmp_path, toy)
    assert "toy_notes" in there["plugs"]
    assert there["page"] == {"en": 200, "zh-hant": 200, "zh-hans": 200}
    assert there["stranger"].startswith("/en/desk/sign-in")
    assert there["no_department"] == [404, False]
    assert (there["empty_note"], there["note"]) == (422, 302)
    assert there["read"] == {"en": True, "zh-hant": True, "zh-hans": True}
    assert all(there[place] for place in EVERYWHERE)
    assert there["api"]["zh-hant"] == "碼頭星期日關閉"
    assert there["parts"] == ["forget_toy_notes"]
    assert there["tables"] == ["toy_notes_note"]
    assert there["command"] == "The pier is closed on Sunday"

    # The same installation without the folder: everything else works, and nothing speaks of the toy.
    gone = tour(tmp_path)
    assert "toy_notes" not in gone["plugs"]
    assert gone["page"] == {"en": 404, "zh-hant": 404, "zh-hans": 404}
    assert gone["stranger"] == 404
    assert gone["api"] == 404
    assert not any(gone[place] for place in EVERYWHERE)
    assert gone["parts"] == []
    assert gone["command"] == "no such command"


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """A copy of the tree with a new system in it, as `praya new-system` writes it there."""
    shutil.copytree(ROOT / "src", tmp_path / "src")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    made = subprocess.run(
        [sys.executable, "-m", "praya.project.cli", "new-system", "toy_inside"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "src")}, cwd=tmp_path, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return tmp_path


def checked(folder: Path, *check: str) -> None:
    """Run a static check there, which finds nothing."""
    paths = f"{folder / 'src'}{os.pathsep}{folder}"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": paths, "HOME": str(folder)}
    done = subprocess.run(
        [Path(sys.executable).parent / check[0], *check[1:]], cwd=folder, capture_output=True, text=True, check=False,
        env=environment,
    )  # fmt: skip
    assert done.returncode == 0, (check, done.stdout[-2000:], done.stderr[-2000:])


def test_a_new_system_passes_the_quick_static_checks(inside: Path) -> None:
    checked(inside, "ruff", "check", "--no-cache", "src/praya/systems/toy_inside")
    checked(inside, "ruff", "format", "--no-cache", "--check", "src/praya/systems/toy_inside")
    checked(inside, "lint-imports", "--no-cache", "--no-logo")
    checked(inside, "djlint", "--lint", "--quiet", "src/praya/systems/toy_inside")


@pytest.mark.size
def test_the_types_of_a_new_system_are_right(inside: Path) -> None:
    """As large as the tree, since mypy reads all that the new files use."""
    if (ROOT / ".mypy_cache").is_dir():  # what `./dev check` worked out before holds for the copies too
        shutil.copytree(ROOT / ".mypy_cache", inside / "cache")
    (inside / "tests").mkdir()
    for name in ("__init__.py", "settings.py"):  # mypy asks Django's settings about the tables
        shutil.copy(ROOT / "tests" / name, inside / "tests")
    checked(inside, "mypy", "--no-error-summary", "--cache-dir", str(inside / "cache"), "src/praya/systems/toy_inside")


def _tab(name: str) -> MenuEntry:
    return MenuEntry(place="desk", name=name, label="a.b", to="y", order=1)


CLASHES: dict[str, dict[str, Any]] = {
    "the entry 'desk/todo'": {"entries": (_tab("todo"),)},
    "the address 'root/data/'": {"routes": (Routes(urls="x.urls", below="root", at="data/"),)},
    "the role 'keeper'": {"roles": (Role(name="keeper", label="a.b"),)},
    "the scope 'tides'": {"scopes": {"tides": "note tides"}},
    "the rate 'search'": {"rates": {"search": "1/minute"}},
    "the process 'gauge'": {"processes": (Process(name="gauge", command=("x",), sentence="It reads."),)},
    "the store 'charts'": {"stores": (Store(name="charts", sentence="Charts."),)},
    "the readiness check 'gauge'": {"readiness": {"gauge": "x:y"}},
    "the event that is counted 'tide_noted'": {"measures": {"tide_noted": "tides"}},
    "the folder of a pack 'tide-tables'": {"pack_files": (PackFiles(folder="tide-tables", read="x:y"),)},
    "the command 'demo'": {"commands": "praya.project.commands"},
}


@pytest.mark.parametrize("words", CLASHES)
def test_two_plugs_that_bring_the_same_name_are_refused(words: str) -> None:
    one, two = (Plug(name=name, package=package, **CLASHES[words]) for name, package in (("one", "a"), ("two", "b")))
    sentences = list(wiring.clashes([one, two]))
    assert [sentence for sentence in sentences if words in sentence and "b/plug.py: a " in sentence] or (
        "command" in words and [one for one in sentences if words in one and "praya.project.commands" in one]
    )
    assert list(wiring.clashes([replace(one, commands="")])) == []


def test_two_plugs_of_one_name_and_a_role_that_nobody_brings_are_refused() -> None:
    unknown = Role(name="chief", label="a.b", includes=("nobody",))
    sentences = list(wiring.clashes([Plug(name="one", package="a"), Plug(name="one", package="b", roles=(unknown,))]))
    assert ["the name 'one'" in sentences[0], "includes 'nobody'" in sentences[1], len(sentences)] == [True, True, 2]


def test_a_view_that_does_not_say_who_may_use_it_is_refused() -> None:
    def open_to_all(request: Any) -> None:
        """Say nothing."""

    with pytest.raises(ImproperlyConfigured, match=r"tides/<str:ref>: .*open_to_all must say who may use it"):
        urls.insist_on_order([route("tides/", include([route("<str:ref>", open_to_all)]))])


def test_two_views_with_one_address_are_refused() -> None:
    @who.open_to("anyone")
    def first(request: Any) -> Any: ...

    @who.open_to("anyone")
    def second(request: Any) -> Any: ...

    with pytest.raises(ImproperlyConfigured, match=r"/tides/<str:name> leads to .*first and to .*second"):
        urls.insist_on_order([route("tides/<str:ref>", first), route("tides/<str:name>", second)])
    urls.insist_on_order([route("tides/<str:ref>", first), route("tides/<int:ref>", second)])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("toy.title: {en: Toy}", "the text 'toy.title' is not in zh-hant"),
        ("portal.home: {en: Home, zh-hant: 主頁}", r"the text 'portal\.home' is in .*portal/words\.yaml already"),
    ],
)
def test_a_text_without_a_language_or_with_a_key_of_another_is_refused(
    text: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "words.yaml").write_text(text)
    folders = plug.folders
    monkeypatch.setattr(plug, "folders", lambda name: [*folders(name), tmp_path / "words.yaml"])
    words.words.cache_clear()
    try:
        with pytest.raises(words.Unfit, match=rf"words\.yaml: {sentence}"):
            words.words()
    finally:
        words.words.cache_clear()


def test_a_setting_of_a_plug_with_the_name_of_another_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    clashing = Plug(name="smtp", package="elsewhere", settings=f"{__name__}:SmtpSettings")
    monkeypatch.setattr(plug, "plugs", lambda: (clashing,))
    monkeypatch.setattr(plug, "value", lambda _: create_model("SmtpSettings", host=(str, "")))
    with pytest.raises(Refused, match=r"elsewhere/plug\.py: Praya itself declares the setting PRAYA_SMTP_HOST already"):
        config.load_plugs({})


def test_two_parts_that_send_the_same_effects_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    gathered, sends = plug.gathered, ("notice_email", "normal")
    second = Part(name="second", run=int, sends=sends)
    monkeypatch.setattr(plug, "gathered", lambda what: [*gathered(what), *([second] if what == "parts" else [])])
    with pytest.raises(Refused, match="notice_email/normal"):
        wiring.parts()


def test_two_parts_of_the_worker_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    gathered = plug.gathered

    def twice(what: Any) -> list[Any]:
        return gathered(what) * (2 if what == "parts" else 1)

    monkeypatch.setattr(plug, "gathered", twice)
    with pytest.raises(Refused, match="end_retention"):
        wiring.parts()


def test_nothing_outside_its_folder_names_a_system() -> None:
    names = [one.package for one in wiring.installed() if one.package.startswith("praya.systems.")]
    assert names
    for name in names:
        folder = ROOT / "src" / Path(*name.split("."))
        for path in (ROOT / "src").rglob("*"):
            if path.suffix in {".py", ".html", ".yaml", ".toml"} and folder not in path.parents:
                assert name not in path.read_text("utf-8"), path


def test_every_word_that_a_plug_names_is_there_and_every_path_leads_somewhere() -> None:
    for one in wiring.installed():
        for entry in one.entries:
            for key in filter(None, (entry.label, entry.lead)):
                assert set(words.words()[key].words) >= {"en", "zh-hant"}, (one.package, key)
            assert not entry.shows or callable(plug.value(entry.shows))
        for path in (one.parts, one.folds, one.settings, one.documents, one.data_sets, *one.checks, *one.forget):
            assert not path or plug.value(path) is not None
        for slot in one.slots:
            assert callable(plug.value(slot.content))

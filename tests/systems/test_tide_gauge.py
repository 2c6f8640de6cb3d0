"""A system that uses every field of a plug: each works with the folder, and nothing is left without it."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest

from praya.kernel import plug

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
GROUP = pytest.mark.xdist_group("tide_gauge")


def tour(folder: Path, *paths: Path) -> dict[str, Any]:
    """What there is in an installation with two services, whose Python also looks into these folders."""
    pack = folder / "pack"
    for name in ("pack.yaml", "lists", "shared", "sample", "services/stall-licence", "services/garden-plot-ballot"):
        source, target = ROOT / "packs/cookbook" / name, pack / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {
        "PYTHONPATH": os.pathsep.join(str(path) for path in (*paths, ROOT / "src", ROOT)),
        "PRAYA_MODE": "test",
        "PRAYA_PACK": str(pack),
        "PRAYA_DATA_DIR": str(folder / "var"),
        "PRAYA_LOG_LEVEL": "error",
    }
    result = folder / "result.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.systems.tide_tour", result], env=environment, cwd=folder, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(result.read_text("utf-8"))
    return seen


@pytest.fixture(scope="module")
def tours(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same installation with the folder of the system, and without it."""
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(HERE / "tide_gauge", site / "tide_gauge", ignore=shutil.ignore_patterns("__pycache__"))
    metadata = site / "tide_gauge-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: tide-gauge\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[praya.systems]\ntide_gauge = tide_gauge\n")
    with ThreadPoolExecutor() as pool:
        there = pool.submit(tour, tmp_path_factory.mktemp("there"), site)
        gone = pool.submit(tour, tmp_path_factory.mktemp("gone"))
        return there.result(), gone.result()


THERE = {
    "given": [0, 0],
    "entries": ["demo", "footer", "header", "home", "me", "of", "tab"],
    "tab_of_others": False,
    "slots": [
        "case REF", "community arts-panel", "draws garden-plot-ballot", "head en", "home en", "me en", "page_end en",
        "page_top en", "register licensed-stalls", "service garden-plot-ballot",
    ],
    "page": [200, 200, 200],
    "stranger": "/en/sign-in?next=%2Fen%2Ftides%2Fcharts",
    "level": 403,
    "higher_level": 200,
    "desk": [200, 404, 302],
    "noted": 200,
    "headers": {
        "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "public, max-age=300",
    },
    "form_action": True,
    "own_cache": "private",
    "error": [404, "application/vnd.tides+json;version=1"],
    "error_code": "not_found",
    "token": 0,
    "api": {"right": 201, "narrow": 403, "none": 401},
    "described": True,
    "rates": [200, 200, 200, 200, 429],
    "parts": ["drop_odd_tides", "tide_warnings", "tide_gauge_totals"],
    "heights": [320],
    "total": [2],
    "rebuilt": 0,
    "total_again": [2],
    "warned": 2,
    "figures": None,  # one tide is few enough to be hidden
    "settings": True,
    "doctor": {
        "tide gauge": ["people are warned from 300 cm on"],
        "store": ["tide-charts", "tide-tiles"],
        "process": ["tide gauge runs beside web and worker"],
    },
    "ready": "ok",
    "not_ready": [503, "fail"],
    "metric": True,
    "search": True,
    "fact": "320 cm",
    "data_set": True,
    "command": [0, "320 cm\n"],
    "programs": ["web server", "worker", "tide gauge"],
    "process": [0, "the gauge is watched"],
    "checked": {"pack": [1, True], "file": [1, True], "publish": [1, True], "publish_file": [1, True]},
    "preview": [False, ["pack/tide-tables/pier.yaml:1:1:"]],
    "looked_again": False,
    "previewed": ["tides?table=pier", 0],
    "shown": True,
    "published": [0, "Everything here is live already.\nThe files in tide-tables were published.\n"],
    "shown_published": True,
    "erased": True,
    "before": 320,
    "restored": 1,
    "of_nobody": "theirs",
    "erased_again": True,
    "after": 320,
    "tables": ["tide_gauge_height", "tide_gauge_table", "tide_gauge_total"],
}  # fmt: skip


@GROUP
@pytest.mark.size  # two whole installations with everything that a plug can bring; test_toy.py is the small one
def test_each_thing_that_a_plug_brings_works(tours: tuple[dict[str, Any], dict[str, Any]]) -> None:
    there, _ = tours
    assert {name: there.get(name) for name in THERE if there.get(name) != THERE[name]} == {}


@GROUP
@pytest.mark.size  # two whole installations with everything that a plug can bring; test_toy.py is the small one
def test_nothing_of_a_system_is_left_without_its_folder(tours: tuple[dict[str, Any], dict[str, Any]]) -> None:
    there, gone = tours
    assert set(there) == set(THERE)
    assert gone["entries"] == gone["slots"] == gone["parts"] == gone["tables"] == []
    assert gone["page"] == gone["desk"] == [404, 404, 404]
    assert gone["programs"] == ["web server", "worker"]
    assert gone["doctor"] == {"tide gauge": [], "store": [], "process": []}
    assert gone["figures"] == "none"
    assert gone["given"] == [1, 1]
    assert gone["restored"] == 1
    same = {"token", "erased", "tab_of_others", "figures", "restored"}
    assert [name for name in set(gone) - same if gone[name] == there[name]] == []


def test_the_toy_brings_something_in_every_field_every_place_and_every_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    toy = import_module("tide_gauge.plug").PLUG
    assert [one.name for one in fields(toy) if one.name != "package" and not getattr(toy, one.name)] == []
    assert {entry.place for entry in toy.entries} == set(get_args(plug.Place))
    assert {slot.place for slot in toy.slots} == set(get_args(plug.SlotName))
    assert {routes.below for routes in toy.routes} == set(get_args(plug.Below))
    assert {role.of for role in toy.roles} == {"department", "community", "system"}

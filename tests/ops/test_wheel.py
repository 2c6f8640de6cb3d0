"""The wheel carries all that a demonstration needs, the pack included, without a checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.ops.conftest import Operator
from tests.ops.test_demo import demonstration, stop

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    [found] = folder.glob("*.whl")
    return zipfile.ZipFile(found)


def test_it_holds_every_file_of_the_package_and_of_the_packs(wheel):
    held = set(wheel.namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "src/praya", "packs"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    expected = {name.removeprefix("src/") if name.startswith("src/") else f"praya/{name}" for name in tracked}
    assert expected - held == set()


def test_it_names_its_command_and_its_dependencies(wheel):
    [points] = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert b"praya = praya.project.cli:main" in wheel.read(points)
    [metadata] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    needs = [line for line in wheel.read(metadata).decode().splitlines() if line.startswith("Requires-Dist:")]
    declared = (ROOT / "requirements" / "base.in").read_text().splitlines()
    assert len(needs) == len([line for line in declared if line and not line.startswith("#")])


@pytest.mark.size
def test_a_demonstration_runs_from_it_in_any_folder(wheel, tmp_path):
    wheel.extractall(tmp_path / "installed")
    (tmp_path / "anywhere").mkdir()
    operator = Operator(tmp_path / "anywhere")
    operator.outside["PYTHONPATH"] = str(tmp_path / "installed")
    with demonstration(operator) as (process, _):
        said = operator.said()
        assert f"the pack {tmp_path / 'installed' / 'praya' / 'packs' / 'hongkong'}" in said
        assert stop(process) == 0

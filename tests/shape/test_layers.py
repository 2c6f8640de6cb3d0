"""The contracts of pyproject.toml hold for the real tree, and each catches what it is there to catch."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Two blocks and two systems beside the real ones, each with every room, that keep every contract.
ROOMS = {
    f"{kind}/{name}/{room}.py": text
    for kind in ("blocks", "systems")
    for name in ("zz_alpha", "zz_beta")
    for room, text in {
        "__init__": "",
        "api": "from . import rules, store\n",
        "rules": "from datetime import date\n",
        "store": "from . import models\n",
        "models": "from django.db import models\n",
        "adapters": "",
    }.items()
}

# What is planted, and the one contract that has to catch it.
PLANTED = [
    pytest.param("layers", {"kernel/zz_planted.py": "import praya.definition\n"}, id="kernel-knows-definition"),
    pytest.param("layers", {"blocks/zz_alpha/adapters.py": "import praya.journey\n"}, id="a-block-knows-journey"),
    pytest.param("layers", {"web/zz_planted.py": "import praya.project.wiring\n"}, id="web-knows-project"),
    pytest.param("layers", {"systems/zz_alpha/adapters.py": "import praya.project\n"}, id="a-system-knows-project"),
    pytest.param(
        "systems",
        {"systems/zz_alpha/adapters.py": "from praya.systems.zz_beta import api\n"},
        id="a-system-knows-another",
    ),
    pytest.param(
        "inner-rooms",
        {"systems/zz_alpha/pages/__init__.py": "", "systems/zz_alpha/pages/views.py": "from .. import store\n"},
        id="a-page-goes-round-its-api",
    ),
    pytest.param(
        "blocks",
        {"blocks/zz_alpha/adapters.py": "from praya.blocks.zz_beta import api\n"},
        id="a-block-knows-another",
    ),
    pytest.param(
        "rooms", {"journey/zz_planted.py": "from praya.blocks.zz_alpha import models\n"}, id="journey-reads-tables"
    ),
    pytest.param(
        "rooms", {"web/zz_planted.py": "from praya.blocks.zz_alpha.store import models\n"}, id="web-enters-the-store"
    ),
    pytest.param("rooms", {"project/zz_planted.py": "import praya.blocks.zz_beta.rules\n"}, id="project-takes-rules"),
    pytest.param("pure", {"blocks/zz_beta/rules.py": "from django.utils import timezone\n"}, id="rules-use-django"),
    pytest.param(
        "pure",
        {
            "definition/zz_planted.py": "from praya.kernel import zz_planted\n",
            "kernel/zz_planted.py": "import django.conf\n",
        },
        id="definition-uses-django-through-kernel",
    ),
    pytest.param(
        "cycles",
        {"kernel/zz_one.py": "from praya.kernel import zz_two\n", "kernel/zz_two.py": "import praya.kernel.zz_one\n"},
        id="a-cycle-in-kernel",
    ),
    pytest.param(
        "cycles",
        {"blocks/zz_beta/models.py": "from . import store\n"},
        id="a-cycle-in-a-block",
    ),
]


def names() -> dict[str, str]:
    """Each contract's name by its identifier, as pyproject.toml has them."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return dict(re.findall(r'^id = "([^"]+)"\nname = "([^"]+)"', text, re.MULTILINE))


def broken(folder: Path, planted: dict[str, str]) -> tuple[set[str], str]:
    """The identifiers of the contracts that a copy of the source with these files breaks, and what was said."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "static", "templates"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path, text in (ROOMS | planted).items():
        file = folder / "src" / "praya" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    result = subprocess.run(
        [
            Path(sys.executable).with_name("lint-imports"),
            "--config",
            folder / "pyproject.toml",
            "--no-cache",
            "--no-logo",
        ],
        cwd=folder / "src",
        env=os.environ | {"PYTHONPATH": str(folder / "src"), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = dict(re.findall(r"^(.+?) (KEPT|BROKEN)", result.stdout, re.MULTILINE))
    assert set(verdicts) == set(names().values()), result.stdout + result.stderr
    found = {identifier for identifier, name in names().items() if verdicts[name] == "BROKEN"}
    assert (result.returncode != 0) == bool(found)
    return found, result.stdout


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    return broken(tmp_path_factory.mktemp("real"), {})


def test_the_real_tree_keeps_every_contract(real):
    found, said = real
    assert found == set(), said


@pytest.mark.parametrize(("contract", "planted"), PLANTED)
@pytest.mark.size
def test_a_planted_violation_is_caught_by_its_contract_alone(contract, planted, tmp_path, real):
    found, said = broken(tmp_path, planted)
    assert found == real[0] | {contract}
    assert "zz_" in said, said


def test_every_contract_has_a_planted_violation():
    assert {parameters.values[0] for parameters in PLANTED} == set(names())


def test_others_use_a_block_only_through_its_api() -> None:
    importing = re.compile(
        r"^\s*(?:from praya\.blocks\.(\w+)(?:\.(\w+))? import (.+)|import praya\.blocks\.(\w+))", re.M
    )
    wrong = []
    for path in sorted((ROOT / "src/praya").rglob("*.py")):
        inside = path.relative_to(ROOT / "src/praya").parts
        for block, module, names, whole in importing.findall(path.read_text("utf-8")):
            own = inside[0] == "blocks" and inside[1] == block
            if not own and (whole or (module or names.split(" as ")[0].strip()) != "api"):
                wrong.append((path.name, block, module or names))
    assert wrong == []

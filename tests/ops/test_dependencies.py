"""`./dev audit`: what it reports about the locked packages."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"


@pytest.fixture(scope="module")
def audit() -> Any:
    specification = importlib.util.spec_from_file_location("praya_audit", REQUIREMENTS / "audit.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_every_lock_is_complete_and_one_that_is_not_is_told(audit: Any, tmp_path: Path, monkeypatch: Any) -> None:
    assert audit.incomplete() == []
    for name in audit.LOCKS:
        (tmp_path / name).write_text((REQUIREMENTS / name).read_text())
    (tmp_path / "base.txt").write_text("django==5.2.19\n    # via nobody\n")
    (tmp_path / "dev.txt").write_text("pytest>=9 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setattr(audit, "HERE", tmp_path)
    assert audit.incomplete() == ["base.txt: django==5.2.19 has no hash", "dev.txt: pytest>=9 is not pinned"]


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True), ("Apache-2.0 OR GPL-3.0-only", True), ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-or-later", False), ("AGPL-3.0-only", False), ("Proprietary", False), ("", False),
        ("LGPL-3.0-only", True),
    ],
)  # fmt: skip
def test_a_licence_is_taken_when_it_may_stand_beside_ours(audit: Any, expression: str, allowed: bool) -> None:
    component = {"name": "sample", "licenses": [{"expression": expression}]}
    assert (audit.licences({"components": [component]}) == []) is allowed


@pytest.mark.size
def test_the_bill_of_materials_names_all_that_is_locked_and_keeps_to_its_schema(audit: Any) -> None:
    made = audit.bill()
    assert audit.misfits(made) == []
    assert audit.licences(made) == []
    pins = {pin.partition("[")[0] if "[" in pin else pin for pin in audit.pins(REQUIREMENTS / "base.txt")}
    assert {f"{one['name']}=={one['version']}" for one in made["components"]} >= {p for p in pins if "==" in p}
    by_name = {component["name"]: component for component in made["components"]}
    hashes = by_name["django"]["externalReferences"][0]["hashes"]
    assert {one["content"] for one in hashes} == set(
        audit.pins(REQUIREMENTS / "base.txt")[f"django=={by_name['django']['version']}"]
    )
    needs = {one["ref"]: one.get("dependsOn", []) for one in made["dependencies"]}
    assert by_name["asgiref"]["bom-ref"] in needs[by_name["django"]["bom-ref"]]
    broken = made | {"components": [{"name": "nameless"}]}
    assert audit.misfits(broken)

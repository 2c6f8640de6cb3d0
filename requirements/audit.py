"""What can be known of the locked packages: `./dev audit [FILE]`. It says what it could not look at.

It writes a bill of materials (CycloneDX 1.6, JSON) of what runs Praya, with hashes, licences and what needs what,
verified against CycloneDX's own schema. Then it sees that every lock is complete, that no release was yanked, that each
licence may stand beside Apache-2.0, and asks for known weaknesses. It fails for what is wrong, not for what it could
not learn.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing

HERE = Path(__file__).parent
ROOT = HERE.parent
LOCKS = ("base.txt", "dev.txt", "uv.txt")
YOUNG = "7 days"
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0", "Python-2.0",
    # A change to the library itself must be published; using it asks for nothing.
    "LGPL-2.1-or-later", "LGPL-3.0-only", "MPL-2.0",
    # A font keeps its licence when it is passed on, and asks nothing of the documents that are set in it.
    "OFL-1.1",
}  # fmt: skip
CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
# The file of pyrage says it and its metadata does not; colorama is for Windows only.
UNSAID = {"pyrage": "MIT", "colorama": "BSD-3-Clause", "tojyutping": "BSD-2-Clause"}
Bill = dict[str, Any]


def run(*command: object) -> subprocess.CompletedProcess[str]:
    """Run a program of the developers' environment to its end."""
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False, timeout=300)


def written(name: str) -> str:
    """The one way to write a package's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: Path) -> dict[str, list[str]]:
    """The pinned packages of a lock as `name==version`, each with its hashes. Raises ValueError for one without pin."""
    found: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8")):
        line = entry.split(" ")[0].strip()
        if not line or line.startswith("#"):
            continue
        if not re.fullmatch(r"[\w.\-]+(\[[\w,\-]+\])?==[\w.+!]+", line):
            raise ValueError(f"{lock.name}: {line} is not pinned")
        found[line] = re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)
    return found


def bill() -> Bill:
    """The bill of materials of what runs Praya."""
    tool, python = ROOT / ".venv/bin/cyclonedx-py", ROOT / ".venv/bin/python"
    common = ("--pyproject", "pyproject.toml", "--mc-type", "application", "--output-reproducible", "-o", "-")
    locked: Bill = json.loads(run(tool, "requirements", HERE / "base.txt", *common).stdout)
    installed: Bill = json.loads(run(tool, "environment", python, *common).stdout)
    known = {written(component["name"]): component for component in installed["components"]}
    refs = {component["bom-ref"]: written(name) for name, component in known.items()}
    needs = {refs[one["ref"]]: one.get("dependsOn", []) for one in installed["dependencies"] if one["ref"] in refs}
    names = {written(component["name"]): component["bom-ref"] for component in locked["components"]}
    for component in locked["components"]:
        same = known.get(written(component["name"]), {})
        component.pop("description", None)
        component |= {key: same[key] for key in ("description", "licenses") if key in same}
    direct = [written(re.split(r"[<>=\[;~! ]", line)[0]) for line in _lines("base.in")]
    graph = {names[name]: [names[refs[one]] for one in needs.get(name, []) if refs.get(one) in names] for name in names}
    root = locked["metadata"]["component"]["bom-ref"]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"].get("version")
    if version:
        locked["metadata"]["component"]["version"] = version
    locked["dependencies"] = [
        {"ref": ref, "dependsOn": sorted(needed)} if needed else {"ref": ref}
        for ref, needed in sorted([(root, [names[name] for name in direct]), *graph.items()])
    ]
    return locked


def _lines(name: str) -> list[str]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def misfits(found: Bill) -> list[str]:
    """Where a bill breaks CycloneDX's schema; empty when nowhere."""
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(found))
    return [] if problem is None else [str(problem)]


def incomplete() -> list[str]:
    """Packages of a lock without a pin or a hash."""
    found = []
    for name in LOCKS:
        try:
            found += [f"{name}: {pin} has no hash" for pin, hashes in pins(HERE / name).items() if not hashes]
        except ValueError as problem:
            found.append(str(problem))
    return found


def licences(found: Bill) -> list[str]:
    """Packages whose licence is not among the allowed, or is not known."""
    wrong = []
    for component in found["components"]:
        said = [_expression(one) for one in component.get("licenses", [])] or [UNSAID.get(component["name"], "")]
        if not any(one and _allowed(one) for one in said):
            wrong.append(f"{component['name']} is under {' / '.join(filter(None, said)) or 'no licence that is known'}")
    return wrong


def _expression(licence: dict[str, Any]) -> str:
    named = licence.get("license", {})
    text = str(licence.get("expression") or named.get("id") or named.get("name", ""))
    return CLASSIFIERS.get(text, text)


def _allowed(expression: str) -> bool:
    """Whether an SPDX expression can be met with the allowed licences alone."""
    try:
        parsed = get_spdx_licensing().parse(expression, validate=True, strict=True)
    except Exception:  # noqa: BLE001 (whatever it is, it is no licence that we know)
        return False
    return _met(parsed)


def _met(part: Any) -> bool:
    if (operator := getattr(part, "operator", "")).strip() in {"OR", "|"}:
        return any(_met(one) for one in part.args)
    if operator.strip() in {"AND", "&"}:
        return all(_met(one) for one in part.args)
    return getattr(part, "key", str(part)) in ALLOWED


def yanked() -> tuple[list[str], list[str]]:
    """Releases that their authors took back, and what could not be learnt."""
    wrong, unknown = [], []
    for name in LOCKS[:2]:
        asked = run(".tools/bin/uv", "pip", "compile", "--no-deps", "--no-header", "--universal", HERE / name)
        wrong += [f"{name}: {line}" for line in re.findall(r"`(\S+)` is yanked", asked.stderr)]
        if asked.returncode:
            unknown.append(f"whether a release of {name} was yanked: the index does not answer")
    return wrong, unknown


def young() -> list[tuple[str, str]]:
    """A release that is so new that hardly anybody else has tried it, with its moment; told, never refused."""
    asked = run(
        ".tools/bin/uv", "pip", "compile", "--no-deps", "--no-header", "--universal", "--exclude-newer", YOUNG,
        HERE / "base.txt",
    )  # fmt: skip
    return (
        re.findall(r"hint: `(\S+)` was filtered by .*?published at (\S+)", asked.stderr)[:1] if asked.returncode else []
    )


def weaknesses() -> tuple[list[str], list[str]]:
    """Known weaknesses of what runs Praya, and what could not be learnt."""
    options = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "--timeout", "5", "-f", "json")
    asked = run(".venv/bin/pip-audit", "-r", HERE / "base.txt", *options)
    try:
        answers = json.loads(asked.stdout)["dependencies"]
    except (ValueError, KeyError):
        return [], ["known weaknesses: PyPI's advisories cannot be reached from here"]
    wrong = [
        f"{one['name']} {one['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no release'}"
        for one in answers
        for found in one.get("vulns", [])
    ]
    silent = [one["name"] for one in answers if "skip_reason" in one]
    unknown = [f"known weaknesses of {len(silent)} of {len(answers)} packages: PyPI's advisories say nothing of them"]
    return wrong, unknown if silent else []


def main() -> int:
    """Look at everything, write the bill, and answer 1 when something is wrong."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.gettempdir()) / "praya.cdx.json"
    made = bill()
    out.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    taken_back, not_asked = yanked()
    known, not_known = weaknesses()
    wrong = [*misfits(made), *incomplete(), *licences(made), *taken_back, *known]
    print(f"{len(made['components'])} packages run Praya; their bill of materials is {out}.")
    for name, published in young():
        print(f"Note: {name} was published on {published[:10]}, less than {YOUNG} ago.")
    for line in wrong:
        print(f"WRONG: {line}")
    for line in [*not_asked, *not_known]:
        print(f"NOT CHECKED: {line}.")
    if not wrong:
        print("Every lock is complete, no release was found yanked, and every licence may stand beside Apache-2.0.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

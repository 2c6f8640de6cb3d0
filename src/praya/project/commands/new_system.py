"""`praya new-system`: a small, complete system to begin from, which passes every check at once."""

import argparse
import re
from pathlib import Path
from string import Template
from typing import Any

NEEDS_DJANGO = False
SCAFFOLD = Path(__file__).resolve().parents[1] / "scaffold_system"


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("new-system", help="write a small, complete system to begin from")
    parser.add_argument("name", help="small letters, digits and underscores, such as lost_property")
    parser.add_argument("--title", help="its title in English (made from the name)")
    parser.add_argument("--title-zh", help="its title in Traditional Chinese")
    parser.add_argument("--into", type=Path, help="the folder to write into (src/praya/systems of the checkout)")


def run(args: argparse.Namespace) -> int:
    """Write the folder, and say what comes next."""
    from praya.project import config
    from praya.project.designing.targets import shown
    from praya.project.refusal import Refused

    name = args.name
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,29}", name):
        raise Refused(f"'{name}' cannot be the name: it is small letters, digits and underscores, like lost_property.")
    systems = config.PACKAGE / "systems"
    into = (args.into or systems).resolve()
    ours = into == systems.resolve()
    folder = into / name
    if folder.exists():
        raise Refused(f"{shown(folder)} is there already; choose another name.")
    words = {
        "name": name,
        "Name": "".join(part.capitalize() for part in name.split("_")),
        "slug": name.replace("_", "-"),
        "package": f"praya.systems.{name}" if ours else name,
        "title": args.title or name.replace("_", " ").capitalize(),
        "title_zh": args.title_zh or "新系統（請填寫中文名稱）",
    }
    for source in sorted(path for path in SCAFFOLD.rglob("*.txt")):
        place = source.relative_to(SCAFFOLD).as_posix().replace("NAME", name).removesuffix(".txt")
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(source.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
        target.chmod(0o644)
        target.parent.chmod(0o755)
    print(f"{shown(folder)} is a whole system: plug.py says what it brings, and nothing outside the folder names it.")
    if not ours:
        print("It is found when its distribution declares, in pyproject.toml:")
        print(f'  [project.entry-points."praya.systems"]\n  {name} = "{name}"')
    print("Next: `praya demo` makes its table and shows it. docs/howto/add-a-system.md leads through it.")
    return 0

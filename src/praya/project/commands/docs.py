"""`praya docs`: the pages of docs/reference, made from the code."""

import argparse
from pathlib import Path
from typing import Any

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("docs", help="make the reference pages from the code")
    parser.set_defaults(commands=sub)  # the page of commands is made from the parsers themselves
    parser.add_argument("--into", type=Path, help="the folder to write into (docs/reference of the checkout)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when a page is out of date")


def run(args: argparse.Namespace) -> int:
    """Write what changed and name it."""
    from praya.project import config
    from praya.project.designing.targets import shown
    from praya.project.refusal import Refused

    home = config.PACKAGE.parents[1] / "docs" / "reference"
    glossary = home / "glossary.yaml"
    if not glossary.is_file():
        raise Refused("The reference is made in a checkout of Praya; this is an installed package.")
    into = (args.into or home).resolve()
    made = _made(glossary, args.commands)
    stale = [name for name, text in made.items() if not _same(into / name, text)]
    for name in stale:
        if not args.check:
            into.mkdir(parents=True, exist_ok=True)
            (into / name).write_text(made[name], encoding="utf-8")
            (into / name).chmod(0o644)
        print(f"{'out of date: ' if args.check else ''}{shown(into / name)}")
    if args.check and stale:
        print("Run ./dev docs and commit what it writes.")
        return 1
    print(f"{len(made)} pages, {len(stale)} changed.")
    return 0


def _made(glossary: Path, commands: Any) -> dict[str, str]:
    from praya.project.designing import rehearsal
    from praya.project.reference import pages

    with rehearsal.stage(None):  # the addresses are Django's to list
        return pages.pages(glossary, commands=commands)


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text

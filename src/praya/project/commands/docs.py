"""`praya docs`: write the pages of docs/reference, and the parts of other pages, that are generated from the code."""

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
    """Write the pages that changed, and print their names."""
    from praya.project import config
    from praya.project.designing.targets import shown
    from praya.project.refusal import Refused

    home = config.PACKAGE.parents[1] / "docs" / "reference"
    glossary = home / "glossary.yaml"
    if not glossary.is_file():
        raise Refused("The reference is made in a checkout of Praya; this is an installed package.")
    pages = _pages(glossary, args.commands, (args.into or home).resolve(), root=None if args.into else home.parents[1])
    stale = [path for path, text in pages.items() if not _same(path, text)]
    for path in stale:
        if not args.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages[path], encoding="utf-8")
            path.chmod(0o644)
        print(f"{'out of date: ' if args.check else ''}{shown(path)}")
    if args.check and stale:
        print("Run ./dev docs and commit what it writes.")
        return 1
    print(f"{len(pages)} pages, {len(stale)} changed.")
    return 0


def _pages(glossary: Path, commands: Any, into: Path, *, root: Path | None) -> dict[Path, str]:
    """The text of each page: of the reference and, in a checkout at `root`, of pages with generated parts."""
    from praya.project.designing import rehearsal
    from praya.project.reference import architecture, pages

    with rehearsal.stage(None):  # the addresses are Django's to list
        texts = {into / name: text for name, text in pages.pages(glossary, commands=commands).items()}
        if root is not None:
            texts |= {root / name: text for name, text in architecture.pages(root).items()}
    return texts


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text

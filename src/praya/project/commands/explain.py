"""`praya explain`: look up a word of the language, a name, a code or a phrase in the reference."""

import argparse
from typing import Any

NEEDS_DJANGO = False
MOST = 12


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("explain", help="look up a word of the language, a question type, a code or a phrase")
    parser.add_argument("what", nargs="+", metavar="WORD", help="such as `repeat`, `State.clock`, `unknown-word`")


def run(args: argparse.Namespace) -> int:
    """Print what the reference says."""
    from praya.kernel.expression import nearest
    from praya.project.reference import lookup

    asked = " ".join(args.what)
    matches = lookup.find(asked)
    if not matches:
        near = nearest(asked, [*(one.name for one in lookup.entries()), *lookup.synonyms()])
        print(f"The reference says nothing of '{asked}'{near or '.'}")
        print("All of it is in docs/reference/README.md.")
        return 1
    for one in matches[:MOST]:
        print(f"{one.name}  ({one.of})" if one.of else one.name)
        print(f"    {one.sentence}")
        if one.example:
            print(f"    {one.example}")
        print(f"    docs/reference/{one.place}\n")
    if len(matches) > MOST:
        print(f"{len(matches) - MOST} more speak of it; ask for a word that is rarer.")
    return 0

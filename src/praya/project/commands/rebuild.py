"""`praya rebuild`: rebuild folds of the journal or the search index, or make a fold skip a fact."""

import argparse
from typing import Any

SEARCH = "case_search"
NEEDS_DJANGO = True
AS_OPERATOR = True


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("rebuild", help="make the figures, or whatever is made from the journal, once more")
    parser.add_argument("name", nargs="?", help="what to make; without a name, how far each has come")
    parser.add_argument(
        "--leave-out", type=int, metavar="POSITION", help="pass over the fact at this position, and go on from there"
    )


def run(args: argparse.Namespace) -> int:
    """Rebuild a fold or the search index, skip a fact, or print how far each fold has read.

    The exit code is 1 when a fact cannot be read.
    """
    from praya.kernel import clock
    from praya.kernel.journal import api as journal
    from praya.kernel.journal import folds
    from praya.project import migration, operators, wiring
    from praya.project.refusal import Refused

    migration.insist_on_ready()
    known = {fold.name: fold for fold in wiring.all_folds()}
    if args.name is None:
        for fold in known.values():
            place = folds.place(fold)
            left_out = f", without {', '.join(map(str, place.left_out))}" if place.left_out else ""
            print(f"{fold.name:12} {place.position} of {place.sealed} sealed facts{left_out}")
        return 0
    if args.name == SEARCH and args.leave_out is None:
        return _search(operators.actor(args))
    if args.name not in known:
        raise Refused(f"Nothing of this name can be made anew. There are: {', '.join((*known, SEARCH))}.")
    fold = known[args.name]
    try:
        if args.leave_out is not None:
            folds.leave_out(fold, args.leave_out)
            number = folds.follow(fold)
        else:
            number = folds.rebuild(fold)
    except folds.Unreadable as problem:
        raise Refused(f"It stopped: {problem}. `--leave-out {problem.position}` passes over this fact.") from None
    facts = {"fold": fold.name} | ({"left_out": args.leave_out} if args.leave_out is not None else {})
    journal.record(event="fold_rebuilt", at=clock.now(), by=operators.actor(args), facts=facts)
    print(f"{fold.name}: {number} sealed facts were gone through.")
    return 0


def _search(by: str) -> int:
    """Rebuild the search index of every case, while the desk remains in use."""
    from praya.journey import case_search
    from praya.kernel import clock
    from praya.kernel.journal import api as journal

    number = case_search.rebuild(lambda count: print(f"{count} cases"))
    journal.record(event="search_rebuilt", at=clock.now(), by=by, facts={"cases": number})
    print(f"{SEARCH}: the terms of {number} cases were written.")
    return 0

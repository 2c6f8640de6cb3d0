"""`praya believe-clock`: confirm the clock, after it leapt ahead or the worker stood still for days."""

import argparse
from typing import Any

NEEDS_DJANGO = True
AS_OPERATOR = True


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("believe-clock", help="say that the clock is right, so that what is due is deleted again")
    parser.add_argument("--yes", action="store_true", help="do it; without, only say what would follow")


def run(args: argparse.Namespace) -> int:
    """Show the clock and, with --yes, believe it."""
    from praya.kernel import clock
    from praya.kernel.outbox import parts
    from praya.project import migration, operators

    migration.insist_on_ready()
    at, before = clock.now(), parts.believed()
    last = f"{before:%Y-%m-%d %H:%M} UTC" if before else "never"
    print(f"The clock shows {at:%Y-%m-%d %H:%M} UTC; it was last believed at {last}.")
    if not args.yes:
        print("If it is right, run this again with --yes: what is due by it will be deleted, for ever.")
        return 0
    parts.believe(at=at, by=operators.actor(args))
    print("It is believed.")
    return 0

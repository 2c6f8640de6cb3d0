"""`praya withdraw`: withdraw a service from the portal; its open cases continue to their end."""

import argparse
from datetime import UTC, datetime
from typing import Any

NEEDS_DJANGO = False
AS_OPERATOR = True


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("withdraw", help="take a service off the portal; its open cases go on")
    parser.add_argument("service", help="the name of a service that is live")
    parser.add_argument(
        "--stage", choices=("sandbox", "live"), default="live", help="which of the two, when it is in both (live)"
    )


def run(args: argparse.Namespace) -> int:
    """Withdraw every version of one service, and print what remains."""
    from praya.project import startup
    from praya.project.designing import installed

    if installed.prefer_demo():
        print("For the demonstration in this folder.")
    startup.ready_django()
    from praya.blocks.cases import api as cases
    from praya.blocks.services import api as published
    from praya.definition.sandbox import is_trial, real_name, trial_name
    from praya.journey import load
    from praya.kernel.expression import nearest
    from praya.project import migration, operators
    from praya.project.refusal import Refused

    migration.insist_on_ready()
    at, live = datetime.now(UTC), args.stage == "live"
    name = args.service if live else trial_name(args.service)
    versions = published.withdraw(service=name, at=at, by=operators.actor(args))
    if not versions:
        there = [one.service for one in published.standing() if one.live and is_trial(one.service) != live]
        known = [one if live else real_name(one) for one in there]
        where = "live" if live else "in the sandbox"
        raise Refused(f"No service '{args.service}' is {where}{nearest(args.service, known)}")
    load.forget()
    tallies = cases.tally(within=cases.Access((*load.pack().departments,)), services=[name], at=at)
    still = sum(tally.open for tally in tallies)
    print(f"{args.service}: withdrawn{'' if live else ' from the sandbox'}. It takes no new applications.")
    print("1 open case goes on to its end." if still == 1 else f"{still} open cases go on to their end.")
    if live:
        print("Its registers and figures stay. A higher version brings it back: praya publish")
    return 0

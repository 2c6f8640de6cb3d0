"""`praya diff`: the differences between two versions of a service in words, and the open cases that they affect."""

import argparse
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from praya.definition.service import Service

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("diff", help="say in words what changed between two versions of a service")
    parser.add_argument("old", help="a service's folder, or as published: SERVICE@VERSION, SERVICE@live")
    parser.add_argument("new", help="the same")
    parser.add_argument("--json", action="store_true", help="print the lines and the cases as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the differences; exit code 1 when there are any, as `diff` does."""
    from praya.project.designing import difference, installed, versions

    old_name, new_name = versions.PUBLISHED.fullmatch(args.old), versions.PUBLISHED.fullmatch(args.new)
    reading = bool(old_name or new_name)
    if reading:
        installed.prefer_demo()
    old, new = versions.service_of(args.old), versions.service_of(args.new)
    lines = difference.differences(old, new)
    touched = _touched(old, new) if reading else []
    if args.json:
        print(json.dumps({"differences": lines, "open_cases": touched}, ensure_ascii=False, indent=2))
        return 1 if lines else 0
    if not lines:
        print(f"{args.old} and {args.new} say the same.")
    for line in lines:
        print(line)
    for case in touched:
        print(_open_cases_in_words(case, new))
    return 1 if lines else 0


def _touched(old: "Service", new: "Service") -> list[dict[str, Any]]:
    """The open cases of the service, by state."""
    from praya.blocks.cases import api as cases
    from praya.journey import load

    services = [old.service, new.service]
    tallies = cases.tally(within=cases.Access((*load.pack().departments,)), services=services, at=datetime.now(UTC))
    return [{"state": tally.state, "open": tally.open} for tally in tallies if tally.open]


def _open_cases_in_words(case: dict[str, Any], new: "Service") -> str:
    number = f"{case['open']} open case{'' if case['open'] == 1 else 's'}"
    gone = "" if case["state"] in new.flow.states else ", which the new version does not have"
    return f"{number} in state {case['state']}{gone}; each keeps the version it began with"

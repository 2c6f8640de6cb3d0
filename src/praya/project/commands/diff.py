"""`praya diff`: the differences between two versions of a service in words, and the open cases that they affect."""

import argparse
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from praya.definition.service import Service

NEEDS_DJANGO = False
VERSION = re.compile(r"([a-z][a-z0-9-]*)@(\d+|live)")


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("diff", help="say in words what changed between two versions of a service")
    parser.add_argument("old", help="a service's folder, or as published: SERVICE@VERSION, SERVICE@live")
    parser.add_argument("new", help="the same")
    parser.add_argument("--json", action="store_true", help="print the lines and the cases as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the differences; exit code 1 when there are any, as `diff` does."""
    from praya.project.designing import difference, installed

    old_name, new_name = VERSION.fullmatch(args.old), VERSION.fullmatch(args.new)
    reading = bool(old_name or new_name)
    if reading:
        installed.prefer_demo()
    old, new = _service(args.old), _service(args.new)
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
        print(_said(case, new))
    return 1 if lines else 0


def _service(given: str) -> "Service":
    from praya.project import config
    from praya.project.designing import checking, targets
    from praya.project.refusal import Refused

    named = VERSION.fullmatch(given)
    if named is not None:
        return _published(named[1], named[2])
    pack_check = checking.check(targets.one_pack([given], installed=config.load().pack))
    services = [one.service for one in pack_check.checked if one.service]
    if pack_check.errors and not services:
        problems = "\n".join(map(str, pack_check.errors))
        raise Refused(f"{given} cannot be read. Mend it first:\n{problems}")
    if len(services) != 1:
        raise Refused(f"{given} holds {len(services)} services; name the folder of one.")
    return services[0]


def _published(name: str, version: str) -> "Service":
    """A version as it was published in this installation's database."""
    from praya.project import startup
    from praya.project.refusal import Refused

    startup.ready_django()
    from praya.blocks.services import api as published
    from praya.journey import load
    from praya.kernel.expression import nearest
    from praya.project import migration

    migration.insist_on_ready()
    live = {one.service: one.version for one in published.standing() if one.live}
    if version == "live" and name not in live:
        raise Refused(f"No service '{name}' is live{nearest(name, list(live))}")
    try:
        return load.compiled(name, live[name] if version == "live" else int(version))
    except published.NoVersion as none:
        raise Refused(f"{none}{nearest(name, list(live))}") from None


def _touched(old: "Service", new: "Service") -> list[dict[str, Any]]:
    """The open cases of the service, by state."""
    from praya.blocks.cases import api as cases
    from praya.journey import load

    services = [old.service, new.service]
    tallies = cases.tally(departments=[*load.pack().departments], services=services, at=datetime.now(UTC))
    return [{"state": tally.state, "open": tally.open} for tally in tallies if tally.open]


def _said(case: dict[str, Any], new: "Service") -> str:
    number = f"{case['open']} open case{'' if case['open'] == 1 else 's'}"
    gone = "" if case["state"] in new.flow.states else ", which the new version does not have"
    return f"{number} in state {case['state']}{gone}; each keeps the version it began with"
